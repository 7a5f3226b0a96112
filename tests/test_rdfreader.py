from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import rdflib
from exported import GRAPHS, RDF_FORMATS, by_rdflib, exported, iri
from handmade import ONTOLOGY, graph
from othertools import part
from rdflib import Literal, URIRef

from kg.graph import KnowledgeGraph
from kg.model import ReadError

MADE: dict[str, Callable[[], KnowledgeGraph]] = {**GRAPHS, "part": part}


@pytest.mark.parametrize("name", list(MADE))
def test_rdf_read_and_written_again_is_the_same_rdf(name: str) -> None:
    made = MADE[name]()
    back = KnowledgeGraph.from_rdflib(made.to_rdflib())
    assert exported("ntriples", back) == exported("ntriples", made)
    assert [n.id for n in back.nodes] == [n.id for n in made.nodes]
    assert [e.id for e in back.edges] == [e.id for e in made.edges]


@pytest.mark.parametrize("name", list(RDF_FORMATS))
def test_every_format_comes_back(name: str) -> None:
    made = graph()
    back = KnowledgeGraph.from_rdflib(by_rdflib(name, exported(name, made)))
    assert exported(name, back) == exported(name, made)
    for edge, again in zip(made.edges, back.edges, strict=True):
        assert (again.confidence, again.derived, again.papers) == (edge.confidence, edge.derived, edge.papers)
        assert set(again.evidence) == set(edge.evidence)


def test_named_graphs_are_read_as_one() -> None:
    made = graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        dataset = rdflib.Dataset(default_union=True)
        dataset.parse(data=exported("nquads", made), format="nquads")
    assert exported("turtle", KnowledgeGraph.from_rdflib(dataset)) == exported("turtle", made)


def test_papers_keep_their_record() -> None:
    made = graph()
    papers = {n.id: n.paper for n in KnowledgeGraph.from_rdflib(made.to_rdflib()).nodes if n.paper}
    for node in made.nodes:
        if node.paper:
            again = papers[node.id]
            assert (again.title, again.year, again.date) == (node.paper.title, node.paper.year, node.paper.date)
            assert (again.arxiv, again.doi, again.url) == (node.paper.arxiv, node.paper.doi, node.paper.url)


STATEMENT, PASSAGE = iri("rdf:Statement"), iri("oa:SpecificResource")


def first(data: rdflib.Graph, of: URIRef) -> URIRef:
    return min(URIRef(str(s)) for s in data.subjects(iri("rdf:type"), of))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.remove((first(g, STATEMENT), None, None)), "an edge without a statement behind it"),
        (lambda g: g.remove((first(g, STATEMENT), iri("kg:evidence"), None)), "a statement without evidence"),
        (lambda g: g.remove((first(g, STATEMENT), iri("kg:confidence"), None)), "0 values of kg:confidence"),
        (lambda g: g.set((first(g, STATEMENT), iri("rdf:predicate"), iri("kg:likes"))), "an unknown relation"),
        (lambda g: g.set((first(g, STATEMENT), iri("rdf:object"), URIRef("https://example.org/x"))), "not one of our"),
        (lambda g: g.set((first(g, PASSAGE), iri("kg:field"), Literal("footnote"))), "an unknown field 'footnote'"),
        (lambda g: g.remove((first(g, PASSAGE), iri("oa:hasSelector"), None)), "without one quote and one position"),
        (
            lambda g: g.add((iri("kgr:technique/lora"), iri("skos:prefLabel"), Literal("x"))),
            "2 values of skos:prefLabel",
        ),
        (lambda g: g.remove((None, None, None)), "no node of our ontology"),
    ],
)
def test_what_is_incomplete_is_refused_and_named(change: Callable[[rdflib.Graph], object], message: str) -> None:
    data = graph().to_rdflib()
    change(data)
    with pytest.raises(ReadError, match=message) as caught:
        KnowledgeGraph.from_rdflib(data)
    assert "\n" not in str(caught.value)


def test_rdf_of_others_is_refused() -> None:
    with pytest.raises(ReadError, match=r"no node of our ontology .*profile full"):
        KnowledgeGraph.from_rdflib(rdflib.Graph(), ontology=ONTOLOGY)
