"""Nodes that may be one thing although no rule joined them: alike in spelling, by an alias, or as acronym and words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, takewhile
from math import log2

from rapidfuzz import fuzz

from kg.graph import KnowledgeGraph
from kg.model import Node, fold, name_key
from kg.naming import versions_apart

_ACRONYM = 0.75  # likeness of an acronym and of words with these initials
_ALIAS = 0.8  # likeness of two nodes that share an alias
_CROWD = 40  # a word, beginning or ending that more nodes of a type share says nothing
_FRINGE = 5  # letters of a beginning or ending
_REORDERED = 0.85  # likeness of the same words in another order, or with a light one more
_STEM, _SHARE = 4, 0.55  # letters, and share of the longer word, that two forms of one word have in common
_LIGHT = frozenset((
    "a", "an", "and", "for", "from", "in", "of", "on", "the", "to", "via", "with", "based", "level", "only", "driven",
    "style",
))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two nodes of one type, the better supported first; how alike they are, and in what way."""

    first: Node
    second: Node
    likeness: float
    reason: str
    versions: bool

    @property
    def uncertainty(self) -> float:
        """How open the question is: things that are alike by half are surely two, and 1 is as likely as not."""
        return round(min(1.0, max(0.0, (self.likeness - 0.5) * 2)) * (0.1 if self.versions else 1.0), 4)


def pairs(graph: KnowledgeGraph) -> tuple[Pair, ...]:
    """Return the suspected duplicates; those that differ by digits, sizes or versions only if there are no others."""
    linked = {frozenset((e.source, e.target)) for e in graph.edges}
    found: list[Pair] = []
    types: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        if node.paper is None and node.support:
            types[node.type].append(node)
    for nodes in types.values():
        for left, right in sorted(_neighbours(nodes)):
            first, second = sorted((nodes[left], nodes[right]), key=lambda n: (-n.support, n.id))
            if frozenset((first.id, second.id)) not in linked:
                found += _alike(first, second)
    plain = tuple(p for p in found if not p.versions)
    return plain or tuple(found)


def _neighbours(nodes: list[Node]) -> set[tuple[int, int]]:
    """Return the pairs that share a rare word, a beginning, an ending, an alias, or letters with initials."""
    crowds: dict[str, set[int]] = defaultdict(set)
    for number, node in enumerate(nodes):
        for name in (node.name, *node.aliases):
            for mark in _marks(name):
                crowds[mark].add(number)
    small = (sorted(crowd) for crowd in crowds.values() if 1 < len(crowd) <= _CROWD)
    return {pair for crowd in small for pair in combinations(crowd, 2)}


def _marks(name: str) -> Iterator[str]:
    key, words = name_key(name), fold(name).split()
    yield f"={key}"
    yield f"^{key[:_FRINGE]}"
    yield f"${key[-_FRINGE:]}"
    yield from words
    if len(words) > 1 and (short := _initials(words)):
        yield f"={short}"


def _initials(words: Iterable[str]) -> str:
    letters = "".join(w[0] for w in words if w not in _LIGHT)
    return letters if len(letters) > 2 else ""


def _alike(first: Node, second: Node) -> Iterator[Pair]:
    names = [(a, b) for a in (first.name, *first.aliases) for b in (second.name, *second.aliases)]
    likeness, reason = max((_likeness(a, b, shown=n == 0) for n, (a, b) in enumerate(names)), key=lambda f: f[0])
    if likeness > 0:
        one, other = first.name, second.name
        versions = versions_apart(one, other) or _digits(one) != _digits(other)
        yield Pair(first=first, second=second, likeness=round(likeness, 4), reason=reason, versions=versions)


@lru_cache(maxsize=100_000)
def _forms(name: str) -> tuple[str, str]:
    return fold(name), name_key(name)


def _likeness(left: str, right: str, *, shown: bool) -> tuple[float, str]:
    """Return how alike two names are, and how; similar letters count only for the names that nodes are shown under."""
    (one, one_key), (other, other_key) = _forms(left), _forms(right)
    if one_key == other_key:
        return _ALIAS, f"both are called {left}"
    if not shown:
        return 0.0, ""
    short, words = sorted((one, other), key=lambda n: (len(n.split()), len(n)))
    if " " not in short and _initials(words.split()) == short:
        return _ACRONYM, "one may be the acronym of the other"
    if one != other and (_coined(left) or _coined(right)):
        return 0.0, ""
    return _words_alike(one.split(), other.split()), "spelt alike"


def _coined(name: str) -> bool:
    """Whether a name is one word made up by someone, in which every letter counts."""
    return " " not in fold(name) and any(c.isupper() or c.isdigit() for c in name[1:])


def _words_alike(left: Sequence[str], right: Sequence[str]) -> float:
    """Return how alike two names are word by word: another word is another thing, another ending may be the same.

    >>> round(_words_alike(["grouped", "query"], ["group", "query"]), 2)
    0.92
    >>> _words_alike(["cpu", "memory"], ["gpu", "memory"])
    0.0
    """
    one, other = ([w for w in words if w not in _LIGHT] or words for words in (left, right))
    if sorted(one) == sorted(other):
        return _REORDERED
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    if len(one) != len(other) or not all(_endings(a, b) for a, b in pairs):
        return 0.0
    return float(fuzz.ratio(" ".join(one), " ".join(other))) / 100


def _endings(left: str, right: str) -> bool:
    """Whether two words differ in their endings only."""
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))
    return common >= _STEM and common >= _SHARE * max(len(left), len(right))


def _digits(name: str) -> list[str]:
    return sorted("".join(c if c.isdigit() else " " for c in name).split())


def stake(graph: KnowledgeGraph, pair: Pair) -> float:
    """Return how much a merge would change: what hangs on the lesser of the two, and a little of the other."""
    degrees = [
        len(graph.outgoing.get(node.id, ())) + len(graph.incoming.get(node.id, ()))
        for node in (pair.first, pair.second)
    ]
    return 1 + 2 * log2(1 + min(degrees)) + log2(1 + max(degrees)) / 4
