from __future__ import annotations

import inspect
import io
import os
import subprocess
import sys
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace

import atlas
import pytest
from handmade import EXTRACTIONS, ONTOLOGY, graph

from kg import exporters, registry
from kg.exporters import EXPORTERS, FORMATS, export
from kg.graph import assemble
from kg.model import ExportError, WriteError

NAMES = EXPORTERS.names()
BINARY = ("nodes-parquet", "edges-parquet", "obsidian")
SUFFIXES = [(suffix, f.name) for f in FORMATS for suffix in f.suffixes]


def test_the_registry_holds_exactly_these_exporters() -> None:
    assert [name for name, _ in EXPORTERS.builtin] == [
        "turtle",
        "ntriples",
        "nquads",
        "trig",
        "jsonld",
        "rdfxml",
        "graphml",
        "gexf",
        "cytoscape",
        "nodes-csv",
        "edges-csv",
        "nodes-parquet",
        "edges-parquet",
        "neo4j-nodes",
        "neo4j-edges",
        "kgx-nodes",
        "kgx-edges",
        "obsidian",
    ]
    assert [f.name for f in FORMATS] == [name for name, _ in EXPORTERS.builtin]


@pytest.mark.parametrize("name", NAMES)
def test_an_exporter_gives_the_same_bytes_twice_and_leaves_the_graph_alone(name: str) -> None:
    made = atlas.graph()
    write = EXPORTERS.get(name)
    first = write(made)
    assert first == write(atlas.graph())
    assert made == atlas.graph()
    if name not in BINARY:
        assert first.endswith(b"\n")
        first.decode()


@pytest.mark.parametrize("name", NAMES)
def test_an_exporter_says_what_it_does(name: str) -> None:
    assert (inspect.getdoc(EXPORTERS.get(name)) or "").startswith("Return ")


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_graph_is_exported_too(name: str) -> None:
    made = graph()
    assert EXPORTERS.get(name)(made.without([n.id for n in made.nodes]))


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "import hashlib, atlas; from kg.exporters import EXPORTERS\n"
        "for name, write in EXPORTERS.items(): print(name, hashlib.sha256(write(atlas.graph())).hexdigest())"
    )
    paths = os.pathsep.join([str(Path(exporters.__file__).parents[2]), str(Path(atlas.__file__).parent)])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2", "31337")
    }
    assert len(outputs) == 1
    assert len(next(iter(outputs)).splitlines()) == len(NAMES)


@pytest.mark.parametrize("name", ["graphml", "gexf", "cytoscape", "nodes-csv", "neo4j-nodes", "obsidian"])
def test_a_paper_with_a_date_alone_has_its_year(name: str) -> None:
    made = assemble(EXTRACTIONS[:1], ontology=ONTOLOGY)
    assert [n.paper.date for n in made.nodes if n.paper] == ["2024-05-01"]
    data = EXPORTERS.get(name)(made)
    if name == "obsidian":
        vault = zipfile.ZipFile(io.BytesIO(data))
        data = b"".join(map(vault.read, vault.namelist()))
    assert b"2024" in data.replace(b"2024-05-01", b"")


@pytest.mark.parametrize(("suffix", "name"), SUFFIXES)
def test_the_suffix_chooses_the_format(tmp_path: Path, suffix: str, name: str) -> None:
    made = graph()
    for target in (tmp_path / f"landscape{suffix}", tmp_path / f"v1.2{suffix.upper()}"):
        export(made, target)
        assert target.read_bytes() == EXPORTERS.get(name)(made)


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("nodes.csv", "nodes-csv"),
        ("edges.csv", "edges-csv"),
        ("nodes.parquet", "nodes-parquet"),
        ("edges.parquet", "edges-parquet"),
        ("neo4j.nodes.csv", "neo4j-nodes"),
        ("neo4j.edges.csv", "neo4j-edges"),
        ("Nodes.tsv", "kgx-nodes"),
        ("edges.tsv", "kgx-edges"),
    ],
)
def test_the_bare_names_of_the_two_tables_mean_them(file_name: str, name: str) -> None:
    assert exporters.exporter(file_name) is EXPORTERS.get(name)


def test_a_named_format_beats_the_suffix(tmp_path: Path) -> None:
    export(graph(), tmp_path / "graph.json", format="cytoscape")
    assert (tmp_path / "graph.json").read_bytes().startswith(b"{")


@pytest.mark.parametrize("target", ["graph.json", "graph", "graph.pdf", "ttl", "out/"])
def test_an_unknown_suffix_names_the_known_ones(target: str) -> None:
    with pytest.raises(ExportError) as caught:
        export(graph(), target)
    assert "\n" not in str(caught.value)
    for suffix, _ in SUFFIXES:
        assert suffix in str(caught.value)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ExportError, match=r"no format called 'pdf' \(there are: turtle, .*edges-csv"):
        export(graph(), "x.ttl", format="pdf")


def test_standard_output_needs_a_format() -> None:
    with pytest.raises(ExportError, match="name a format"):
        export(graph(), "-")


def test_standard_output_gets_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=written))
    export(graph(), "-", format="ntriples")
    assert written.getvalue() == EXPORTERS.get("ntriples")(graph())


def test_an_unwritable_target_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(WriteError) as caught:
        export(graph(), tmp_path / "no folder" / "graph.ttl")
    assert "\n" not in str(caught.value)


def test_an_exporter_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "graph.ttl"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(WriteError, match="no space left on device"):
        export(graph(), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_way_is_a_plain_line(tmp_path: Path) -> None:
    (tmp_path / "graph.ttl").mkdir()
    with pytest.raises(WriteError):
        export(graph(), tmp_path / "graph.ttl")
    assert [p.name for p in tmp_path.iterdir()] == ["graph.ttl"]


def test_an_installed_package_adds_a_format_whose_suffix_is_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint(name="lines", value="kg.exporters.ntriples:write", group="kg.exporter")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    registry._targets.cache_clear()
    try:
        export(graph(), tmp_path / "graph.lines")
        assert (tmp_path / "graph.lines").read_bytes() == EXPORTERS.get("ntriples")(graph())
    finally:
        monkeypatch.undo()
        registry._targets.cache_clear()


@pytest.mark.parametrize("name", ["nodes-parquet", "edges-parquet"])
def test_parquet_without_its_library_says_what_to_install(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportError, match=r"Parquet needs pyarrow \(pip install 'paperatlas\[parquet\]'\)"):
        EXPORTERS.get(name)(graph())


def test_every_rdf_format_and_no_other_is_marked_so() -> None:
    marked = [f.name for f in FORMATS if f.rdf]
    assert marked == ["turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"]
