"""A score as text: the figures, how far they would move, and what goes wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kg.scoring.bootstrap import DRAWS, SHARE, Interval, intervals
from kg.scoring.calibration import Sureness, Told, reliability
from kg.scoring.figures import Score
from kg.scoring.mistakes import KINDS, Mistake

_COMMONEST = 3


def report(score: Score, *, examples: int = 0) -> list[str]:
    """Return the lines that tell a score, with so many examples of each kind of mistake."""
    return [*_figures(score), "", *_intervals(score), "", *_mistakes(score.mistakes), *_examples(score, examples)]


def calibration(sure: Sureness) -> list[str]:
    """Return the lines that tell whether the confidences of the predictions mean what they say."""
    if not sure.entities and not sure.edges:
        return ["calibration: the predictions state no confidence from 0 to 1"]
    return [
        *_calibration("entities", sure.entities, sure.entities_unsaid, "entity_confidence"),
        "",
        *_calibration("edges", sure.edges, sure.edges_unsaid, "confidence"),
    ]


def _figures(score: Score) -> list[str]:
    """Return what the reference scorer prints, to the character."""
    return [
        f"{row:24} P {f.precision:.3f}  R {f.recall:.3f}  F1 {f.f1:.3f}   tp {f.tp} fp {f.fp} fn {f.fn}"
        for row, f in score.rows
    ]


def _intervals(score: Score) -> list[str]:
    found = intervals(score)
    if not found:
        return ["confidence intervals: they take at least two papers and one entity"]
    return [
        f"{SHARE:.0%} confidence intervals ({DRAWS:,} bootstrap draws of {len(score.papers)} papers)",
        *(f"{row:24} P {_from_to(i.precision)}  R {_from_to(i.recall)}  F1 {_from_to(i.f1)}" for row, i in found),
    ]


def _from_to(interval: Interval) -> str:
    return f"{interval.low:.3f}-{interval.high:.3f}"


def _mistakes(mistakes: Sequence[Mistake]) -> list[str]:
    """Return a table of kinds by type; below what was taken for something else, the commonest confusions."""
    if not mistakes:
        return ["mistakes: none"]
    types = sorted({m.about for m in mistakes})
    counts = Counter((m.kind, m.about) for m in mistakes)
    table: list[tuple[str, list[object]]] = [("mistakes", ["all", *types])]
    for kind, label in KINDS:
        row = [counts[kind, t] for t in types]
        table.append((label, [sum(row), *row]))
        confused = Counter(m.confusion for m in mistakes if m.kind == kind and m.confusion)
        table += [(f"  {what}", [n]) for what, n in sorted(confused.items(), key=lambda c: (-c[1], c[0]))[:_COMMONEST]]
    first = max(24, *(len(label) for label, _ in table))
    widths = [5, *(max(5, len(t)) for t in types)]
    return [
        f"{label:{first}}" + "".join(f"  {c!s:>{w}}" for c, w in zip(cells, widths, strict=False))
        for label, cells in table
    ]


def _examples(score: Score, most: int) -> list[str]:
    """Return some mistakes of each kind, tabs between: paper, kind, type, name, relation, and the gold entity."""
    lines: list[str] = []
    for kind, label in KINDS:
        found = [m for m in score.mistakes if m.kind == kind]
        if found[:most]:
            lines += ["", f"{label}: {min(most, len(found))} of {len(found)}"]
            lines += ["\t".join(_cells(m)) for m in found[:most]]
    return lines


def _cells(mistake: Mistake) -> list[str]:
    gold = [f"gold: {mistake.gold_type} {mistake.gold_name}"] if mistake.gold_name else []
    return [mistake.paper, mistake.kind, mistake.type, mistake.name, mistake.relation, *gold]


def _calibration(what: str, told: Sequence[Told], unsaid: int, key: str) -> list[str]:
    if not told:
        return [f'{what}: no prediction states how sure it is ("{key}", from 0 to 1)']
    lines = reliability(told).lines(what)
    return [*lines, f'  left out: {unsaid} without "{key}"'] if unsaid else lines
