"""Every format, read back by a parser that is not ours; and the RDF against its own shapes."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import atlas
import handmade
import networkx
import pyoxigraph
import pytest
import rdflib
from handmade import ONTOLOGY
from rdflib import RDF, RDFS, XSD, Literal, URIRef
from rdflib.compare import to_canonical_graph

from kg.exporters import EXPORTERS
from kg.files import bundled
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Paper, Vote

RDF_FORMATS = {
    "turtle": ("turtle", pyoxigraph.RdfFormat.TURTLE, "turtle"),
    "ntriples": ("nt", pyoxigraph.RdfFormat.N_TRIPLES, "ntriples"),
    "nquads": ("nquads", pyoxigraph.RdfFormat.N_QUADS, "nquads"),
    "trig": ("trig", pyoxigraph.RdfFormat.TRIG, "trig"),
    "jsonld": ("json-ld", pyoxigraph.RdfFormat.JSON_LD, ""),
    "rdfxml": ("xml", pyoxigraph.RdfFormat.RDF_XML, "rdfxml"),
}
GRAPHS: dict[str, Callable[[], KnowledgeGraph]] = {"atlas": atlas.graph, "hostile": lambda: hostile()}

HOSTILE = (
    "nul\x00 bell\x07 escape\x1b vertical\x0b form\x0c delete\x7f next\x85 line",
    "\u202eright to left\u202c \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f9e0 emoji \U0001f469\u200d\U0001f52c",
    "quotes \" ' ` and back\\slash\\",
    "]]> <![CDATA[ <!-- --> <?xml?> &amp; &bogus;",
    "</script><script>alert(1)</script>",
    "line\nbreak\r\nand\ttab\u2028separator",
    "lone \ud800 surrogate \udfff",
    "non\ufffe\uffff\U0001ffff\ufdd0characters",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a|b;c,d",
    '"^^<http://example.org/x>',
    "e\u0301 and \u00e9 \ufb01",
    "_:blank",
    "C++",
    "..",
)


def hostile() -> KnowledgeGraph:
    """A graph that has every hostile text as title, name, alias, quote, venue, author and rule."""
    document, procedure = ONTOLOGY.type_as("document"), ONTOLOGY.type_as("procedure").name
    relation = ONTOLOGY.relation_as("contribution").name
    extractions = []
    for number, text in enumerate(HOSTILE):
        of = Paper(
            id=f"h{number}",
            title=f"{text} {number}",
            abstract=text,
            date="2024-02-30",
            year=2024,
            venue=text,
            authors=(text,),
            keywords=(text,),
            url=f"https://example.org/{text}",
            arxiv=text if number % 2 else f"2401.{number:05d}",
            doi=text if number % 3 else f"10.1000/{number}<>",
        )
        quote = Evidence(paper=of.key(), field="abstract", start=0, end=len(text), text=text)
        entity = Claim(
            name=text,
            type=procedure,
            relation=relation,
            confidence=0.5,
            evidence=(quote,),
            votes=(Vote(rule=text, score=0.5),),
            aliases=(f"{text}x",),
        )
        extractions.append(Extraction(paper=of, claims=(entity,)))
    assert "document" in document.roles
    return assemble(extractions, ontology=ONTOLOGY)


@pytest.fixture(params=list(GRAPHS))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return GRAPHS[request.param]()


def exported(name: str, graph: KnowledgeGraph) -> bytes:
    data: bytes = EXPORTERS.get(name)(graph)
    return data


def by_rdflib(name: str, data: bytes) -> rdflib.Graph:
    """Parse with rdflib; named graphs are united."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset = rdflib.Dataset(default_union=True)
        dataset.parse(data=data, format=RDF_FORMATS[name][0])
        united = rdflib.Graph()
        for subject, predicate, value, _ in dataset.quads():
            united.add((subject, predicate, value))
    return united


