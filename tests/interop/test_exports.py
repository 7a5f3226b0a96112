"""Every format, read back by a parser that is not ours."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import atlas
import handmade
import networkx
import pyoxigraph
import pytest
import rdflib
from exported import GRAPHS, HOSTILE, RDF_FORMATS, by_oxigraph, by_rdflib, exported, hostile, iri
from handmade import ONTOLOGY
from rdflib import URIRef
from rdflib.compare import to_canonical_graph

from kg.graph import KnowledgeGraph


@pytest.fixture(params=list(GRAPHS))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return GRAPHS[request.param]()


# --- RDF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_two_parsers_read_the_same_triples_from_every_rdf_format(name: str, made: KnowledgeGraph) -> None:
    lines = exported("ntriples", made).decode().split("\n")[:-1]
    data = exported(name, made)
    assert by_oxigraph(name, data) == {str(q.triple) for q in pyoxigraph.parse("\n".join(lines), format=_NT)}
    assert len(by_oxigraph(name, data)) == len(lines)
    found = by_rdflib(name, data)
    assert len(found) == len(lines)
    assert set(found) == set(by_rdflib("ntriples", exported("ntriples", made)))


_NT = pyoxigraph.RdfFormat.N_TRIPLES


@pytest.mark.parametrize("name", [n for n in RDF_FORMATS if RDF_FORMATS[n][2]])
@pytest.mark.skipif(shutil.which("rapper") is None, reason="rapper (raptor2-utils) is not installed")
def test_rapper_counts_the_same_triples(name: str, made: KnowledgeGraph, tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_bytes(exported(name, made))
    command = ["rapper", "-i", RDF_FORMATS[name][2], "-o", "ntriples", str(path), "http://example.org/"]
    told = subprocess.run(command, capture_output=True, check=True)
    assert len(set(told.stdout.splitlines())) == len(exported("ntriples", made).splitlines())
    assert b"rror" not in told.stderr


def test_the_canonical_lines_are_what_another_engine_makes_of_them(made: KnowledgeGraph) -> None:
    data = exported("ntriples", made)
    quads = pyoxigraph.Dataset(pyoxigraph.parse(data, format=_NT))
    quads.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    assert sorted(f"{q.triple} .\n".encode() for q in quads) == data.splitlines(keepends=True)


@pytest.mark.parametrize("name", RDF_FORMATS)
def test_no_format_holds_a_blank_node(name: str, made: KnowledgeGraph) -> None:
    found = by_rdflib(name, exported(name, made))
    assert not [term for triple in found for term in triple if isinstance(term, rdflib.BNode)]


def test_the_object_model_for_users_holds_the_same_triples() -> None:
    made = atlas.graph()
    found = made.to_rdflib()
    assert set(to_canonical_graph(found)) == set(by_rdflib("turtle", exported("turtle", made)))


@pytest.mark.parametrize("name", ["nquads", "trig"])
def test_evidence_has_a_graph_of_its_own(name: str) -> None:
    quads = list(pyoxigraph.parse(exported(name, atlas.graph()), format=RDF_FORMATS[name][1]))
    named = {q.graph_name.value for q in quads if isinstance(q.graph_name, pyoxigraph.NamedNode)}
    assert named == {ONTOLOGY.iri("kgr:graph/evidence")}
    for quad in quads:
        apart = isinstance(quad.graph_name, pyoxigraph.NamedNode)
        subject = quad.subject.value if isinstance(quad.subject, pyoxigraph.NamedNode) else ""
        assert apart == any(f"/id/{folder}/" in subject for folder in ("statement", "passage", "rule"))


def test_texts_come_back_as_they_were_but_for_what_no_format_holds() -> None:
    found = by_rdflib("rdfxml", exported("rdfxml", hostile()))
    quotes = {str(o) for o in found.objects(None, URIRef(ONTOLOGY.iri("oa:exact")))}
    for text in HOSTILE:
        if text.isprintable():
            assert text in quotes
    assert {len(q) for q in quotes} == {len(t) for t in HOSTILE}
    assert "line\nbreak \nand tab\u2028separator" in quotes


def test_links_are_plain_http_addresses_or_absent() -> None:
    made = hostile()
    found = by_rdflib("ntriples", exported("ntriples", made))
    links = {str(o) for p in ("schema:url", "schema:sameAs") for o in found.objects(None, iri(p))}
    tables = {row["url"] for row in rows("nodes-csv", made)} - {""}
    assert tables <= links
    assert len(tables) > 3
    assert all(re.fullmatch(r"https?://[!-;=?-~]+", link) and "`" not in link for link in links)


def test_json_ld_is_plain_json_of_one_shape_with_its_context_inside() -> None:
    made = atlas.graph()
    data = json.loads(exported("jsonld", made))
    assert isinstance(data["@context"], dict)
    assert all(not isinstance(v, str) or v.startswith(("@", "http", "kg:")) for v in data["@context"].values() if v)
    entries = data["@graph"]
    ids = [entry["id"] for entry in entries]
    assert len(ids) == len(set(ids))
    by_id = {entry["id"]: entry for entry in entries}
    for node in made.nodes:
        entry = by_id[node.id.replace("/", ":")]
        assert entry["type"][0] == node.type
        assert entry["rdfs:label"] == node.name
        assert entry["support"] == node.support
    for edge in made.edges:
        entry = by_id[edge.source.replace("/", ":")]
        assert edge.target.replace("/", ":") in entry[edge.relation]
        statement = by_id[f"statement:{edge.id}"]
        assert statement["derived"] is edge.derived
        assert float(statement["confidence"]) == edge.confidence
    shapes: dict[str, set[type]] = {}
    for entry in entries:
        for key, value in entry.items():
            shapes.setdefault(key, set()).add(list if isinstance(value, list) else object)
    assert all(len(kinds) == 1 for kinds in shapes.values())


@pytest.mark.parametrize("name", ["jsonld", "cytoscape"])
def test_json_cannot_close_a_script_element(name: str) -> None:
    text = exported(name, hostile()).decode()
    assert "</" not in text
    assert "<!" not in text
    assert "<\\/script>" in text


# --- networks -------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    from kg.rdf import clean as cleaned

    return cleaned(text)


def test_networkx_reads_graphml_with_all_attributes(made: KnowledgeGraph) -> None:
    found: Any = networkx.parse_graphml(exported("graphml", made).decode(), force_multigraph=True)
    assert found.is_directed()
    assert set(found.nodes) == {n.id for n in made.nodes}
    assert {key for _, _, key in found.edges(keys=True)} == {e.id for e in made.edges}
    for node in made.nodes:
        assert found.nodes[node.id]["label"] == clean(node.name)
        assert found.nodes[node.id]["support"] == node.support
        assert found.nodes[node.id]["type"] == node.type
    for edge in made.edges:
        attributes = found.edges[edge.source, edge.target, edge.id]
        assert attributes["relation"] == edge.relation
        assert attributes["confidence"] == edge.confidence
        assert attributes["derived"] is edge.derived
        assert attributes["quote"] == clean(edge.evidence[0].text)


def test_igraph_reads_graphml(made: KnowledgeGraph, tmp_path: Path) -> None:
    import igraph

    path = tmp_path / "graph.graphml"
    path.write_bytes(exported("graphml", made))
    found = igraph.Graph.Read_GraphML(str(path))
    assert (found.vcount(), found.ecount()) == (len(made.nodes), len(made.edges))
    assert found.is_directed()
    assert found.vs["id"] == [n.id for n in made.nodes]
    assert found.vs["label"] == [clean(n.name) for n in made.nodes]
    # igraph 1.0 fills es["id"] with ids of nodes, so edges are compared by their ends and attributes
    ends = [(found.vs[e.source]["id"], e["relation"], found.vs[e.target]["id"]) for e in found.es]
    assert ends == [e.key for e in made.edges]
    assert found.es["confidence"] == [e.confidence for e in made.edges]


def test_networkx_reads_gexf(made: KnowledgeGraph) -> None:
    found: Any = networkx.read_gexf(io.BytesIO(exported("gexf", made)), version="1.3")
    assert found.is_directed()
    assert {n: d["label"] for n, d in found.nodes(data=True)} == {n.id: clean(n.name) for n in made.nodes}
    assert found.number_of_edges() == len(made.edges)
    assert Counter(d["relation"] for _, _, d in found.edges(data=True)) == made.counts()[1]
    assert {d["id"] for _, _, d in found.edges(data=True)} == {e.id for e in made.edges}
    for node in made.nodes:
        colour = found.nodes[node.id]["viz"]["color"]
        assert f"#{colour['r']:02X}{colour['g']:02X}{colour['b']:02X}" == ONTOLOGY.type(node.type).colour.upper()


# Gephi's GEXF 1.3 schema, as far as we use it: element -> (children in order, required attributes, optional ones).
GEXF = "{http://gexf.net/1.3}"
VIZ = "{http://gexf.net/1.3/viz}"
GEXF_GRAMMAR: dict[str, tuple[tuple[str, ...], set[str], set[str]]] = {
    f"{GEXF}gexf": ((f"{GEXF}meta", f"{GEXF}graph"), {"version"}, set()),
    f"{GEXF}meta": ((f"{GEXF}creator", f"{GEXF}description"), set(), set()),
    f"{GEXF}creator": ((), set(), set()),
    f"{GEXF}description": ((), set(), set()),
    f"{GEXF}graph": ((f"{GEXF}attributes", f"{GEXF}nodes", f"{GEXF}edges"), set(), {"defaultedgetype", "mode"}),
    f"{GEXF}attributes": ((f"{GEXF}attribute",), {"class"}, set()),
    f"{GEXF}attribute": ((), {"id", "title", "type"}, set()),
    f"{GEXF}nodes": ((f"{GEXF}node",), set(), set()),
    f"{GEXF}node": ((f"{GEXF}attvalues", f"{VIZ}color", f"{VIZ}shape"), {"id", "label"}, set()),
    f"{GEXF}edges": ((f"{GEXF}edge",), set(), set()),
    f"{GEXF}edge": ((f"{GEXF}attvalues", f"{VIZ}color"), {"id", "source", "target"}, {"label", "weight"}),
    f"{GEXF}attvalues": ((f"{GEXF}attvalue",), set(), set()),
    f"{GEXF}attvalue": ((), {"for", "value"}, set()),
    f"{VIZ}color": ((), {"r", "g", "b"}, set()),
    f"{VIZ}shape": ((), {"value"}, set()),
}


def test_gexf_keeps_to_the_grammar_of_gephi_and_holds_no_date(made: KnowledgeGraph) -> None:
    root = ET.fromstring(exported("gexf", made))
    declared = {e.get("id"): e.get("type") for e in root.iter(f"{GEXF}attribute")}
    assert set(declared.values()) <= {"string", "integer", "double", "boolean"}
    for element in root.iter():
        children, required, optional = GEXF_GRAMMAR[element.tag]
        assert required <= set(element.attrib) <= required | optional
        order = [children.index(child.tag) for child in element]
        assert order == sorted(order)
    for value in root.iter(f"{GEXF}attvalue"):
        assert value.get("for") in declared
    shapes = {e.get("value") for e in root.iter(f"{VIZ}shape")}
    assert shapes <= {"disc", "square", "triangle", "diamond", "star"}
    ids = {e.get("id") for e in root.iter(f"{GEXF}node")}
    assert {e.get(end) for e in root.iter(f"{GEXF}edge") for end in ("source", "target")} <= ids


def test_cytoscape_json_has_string_ids_for_nodes_and_edges(made: KnowledgeGraph) -> None:
    elements = json.loads(exported("cytoscape", made))["elements"]
    nodes, edges = ([e["data"] for e in elements[kind]] for kind in ("nodes", "edges"))
    assert [n["id"] for n in nodes] == [n.id for n in made.nodes]
    assert [e["id"] for e in edges] == [e.id for e in made.edges]
    assert {e[end] for e in edges for end in ("source", "target")} <= {n["id"] for n in nodes}
    assert all(isinstance(d["id"], str) for d in (*nodes, *edges))
    assert [(e["interaction"], e["support"]) for e in edges] == [(e.relation, e.support) for e in made.edges]
    read: Any = networkx.cytoscape_graph(
        {"data": [], "directed": True, "multigraph": True, "elements": {
            "nodes": [{"data": {**n, "value": n["id"]}} for n in nodes],
            "edges": [{"data": {**e, "key": e["id"]}} for e in edges],
        }}
    )  # fmt: skip
    assert (read.number_of_nodes(), read.number_of_edges()) == (len(made.nodes), len(made.edges))


# --- tables ---------------------------------------------------------------------------------------------------------


def rows(name: str, graph: KnowledgeGraph) -> list[dict[str, str]]:
    text = exported(name, graph).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_tables_have_one_row_for_each_node_and_edge(made: KnowledgeGraph) -> None:
    nodes, edges = rows("nodes-csv", made), rows("edges-csv", made)
    assert [r["id"] for r in nodes] == [n.id for n in made.nodes]
    assert [r["id"] for r in edges] == [e.id for e in made.edges]
    for row, node in zip(nodes, made.nodes, strict=True):
        assert row["label"].removeprefix("'") == clean(node.name).removeprefix("'")
        assert len(row["aliases"].split("|")) == max(1, len(node.aliases))
    for row, edge in zip(edges, made.edges, strict=True):
        assert (row["source"], row["relation"], row["target"]) == edge.key
        assert float(row["confidence"]) == edge.confidence
        assert row["papers"].split("|") == list(edge.papers)


@pytest.mark.parametrize("name", ["nodes-csv", "edges-csv"])
def test_no_cell_is_a_formula(name: str) -> None:
    cells = [cell for row in rows(name, hostile()) for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [cell for cell in cells if cell.startswith("'=1+1")]


def test_lines_end_as_rfc_4180_says() -> None:
    data = exported("nodes-csv", handmade.graph())
    assert data.count(b"\r\n") == data.count(b"\n") == len(handmade.graph().nodes) + 1
