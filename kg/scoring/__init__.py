"""Extractions against gold: how much is right, how far that would move, what goes wrong, what confidence is worth."""

from __future__ import annotations

from kg.scoring.bootstrap import Interval, Intervals, intervals
from kg.scoring.calibration import Reliability, Sureness, reliability, sureness
from kg.scoring.figures import Figures, Score, score
from kg.scoring.lines import Labelled, line, read
from kg.scoring.matching import match, similarity
from kg.scoring.mistakes import KINDS, Mistake
from kg.scoring.report import calibration, report

__all__ = [
    "KINDS",
    "Figures",
    "Interval",
    "Intervals",
    "Labelled",
    "Mistake",
    "Reliability",
    "Score",
    "Sureness",
    "calibration",
    "intervals",
    "line",
    "match",
    "read",
    "reliability",
    "report",
    "score",
    "similarity",
    "sureness",
]
