"""The sentences behind the rows of an answer, in short; `kg why` tells all."""

from __future__ import annotations

from dataclasses import replace

from kg.model import Edge
from kg.queries.explanations import quotes
from kg.queries.tables import Answer, cut
from kg.view import View

_SHOWN, _WIDTH = 3, 320


def proven(graph: View, answer: Answer) -> Answer:
    """Return the answer with a few lines of evidence for each row: the edges that it rests on, and a quote of each."""
    return replace(answer, evidence=tuple(_lines(graph, keys) for keys in answer.edges))


def _lines(graph: View, keys: tuple[tuple[str, str, str], ...]) -> tuple[str, ...]:
    lines = [_line(graph, next(e for e in graph.outgoing[key[0]] if e.key == key)) for key in keys[:_SHOWN]]
    return (*lines, f"and {len(keys) - _SHOWN} more") if len(keys) > _SHOWN else tuple(lines)


def _line(graph: View, edge: Edge) -> str:
    ends = graph.by_id[edge.source].name, graph.by_id[edge.target].name
    said = f"{cut(ends[0], 60)} {graph.ontology.relation(edge.relation).label} {ends[1]}"
    quote = quotes(graph, edge.evidence[:1])[0]
    about = f" ({quote.title})" if quote.title != ends[0] else ""
    return f"{said}: “{cut(quote.text, _WIDTH)}”{about}"
