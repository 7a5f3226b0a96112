"""Layouts that come out the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import igraph

Point = tuple[float, float]
_SEED = 20250724


@contextmanager
def seeded() -> Iterator[None]:
    """Let igraph draw from a generator of our own, and give it back Python's afterwards."""
    igraph.set_random_number_generator(random.Random(_SEED))  # noqa: S311 - no secret
    try:
        yield
    finally:
        igraph.set_random_number_generator(random)
