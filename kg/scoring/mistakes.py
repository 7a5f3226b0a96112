"""What goes wrong in one paper, by kind: a prediction without gold beside a gold name without prediction says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.scoring.lines import Labelled
from kg.scoring.matching import ENOUGH, first_come, similarity

KINDS = (
    ("missed", "missed entirely"),
    ("spurious", "spurious"),
    ("type", "wrong type"),
    ("longer", "boundaries: too long"),
    ("shorter", "boundaries: too short"),
    ("shifted", "boundaries: shifted"),
    ("duplicate", "found twice"),
    ("relation", "wrong relation"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One difference from the gold; `kind` is one of `KINDS`.

    `type` and `name` are the prediction's, or for what was missed the gold's; `gold_type` and `gold_name` tell the gold
    entity that the prediction should have been, if there is one.
    """

    paper: str
    kind: str
    type: str
    name: str
    relation: str
    gold_type: str = ""
    gold_name: str = ""

    @property
    def about(self) -> str:
        """Type of the gold entity; of the prediction where there is none."""
        return self.gold_type or self.type

    @property
    def confusion(self) -> str:
        """What was taken for what, for a wrong type or relation."""
        if self.kind == "relation":
            return self.relation
        return f"{self.type} for {self.gold_type}" if self.kind == "type" else ""


def mistakes(
    paper: str, gold: Sequence[Labelled], given: Sequence[Labelled], pairs: Sequence[tuple[int, int]]
) -> list[Mistake]:
    """Return the mistakes of a paper whose matched entities are `pairs`: of the predictions, then what was missed."""
    to_gold = {j: i for i, j in pairs}
    nearest = _nearest(gold, given, pairs)
    result = []
    for j, entity in enumerate(given):
        relation = entity.relation
        if j in to_gold:
            wanted: Labelled | None = gold[to_gold[j]]
            if wanted is None or wanted.optional or wanted.relation == relation:
                continue
            kind, relation = "relation", f"{relation} for {wanted.relation}"
        else:
            kind, at = nearest.get(j, ("spurious", None))
            wanted = None if at is None else gold[at]
        result.append(_mistake(paper, kind, entity, relation, wanted))
    told = {i for i, _ in pairs} | {i for kind, i in nearest.values() if kind != "duplicate"}
    result += [
        _mistake(paper, "missed", entity, entity.relation, None)
        for i, entity in enumerate(gold)
        if i not in told and not entity.optional
    ]
    return result


def _mistake(paper: str, kind: str, entity: Labelled, relation: str, wanted: Labelled | None) -> Mistake:
    return Mistake(
        paper=paper,
        kind=kind,
        type=entity.type,
        name=entity.name,
        relation=relation,
        gold_type=wanted.type if wanted else "",
        gold_name=wanted.name if wanted else "",
    )


def _nearest(
    gold: Sequence[Labelled], given: Sequence[Labelled], pairs: Sequence[tuple[int, int]]
) -> dict[int, tuple[str, int]]:
    """Return for predictions without gold what they have to do with which gold entity."""
    found, used = {i for i, _ in pairs}, {j for _, j in pairs}
    left = [j for j in range(len(given)) if j not in used]
    if not left:
        return {}
    wanted = [sorted(g.spellings()) for g in gold]
    wishes: list[tuple[bool, float, bool, int, int, str]] = []
    twice: dict[int, tuple[str, int]] = {}
    for j in left:
        spelt = sorted(given[j].spellings())
        for i, spellings in enumerate(wanted):
            like = similarity(spelt, spellings)
            if i in found:
                if like >= ENOUGH:
                    twice.setdefault(j, ("duplicate", i))
                continue
            kind = "type" if like >= ENOUGH else _boundaries(spelt, spellings)
            if kind:
                wishes.append((kind != "type", -like, gold[i].optional, i, j, kind))
    kinds = {(i, j): kind for *_, i, j, kind in wishes}
    chosen = {j: (kinds[i, j], i) for i, j in first_come((i, j) for *_, i, j, _ in sorted(wishes))}
    return twice | chosen


def _boundaries(predicted: Sequence[tuple[str, ...]], gold: Sequence[tuple[str, ...]]) -> str:
    """Return how two stretches of one text may overlap: one holds the other, or ends as the other begins."""
    both = [(p, g) for p in predicted for g in gold]
    if any(_holds(p, g) for p, g in both):
        return "longer"
    if any(_holds(g, p) for p, g in both):
        return "shorter"
    if any(_continues(p, g) or _continues(g, p) for p, g in both):
        return "shifted"
    return ""


def _holds(whole: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return any(whole[at : at + len(part)] == part for at in range(len(whole) - len(part) + 1))


def _continues(first: tuple[str, ...], then: tuple[str, ...]) -> bool:
    return any(first[-size:] == then[:size] for size in range(1, min(len(first), len(then))))
