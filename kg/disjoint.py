"""Disjoint sets that know what must stay apart (union-find). The same joins give the same sets in any order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T", str, tuple[str, str])


class Disjoint(Generic[T]):
    """Disjoint sets; the representative of a set is its least member."""

    def __init__(self) -> None:
        self.parents: dict[T, T] = {}
        self._rivals: dict[T, set[T]] = {}

    def find(self, item: T) -> T:
        """Return the representative of the set that the item is in; a new item is a set of its own."""
        parents = self.parents
        parents.setdefault(item, item)
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    def keep_apart(self, items: Sequence[T]) -> None:
        """Let no later join put two of these into one set."""
        for item in items:
            self._rivals.setdefault(item, set()).update(i for i in items if i != item)

    def join(self, items: Sequence[T]) -> bool:
        """Unite the sets of these; False when some had to stay apart."""
        done = True
        for item in items:
            self.find(item)
        for left, right in pairwise(items):
            a, b = sorted((self.find(left), self.find(right)))
            if a == b:
                continue
            if any(r in self.parents and self.find(r) == b for r in self._rivals.get(a, ())):
                done = False
                continue
            self.parents[b] = a
            if b in self._rivals:
                self._rivals.setdefault(a, set()).update(self._rivals.pop(b))
        return done
