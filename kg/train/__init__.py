"""Annotated papers -> the weights of the learned layers, and how good they are on papers not seen.

`python -m kg.train`; needs scikit-learn (the extra `train`). Deterministic on one machine.
"""

from __future__ import annotations

from kg.train.clusters import clusters_of
from kg.train.evaluation import cross_validate, report
from kg.train.examples import Annotated, Example, prepare, read
from kg.train.fitting import Fitted, fit_both, fit_windows

__all__ = [
    "Annotated",
    "Example",
    "Fitted",
    "clusters_of",
    "cross_validate",
    "fit_both",
    "fit_windows",
    "prepare",
    "read",
    "report",
]
