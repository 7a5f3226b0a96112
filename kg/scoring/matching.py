"""Which prediction is which gold entity.

A prediction matches a gold entity of the same paper and type when one of its spellings equals one of the gold
spellings or shares at least half of their joint tokens; one to one, the most similar first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

ENOUGH = 0.5  # of the joint tokens
_TOKEN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|[^\W_]+|\+")


class Spelt(Protocol):
    """What can be matched."""

    type: str
    optional: bool

    def spellings(self) -> set[tuple[str, ...]]:
        """Return the token sequences of all its spellings."""
        ...


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case and without the plural.

    >>> tokens("GPT-3.5 Models")
    ('gpt', '3.5', 'model')
    """
    words = _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())
    return tuple(w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words)


def similarity(predicted: Iterable[tuple[str, ...]], gold: Sequence[tuple[str, ...]]) -> float:
    """Return how much the most similar spellings share: 1.0 when equal, else the share of their joint tokens."""
    best = 0.0
    for p in predicted:
        for g in gold:
            if p == g or "".join(p) == "".join(g):
                return 1.0
            joint = len(set(p) | set(g))
            best = max(best, len(set(p) & set(g)) / joint)
    return best


def match(gold: Sequence[Spelt], predicted: Sequence[Spelt]) -> list[tuple[int, int]]:
    """Pair gold and predicted one to one, the most similar first, required before optional."""
    gold_spellings = [sorted(g.spellings()) for g in gold]
    scored = []
    for j, p in enumerate(predicted):
        spellings = sorted(p.spellings())
        for i, g in enumerate(gold):
            if g.type == p.type and (like := similarity(spellings, gold_spellings[i])) >= ENOUGH:
                scored.append((-like, g.optional, i, j))
    return first_come(((i, j) for *_, i, j in sorted(scored)))


def first_come(wishes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pairs whose two sides are both still free."""
    pairs: list[tuple[int, int]] = []
    left: set[int] = set()
    right: set[int] = set()
    for i, j in wishes:
        if i not in left and j not in right:
            pairs.append((i, j))
            left.add(i)
            right.add(j)
    return pairs
