"""How far the figures would move with other papers: the bootstrap, by paper.

Entities of one paper rise and fall together, so whole papers are drawn, with replacement, as many as there are.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.scoring.figures import Figures, Score

DRAWS, SEED, SHARE = 1000, 7, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """What the middle 95 % of the draws lie within."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The intervals of one row of the score."""

    precision: Interval
    recall: Interval
    f1: Interval


def intervals(score: Score, *, draws: int = DRAWS) -> tuple[tuple[str, Intervals], ...]:
    """Return the intervals of each row of a score; none of fewer than two papers, which tell nothing of others."""
    if len(score.papers) < 2:
        return ()
    names = [name for name, _ in score.rows]
    place = {name: n for n, name in enumerate(names)}
    largest = max((max(f.tp, f.fp, f.fn) for rows in score.papers for _, f in rows), default=0)
    width = (largest * len(score.papers)).bit_length()
    packed = [_packed(((place[name], f) for name, f in rows), width) for rows in score.papers]
    chance = random.Random(SEED)  # noqa: S311
    sums = [sum(chance.choices(packed, k=len(packed))) for _ in range(draws)]
    result = []
    for name in names:
        drawn = [_unpacked(whole, place[name], width) for whole in sums]
        result.append(
            (
                name,
                Intervals(
                    precision=_middle([f.precision for f in drawn]),
                    recall=_middle([f.recall for f in drawn]),
                    f1=_middle([f.f1 for f in drawn]),
                ),
            )
        )
    return tuple(result)


def _packed(rows: Iterable[tuple[int, Figures]], width: int) -> int:
    """Return all counts of a paper side by side in one whole number: papers then add up in one go, much faster."""
    whole = 0
    for at, f in rows:
        for n, count in enumerate((f.tp, f.fp, f.fn)):
            whole |= count << (3 * at + n) * width
    return whole


def _unpacked(whole: int, at: int, width: int) -> Figures:
    mask = (1 << width) - 1
    tp, fp, fn = (whole >> (3 * at + n) * width & mask for n in range(3))
    return Figures(tp=tp, fp=fp, fn=fn)


def _middle(values: Sequence[float]) -> Interval:
    """Return between which values the middle share lies, by nearest rank.

    >>> _middle([n / 1000 for n in range(1000)])
    Interval(low=0.025, high=0.974)
    """
    ordered = sorted(values)
    out = round(len(ordered) * (1 - SHARE) / 2)
    return Interval(low=ordered[out], high=ordered[-1 - out])
