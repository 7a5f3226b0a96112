"""Why nodes fulfil a condition: the papers that say so, how surely, by which edges; and how reasons add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

EdgeKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why a node fulfils a condition: the papers that say so, how surely, and the edges."""

    papers: frozenset[str]
    confidence: float
    edges: tuple[EdgeKey, ...] = ()

    @property
    def support(self) -> int:
        """How many papers say so."""
        return len(self.papers)

    def years(self, year: Callable[[str], int | None]) -> frozenset[int | None]:
        """Return the years of the papers, as `year` knows them."""
        return frozenset(map(year, self.papers))


class Standing(NamedTuple):
    """A `Match` of a node without a condition, of which there may be very many: its papers are only counted, by year.

    Which they are, and which edges tell of them, is looked up where it is asked for.
    """

    node: str
    counts: tuple[tuple[int | None, int], ...]
    support: int
    confidence: float
    look: Callable[[str], Match]
    tell: Callable[[str], tuple[EdgeKey, ...]]

    def years(self, _: Callable[[str], int | None]) -> frozenset[int | None]:
        """Return the years of the papers."""
        return frozenset([year for year, _ in self.counts])

    @property
    def papers(self) -> frozenset[str]:
        """The papers that say something of the node."""
        return self.look(self.node).papers

    @property
    def edges(self) -> tuple[EdgeKey, ...]:
        """The edges that say it."""
        return self.tell(self.node)


Found = dict[str, Match | Standing]
ANY = Match(papers=frozenset(), confidence=1.0)


def add(found: Found, node: str, match: Match | Standing) -> None:
    """Add a reason for a node to those that are known."""
    found[node] = stronger(found[node], match) if node in found else match


def stronger(one: Match | Standing, other: Match | Standing) -> Match:
    """Either of two reasons is enough: papers add up, the surer one counts."""
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return Match(papers=one.papers | other.papers, confidence=max(one.confidence, other.confidence), edges=edges)


def weaker(one: Match | Standing, other: Match | Standing) -> Match:
    """Both reasons are needed: a chain is as strong as its weakest link, in papers and in confidence."""
    papers = min((one.papers, other.papers), key=len)
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return Match(papers=papers, confidence=min(one.confidence, other.confidence), edges=edges)


def product(one: float, other: float) -> float:
    """Multiply two confidences, exactly, and round to their four digits as SPARQL does: the half upwards."""
    return (round(one * 10_000) * round(other * 10_000) + 5_000) // 10_000 / 10_000
