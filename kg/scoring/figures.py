"""Precision, recall and F1 of entities and relations, micro-averaged over papers.

A prediction matched to a gold entity marked optional leaves the count, as does that entity. `mentions`-like background
relations count as entities only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.ontology import Ontology
from kg.scoring.lines import Labelled
from kg.scoring.matching import match
from kg.scoring.mistakes import Mistake, mistakes

OUTCOMES = ("tp", "fp", "fn")
_Counts = dict[str, Counter[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """True positives, false positives and false negatives of one row of the score."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


Rows = tuple[tuple[str, Figures], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The figures by row, in all and of each paper; and every mistake.

    The rows: `entity`, `entity:<type>`, `relation`, `relation:<relation>`.
    """

    rows: Rows
    papers: tuple[Rows, ...]
    mistakes: tuple[Mistake, ...]


def score(
    predicted: Mapping[str, Sequence[Labelled]], gold: Mapping[str, Sequence[Labelled]], *, ontology: Ontology
) -> Score:
    """Score the papers of the gold; papers that are only predicted do not count."""
    background = ontology.relation_as("background").name
    total: _Counts = defaultdict(Counter)
    papers = []
    wrong: list[Mistake] = []
    for paper, wanted in gold.items():
        given = predicted.get(paper, ())
        pairs = match(wanted, given)
        counts = _counts(wanted, given, pairs, background)
        for row, outcomes in counts.items():
            total[row].update(outcomes)
        papers.append(_rows(counts))
        wrong += mistakes(paper, wanted, given, pairs)
    return Score(rows=_rows(total), papers=tuple(papers), mistakes=tuple(wrong))


def _rows(counts: _Counts) -> Rows:
    return tuple((row, Figures(tp=c["tp"], fp=c["fp"], fn=c["fn"])) for row, c in sorted(counts.items()))


def _counts(
    wanted: Sequence[Labelled], given: Sequence[Labelled], pairs: Sequence[tuple[int, int]], background: str
) -> _Counts:
    counts: _Counts = defaultdict(Counter)

    def count(outcome: str, row: str, part: str) -> None:
        counts[row][outcome] += 1
        counts[f"{row}:{part}"][outcome] += 1

    to_gold = {j: i for i, j in pairs}
    hits: dict[int, str] = {}
    for j, entity in enumerate(given):
        i = to_gold.get(j)
        if i is not None and wanted[i].optional:
            continue
        if i is not None:
            hits[i] = entity.relation
        count("fp" if i is None else "tp", "entity", entity.type)
        if entity.relation != background:
            right = i is not None and wanted[i].relation == entity.relation
            count("tp" if right else "fp", "relation", entity.relation)
    for i, entity in enumerate(wanted):
        if entity.optional:
            continue
        if i not in hits:
            count("fn", "entity", entity.type)
        if entity.relation not in (background, hits.get(i)):
            count("fn", "relation", entity.relation)
    return counts
