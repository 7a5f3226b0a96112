"""Multinomial logistic regression over short strings, as plain data: what the learned parts run on.

Nothing but sums of whole numbers: the same figures on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from kg.model import KGError, Paper

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

SHORTEST = 300  # characters
UNIT = 1000  # weights are stored as integers, in thousandths


class Linear(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Fitted weights: for each feature one whole number a label."""

    labels: tuple[str, ...]
    weights: Mapping[str, tuple[int, ...]]

    def probabilities(self, rows: Sequence[Iterable[str]]) -> list[list[float]]:
        """Return the probability of each label, for each row of features.

        >>> coin = Linear(labels=("head", "tail"), weights={"bent": (1000, -1000)})
        >>> [[round(p, 2) for p in row] for row in coin.probabilities([["bent", "unheard of"], []])]
        [[0.88, 0.12], [0.5, 0.5]]
        """
        if not rows:
            return []
        import numpy as np

        number, table = self._numbers.get, self._rows
        known: list[int] = []
        starts: list[int] = []
        for row in rows:
            starts.append(len(known))
            known.append(0)  # the empty row of the table, so that no stretch is empty
            known += filter(None, map(number, row))
        sums = np.add.reduceat(table.take(known, axis=0), starts, axis=0)
        return [shares(row) for row in sums.tolist()]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {feature: n for n, feature in enumerate(self.weights, 1)}

    @cached_property
    def _rows(self) -> NDArray[np.int64]:
        import numpy as np

        return np.array([(0,) * len(self.labels), *self.weights.values()], dtype=np.int64)


def shares(sums: Sequence[int]) -> list[float]:
    """Return log-odds in thousandths as probabilities that sum to one."""
    top = max(sums)
    powers = [exp((s - top) / UNIT) for s in sums]
    whole = sum(powers)
    return [p / whole for p in powers]


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What makes log-odds those seen on held-out papers."""

    slope: float = 1.0
    shift: float = 0.0

    def of(self, probability: float) -> float:
        """Return how often a probability turned out right."""
        return 1 / (1 + exp(-self.slope * odds(probability) - self.shift))


def odds(probability: float) -> float:
    """Return log-odds; those of nought and one are finite."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


def taught(paper: Paper) -> bool:
    """Whether a paper is of the kind that the weights were fitted on: whole abstracts; none there is shorter."""
    return len(paper.abstract) >= SHORTEST


@cache
def load(path: Path, kind: type[T]) -> T | None:
    """Read fitted weights of a kind; none where there is no file, so that the rules decide alone."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise KGError(f"not fitted weights: {error}", where=str(path), hint="python -m kg.train writes them") from None
