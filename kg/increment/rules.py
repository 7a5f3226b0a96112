"""What a graph is made with besides its papers, and how work that needs it is shared out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kg.lexicon import Decision, Lexicon
from kg.ontology import Ontology


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Ontology, names and decisions about names; none about edges, which need all papers at once."""

    ontology: Ontology
    lexicon: Lexicon
    decisions: tuple[Decision, ...]


Share = Callable[[Callable[[Rules, Any], Any], Iterable[Any]], Iterator[Any]]  # calls a function for each portion


def alone(rules: Rules) -> Share:
    """Return what calls a function with the rules for one portion after the other."""
    return lambda task, portions: (task(rules, portion) for portion in portions)
