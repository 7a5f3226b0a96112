"""A recogniser's vote on one stretch of a paper."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kg.model import Span


class Candidate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One rule's opinion that a stretch of a paper names something.

    Candidates of one paper with equal `name` are one entity. `known`: the name is the canonical one of a lexicon row.
    `weak`: counts only where another rule agrees. `everywhere`: stands for every further occurrence of its spelling.
    `new`: the paper presents it as its own. `score` says that it is an entity at all, `told` that it is of this type.
    """

    span: Span
    name: str
    type: str
    rule: str
    score: float
    told: float
    known: bool = False
    weak: bool = False
    everywhere: bool = False
    new: bool = False


Draft = tuple[float, str, Sequence[Candidate]]  # an entity to be: how sure the rules are, the type they tell, the votes
