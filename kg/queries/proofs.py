"""The sentences behind the rows of an answer, in short; `kg why` tells all."""

from __future__ import annotations

from dataclasses import replace

from kg.graph import KnowledgeGraph
from kg.model import Edge
from kg.queries.explanations import quotes
from kg.queries.tables import Answer, cut

_SHOWN, _WIDTH = 3, 320


def proven(graph: KnowledgeGraph, answer: Answer) -> Answer:
    """Return the answer with a few lines of evidence for each row: the edges that it rests on, and a quote of each."""
    known = {edge.key: edge for edge in graph.edges}
    return replace(answer, evidence=tuple(_lines(graph, [known[key] for key in keys]) for keys in answer.edges))


def _lines(graph: KnowledgeGraph, edges: list[Edge]) -> tuple[str, ...]:
    lines = [_line(graph, edge) for edge in edges[:_SHOWN]]
    return (*lines, f"and {len(edges) - _SHOWN} more") if len(edges) > _SHOWN else tuple(lines)


def _line(graph: KnowledgeGraph, edge: Edge) -> str:
    ends = graph.by_id[edge.source].name, graph.by_id[edge.target].name
    said = f"{cut(ends[0], 60)} {graph.ontology.relation(edge.relation).label} {ends[1]}"
    quote = quotes(graph, edge.evidence[:1])[0]
    about = f" ({quote.title})" if quote.title != ends[0] else ""
    return f"{said}: “{cut(quote.text, _WIDTH)}”{about}"