def by_oxigraph(name: str, data: bytes) -> set[str]:
    return {str(quad.triple) for quad in pyoxigraph.parse(data, format=RDF_FORMATS[name][1])}


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


# --- SHACL ----------------------------------------------------------------------------------------------------------


@cache
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(bundled("ontology") / "shapes.ttl")


def conforms(data: rdflib.Graph) -> tuple[bool, str]:
    import pyshacl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        passed, _, text = pyshacl.validate(data, shacl_graph=shapes(), inference="none")
    return bool(passed), str(text)


def test_the_whole_export_conforms_to_the_shapes(made: KnowledgeGraph) -> None:
    passed, text = conforms(made.to_rdflib())
    assert passed, text


def test_the_shapes_are_shacl() -> None:
    import pyshacl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        passed, _, text = pyshacl.validate(handmade.graph().to_rdflib(), shacl_graph=shapes(), meta_shacl=True)
    assert passed, text


def test_shapes_know_every_class_and_property_of_an_export() -> None:
    known = shapes()
    paths = set(known.objects(None, rdflib.SH.path)) | {RDF.type}
    classes = {*known.objects(None, rdflib.SH.targetClass), *known.objects(None, rdflib.SH["class"])}
    for graph in GRAPHS.values():
        data = graph().to_rdflib()
        assert set(data.predicates()) <= paths
        assert set(data.objects(None, RDF.type)) <= classes


def iri(curie: str) -> URIRef:
    return URIRef(ONTOLOGY.iri(curie))


def first(data: rdflib.Graph, curie: str) -> URIRef:
    """The first subject of a class."""
    return min(URIRef(str(s)) for s in data.subjects(RDF.type, iri(curie)))


def own(role: str) -> str:
    return f"kg:{ONTOLOGY.type_as(role).name}"


def rel(role: str) -> str:
    return f"kg:{ONTOLOGY.relation_as(role).name}"


Mutation = Callable[[rdflib.Graph], object]
STATEMENT, PASSAGE = "rdf:Statement", "oa:SpecificResource"
QUOTE, POSITION = "oa:TextQuoteSelector", "oa:TextPositionSelector"


def drop(of: str, predicate: str) -> Mutation:
    return lambda g: g.remove((first(g, of), iri(predicate), None))


def put(of: str, predicate: str, value: Literal | URIRef) -> Mutation:
    """Replace the values of a property of the first subject of a class."""
    return lambda g: g.set((first(g, of), iri(predicate), value))


def add(of: str, predicate: str, value: Literal | URIRef | str) -> Mutation:
    """Add a value; a string is a class, whose first subject is the value."""
    return lambda g: g.add(
        (first(g, of), iri(predicate), value if isinstance(value, Literal | URIRef) else first(g, value))
    )


