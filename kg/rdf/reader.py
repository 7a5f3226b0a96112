"""RDF as we write it -> nodes and edges, so that a graph can come back from another tool's store or file.

What RDF does not carry stays away: abstracts, the merges of names, and how each rule voted (a rule counts as sure as
its edge). Writing the result again gives the same RDF.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from kg.model import Edge, Evidence, Node, Paper, ReadError, Vote
from kg.ontology import Ontology
from kg.rdf import FIELDS, own

if TYPE_CHECKING:
    import rdflib

_About = Mapping[str, Mapping[str, list[Any]]]
_HINT = "kg reads the RDF that it writes, in the profile full"


def nodes_and_edges(graph: rdflib.Graph, ontology: Ontology) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes sorted by id and the edges sorted by key; what is incomplete is a `ReadError` that names it."""
    about: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for quad in graph:
        about[str(quad[0])][str(quad[1])].append(quad[2])
    reader = _Reader(about, ontology)
    nodes = sorted((n for t in ontology.types for n in reader.nodes(t.name)), key=lambda n: n.id)
    edges = sorted(reader.edges(), key=lambda e: e.key)
    if not nodes:
        raise ReadError("no node of our ontology in this graph", hint=_HINT)
    stated = {edge.key for edge in edges}
    for node in nodes:
        for key in reader.plain(node.id):
            if key not in stated:
                raise ReadError("an edge without a statement behind it", where=" ".join(key), hint=_HINT)
    return tuple(nodes), tuple(edges)


class _Reader:
    """Reads from an index of the triples: subject, then predicate, then values."""

    def __init__(self, about: _About, ontology: Ontology) -> None:
        self._about = about
        self._ontology = ontology
        self._home = ontology.iri("kgr:")
        self._instances: dict[str, list[str]] = defaultdict(list)
        for subject, properties in about.items():
            for value in properties.get(ontology.iri("rdf:type"), ()):
                self._instances[str(value)].append(subject)

    def nodes(self, type_name: str) -> Iterable[Node]:
        document = "document" in self._ontology.type(type_name).roles
        for subject in self._instances[self._ontology.iri(own(type_name))]:
            name = self._one(subject, "skos:prefLabel")
            yield Node(
                id=self._id(subject),
                type=type_name,
                name=name,
                aliases=tuple(self._all(subject, "skos:altLabel")),
                support=int(self._one(subject, "kg:support")),
                paper=self._paper(subject, name) if document else None,
            )

    def plain(self, node_id: str) -> Iterable[tuple[str, str, str]]:
        """Yield the keys of the edges that stand as plain triples."""
        from kg.rdf import node_curie

        properties = self._about[self._ontology.iri(node_curie(node_id))]
        for relation in self._ontology.relations:
            for value in properties.get(self._ontology.iri(own(relation.name)), ()):
                yield node_id, relation.name, self._id(str(value))

    def edges(self) -> Iterable[Edge]:
        names = {self._ontology.iri(own(r.name)): r.name for r in self._ontology.relations}
        for subject in self._instances[self._ontology.iri("rdf:Statement")]:
            relation = self._one(subject, "rdf:predicate")
            if relation not in names:
                raise ReadError(f"a statement of an unknown relation <{relation}>", where=subject, hint=_HINT)
            confidence = float(self._one(subject, "kg:confidence"))
            rules = [self._one(rule, "rdfs:label") for rule in self._all(subject, "prov:wasGeneratedBy")]
            evidence = [self._evidence(passage) for passage in self._all(subject, "kg:evidence")]
            if not evidence:
                raise ReadError("a statement without evidence", where=subject, hint=_HINT)
            yield Edge(
                source=self._id(self._one(subject, "rdf:subject")),
                relation=names[relation],
                target=self._id(self._one(subject, "rdf:object")),
                confidence=confidence,
                evidence=tuple(sorted(evidence, key=_place)),
                votes=tuple(Vote(rule=rule, score=confidence) for rule in sorted(rules)),
                derived=self._one(subject, "kg:derived") == "true",
            )

    def _paper(self, subject: str, title: str) -> Paper:
        issued, url, count = (self._maybe(subject, p) for p in ("dcterms:issued", "schema:url", "kg:authorCount"))
        arxiv, doi = self._maybe(subject, "fabio:hasArXivId"), self._maybe(subject, "dcterms:identifier")
        return Paper(
            id=self._id(subject),
            title=title,
            year=int(issued[:4]) if issued else None,
            date=issued if len(issued) > 4 else "",
            venue=self._maybe(subject, "kg:venue"),
            authors=tuple(self._all(subject, "schema:author")),
            author_count=int(count or 0),
            url=url,
            keywords=tuple(self._all(subject, "schema:keywords")),
            arxiv=arxiv,
            doi=doi.removeprefix("doi:"),
        )

    def _evidence(self, passage: str) -> Evidence:
        selectors = self._all(passage, "oa:hasSelector")
        quotes = [v for s in selectors for v in self._all(s, "oa:exact")]
        starts = [v for s in selectors for v in self._all(s, "oa:start")]
        ends = [v for s in selectors for v in self._all(s, "oa:end")]
        if not len(quotes) == len(starts) == len(ends) == 1:
            raise ReadError("a passage without one quote and one position", where=passage, hint=_HINT)
        field = self._one(passage, "kg:field")
        if field not in FIELDS:
            raise ReadError(
                f"a passage of an unknown field {field!r}", where=passage, hint="one of " + ", ".join(FIELDS)
            )
        paper = self._id(self._one(passage, "oa:hasSource"))
        return Evidence(paper=paper, field=field, start=int(starts[0]), end=int(ends[0]), text=quotes[0])

    def _all(self, subject: str, predicate: str) -> list[str]:
        return sorted(map(str, self._about[subject].get(self._ontology.iri(predicate), ())))

    def _maybe(self, subject: str, predicate: str) -> str:
        return next(iter(self._all(subject, predicate)), "")

    def _one(self, subject: str, predicate: str) -> str:
        found = self._all(subject, predicate)
        if len(found) != 1:
            raise ReadError(f"{len(found)} values of {predicate} where there is one", where=subject, hint=_HINT)
        return found[0]

    def _id(self, iri: str) -> str:
        if not iri.startswith(self._home) or re.search("[?#]", iri):
            raise ReadError(f"not one of our nodes: <{iri}>", hint=_HINT)
        return unquote(iri.removeprefix(self._home), errors="surrogatepass")


def _place(evidence: Evidence) -> tuple[str, int, int, int, str]:
    return (evidence.paper, FIELDS.index(evidence.field), evidence.start, evidence.end, evidence.text)
