"""Paths from one name to another: the shortest ones, the surest of them first, each link with its direction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise

from kg.model import QueryError
from kg.queries import translation
from kg.queries.meaning import Question, in_words
from kg.queries.search import Search
from kg.queries.tables import Answer
from kg.queries.words import Words
from kg.view import Link

_MOST_HOPS = 6
_MOST_PATHS = 10_000
_Step = tuple[str, Link, str]  # from where, over which edge, to where


def answer(asked: Question, words: Words, *, limit: int) -> Answer:
    """Return the shortest paths between two names, one a row: names and links in turn, then support and confidence.

    A path is as sure, and has as much support, as its weakest link. Background edges are no links. A thing that has two
    links of the paper that introduces it is no other way than that paper.
    """
    search = Search(words, asked)
    ends = [search.known(s) for s in (asked.subject, asked.goal) if s is not None]
    if set(ends[0]) & set(ends[1]):
        raise QueryError("a path joins two nodes, and these are one", hint='for example "path from A to B"')
    steps = _steps(search, frozenset(ends[0]), frozenset(ends[1]))
    rows = []
    complete = True
    for number, path in enumerate(_paths(steps, ends[1], _repeating(search, steps))):
        if number == _MOST_PATHS:
            complete = False
            break
        support = min(len(search.in_years(edge)) for _, edge, _ in path)
        rows.append((_row(path, words), support, min(edge.confidence for _, edge, _ in path), path))
    rows.sort(key=lambda r: (-r[2], -r[1], [text.casefold() for text in r[0]], [e.key for _, e, _ in r[3]]))
    kept = rows[: min(limit, asked.top or limit)]
    hops = len(steps)
    truncated = not complete or len(kept) < min(len(rows), asked.top or len(rows))
    return Answer(
        columns=("from", *_columns(max(hops, 1)), "support", "confidence"),
        rows=tuple((*texts, support, sure) for texts, support, sure, _ in kept),
        note="; ".join([*search.notes, *_told(len(rows), len(kept), complete), *search.undated_note()]),
        truncated=truncated,
        edges=tuple(tuple(edge.key for _, edge, _ in path) for _, _, _, path in kept),
        reading=in_words(asked, words),
        sparql=translation.route(
            asked, words, ends=(ends[0], ends[1]), hops=max(hops, 1), limit=min(limit, asked.top or limit)
        ),
    )


def _told(total: int, shown: int, complete: bool) -> Iterator[str]:
    if not total:
        yield f"no path of up to {_MOST_HOPS} links"
    elif not complete:
        yield f"{shown} of more than {_MOST_PATHS} paths"
    elif shown < total:
        yield f"the first {shown} of {total} paths, --limit shows more"


def _columns(hops: int) -> tuple[str, ...]:
    return tuple(c for i in range(1, hops + 1) for c in (f"link{i}", "to" if i == hops else f"via{i}"))


def _steps(search: Search, start: frozenset[str], goal: frozenset[str]) -> list[dict[str, list[_Step]]]:
    """Return, for each link of the shortest paths, the steps that lead to a node; nothing when there is no path.

    The search spreads from both ends, always from where fewer nodes have been reached: names in the middle of a graph
    are linked to much of it within three links.
    """
    ahead, back = [start], [goal]
    seen = {id(ahead): set(start), id(back): set(goal)}
    while len(ahead) + len(back) - 2 < _MOST_HOPS:
        side = min((ahead, back), key=lambda levels: len(levels[-1]))
        known = seen[id(side)]
        border = frozenset(there for _, _, there in _from(search, side[-1])) - known
        known |= border
        side.append(border)
        if not border:
            return []
        if ahead[-1] & back[-1]:
            return _between(search, ahead, back)
    return []


def _between(search: Search, ahead: list[frozenset[str]], back: list[frozenset[str]]) -> list[dict[str, list[_Step]]]:
    """Return the steps of the shortest paths, given what is so many links from the start, and from the goal."""
    levels = [*ahead[:-1], ahead[-1] & back[-1]]
    for nearer in reversed(range(len(levels) - 1)):
        levels[nearer] &= {there for _, _, there in _from(search, levels[nearer + 1])}
    found = []
    for border in back[-2::-1]:
        levels.append(border & {there for _, _, there in _from(search, levels[-1])})
    for here, there in pairwise(levels):
        level: dict[str, list[_Step]] = defaultdict(list)
        for step in _from(search, sorted(here)):
            if step[2] in there:
                level[step[2]].append(step)
        found.append(level)
    return found


def _from(search: Search, nodes: Collection[str]) -> Iterator[_Step]:
    for here, edge in search.links(nodes):
        yield here, edge, edge.target if edge.source == here else edge.source


def _repeating(search: Search, levels: list[dict[str, list[_Step]]]) -> Callable[[_Step, _Step], bool]:
    """Return what tells whether two steps lead through a thing where the same two lead through its paper."""
    contribution = search.words.ontology.relation_as("contribution").name
    known = {edge.key for level in levels for steps in level.values() for _, edge, _ in steps}
    papers: dict[str, list[str]] = defaultdict(list)
    things = sorted({there for level in levels for there in level})
    for thing, edge in search.sets.links(things, (contribution,), incoming=True):
        papers[thing].append(edge.source)

    def repeating(one: _Step, other: _Step) -> bool:
        thing, edges = one[2], (one[1], other[1])
        return all(edge.source == thing for edge in edges) and any(
            all((paper, edge.relation, edge.target) in known for edge in edges) for paper in papers[thing]
        )

    return repeating


def _paths(
    levels: list[dict[str, list[_Step]]], goal: tuple[str, ...], repeating: Callable[[_Step, _Step], bool]
) -> Iterator[tuple[_Step, ...]]:
    """Yield every path, found backwards from the goal; without recursion, and lazily: there may be very many."""
    waiting: list[tuple[_Step, ...]] = [
        (step,) for there in sorted(goal, reverse=True) for step in (levels[-1].get(there, ()) if levels else ())
    ]
    while waiting:
        path = waiting.pop()
        if len(path) == len(levels):
            yield path
        else:
            before = levels[-1 - len(path)][path[0][0]]
            waiting += [(step, *path) for step in before if not repeating(step, path[0])]


def _row(path: tuple[_Step, ...], words: Words) -> tuple[str, ...]:
    names = words.graph.by_id
    cells = [names[path[0][0]].name]
    for here, edge, there in path:
        label = words.ontology.relation(edge.relation).label
        cells += [f"{label} →" if edge.source == here else f"← {label}", names[there].name]
    return tuple(cells)
