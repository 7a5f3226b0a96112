"""The RDF against its own shapes: what is exported conforms, and what is broken is caught."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import handmade
import pytest
import rdflib
from exported import GRAPHS, iri
from handmade import ONTOLOGY
from othertools import part
from rdflib import RDF, RDFS, XSD, Literal, URIRef
from rdflib.term import Node

from kg.files import bundled
from kg.graph import KnowledgeGraph


@pytest.fixture(params=list(GRAPHS))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return GRAPHS[request.param]()


@cache
def shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(bundled("ontology") / "shapes.ttl")


@cache
def without_sparql() -> rdflib.Graph:
    """The shapes without what they say in SPARQL, which is slow."""
    known = rdflib.Graph()
    for triple in shapes():
        if triple[1] != rdflib.SH.sparql:
            known.add(triple)
    return known


def conforms(data: rdflib.Graph, against: rdflib.Graph | None = None) -> tuple[bool, str]:
    passed, _, text = validated(data, against)
    return passed, text


def validated(data: rdflib.Graph, against: rdflib.Graph | None = None) -> tuple[bool, set[Node], str]:
    """Whether it conforms, the nodes that do not, and the report for people."""
    import pyshacl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        passed, report, text = pyshacl.validate(data, shacl_graph=against or shapes(), inference="none", inplace=True)
    return bool(passed), set(report.objects(None, rdflib.SH.focusNode)), str(text)


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
    graphs: list[Callable[[], KnowledgeGraph]] = [*GRAPHS.values(), part]
    for graph in graphs:
        data = graph().to_rdflib()
        assert set(data.predicates()) <= paths
        assert set(data.objects(None, RDF.type)) <= classes


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
    "support below zero": put(own("system"), "kg:support", Literal(-1)),
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
    "a variant that is no artefact": add(own("document"), rel("variant"), own("document")),
    "a variant from another type": add(own("device"), rel("variant"), own("system")),
    "a kind of another type": add(own("procedure"), rel("hierarchy"), own("problem")),
    "a kind of what has no kinds": add(own("measure"), rel("hierarchy"), own("measure")),
    "a kind of nothing typed": add(own("problem"), rel("hierarchy"), URIRef("https://example.org/x")),
    "a part of what cannot hold it": add(own("system"), rel("component"), own("measure")),
    "a part that is a paper": add(own("document"), rel("component"), own("procedure")),
    "a part of text": add(own("procedure"), rel("component"), Literal("a whole")),
    "a public variant of a wrong type": add(own("system"), "mlso:isVariantOf", own("procedure")),
    "a public kind of a wrong type": add(own("procedure"), "skos:broader", own("document")),
    "a public part of a wrong type": add(own("procedure"), "dcterms:isPartOf", own("problem")),
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
    "a description that was made by nothing": lambda g: g.remove(
        (iri("kgr:dataset"), iri("prov:wasGeneratedBy"), None)
    ),
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
    changed = set(data) ^ before
    assert changed
    passed, nodes, text = validated(data, shapes() if what in IN_SPARQL else without_sparql())
    assert not passed
    touched = {subject for subject, _, _ in changed}
    if what in IN_SPARQL:
        touched = {s for subject in touched for s in data.subjects(iri("rdf:subject"), subject)}
    assert nodes & touched, text
    assert any(f"Focus Node: {node.n3(data.namespace_manager)}" in text for node in nodes & touched), text


IN_SPARQL = {"a statement whose triple is missing"}


def test_there_are_many_ways_to_break_it_and_every_shape_is_among_them() -> None:
    assert len(BROKEN) >= 50
    assert {r.role for r in ONTOLOGY.relations if r.same_type or r.pairs} == {"variant", "hierarchy", "component"}


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
