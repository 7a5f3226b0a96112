"""`kg build --engine spark`: the graph of one machine, made by many."""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from othertools import needs
from sparked import rows, sparking, triples
from typer.testing import CliRunner

from kg import pipeline, readers, resolve, store
from kg.cli import app
from kg.engines import ENGINES, session, spark, tasks
from kg.exporters import exporter
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, KGError, Paper, ReadError, WriteError
from kg.model import Rejection as Refusal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ROOT = Path(__file__).parents[1]
LISTINGS = ROOT.parent / "shared" / "listings"
ONE_WORK = (  # three records of one work, of which the third joins the others, and a fourth that says the same again
    {"id": "a", "title": "Sparrow: Sparse Rows for LLaMA", "abstract": "Sparrow uses LoRA.", "doi": "10.1/A"},
    {"id": "b", "title": "Sparse Rows", "abstract": "We present Sparrow, evaluated on GSM8K.", "arxiv": "2401.00001"},
    {"id": "c", "title": "SPARSE ROWS", "abstract": "", "doi": "10.1/a", "year": 2024},
    {"id": "b", "title": "Sparse Rows", "abstract": "We present Sparrow, evaluated on GSM8K.", "arxiv": "2401.00001"},
)  # fmt: skip
APART = (  # one title, years apart
    {"id": "d", "title": "Editorial", "abstract": "We use BERT on an NVIDIA H100.", "year": 2001, "doi": "10.1/d"},
    {"id": "e", "title": "Editorial", "abstract": "We use GPT-4 and MMLU-Pro.", "year": 2020, "doi": "10.1/e"},
)
BAD = ('{"id": "x"', '{"abstract": "no title"}', "", "  ")


