"""Questions and SPARQL -> rows; nodes and edges -> the reasons behind them."""

from __future__ import annotations

from kg.queries.answers import answer
from kg.queries.engine import sparql
from kg.queries.explanations import Explanation, format_explanation, why, why_not
from kg.queries.proofs import proven
from kg.queries.tables import FORMATS, Answer, format_answer

__all__ = [
    "FORMATS",
    "Answer",
    "Explanation",
    "answer",
    "format_answer",
    "format_explanation",
    "proven",
    "sparql",
    "why",
    "why_not",
]
