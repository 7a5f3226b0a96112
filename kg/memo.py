"""What was made of an object, remembered."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class _Same(Generic[K]):
    """A value compared by identity."""

    __slots__ = ("value",)

    def __init__(self, value: K) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value


def compiled(make: Callable[[K], V]) -> Callable[[K], V]:
    """Remember what `make` returned for the same object: to hash an ontology anew for each paper is too slow."""

    @lru_cache(maxsize=8)
    def cached(key: _Same[K]) -> V:
        return make(key.value)

    return lambda value: cached(_Same(value))


class Known(dict[str, str]):
    """What a function gave for a text."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make

    def __missing__(self, text: str) -> str:
        found = self[text] = self._make(text)
        return found
