"""RDF in the hands of other tools: each reads the very triples that we wrote, and hands them on."""

from __future__ import annotations

import socket
import subprocess
import time
from collections import Counter
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pyoxigraph
import pytest
import rdflib
from exported import GRAPHS, RDF_FORMATS, exported
from othertools import bundled, javascript, jena, needs, part, rapper, serdi, triples
from pyoxigraph import RdfFormat

from kg.exporters import FORMATS
from kg.files import bundled as folder
from kg.graph import KnowledgeGraph

SUFFIX = {f.name: f.suffixes[0] for f in FORMATS}


@pytest.fixture(params=list(GRAPHS))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return GRAPHS[request.param]()


def written(name: str, graph: KnowledgeGraph, path: Path) -> Path:
    target = path / f"graph{SUFFIX[name]}"
    target.write_bytes(exported(name, graph))
    return target


def expected(graph: KnowledgeGraph) -> set[str]:
    return triples(exported("ntriples", graph))


@pytest.mark.parametrize("name", ["turtle", "ntriples", "nquads", "trig"])
def test_serdi_reads_the_same_triples_strictly(name: str, made: KnowledgeGraph, tmp_path: Path) -> None:
    found = serdi(name, "nquads", written(name, made, tmp_path))
    assert triples(found, RdfFormat.N_QUADS) == expected(made)


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("n3", "turtle"),
        ("n3", "ntriples"),
        ("n3", "nquads"),
        ("n3", "trig"),
        ("jsonld", "jsonld"),
        ("rdfxml", "rdfxml"),
    ],
)
def test_javascript_reads_the_same_triples(tool: str, name: str, made: KnowledgeGraph, tmp_path: Path) -> None:
    assert triples(javascript(tool, written(name, made, tmp_path))) == expected(made)


def test_jena_reads_the_same_triples_from_every_format_without_a_warning(made: KnowledgeGraph, tmp_path: Path) -> None:
    names = [name for name in RDF_FORMATS if name != "jsonld"]  # Debian's Jena has no JSON-LD
    files = [str(written(name, made, tmp_path)) for name in names]
    told = jena(tmp_path, "riotcmd.riot", "--strict", "--output=nq", *files)
    # of the hostile texts, Jena notices the characters that we had to replace, and those that we left as they were
    expect = ("INFO", "RDFLanguages", "Unicode replacement character", "not in Unicode Normal Form C")
    assert [line for line in told.stderr.splitlines() if not any(word in line for word in expect)] == []
    counts = Counter(str(quad.triple) for quad in pyoxigraph.parse(told.stdout, format=RdfFormat.N_QUADS))
    assert set(counts) == expected(made)
    assert set(counts.values()) == {len(names)}


def test_jena_validates_with_our_shapes_as_pyshacl_does(tmp_path: Path) -> None:
    sound = written("turtle", part(), tmp_path)
    broken = tmp_path / "broken.ttl"
    broken.write_text(sound.read_text().replace("kg:confidence 0.9", "kg:confidence 1.9", 1))
    shapes = f"--shapes={folder('ontology') / 'shapes.ttl'}"
    told = jena(tmp_path, "shacl.shacl_validate", shapes, f"--data={sound}", "--text")
    assert (told.returncode, told.stdout.strip()) == (0, "Conforms"), told.stdout + told.stderr
    told = jena(tmp_path, "shacl.shacl_validate", shapes, f"--data={broken}", "--text")
    assert "/id/statement/" in told.stdout
    assert "1.9" in told.stdout


def test_a_chain_of_tools_hands_the_graph_on_unchanged(made: KnowledgeGraph, tmp_path: Path) -> None:
    wanted = expected(made)
    step = written("trig", made, tmp_path)

    def hop(name: str, text: str, format: RdfFormat) -> Path:
        assert triples(text, format) == wanted, name
        target = tmp_path / name
        target.write_text(text)
        return target

    step = hop("1-serdi.nq", serdi("trig", "nquads", step), RdfFormat.N_QUADS)
    step = hop("2-n3.nt", javascript("n3", step), RdfFormat.N_TRIPLES)
    step = hop("3-rapper.rdf", rapper("ntriples", "rdfxml-abbrev", step), RdfFormat.RDF_XML)
    step = hop(
        "4-rdflib.jsonld", rdflib.Graph().parse(step, format="xml").serialize(format="json-ld"), RdfFormat.JSON_LD
    )
    step = hop("5-jsonld.nt", javascript("jsonld", step), RdfFormat.N_TRIPLES)
    quads = pyoxigraph.parse(step.read_bytes(), format=RdfFormat.N_TRIPLES)
    turtle = pyoxigraph.serialize((q.triple for q in quads), format=RdfFormat.TURTLE)
    step = hop("6-oxigraph.ttl", (turtle or b"").decode(), RdfFormat.TURTLE)
    hop("7-rapper.nt", rapper("turtle", "ntriples", step), RdfFormat.N_TRIPLES)


def test_what_came_through_other_tools_is_the_same_graph_again(tmp_path: Path) -> None:
    made = GRAPHS["atlas"]()
    path = tmp_path / "from-rapper.rdf"
    path.write_text(rapper("turtle", "rdfxml", written("turtle", made, tmp_path)))
    back = KnowledgeGraph.from_rdflib(rdflib.Graph().parse(path, format="xml"))
    assert exported("turtle", back) == exported("turtle", made)


def test_a_server_loads_the_bundled_map_and_answers_about_it(tmp_path: Path) -> None:
    graph = bundled()
    data = exported("nquads", graph)
    program = needs("oxigraph", "PyPI's oxigraph")
    (tmp_path / "map.nq").write_bytes(data)
    load = [program, "load", "--location", str(tmp_path / "db"), "--file", str(tmp_path / "map.nq")]
    subprocess.run(load, capture_output=True, check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [program, "serve-read-only", "--location", str(tmp_path / "db"), "--bind", address]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            label = graph.ontology.iri("skos:prefLabel")
            query = (
                "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?told (COUNT(*) AS ?found) WHERE { "
                f"?set void:entities ?told ; void:vocabulary ?any . ?node <{label}> ?name }} GROUP BY ?told"
            )
            head, row = _answer(f"http://{address}/query?" + urlencode({"query": query})).splitlines()
            everything = "SELECT (COUNT(*) AS ?n) WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
            _, count = _answer(f"http://{address}/query?" + urlencode({"query": everything})).splitlines()
        finally:
            server.terminate()
    assert head == "told,found"
    assert row == f"{len(graph.nodes)},{len(graph.nodes)}"
    assert int(count) == len(data.splitlines())


def _answer(address: str) -> str:
    """Ask a server that may still be starting."""
    for attempt in range(100):
        try:
            with urlopen(Request(address, headers={"Accept": "text/csv"}), timeout=30) as reply:
                return str(reply.read().decode())
        except URLError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    raise AssertionError("unreachable")
