"""Graphs to export, a hostile one among them, and the parsers that read the exports back."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import atlas
import pyoxigraph
import rdflib
from handmade import ONTOLOGY
from rdflib import URIRef

from kg.exporters import EXPORTERS
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


def iri(curie: str) -> URIRef:
    return URIRef(ONTOLOGY.iri(curie))
