"""A relater's opinion of one mention."""

from __future__ import annotations

from dataclasses import dataclass

from kg.model import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The relation chosen for a mention ('' for none), how strong it is, and the votes for it.

    `impossible` are relations that the text speaks for more strongly, but that may not point at the mention's type.
    `calibrated`: the score is a probability.
    """

    relation: str
    score: float
    votes: tuple[Vote, ...]
    impossible: tuple[str, ...] = ()
    calibrated: bool = False
