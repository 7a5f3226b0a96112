from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import handmade
import pytest

from kg import cli, store
from kg.model import StoreError

PAPERS: list[dict[str, Any]] = [
    {
        "id": "tiny",
        "title": "TinyTune: Cheap Adapters for Phones",
        "abstract": "We propose TinyTune, which builds on LoRA. TinyTune outperforms QLoRA on GSM8K.",
        "year": 2024,
    },
    {
        "id": "riddles",
        "title": "RiddleBench: A Benchmark of Riddles",
        "abstract": "We introduce RiddleBench, a benchmark for question answering, and evaluate GPT-4 on it.",
    },
]


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(json.dumps(p) + "\n" for p in PAPERS), encoding="utf-8")
    return path


@pytest.fixture
def built(listing: Path) -> Path:
    graph = listing.with_name("map.kg")
    assert run("build", listing, "-o", graph) == 0
    return graph


def run(*arguments: object) -> int:
    """Run the command line in this process and return its exit code."""
    argv = sys.argv
    sys.argv = ["kg", *map(str, arguments)]
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    finally:
        sys.argv = argv
    return 0


def test_build_ends_with_a_summary_and_the_next_command(listing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", listing, "-o", listing.with_name("map.kg")) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "read 2 records; papers: 2 new or changed, 0 as before" in told.err
    assert "papers: 2" in told.err
    assert "techniques" in told.err
    assert "next: kg draw" in told.err


def test_a_second_build_reads_only_what_is_new_or_changed(
    built: Path, listing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("build", listing, "-o", built) == 0
    assert "0 new or changed, 2 as before" in capsys.readouterr().err
    changed = [PAPERS[0] | {"abstract": "We propose TinyTune, which builds on DoRA."}, PAPERS[1]]
    listing.write_text("".join(json.dumps(p) + "\n" for p in changed), encoding="utf-8")
    assert run("build", listing, "-o", built) == 0
    assert "1 new or changed, 1 as before" in capsys.readouterr().err
    assert run("build", listing, "-o", listing.with_name("fresh.kg")) == 0
    assert store.load(built) == store.load(listing.with_name("fresh.kg"))


def test_remove_gives_the_graph_built_without_the_paper(built: Path, listing: Path) -> None:
    assert run("remove", built, "tiny") == 0
    listing.write_text(json.dumps(PAPERS[1]) + "\n", encoding="utf-8")
    assert run("build", listing, "-o", listing.with_name("fresh.kg")) == 0
    assert store.load(built) == store.load(listing.with_name("fresh.kg"))


def test_extract_writes_one_line_a_paper_that_score_reads(listing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = listing.with_name("out.jsonl")
    assert run("extract", listing, "-o", out) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["tiny", "riddles"]
    texts = {p["id"]: p for p in PAPERS}
    for row in rows:
        for entity in row["entities"]:
            for quote in entity["evidence"]:
                assert str(texts[row["id"]][quote["field"]])[quote["start"] : quote["end"]] == quote["text"]
    capsys.readouterr()
    assert run("score", out, out, "--errors", 3) == 0
    assert "entity                   P 1.000  R 1.000  F1 1.000" in capsys.readouterr().out


def test_score_lists_mistakes(listing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold, out = listing.with_name("gold.jsonl"), listing.with_name("out.jsonl")
    entity = {"name": "Zyx", "type": "Technique", "relation": "uses", "surface": ["Zyx"]}
    gold.write_text(json.dumps({"id": "tiny", "entities": [entity]}) + "\n", encoding="utf-8")
    out.write_text(json.dumps({"id": "tiny", "entities": []}) + "\n", encoding="utf-8")
    assert run("score", out, gold, "--errors", 3) == 0
    assert "tiny\tmissed\tTechnique\tZyx\tuses" in capsys.readouterr().out


def test_score_shows_calibration_on_request_and_says_when_it_cannot(
    listing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gold, out = listing.with_name("gold.jsonl"), listing.with_name("out.jsonl")
    assert run("extract", listing, "-o", out) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["entities"] = [{k: e[k] for k in ("name", "type", "relation")} for e in row["entities"]]
    gold.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"id": "z", "entities": []}]), encoding="utf-8")
    capsys.readouterr()
    assert run("score", out, gold) == 0
    told, said = capsys.readouterr()
    assert "calibration" not in told
    assert said.startswith("1 paper of ")
    assert run("score", out, gold, "--calibration") == 0
    assert "edges: expected calibration error 0." in capsys.readouterr().out
    assert run("score", gold, gold, "--calibration") == 0
    assert "calibration: the predictions state no confidence" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["map.ttl", "map.nt", "map.jsonld", "map.graphml", "map.gexf", "map.cyjs", "map.vault.zip"]
)
def test_export_chooses_the_format_by_suffix(built: Path, name: str) -> None:
    assert run("export", built, built.with_name(name)) == 0
    assert built.with_name(name).stat().st_size > 1000


