"""N-Triples and N-Quads: sorted lines, which without blank nodes are the canonical form."""

from __future__ import annotations

from kg import rdf
from kg.exporters import profiles
from kg.graph import KnowledgeGraph


def write(graph: KnowledgeGraph, *, profile: str = profiles.FULL) -> bytes:
    """Return the graph, its evidence and its description as canonical N-Triples."""
    return rdf.ntriples(profiles.triples(graph, profile)).encode()


def write_quads(graph: KnowledgeGraph, *, profile: str = profiles.FULL) -> bytes:
    """Return N-Quads: facts and description in the default graph, the statements in a graph of their own."""
    facts, evidence = profiles.split(graph, profile)
    name = rdf.expander(graph.ontology)(rdf.EVIDENCE_GRAPH)
    lines = {f"{s} {p} {o} .\n" for s, p, o in facts} | {f"{s} {p} {o} {name} .\n" for s, p, o in evidence}
    return "".join(sorted(lines)).encode()
