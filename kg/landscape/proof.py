"""The papers behind a number, the newest first, with a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.explorer.quotes import link
from kg.graph import KnowledgeGraph
from kg.model import Edge
from kg.queries.explanations import quotes
from kg.view import year


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One paper. `sentence` is what it says of the thing in question, its words marked «so», or '' without such."""

    paper: str
    title: str
    year: int | None
    url: str
    sentence: str


def proofs(graph: KnowledgeGraph, papers: Sequence[str], thing: str, *, limit: int) -> tuple[Proof, ...]:
    """Return the newest of some papers, and what each says of a thing."""
    return tuple(_proof(graph, paper, thing) for paper in newest(graph, papers)[:limit])


def newest(graph: KnowledgeGraph, papers: Iterable[str]) -> list[str]:
    """Return papers by year, the newest first and those without a year last."""
    return sorted(papers, key=lambda p: (-(published(graph, p) or 0), graph.by_id[p].name.casefold(), p))


def published(graph: KnowledgeGraph, paper: str) -> int | None:
    """Return the year of a paper, if it is known."""
    return year(graph.by_id[paper].paper)


def _proof(graph: KnowledgeGraph, paper: str, thing: str) -> Proof:
    record = graph.by_id[paper].paper
    edge = _edge(graph, paper, thing)
    told = quotes(graph, edge.evidence[:1]) if edge is not None else ()
    return Proof(
        paper=paper,
        title=graph.by_id[paper].name,
        year=published(graph, paper),
        url=link(record) if record is not None else "",
        sentence=told[0].text if told else "",
    )


def _edge(graph: KnowledgeGraph, paper: str, thing: str) -> Edge | None:
    """Return the paper's own edge to a thing, else to the surest of what is below it."""
    own = [e for e in graph.outgoing.get(paper, ()) if not e.derived]
    there = [e for e in own if e.target == thing] or [e for e in own if thing in graph.above(e.target)]
    return max(there, key=lambda e: e.confidence, default=None)