def test_export_to_standard_output_is_data_only(built: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("export", built, "-", "--format", "ntriples") == 0
    assert capfdbinary.readouterr().out.startswith(b"<https://")


@pytest.mark.parametrize("profile", ["schema", "mldcat-ap", "lpwc", "skos", "full"])
def test_export_in_a_profile(built: Path, profile: str) -> None:
    target = built.with_name(f"{profile}.ttl")
    assert run("export", built, target, "--profile", profile) == 0
    assert "dcterms:license" in target.read_text(encoding="utf-8")


def test_draw_writes_a_page(built: Path) -> None:
    assert run("draw", built, built.with_name("map.html"), "--around", "LoRA", "--hops", 2) == 0
    assert built.with_name("map.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_query_answers_a_question_and_sparql(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("query", built, "papers that use LoRA") == 0
    assert "TinyTune: Cheap Adapters for Phones" in capsys.readouterr().out
    query = built.with_name("q.rq")
    query.write_text("SELECT (COUNT(*) AS ?n) WHERE { ?s kg:uses ?o }", encoding="utf-8")
    assert run("query", built, "--sparql", f"@{query}", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)


def test_query_shows_evidence_under_each_row(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("query", built, "papers that use LoRA", "--evidence") == 0
    assert "    TinyTune: Cheap Adapters for Phones uses LoRA: “" in capsys.readouterr().out


def test_query_explains_itself_as_sparql_that_has_the_same_rows(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("query", built, "papers that use LoRA", "--format", "csv") == 0
    rows = capsys.readouterr().out
    assert run("query", built, "papers that use LoRA", "--explain") == 0
    built.with_name("q.rq").write_text(capsys.readouterr().out, encoding="utf-8")
    assert run("query", built, "--sparql", f"@{built.with_name('q.rq')}", "--format", "csv") == 0
    assert capsys.readouterr().out == rows
    assert run("query", built, "--sparql", "ASK {}", "--explain") == 2


def test_why_shows_the_sentence_and_what_was_refused(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("why", built, "TinyTune", "uses", "LoRA") == 0
    assert "builds on «LoRA»" in capsys.readouterr().out
    assert run("why", built, "LoRA", "--not") == 0


def test_stats_names_the_best_connected(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stats", built) == 0
    out = capsys.readouterr().out
    assert "papers: 2" in out
    assert "top benchmarks: " in out


def test_diff_shows_what_appeared_and_vanished(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = built.with_name("old.kg")
    old.write_bytes(built.read_bytes())
    assert run("remove", built, "riddles") == 0
    capsys.readouterr()
    assert run("diff", old, built) == 0
    out = capsys.readouterr().out
    assert "- Benchmark\tRiddleBench" in out
    assert not [line for line in out.splitlines() if line.startswith("+")]


def test_diff_speaks_json_and_rdf_patch(built: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from kg import diff
    from kg.exporters import ntriples

    old, before = built.with_name("old.kg"), store.load(built)
    old.write_bytes(built.read_bytes())
    assert run("remove", built, "riddles") == 0
    after = store.load(built)
    capfdbinary.readouterr()
    assert run("diff", old, built, "--format", "json") == 0
    difference = diff.from_json(capfdbinary.readouterr().out)
    assert diff.applied(difference, before.nodes, before.edges) == (after.nodes, after.edges)
    assert run("diff", old, built, "--format", "rdf-patch") == 0
    patch = capfdbinary.readouterr().out
    assert diff.patched(ntriples.write_quads(before), patch) == ntriples.write_quads(after)
    assert run("diff", old, built, "--format", "xml") == 2


def test_review_lists_records_and_applies(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("review", built, "--list", "--limit", 2, "--format", "json") == 0
    told = capsys.readouterr()
    rows = json.loads(told.out)
    assert len(rows) == 2
    assert "2 of " in told.err
    answers = built.with_name("answers.txt")
    answers.write_text(f"{rows[0]['id']} n\n{rows[1]['id']} y\n", encoding="utf-8")
    assert run("review", built, "--answers", answers, "--by", "Ada") == 0
    assert "2 decisions written to" in capsys.readouterr().err
    decided = store.load(built)
    assert [d.verb for d in decided.decisions if not d.where.startswith("seeds/")] == ["reject-edge", "confirm-edge"]
    assert any("rejected by decisions.yaml:2 (Ada)" in r.reason for _, r in decided.rejections)
    assert run("review", built, "--list", "--limit", 500, "--format", "json") == 0
    assert not {r["id"] for r in rows} & {r["id"] for r in json.loads(capsys.readouterr().out)}
    listing = built.with_name("papers.jsonl")
    assert run("build", listing, "-o", built.with_name("fresh.kg")) == 0
    assert store.load(built.with_name("fresh.kg")) == decided
    assert run("review", built, "--list", "--limit", 1) == 0
    assert "usefulness" in capsys.readouterr().out
    assert run("review", built, "--list", "--format", "xml") == 2


def test_review_asks_on_a_terminal_and_keeps_what_was_answered(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    capsys.readouterr()
    assert run("review", built) == 1
    assert "no terminal to ask on (use --list" in capsys.readouterr().err
    typed = io.StringIO("perhaps\ny\nskip\nn\nq\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: typed.readline().strip())
    own = built.with_name("mine.yaml")
    assert run("review", built, "--decisions", own) == 0
    told = capsys.readouterr()
    assert "[1/" in told.out
    assert "«" in told.out
    assert "2 decisions written to" in told.err
    assert own.read_text(encoding="utf-8").count("- source: ") == 2
    assert run("stats", built) == 0


def test_decisions_beside_the_graph_are_followed_and_dead_ones_told_one_a_line(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listing = built.with_name("papers.jsonl")
    own = built.with_name("decisions.yaml")
    own.write_text(
        "drop:\n- {type: Technique, name: QLoRA}\n- {type: Technique, name: Zorb}\n"
        "confirm-edge:\n- {source: No Paper, relation: uses, type: Model, name: GPT-4}\n"
        "merge:\n- {type: Technique, names: [LoRA, LoRA+], as: LoRA}\n",
        encoding="utf-8",
    )
    capsys.readouterr()
    assert run("build", listing, "-o", built) == 0
    told = capsys.readouterr().err.splitlines()
    assert "decisions.yaml:3: drop of Zorb matches nothing" in told
    assert (
        "decisions.yaml:5: confirm-edge No Paper / uses / GPT-4: nothing to confirm, for there is no evidence of it"
    ) in told
    assert any(line.endswith("contradicts decisions.yaml:7, which wins") for line in told)
    assert not store.load(built).find("QLoRA")
    assert run("remove", built, "riddles") == 0
    assert not store.load(built).find("QLoRA")
    own.write_text("drop:\n- {type: Technique, name: A}\nrename:\n- {type: Technique, name: A, to: B}\n")
    capsys.readouterr()
    assert run("build", listing, "-o", built) == 1
    assert capsys.readouterr().err == "kg: decisions.yaml:4: rename of A contradicts decisions.yaml:2\n"
    assert run("build", listing, "-o", built, "--decisions", built.with_name("none.yaml")) == 1
    assert "none.yaml: cannot read" in capsys.readouterr().err


def test_check_tells_contradictions_one_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    from kg.files import bundled

    shutil.copytree(bundled("ontology"), tmp_path / "ontology")
    (tmp_path / "seeds" / "names").mkdir(parents=True)
    drop = "- {type: Technique, name: A}\n- {type: Technique, name: B}\n"
    (tmp_path / "seeds" / "decisions.yaml").write_text("drop:\n" + drop + drop, encoding="utf-8")
    assert run("check", tmp_path) == 1
    out, err = capsys.readouterr()
    assert out == (
        "decisions.yaml:4: drop of A repeats decisions.yaml:2\ndecisions.yaml:5: drop of B repeats decisions.yaml:3\n"
    )
    assert "2 problems found" in err


def test_help_tells_of_every_verb_in_one_whole_line_of_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("--help") == 0
    lines = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line}
    assert list(told) == [command.callback.__name__ for command in cli.app.registered_commands if command.callback]
    assert all(text.endswith(".") and not text.endswith("...") for text in told.values())


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("kg 0.")
    assert run("--help") == 0
    told = capsys.readouterr().out
    for verb in (
        "build",
        "extract",
        "export",
        "draw",
        "query",
        "why",
        "stats",
        "remove",
        "diff",
        "review",
        "score",
        "check",
    ):
        assert f" {verb} " in told


BAD = [
    ("an empty file", "empty.txt", b"", "empty.txt: "),
    ("a binary", "binary.txt", bytes(range(256)) * 50, "binary.txt: "),
    ("a page with no paper", "page.txt", b"new\n\nSubscribe\n\nDaily Papers\n", "page.txt: "),
    ("invalid JSON", "bad.jsonl", b'{"id": "a", "title": \n', "bad.jsonl:1: "),
    ("invalid YAML", "bad.yaml", b"papers:\n  - title: [\n", "bad.yaml:"),
]


@pytest.mark.parametrize(("name", "content", "told"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_is_one_line_and_leaves_the_old_graph(
    built: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, told: str
) -> None:
    before = built.read_bytes()
    bad = built.with_name(name)
    bad.write_bytes(content)
    capsys.readouterr()
    assert run("build", bad, "-o", built) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert told in err
    assert built.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("build", "missing.txt", "-o", "MAP"), "missing.txt"),
        (("build", "LISTING", "-o", "/no/such/folder/map.kg"), "the folder does not exist"),
        (("build", "LISTING", "-o", "MAP", "--format", "nonsense"), "nonsense"),
        (("export", "MAP", "map.xyz"), ".xyz"),
        (("export", "MAP", "-"), "format"),
        (("export", "MAP", "map.ttl", "--profile", "dcat"), "there are: full, lpwc"),
        (("export", "MAP", "map.gexf", "--profile", "skos"), "gexf has no profiles"),
        (("export", "missing.kg", "map.ttl"), "no such graph"),
        (("export", "LISTING", "map.ttl"), "not a graph file"),
        (("draw", "MAP", "/no/such/folder/map.html"), "cannot write"),
        (("draw", "MAP", "map.html", "--around", "LoRAA"), "did you mean"),
        (("query", "MAP", "papers that use LoRAA"), "did you mean"),
        (("query", "MAP", "--sparql", "@missing.rq"), "missing.rq: cannot read the query"),
        (("query", "MAP", "--sparql", "SELECT nonsense"), "SPARQL"),
        (("why", "MAP", "LoRAA"), "did you mean"),
        (("remove", "MAP", "nothing"), "no paper called 'nothing'"),
        (("remove", "missing.kg", "nothing"), "no such graph"),
        (("score", "missing.jsonl", "LISTING"), "missing.jsonl: cannot read"),
    ],
)
def test_a_mistake_is_one_line_with_exit_code_one(
    built: Path, listing: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    real = {"MAP": str(built), "LISTING": str(listing)}
    capsys.readouterr()
    assert run(*(real.get(a, a) for a in arguments)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert told.casefold() in err.casefold()


def test_stats_speak_the_words_of_the_graph_s_own_ontology(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    types = tuple(replace(t, plural=f"{t.plural} of ours") for t in handmade.ONTOLOGY.types)
    handmade.saved(tmp_path / "own.kg", replace(handmade.graph(), ontology=replace(handmade.ONTOLOGY, types=types)))
    assert run("stats", tmp_path / "own.kg") == 0
    assert " hardware of ours, " in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("build",),
        ("nonsense",),
        ("query", "map.kg"),
        ("query", "map.kg", "papers", "--format", "xml"),
        ("draw", "map.kg"),
    ],
)
def test_wrong_usage_is_exit_code_two(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        run("--debug", "stats", tmp_path / "missing.kg")


def test_interrupting_is_one_line(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "load", interrupt)
    capsys.readouterr()
    assert run("diff", built, built) == 130
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "kg: interrupted; the graph is as it was, and a build goes on where this one stopped\n"


@pytest.mark.parametrize("arguments", ["export {} - --format ntriples", "why {} LoRA", "stats {}"])
@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_closed_pipe_is_no_error(built: Path, arguments: str, reader: str) -> None:
    command = f"{sys.executable} -c 'from kg.cli import main; main()' {arguments.format(built)} | {reader}"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_help_is_instant_because_heavy_imports_wait() -> None:
    code = "import sys; from kg import cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"networkx", "rdflib", "pyvis", "igraph", "pyoxigraph", "yaml", "rich"} & set(loaded)


def test_check_passes_on_the_bundled_data_and_tells_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    from kg.files import bundled

    assert run("check") == 0
    for name in ("ontology", "seeds"):
        shutil.copytree(bundled(name), tmp_path / name)
    (tmp_path / "ontology" / "kg.ttl").write_text("stale", encoding="utf-8")
    capsys.readouterr()
    assert run("check", tmp_path) == 1
    out, err = capsys.readouterr()
    assert "kg.ttl: stale" in out
    assert "1 problem found" in err
    assert run("check", tmp_path, "--write") == 0
    (tmp_path / "ontology" / "nodes.yaml").write_text("{", encoding="utf-8")
    assert run("check", tmp_path) == 1
