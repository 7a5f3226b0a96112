"""Which papers use, or work with, which things: what every table counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from kg.graph import KnowledgeGraph
from kg.landscape.values import Used
from kg.view import year

Papers = Mapping[str, frozenset[str]]  # by the id of a thing
_NOT_WORK = ("background",)
_NOT_USE = ("background", "contribution", "contrast")


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A graph, seen through the papers of some years.

    A paper *works with* a thing when an edge of any relation but background mention joins them: what it introduces,
    uses, compares with. It *uses* the thing when it neither introduces it nor merely compares with it. Only the papers'
    own edges count: what is derived from them would count them twice. With `families`, what is below a thing counts for
    it too: a paper that uses a variant uses the family.
    """

    graph: KnowledgeGraph
    since: int | None = None
    families: bool = False

    @cached_property
    def years(self) -> Mapping[str, int | None]:
        """The year of every paper, if it is known."""
        return {n.id: year(n.paper) for n in self.graph.nodes if n.paper is not None}

    @cached_property
    def papers(self) -> frozenset[str]:
        """The papers that count: all, or those of the years asked for, so that undated ones are out."""
        return frozenset(p for p, y in self.years.items() if self.since is None or (y is not None and y >= self.since))

    def used(self, types: Collection[str]) -> Papers:
        """Return the papers that use things of these types."""
        return self.joined(types, self._all_but(_NOT_USE))

    def worked(self, types: Collection[str]) -> Papers:
        """Return the papers that work with things of these types."""
        return self.joined(types, self._all_but(_NOT_WORK))

    def joined(self, types: Collection[str], relations: Collection[str]) -> Papers:
        """Return the papers that one of these relations joins to things of these types."""
        found: dict[str, set[str]] = defaultdict(set)
        for edge in self.graph.edges:
            counts = edge.relation in relations and edge.source in self.papers and not edge.derived
            if counts and self.graph.by_id[edge.target].type in types:
                for thing in self.counted_for(edge.target):
                    found[thing].add(edge.source)
        return {thing: frozenset(papers) for thing, papers in found.items()}

    def counted_for(self, thing: str) -> Iterable[str]:
        """Return what a paper that has this thing counts for: the thing, and its families if they are folded in."""
        return (thing, *self.graph.above(thing)) if self.families else (thing,)

    def row(self, thing: str, papers: Iterable[str]) -> Used:
        """Return a thing as a row."""
        node, found = self.graph.by_id[thing], tuple(sorted(papers))
        return Used(id=thing, name=node.name, type=node.type, papers=found, years=self.by_year(found))

    def by_year(self, papers: Iterable[str]) -> tuple[tuple[int, int], ...]:
        """Return how many of the papers each year has; those without a year are left out."""
        counts = Counter(y for p in papers if (y := self.years[p]) is not None)
        return tuple(sorted(counts.items()))

    def _all_but(self, roles: Collection[str]) -> tuple[str, ...]:
        return tuple(r.name for r in self.graph.ontology.relations if r.role not in roles)


def best(papers: Papers, graph: KnowledgeGraph, limit: int) -> list[str]:
    """Return the things of most papers, the first by name among equals."""
    return sorted(papers, key=lambda i: (-len(papers[i]), graph.by_id[i].name.casefold(), i))[:limit]
