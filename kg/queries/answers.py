"""Questions in words -> rows: the nodes that fulfil the condition, each with the edges that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nsmallest

from kg.model import Node
from kg.queries import grammar, routes, translation
from kg.queries.matches import Found, Match, Standing
from kg.queries.meaning import Question, in_words, raised
from kg.queries.search import Search
from kg.queries.tables import Answer
from kg.queries.words import Words
from kg.view import View

COLUMNS = ("name", "type", "support", "confidence")


def answer(graph: View, question: str, *, limit: int = 50, edges: bool = True) -> Answer:
    """Answer a question in words; what is not understood is a QueryError that says what was perhaps meant.

    Rows are sorted by support (papers behind the weakest part of the condition), confidence (of the weakest part) and
    name. An empty answer always has a note that tells which part has no result. `sparql` of the answer is the same
    question as SPARQL, which has the same rows on the exported graph. Who needs no `edges` need not wait for them.
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
    dated = asked.order == "year"
    years = {i: max(filter(None, found[i].years(search.year)), default=None) for i in found} if dated else {}
    kept = _best(search, found, years, shown)
    truncated = len(kept) < min(len(found), asked.top or len(found))
    return Answer(
        columns=(*COLUMNS, "year") if dated else COLUMNS,
        rows=tuple(_row(graph.by_id[i], found[i]) + ((years[i],) if dated else ()) for i in kept),
        note="; ".join([*notes, *_counted(len(kept), len(found), truncated)]),
        truncated=truncated,
        ids=tuple(kept),
        edges=tuple(found[i].edges for i in kept) if edges else (),
        reading=reading,
        sparql=sparql,
    )


def _above(asked: Question, search: Search) -> tuple[Question, Search, Found]:
    """Look one level up when names share nothing outright: QLoRA and a pruning method are both model compression."""
    wider = raised(asked)
    higher = Search(search.words, wider)
    found = higher.matches(wider.subject)
    if not found:
        return asked, search, found
    higher.tell("nothing is linked to all of them outright: this is what stands above their links")
    return wider, higher, found


def _row(node: Node, match: Match | Standing) -> tuple[str | int | float | None, ...]:
    return (node.name, node.type, match.support, round(match.confidence, 4))


def _best(search: Search, found: Found, years: Mapping[str, int | None], number: int) -> list[str]:
    """Return the first nodes in the order asked for; names part only those that nothing else does."""
    order = search.asked.order

    def figures(node: str, match: Match | Standing) -> tuple[float, ...]:
        support, confidence = -match.support, -round(match.confidence, 4)
        if order == "year":
            return (years[node] is None, -(years[node] or 0), support, confidence)
        return (confidence, support) if order == "confidence" else (support, confidence)

    if order == "name":
        ranks: dict[str, tuple[float, ...]] = dict.fromkeys(found, ())
    else:
        ranks = {node: figures(node, match) for node, match in found.items()}
        last = nsmallest(number, ranks.values())[-1:]
        ranks = {node: rank for node, rank in ranks.items() if (rank,) <= tuple(last)}
    name = search.sets.name
    return nsmallest(number, ranks, key=lambda node: (ranks[node], name(node).casefold(), node))


def _by_year(search: Search, found: Found) -> tuple[tuple[str, ...], list[tuple[int | None, int]]]:
    """Count nodes in each year that a paper behind them is of; those without a year come last."""
    years: dict[int | None, set[str]] = {}
    for node, match in found.items():
        for year in match.years(search.year):
            years.setdefault(year, set()).add(node)
    return ("year", "count"), [(y, len(years[y])) for y in sorted(years, key=lambda y: (y is None, y or 0))]


def _counted(shown: int, total: int, truncated: bool) -> list[str]:
    if shown == total:
        return []
    return [f"the first {shown} of {total} rows" + (", --limit shows more" if truncated else "")]
