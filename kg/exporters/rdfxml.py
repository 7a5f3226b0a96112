"""RDF/XML, for the OWL tools that read nothing newer."""

from __future__ import annotations

from kg import rdf
from kg.exporters import profiles
from kg.view import View


def write(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return the graph, its evidence and its description as RDF/XML, sorted by subject."""
    import pyoxigraph

    lines = rdf.ntriples(profiles.triples(graph, profile))
    quads = pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_TRIPLES)
    triples = (quad.triple for quad in quads)
    data = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.RDF_XML, prefixes=dict(graph.ontology.prefixes))
    return (data or b"").rstrip() + b"\n"
