"""One node as RDF: what it is, its edges both ways, what is at their other ends, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator

from kg import rdf
from kg.model import Node
from kg.view import View


def triples(graph: View, node: Node) -> Iterator[rdf.Triple]:
    """Yield all that the graph says with this node as subject or object, and the statements with their evidence."""
    term = rdf.expander(graph.ontology)
    edges = {e.key: e for e in (*graph.outgoing.get(node.id, ()), *graph.incoming.get(node.id, ()))}
    ends = {end: graph.by_id[end] for e in edges.values() for end in (e.source, e.target)} | {node.id: node}
    itself = term(rdf.node_curie(node.id))
    told = (itself, rdf.TYPE, term("rdfs:label"))
    for triple in rdf.facts(ends.values(), edges.values(), graph.ontology):
        if itself in (triple[0], triple[2]) or triple[1] in told:
            yield triple
    yield from rdf.statements(edges.values(), graph.ontology)