def lines(records: Sequence[object]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def papers() -> list[Paper]:
    """All listing papers where they are, and the bundled ones."""
    found = list(readers.read(ROOT / "seeds" / "papers").papers)
    for listing in sorted(LISTINGS.glob("*.txt")):
        found += readers.read(listing).papers
    return found


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with sparking() as spark:
        yield spark


@dataclass(frozen=True)
class Built:
    folder: Path
    told: str
    graph: KnowledgeGraph


@pytest.fixture(scope="module")
def built(running: Any, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One build of everything by Spark, and the same by one machine."""
    import pyarrow
    import pyarrow.parquet

    home = tmp_path_factory.mktemp("spark")
    source, alone = home / "source", home / "alone"
    source.mkdir()
    alone.mkdir()
    many = lines(papers()) + b'{"title": "Caf\xe9"}\n'  # no UTF-8
    (source / "many.jsonl.gz").write_bytes(gzip.compress(many, mtime=0))
    odd = b"\xef\xbb\xbf" + lines(ONE_WORK) + "\n".join(BAD).encode() + b"\n"
    (source / "odd.jsonl").write_bytes(odd)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(APART)), source / "apart.parquet")
    for name, content in (("many.jsonl", many), ("odd.jsonl", odd), ("apart.jsonl", lines(APART))):
        (alone / name).write_bytes(content)
    # decisions.yaml beside the output is followed, as on one machine
    for folder in (home, alone):
        (folder / "decisions.yaml").write_text("rename:\n- {type: Technique, name: LoRA, to: Low-Rank Adaptation}\n")
    sources = [str(source / "*.jsonl"), str(source / "many.jsonl.gz"), str(source / "apart.parquet")]
    told = CliRunner().invoke(app, ["build", *sources, "-o", str(home / "out"), "--engine", "spark"])
    assert told.exit_code == 0, told.output
    pipeline.update(alone / "g.kg", [alone / name for name in ("many.jsonl", "odd.jsonl", "apart.jsonl")], workers=1)
    return Built(home / "out", told.stderr, store.load(alone / "g.kg"))


def test_the_triples_are_those_of_one_machine_byte_for_byte_once_sorted(built: Built) -> None:
    expected = exporter("x.nt")(built.graph).decode().removesuffix("\n").split("\n")
    assert triples(built.folder) == expected


@pytest.mark.parametrize("name", ["nodes", "edges"])
def test_tables_are_those_of_an_export(built: Built, name: str) -> None:
    import pyarrow.parquet

    alone = pyarrow.parquet.read_table(io.BytesIO(exporter(f"x.{name}.parquet")(built.graph)))
    found = rows(built.folder, name)
    assert sorted(found, key=lambda r: str(r["id"])) == sorted(alone.to_pylist(), key=lambda r: str(r["id"]))
    assert list(found[0]) == alone.column_names


def test_extractions_refusals_and_evidence_are_those_of_one_machine(built: Built) -> None:
    graph = built.graph
    found = {r["node"]: r for r in rows(built.folder, "extractions")}
    assert len(found) == len(graph.extractions)
    for extraction in graph.extractions:
        row = found[resolve.paper_id(extraction.paper)]
        assert msgspec.convert(row["claims"], tuple[Claim, ...]) == extraction.claims
        assert msgspec.convert(row["rejections"], tuple[Refusal, ...]) == extraction.rejections
        assert row["paper"]["abstract"] == extraction.paper.abstract
    refused = [json.dumps(r, sort_keys=True) for r in rows(built.folder, "rejections")]
    expected = [{"paper": paper, **msgspec.to_builtins(refusal)} for paper, refusal in graph.rejections]
    assert sorted(refused) == sorted(json.dumps(r, sort_keys=True) for r in expected)
    shown = {(edge.id, e.paper, e.field, e.start, e.end, e.text) for edge in graph.edges for e in edge.evidence}
    assert {tuple(row.values()) for row in rows(built.folder, "evidence")} == shown


def test_records_of_one_work_are_one_node_and_equal_titles_years_apart_are_two(built: Built) -> None:
    names = [(r["label"], r["arxiv"], r["doi"]) for r in rows(built.folder, "nodes") if r["id"].startswith("paper/")]
    assert [n for n in names if "parse" in n[0] or "PARSE" in n[0]].count(
        ("Sparse Rows", "2401.00001", "10.1/A")
    ) + names.count(("Sparrow: Sparse Rows for LLaMA", "2401.00001", "10.1/A")) == 1
    assert sum(name == "Editorial" for name, _, _ in names) == 2


def test_lines_that_are_no_paper_are_kept_with_their_reason(built: Built) -> None:
    found = {row["text"]: row["reason"] for row in rows(built.folder, "skipped")}
    assert set(found) == {BAD[0], BAD[1]}
    assert found[BAD[1]] == "no title"
    assert "not understood: odd.jsonl" in built.told


def test_parts_have_names_that_loaders_know_and_nothing_is_left_over(built: Built) -> None:
    names = sorted(p.name for p in (built.folder / "ntriples").iterdir() if not p.name.startswith((".", "_")))
    assert names == [f"part-{number:05}.nt.gz" for number in range(len(names))]
    assert not (built.folder / "_under_way").exists()


def test_the_words_at_the_end_tell_what_was_built(built: Built) -> None:
    assert f"papers: {len(built.graph.papers)}" in built.told
    assert f"nodes: {len(built.graph.nodes)} " in built.told
    assert f"edges: {len(built.graph.edges)} " in built.told
    assert f"wrote {built.folder}; next: the folder ntriples" in built.told


def test_the_commands_of_the_readme_load_the_parts_into_oxigraph(built: Built, tmp_path: Path) -> None:
    needs("oxigraph", "extra `interop`")
    (tmp_path / "atlas").symlink_to(built.folder)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(oxigraph (?:load|query) .*?)\s*(?:#.*)?$", readme, re.MULTILINE)
    assert [shlex.split(c)[1] for c in commands] == ["load", "query"]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=True
        )
    assert done.stdout.split()[-1] == str(len(triples(built.folder)))


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "format", "error", "words"),
    [
        ("absent.jsonl", None, None, ReadError, "no such file"),
        ("listing.txt", b"A Title\nAn abstract of some words.\n", None, ReadError, "cannot part the format"),
        ("a.jsonl", lines(APART), "bibtex", ReadError, "cannot part the format 'bibtex'"),
        ("bad.jsonl", b'{"id": "x"}\n', None, ReadError, "no paper found"),
        ("a.parquet", b"no parquet at all", None, KGError, "Spark failed: "),
    ],
)
def test_a_source_that_spark_cannot_read_is_one_plain_line(
    running: Any,
    tmp_path: Path,
    name: str,
    content: bytes | None,
    format: str | None,
    error: type[KGError],
    words: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        spark.build(str(tmp_path / "out"), [str(tmp_path / name)], format=format)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_touched(running: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(APART))
    with pytest.raises(WriteError, match="there already"):
        spark.build(str(tmp_path), [str(tmp_path / "a.jsonl")])
    assert (tmp_path / "a.jsonl").read_bytes() == lines(APART)


def test_progress_is_told_table_by_table_and_papers_without_a_claim_are_a_graph(running: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines([{"title": "Of Cabbages"}]))
    seen: list[tuple[int, int]] = []
    report = spark.build(str(tmp_path / "out"), [str(tmp_path / "a.jsonl")], progress=lambda *x: seen.append(x))
    assert seen == [(number, len(seen)) for number in range(1, len(seen) + 1)]
    assert (report.read, report.extracted, report.edges, report.derived) == (1, 1, {}, 0)
    pipeline.update(tmp_path / "g.kg", [tmp_path / "a.jsonl"])
    alone = exporter("x.nt")(store.load(tmp_path / "g.kg")).decode().removesuffix("\n").split("\n")
    assert triples(tmp_path / "out") == alone


def test_decisions_about_edges_and_no_source_are_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "decisions.yaml").write_text(
        "reject-edge:\n- {source: On Things, relation: uses, type: Technique, name: LoRA}\n"
    )
    with pytest.raises(KGError, match="no decision about a single edge"):
        spark.build(str(tmp_path / "out"), ["a.jsonl"])
    (tmp_path / "decisions.yaml").unlink()
    with pytest.raises(KGError, match="needs a SOURCE"):
        spark.build(str(tmp_path / "out"), [])


def test_without_another_word_this_machine_builds_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(lines(APART))
    told = CliRunner().invoke(app, ["build", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "g.kg"), "--workers", "1"])
    assert told.exit_code == 0, told.output
    assert f"next: kg draw {tmp_path / 'g.kg'} landscape.html" in told.stderr
    assert len(store.load(tmp_path / "g.kg").papers) == 2


def test_an_engine_that_is_not_known_tells_which_are(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["build", "-o", str(tmp_path / "g.kg"), "--engine", "abacus"])
    assert "no engine called 'abacus' (there are: local, spark)" in str(told.exception)
    assert ENGINES.names() == ("local", "spark")


# --- Java and pyspark -------------------------------------------------------------------------------------------------


def java(folder: Path, script: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "needs Java 17 or newer, and there is none"),
        ("echo 'openjdk version \"11.0.2\" 2019' >&2", "this is Java 11"),
        ("echo 'java version \"1.8.0_202\"' >&2", "this is Java 8"),
    ],
)
def test_a_missing_or_old_java_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, script)))
    with pytest.raises(KGError, match=words):
        session._java()


def test_without_any_java_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(KGError, match="default-jre-headless"):
        session._java()


def test_without_pyspark_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(KGError, match=r"Spark needs pyspark .*paperatlas\[spark\]"):
        session._spark()


# --- the workers' part, without Spark ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Here:
    value: pipeline.Setup


def test_the_workers_functions_alone_make_the_edges_and_triples_of_a_graph() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    using = pipeline.setup()
    shared, known = Here(using), using.lexicon.undecided

    def batches(found: list[dict[str, Any]]) -> Any:
        return pyarrow.Table.from_pylist(found).to_batches()

    def told(found: Any) -> list[dict[str, Any]]:
        return [row for batch in found for row in batch.to_pylist()]

    given = [{"line": line, "source": "a.jsonl"} for line in lines([*ONE_WORK[:1], *APART]).splitlines()]
    given += [{"line": b"\n", "source": "a.jsonl"}, {"line": b"{", "source": "a.jsonl"}]
    records = told(tasks.parsed(batches(given), "jsonl"))
    assert [r["reason"] is None for r in records] == [True, True, True, False]
    contents = [{"contents": [r["content"], r["content"]]} for r in records if r["content"]]
    works = told(tasks.extracted(batches(contents), shared))
    extractions = [
        pipeline.extract_paper(
            msgspec.json.decode(w["paper"], type=Paper), tasks._tools(shared).matcher, using.ontology
        )
        for w in works
    ]
    graph = assemble(extractions, ontology=using.ontology, lexicon=using.lexicon)
    who = resolve.entities(resolve.tally(extractions, known), (), lexicon=known, ontology=using.ontology)
    entities = {e.id: e for e in who.entities}
    for work, extraction in zip(works, extractions, strict=True):
        meant = [who.says(resolve.saying(claim, known)) for claim in extraction.claims]
        named = [
            dict(zip(("entity", "reason", "type", "name"), spark._meaning(m, entities), strict=True)) for m in meant
        ]
        work["meant"] = tasks.packed(named) if named else None
    stated = told(tasks.stated(batches(works), shared))
    said = {row["id"] for one in stated for row in one["edges"]}
    parts: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in (row for one in stated for row in msgspec.json.decode(one["implied"])):
        key = (row["source"], row["relation"], row["target"])
        parts.setdefault(key, {**row, "parts": []})["parts"].append(row["part"])
    implied = told(tasks.merged(batches(list(parts.values())), shared)) if parts else []
    climbing = {using.ontology.relation_as(role).name for role in ("variant", "hierarchy")}
    assert said | {row["id"] for row in implied} == {e.id for e in graph.edges if e.relation not in climbing}
    nodes = [{"content": tasks.packed(n), "links": None} for n in graph.nodes if n.paper is None]
    facts = told(tasks.facts(batches(nodes), shared))
    assert {row["id"] for row in facts} | {one["node"] for one in stated} == {n.id for n in graph.nodes}
    everything = [*stated, *implied, *facts]
    assert all(len(row["triples"].split("\n")) == row["size"] for row in everything)
    found = {line for row in everything for line in row["triples"].split("\n")}
    assert found <= set(exporter("x.nt")(graph).decode().split("\n"))


def test_a_change_of_what_is_built_with_gives_a_worker_new_tools() -> None:
    using = pipeline.setup()
    first = tasks._tools(Here(using))
    assert tasks._tools(Here(using)) is first
    other = pipeline.Setup(ontology=using.ontology, lexicon=using.lexicon, fingerprint="other")
    assert tasks._tools(Here(other)) is not first
