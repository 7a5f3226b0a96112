"""N-Triples and N-Quads: sorted lines, which without blank nodes are the canonical form."""

from __future__ import annotations

from kg import rdf
from kg.exporters import profiles
from kg.rdf import writer
from kg.view import View


def write(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return the graph, its evidence and its description as canonical N-Triples."""
    if profile == profiles.FULL:
        return b"".join(writer.ntriples(graph))
    return rdf.ntriples(profiles.triples(graph, profile)).encode()


def write_quads(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return N-Quads: facts and description in the default graph, the statements in a graph of their own."""
    return b"".join(writer.nquads(graph)) if profile == profiles.FULL else write(graph, profile=profile)
