"""Questions in words -> rows: the nodes that fulfil the condition, each with the edges that it rests on."""

from __future__ import annotations

from kg.graph import KnowledgeGraph
from kg.model import Node
from kg.queries import grammar, routes, translation
from kg.queries.meaning import Question, in_words, raised
from kg.queries.search import Match, Search
from kg.queries.tables import Answer
from kg.queries.words import Words

COLUMNS = ("name", "type", "support", "confidence")


def answer(graph: KnowledgeGraph, question: str, *, limit: int = 50) -> Answer:
    """Answer a question in words; what is not understood is a QueryError that says what was perhaps meant.

    Rows are sorted by support (papers behind the weakest part of the condition), confidence (of the weakest part) and
    name. An empty answer always has a note that tells which part has no result. `sparql` of the answer is the same
    question as SPARQL, which has the same rows on the exported graph.
    """
    words = Words(graph=graph)
    asked = grammar.parse(question, words)
    if asked.goal is not None:
        return routes.answer(asked, words, limit=limit)
    search = Search(words, asked)
    found = search.matches(asked.subject)
    if asked.shared and not found:
        asked, search, found = _above(asked, search)
    shown = min(limit, asked.top or limit)
    sparql = translation.select(asked, words, through=frozenset(search.through), limit=shown)
    notes = [*search.notes, *search.remarks(found)]
    reading = in_words(asked, words)
    if asked.counted:
        columns, rows = (("count",), [(len(found),)]) if asked.counted == "all" else _by_year(search, found)
        return Answer(columns=columns, rows=tuple(rows), note="; ".join(notes), reading=reading, sparql=sparql)
    years = {i: max((y for p in found[i].papers if (y := search.year(p))), default=None) for i in found}
    ranked = sorted(found, key=lambda i: _rank(graph.by_id[i], found[i], years[i], asked.order))
    kept = ranked[:shown]
    truncated = len(kept) < min(len(ranked), asked.top or len(ranked))
    dated = asked.order == "year"
    return Answer(
        columns=(*COLUMNS, "year") if dated else COLUMNS,
        rows=tuple(_row(graph.by_id[i], found[i]) + ((years[i],) if dated else ()) for i in kept),
        note="; ".join([*notes, *_counted(len(kept), len(ranked), truncated)]),
        truncated=truncated,
        ids=tuple(kept),
        edges=tuple(found[i].edges for i in kept),
        reading=reading,
        sparql=sparql,
    )


def _above(asked: Question, search: Search) -> tuple[Question, Search, dict[str, Match]]:
    """Look one level up when names share nothing outright: QLoRA and a pruning method are both model compression."""
    wider = raised(asked)
    higher = Search(search.words, wider)
    found = higher.matches(wider.subject)
    if not found:
        return asked, search, found
    higher.tell("nothing is linked to all of them outright: this is what stands above their links")
    return wider, higher, found


def _row(node: Node, match: Match) -> tuple[str | int | float | None, ...]:
    return (node.name, node.type, len(match.papers), round(match.confidence, 4))


def _rank(node: Node, match: Match, year: int | None, order: str) -> tuple[object, ...]:
    support, confidence, name = -len(match.papers), -round(match.confidence, 4), (node.name.casefold(), node.id)
    first = {"confidence": (confidence,), "name": (name,), "year": (year is None, -(year or 0))}.get(order, ())
    return (*first, support, confidence, name)


def _by_year(search: Search, found: dict[str, Match]) -> tuple[tuple[str, ...], list[tuple[int | None, int]]]:
    """Count nodes in each year that a paper behind them is of; those without a year come last."""
    years: dict[int | None, set[str]] = {}
    for node, match in found.items():
        for paper in match.papers:
            years.setdefault(search.year(paper), set()).add(node)
    return ("year", "count"), [(y, len(years[y])) for y in sorted(years, key=lambda y: (y is None, y or 0))]


def _counted(shown: int, total: int, truncated: bool) -> list[str]:
    if shown == total:
        return []
    return [f"the first {shown} of {total} rows" + (", --limit shows more" if truncated else "")]
