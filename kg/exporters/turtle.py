"""Turtle and TriG: short names, types first, sorted, one block a subject."""

from __future__ import annotations

from kg import rdf
from kg.exporters import profiles
from kg.graph import KnowledgeGraph


def write(graph: KnowledgeGraph, *, profile: str = profiles.FULL) -> bytes:
    """Return the graph, its evidence and its description as Turtle."""
    compactor = rdf.Compactor(graph.ontology)
    body = rdf.turtle(profiles.triples(graph, profile), compactor)
    return f"{rdf.turtle_prefixes(compactor)}\n{body}".encode()


def write_trig(graph: KnowledgeGraph, *, profile: str = profiles.FULL) -> bytes:
    """Return TriG: facts and description in the default graph, the statements in a graph of their own."""
    compactor = rdf.Compactor(graph.ontology)
    facts, evidence = profiles.split(graph, profile)
    body = rdf.turtle(facts, compactor)
    inner = rdf.turtle(evidence, compactor, indent="    ")
    if not inner:
        return f"{rdf.turtle_prefixes(compactor)}\n{body}".encode()
    name = compactor.term(rdf.expander(graph.ontology)(rdf.EVIDENCE_GRAPH))
    return f"{rdf.turtle_prefixes(compactor)}\n{body}\n{name} {{\n{inner}}}\n".encode()
