"""Intervals and tests for counts. Nothing here knows what is counted."""

from __future__ import annotations

from math import log, sqrt

_Z = 1.959964  # the middle 95 % of the normal distribution


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson's score interval): right for few cases and for shares near 0 or 1.

    >>> [round(bound, 4) for bound in wilson(1, 10)]
    [0.0179, 0.4042]
    """
    share, spread = hits / total, _Z * _Z / total
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float, float]:
    """Return how much a share grew, with its 95 % interval (Newcombe's, from two Wilson intervals).

    Both are (hits, total), total above 0.

    >>> [round(n, 4) for n in difference((48, 80), (56, 70))]
    [0.2, 0.0524, 0.3339]
    """
    old, new = before[0] / before[1], after[0] / after[1]
    (old_low, old_high), (new_low, new_high) = wilson(*before), wilson(*after)
    change = new - old
    return (
        change,
        max(-1.0, change - sqrt((new - new_low) ** 2 + (old_high - old) ** 2)),
        min(1.0, change + sqrt((new_high - new) ** 2 + (old - old_low) ** 2)),
    )


def likelihood_ratio(both: int, one: int, other: int, total: int) -> float:
    """Return Dunning's G squared of "two things occur independently": 0 when they do, above 3.84 hardly by chance.

    `both` of `total` cases have the two, `one` and `other` have each.

    >>> round(likelihood_ratio(5, 10, 50, 100), 6), round(likelihood_ratio(10, 10, 10, 100), 2)
    (0.0, 65.02)
    """
    seen = (both, one - both, other - both, total - one - other + both)
    by_chance = (one * other, one * (total - other), (total - one) * other, (total - one) * (total - other))
    return 2 * sum(o * log(o * total / e) for o, e in zip(seen, by_chance, strict=True) if o)
