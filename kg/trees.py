"""Boosted decision trees over numbers, as plain data: the second of the learned layers runs on them.

Every tree is three questions deep. Comparisons and whole numbers only, so that the same rows give the same figures on
every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from kg.linear import shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUESTIONS, LEAVES = 7, 8
_AT_ONCE = 32  # rows: what is asked of them stays in the processor's caches


class Trees(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Fitted trees, those of one round together, one a label.

    `columns` and `limits` hold seven questions a tree, level by level ("is this number above the limit?"); `leaves`
    eight values a tree, in thousandths; `base` what every label starts with.
    """

    labels: tuple[str, ...]
    base: tuple[int, ...]
    columns: tuple[int, ...]
    limits: tuple[float, ...]
    leaves: tuple[int, ...]

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return the probability of each label, for each row of numbers.

        >>> even = [0] * 6
        >>> one = Trees(labels=("small", "big"), base=(0, 0), columns=(0, *even) * 2, limits=(2.5, *even) * 2,
        ...             leaves=(1000,) * 4 + (-1000,) * 4 + (-1000,) * 4 + (1000,) * 4)
        >>> [[round(p, 2) for p in row] for row in one.probabilities([[1.0], [3.0]])]
        [[0.88, 0.12], [0.12, 0.88]]
        """
        return [shares(sums) for at in range(0, len(rows), _AT_ONCE) for sums in self._sums(rows[at : at + _AT_ONCE])]

    def _sums(self, rows: Sequence[Sequence[float]]) -> list[list[int]]:
        """Return the log-odds of each label in thousandths, for each row."""
        import numpy as np

        columns, limits, leaves, first_leaf, base = self._arrays
        above = np.array(rows).T.take(columns, axis=0) > limits  # (question, tree, row)
        first = above[0]
        second = np.where(first, above[2], above[1])
        third = np.where(first, np.where(second, above[6], above[5]), np.where(second, above[4], above[3]))
        leaf = first_leaf + (first.view(np.uint8) << 2 | second.view(np.uint8) << 1 | third.view(np.uint8))
        sums = leaves.take(leaf).reshape(-1, len(self.labels), len(rows)).sum(axis=0) + base
        told: list[list[int]] = sums.T.tolist()
        return told

    @cached_property
    def _arrays(self) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:  # type: ignore[type-arg]
        """Return columns and limits by question and tree, leaves, where the leaves of each tree begin, and the base."""
        import numpy as np

        columns = np.array(self.columns).reshape(-1, QUESTIONS).T
        limits = np.array(self.limits).reshape(-1, QUESTIONS).T[:, :, None]
        first_leaf = np.arange(0, len(self.leaves), LEAVES, dtype=np.int32)[:, None]
        base = np.array(self.base)[:, None]
        return np.ascontiguousarray(columns), limits, np.array(self.leaves), first_leaf, base
