"""Multinomial logistic regression over short strings, as plain data: what the learned parts run on.

Nothing but sums of rounded weights in a fixed order: the same figures on every machine, and no library to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from math import exp, log
from pathlib import Path

import msgspec

from kg.model import KGError, Paper

SHORTEST = 300  # characters
UNIT = 1000  # weights are stored as integers, in thousandths


class Linear(msgspec.Struct, frozen=True, kw_only=True):
    """Fitted weights: for each feature one whole number a label.

    `slope` and `shift` make the log-odds of "not the first label" those seen on held-out papers; `threshold` is the
    least probability that counts.
    """

    labels: tuple[str, ...]
    weights: Mapping[str, tuple[int, ...]]
    threshold: float = 0.5
    slope: float = 1.0
    shift: float = 0.0

    def probabilities(self, features: Iterable[str]) -> list[float]:
        """Return the probability of each label.

        >>> coin = Linear(labels=("head", "tail"), weights={"bent": (1000, -1000)})
        >>> [round(p, 2) for p in coin.probabilities(["bent", "unheard of"])]
        [0.88, 0.12]
        """
        get = self.weights.get
        rows = [row for row in map(get, features) if row is not None]
        sums = [sum(column) / UNIT for column in zip(*rows, strict=True)] if rows else [0.0] * len(self.labels)
        top = max(sums)
        powers = [exp(s - top) for s in sums]
        whole = sum(powers)
        return [p / whole for p in powers]

    def calibrated(self, probability: float) -> float:
        """Return how often a probability turned out right on held-out papers."""
        p = min(max(probability, 1e-6), 1 - 1e-6)
        return 1 / (1 + exp(-self.slope * log(p / (1 - p)) - self.shift))


def taught(paper: Paper) -> bool:
    """Whether a paper is of the kind that the weights were fitted on: whole abstracts; none there is shorter."""
    return len(paper.abstract) >= SHORTEST


@cache
def load(path: Path) -> Linear | None:
    """Read fitted weights; none where there is no file, so that the rules decide alone."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Linear)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise KGError(f"not fitted weights: {error}", where=str(path), hint="python -m kg.train writes them") from None