BROKEN: dict[str, Mutation] = {
    "a node without label": drop(own("procedure"), "rdfs:label"),
    "two preferred labels": add(own("procedure"), "skos:prefLabel", Literal("another")),
    "a node without support": drop(own("system"), "kg:support"),
    "support of zero": put(own("system"), "kg:support", Literal(0)),
    "support that is text": put(own("system"), "kg:support", Literal("many")),
    "a measure without title": drop(own("measure"), "dcterms:title"),
    "a node that lost a public class": lambda g: g.remove((first(g, own("system")), RDF.type, iri("mls:Model"))),
    "a node of two types": add(own("procedure"), "rdf:type", iri(own("problem"))),
    "a date that is no date": put(own("document"), "dcterms:issued", Literal("May", datatype=XSD.string)),
    "an arXiv id that is none": put(own("document"), "fabio:hasArXivId", Literal("24.1")),
    "a url that runs code": put(own("document"), "schema:url", URIRef("javascript:alert(1)")),
    "a url that is text": put(own("document"), "schema:url", Literal("https://example.org")),
    "zero authors": put(own("document"), "kg:authorCount", Literal(0)),
    "a relation to a wrong type": add(own("document"), rel("platform"), own("problem")),
    "a relation from a wrong type": add(own("problem"), rel("means"), own("procedure")),
    "a relation to nothing typed": add(own("document"), rel("means"), URIRef("https://example.org/x")),
    "a relation to text": add(own("document"), rel("means"), Literal("LoRA")),
    "a relation from an unknown thing": lambda g: g.add(
        (URIRef("https://example.org/x"), iri(rel("means")), first(g, own("procedure")))
    ),
    "a variant of another type": add(own("system"), rel("variant"), own("procedure")),
    "a public property to a wrong type": add(own("document"), "lpwcp:hasTask", own("procedure")),
    "a statement without confidence": drop(STATEMENT, "kg:confidence"),
    "confidence above one": put(STATEMENT, "kg:confidence", Literal("1.5", datatype=XSD.decimal)),
    "confidence of a wrong datatype": put(STATEMENT, "kg:confidence", Literal(0.5, datatype=XSD.double)),
    "a statement without evidence": drop(STATEMENT, "kg:evidence"),
    "a statement without paper": drop(STATEMENT, "prov:wasDerivedFrom"),
    "a statement derived from no paper": put(STATEMENT, "prov:wasDerivedFrom", URIRef("https://example.org/x")),
    "a statement without subject": drop(STATEMENT, "rdf:subject"),
    "a statement of an unknown relation": put(STATEMENT, "rdf:predicate", iri("kg:likes")),
    "a statement by an unknown rule": put(STATEMENT, "prov:wasGeneratedBy", URIRef("https://example.org/x")),
    "derived that is no boolean": put(STATEMENT, "kg:derived", Literal("yes")),
    "a statement whose triple is missing": lambda g: g.remove(
        (
            g.value(first(g, STATEMENT), RDF.subject),
            g.value(first(g, STATEMENT), RDF.predicate),
            g.value(first(g, STATEMENT), RDF.object),
        )
    ),
    "a passage without source": drop(PASSAGE, "oa:hasSource"),
    "a passage of an unknown field": put(PASSAGE, "kg:field", Literal("footnote")),
    "a passage with one selector": put(PASSAGE, "oa:hasSelector", URIRef("https://example.org/x")),
    "an empty quote": put(QUOTE, "oa:exact", Literal("")),
    "a quote that is gone": drop(QUOTE, "oa:exact"),
    "a position that ends before it starts": put(POSITION, "oa:start", Literal(10**6, datatype=XSD.nonNegativeInteger)),
    "a position without end": drop(POSITION, "oa:end"),
    "a rule without version": drop("prov:Activity", "schema:softwareVersion"),
    "a description without licence": lambda g: g.remove((iri("kgr:dataset"), iri("dcterms:license"), None)),
    "a description without count": lambda g: g.remove((iri("kgr:dataset"), iri("void:triples"), None)),
    "a partition of an unknown class": lambda g: g.set(
        (min(g.subjects(iri("void:class")), key=str), iri("void:class"), iri("kg:Person"))
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_shapes_catch(what: str) -> None:
    data = _sound()
    before = set(data)
    BROKEN[what](data)
    assert set(data) != before
    passed, _ = conforms(data)
    assert not passed


def _sound() -> rdflib.Graph:
    graph: rdflib.Graph = handmade.graph().to_rdflib()
    assert (None, RDFS.label, None) in graph
    return graph


def test_a_quote_of_another_paper_is_caught() -> None:
    data = _sound()
    passages = sorted(URIRef(str(p)) for p in data.subjects(RDF.type, iri(PASSAGE)))
    sources = {p: data.value(p, iri("oa:hasSource")) for p in passages}
    other = next(p for p in passages if sources[p] != sources[passages[0]])
    data.set((passages[0], iri("oa:hasSource"), sources[other] or other))
    passed, text = conforms(data)
    assert not passed
    assert "a quote is from a paper that the statement is not derived from" in text
