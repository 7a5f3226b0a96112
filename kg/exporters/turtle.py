"""Turtle and TriG: short names, types first, sorted, one block a subject."""

from __future__ import annotations

from kg import rdf
from kg.exporters import profiles
from kg.rdf import writer
from kg.view import View


def write(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return the graph, its evidence and its description as Turtle."""
    if profile == profiles.FULL:
        return b"".join(writer.turtle(graph))
    compactor = rdf.Compactor(graph.ontology)
    body = rdf.turtle(profiles.triples(graph, profile), compactor)
    return f"{rdf.turtle_prefixes(compactor)}\n{body}".encode()


def write_trig(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return TriG: facts and description in the default graph, the statements in a graph of their own."""
    return b"".join(writer.trig(graph)) if profile == profiles.FULL else write(graph, profile=profile)
