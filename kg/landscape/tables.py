"""What is used most, what is rising, and what is used together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import combinations

from kg.graph import KnowledgeGraph
from kg.landscape import statistics
from kg.landscape.scope import Papers, Scope, best
from kg.landscape.values import Pair, Pairs, Ranking, Rising, Trend, Used

_TOGETHER = 2  # papers that two things must share
_KNOWN = 3  # papers that each of them must have
_DATED = 3  # dated papers that a thing must have
_PERIOD = 5  # papers that each of two periods must have


def ranking(scope: Scope, types: Collection[str], *, top: int) -> Ranking:
    """Return the things that most papers use."""
    used = scope.used(types)
    return Ranking(rows=tuple(scope.row(i, used[i]) for i in best(used, scope.graph, top)), total=len(used))


def rising(scope: Scope, types: Collection[str], *, top: int, cut: int | None = None) -> Rising:
    """Return the things whose share of the papers grew most, those first whose interval lies highest.

    The share among the dated papers since the year `cut` is compared with the share among those before; without a
    `cut`, at the year that halves the papers best. Things with fewer than three dated papers are not compared: nothing
    can be told of them. Only growth is listed.
    """
    dated = {p: y for p in scope.papers if (y := scope.years[p]) is not None}
    if not dated:
        return Rising(reason="no paper here bears a date")
    at = cut or _halving(dated.values())
    after = frozenset(p for p, y in dated.items() if y >= at)
    before = frozenset(dated) - after
    if min(len(before), len(after)) < _PERIOD:
        told = f"{len(before)} dated papers before {at} and {len(after)} since"
        return Rising(reason=f"too few to compare: {told}; each period needs {_PERIOD}")
    used = {i: papers & dated.keys() for i, papers in scope.used(types).items()}
    known = {i: papers for i, papers in used.items() if len(papers) >= _DATED}
    trends = [
        _trend(scope.row(i, papers), len(papers & before), len(before), len(after)) for i, papers in known.items()
    ]
    grown = sorted((t for t in trends if t.change > 0), key=lambda t: (-t.low, -t.change, t.thing.name, t.thing.id))
    return Rising(rows=tuple(grown[:top]), cut=at, before=len(before), after=len(after), compared=len(known))


def _halving(years: Iterable[int]) -> int:
    """Return the year that begins the newer half of the papers, as nearly as whole years allow."""
    ordered = sorted(years)
    return min(sorted(set(ordered)), key=lambda at: abs(sum(1 if y >= at else -1 for y in ordered)))


def _trend(thing: Used, old: int, before: int, after: int) -> Trend:
    new = thing.count - old
    change, low, high = statistics.difference((old, before), (new, after))
    return Trend(thing=thing, before=old, after=new, change=change, low=low, high=high)


def pairs(scope: Scope, types: Collection[str], *, top: int) -> Pairs:
    """Return the pairs that papers use together more often than chance, the most unlike chance first.

    Of n papers that use anything of these types, a use one thing and b the other: a * b / n would use both by chance,
    and lift is how many times more do. They are ranked by Dunning's likelihood ratio, so that neither what is merely
    popular nor what met once comes first. Each must have three papers, two of which have the other. A thing and its
    family or kind are no pair.
    """
    used = scope.used(types)
    total = len(frozenset().union(*used.values()))
    found = []
    for (one, other), papers in _shared({i: p for i, p in used.items() if len(p) >= _KNOWN}).items():
        a, b, both = len(used[one]), len(used[other]), len(papers)
        if both < _TOGETHER or both * total <= a * b or _kin(scope.graph, one, other):
            continue
        ends = best({one: used[one], other: used[other]}, scope.graph, 2)
        found.append(
            Pair(
                one=scope.row(ends[0], used[ends[0]]),
                other=scope.row(ends[1], used[ends[1]]),
                papers=tuple(sorted(papers)),
                expected=a * b / total,
                lift=both * total / (a * b),
                weight=statistics.likelihood_ratio(both, a, b, total),
            )
        )
    found.sort(key=lambda p: (-round(p.weight, 9), -len(p.papers), p.one.name, p.other.name, p.one.id, p.other.id))
    return Pairs(rows=tuple(found[:top]), total=len(found), papers=total)


def _kin(graph: KnowledgeGraph, one: str, other: str) -> bool:
    return one in graph.above(other) or other in graph.above(one)


def _shared(used: Papers) -> dict[tuple[str, str], set[str]]:
    """Return the papers of every two things that meet at all, by way of the papers: few things meet."""
    by_paper: dict[str, list[str]] = defaultdict(list)
    for thing in sorted(used):
        for paper in used[thing]:
            by_paper[paper].append(thing)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for paper, things in by_paper.items():
        for two in combinations(things, 2):
            found[two].add(paper)
    return found
