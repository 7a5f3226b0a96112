"""Whether confidence means something: of what is said to be 90 % sure, nine in ten should be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.scoring.lines import Labelled
from kg.scoring.matching import match

BINS = 10
Told = tuple[float, bool]  # how sure, and whether it was right


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """What was said with a confidence from `low` up to the next bin: how sure on average, how often right, how many."""

    low: float
    said: float
    right: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """The expected calibration error, and the bins behind it that are not empty."""

    error: float
    bins: tuple[Bin, ...]

    def lines(self, what: str) -> list[str]:
        """Return the table as text."""
        return [
            f"{what}: expected calibration error {self.error:.3f}",
            *(f"  {b.low:.1f}: said {b.said:.3f}  right {b.right:.3f}  n {b.n}" for b in self.bins),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sureness:
    """Of entities and of edges: each stated confidence with its outcome; and how many predictions state none."""

    entities: tuple[Told, ...]
    edges: tuple[Told, ...]
    entities_unsaid: int
    edges_unsaid: int


def reliability(told: Sequence[Told]) -> Reliability:
    """Compare confidences with outcomes, in ten bins.

    >>> reliability([(0.9, True), (0.9, True), (0.9, False), (0.1, False)]).lines("guesses")[0]
    'guesses: expected calibration error 0.200'
    """
    error, bins = 0.0, []
    for step in range(BINS):
        inside = [(p, hit) for p, hit in told if step / BINS <= p < (step + 1) / BINS + (step == BINS - 1)]
        if inside:
            said = sum(p for p, _ in inside) / len(inside)
            right = sum(hit for _, hit in inside) / len(inside)
            error += abs(said - right) * len(inside) / len(told)
            bins.append(Bin(low=step / BINS, said=said, right=right, n=len(inside)))
    return Reliability(error=error, bins=tuple(bins))


def sureness(predicted: Mapping[str, Sequence[Labelled]], gold: Mapping[str, Sequence[Labelled]]) -> Sureness:
    """Return how sure the predictions said they were, and which were right; matched optional gold leaves the count.

    An entity is right when it is in the gold, an edge when its relation is the gold's as well.
    """
    entities: list[Told] = []
    edges: list[Told] = []
    total = 0
    for paper, wanted in gold.items():
        given = predicted.get(paper, ())
        to_gold = {j: wanted[i] for i, j in match(wanted, given)}
        for j, entity in enumerate(given):
            found = to_gold.get(j)
            if found is not None and found.optional:
                continue
            total += 1
            if (sure := _share(entity.entity_confidence)) is not None:
                entities.append((sure, found is not None))
            if (sure := _share(entity.confidence)) is not None:
                edges.append((sure, found is not None and found.relation == entity.relation))
    return Sureness(
        entities=tuple(entities),
        edges=tuple(edges),
        entities_unsaid=total - len(entities),
        edges_unsaid=total - len(edges),
    )


def _share(stated: Any) -> float | None:
    """Return a stated confidence; other tools write words or percentages there, which are none of ours."""
    if isinstance(stated, int | float) and not isinstance(stated, bool) and 0 <= stated <= 1:
        return float(stated)
    return None
