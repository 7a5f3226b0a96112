"""A loaded graph's answers to the questions about many nodes at once: it walks what a file looks up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from operator import itemgetter

from kg.model import Edge, Evidence, Node, name_key
from kg.view import Link, Sets, View, year


def sets(graph: View) -> Sets:
    """Return what answers questions about many nodes of a graph: itself if it can."""
    return graph if isinstance(graph, Sets) else Loaded(graph=graph)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """`kg.view.Sets` over nodes and edges that are in memory."""

    graph: View

    def type(self, node: str) -> str:
        """Return the type of a node."""
        return self.graph.by_id[node].type

    def name(self, node: str) -> str:
        """Return the name of a node."""
        return self.graph.by_id[node].name

    def year(self, paper: str) -> int | None:
        """Return the year of a paper, so far as it is known."""
        return year(self.graph.by_id[paper].paper)

    def ids(self, types: Collection[str]) -> Sequence[str]:
        """Return the ids of all nodes of these types (none: any), sorted."""
        return [node.id for node in self.graph.nodes if not types or node.type in types]

    def size(self, types: Collection[str]) -> int:
        """Return how many nodes there are of these types (none: any)."""
        return len(self.ids(types))

    def best(self, types: Collection[str], limit: int) -> Sequence[str]:
        """Return the ids of the nodes of some types that most papers claim."""
        return nsmallest(limit, self.ids(types), key=lambda i: (-self.graph.by_id[i].support, i))

    def aims(self, relation: str) -> Iterator[str]:
        """Yield the ids of what edges of a relation point at, what most of them point at first."""
        counts = Counter(edge.target for edge in self.graph.edges if edge.relation == relation)
        return iter(sorted(counts, key=lambda i: (-counts[i], i)))

    def derived(self) -> int:
        """Return how many edges are derived."""
        return sum(edge.derived for edge in self.graph.edges)

    @cached_property
    def _records(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for node in self.graph.nodes:
            if node.paper is not None:
                for key in {name_key(i) for i in (node.paper.id, node.paper.arxiv, node.paper.doi) if i}:
                    found.setdefault(key, []).append(node.id)
        return found

    def called(self, key: str) -> Sequence[str]:
        """Return the ids of the papers that have this `name_key` of an arXiv id, DOI or source id."""
        return self._records.get(key, ())

    def links(
        self, nodes: Collection[str], relations: Collection[str], *, incoming: bool = False, outgoing: bool = False
    ) -> Iterator[tuple[str, Link]]:
        """Yield node and edge for every edge at one of the nodes: in their order, incoming first, then by key."""
        ways = [self.graph.incoming] * incoming + [self.graph.outgoing] * outgoing
        for node in nodes:
            for edges in ways:
                for edge in edges.get(node, ()):
                    if not relations or edge.relation in relations:
                        yield node, edge

    def standing(self, types: Collection[str]) -> Iterator[tuple[str, int | None, int, float]]:
        """Yield node, year, how many papers of that year name it in words, and the surest edge of these."""
        for node in self.ids(types):
            years: dict[int | None, tuple[set[str], float]] = {}
            for papers, confidence in self._said(node):
                for paper in papers:
                    behind, surest = years.get(self.year(paper), (set(), 0.0))
                    years[self.year(paper)] = ({*behind, paper}, max(surest, confidence))
            for known in sorted(years, key=lambda y: (y is not None, y or 0)):
                yield node, known, len(years[known][0]), years[known][1]

    def undated(self, types: Collection[str]) -> frozenset[str]:
        """Return the papers of unknown year among those that `standing` counts."""
        found = (papers for node in self.ids(types) for papers, _ in self._said(node))
        return frozenset(p for papers in found for p in papers if self.year(p) is None)

    def values(self, nodes: Iterable[str]) -> Iterator[Node]:
        """Yield the nodes of these ids."""
        return (self.graph.by_id[node] for node in nodes)

    def statements(self) -> Iterator[Edge]:
        """Yield all edges, sorted by their own id."""
        return iter(sorted(self.graph.edges, key=lambda edge: edge.id))

    @cached_property
    def _by_own_id(self) -> Mapping[str, Edge]:
        return {edge.id: edge for edge in self.graph.edges}

    def edges_of(self, ids: Collection[str]) -> Iterator[Edge]:
        """Yield the edges that have these ids, as far as there are such, in any order."""
        return (self._by_own_id[i] for i in ids if i in self._by_own_id)

    def behind(self, papers: Collection[str]) -> Iterable[str]:
        """Return the ids of the edges for which some of these papers are evidence."""
        return {edge.id for edge in self.graph.edges if not set(papers).isdisjoint(edge.papers)}

    def passages(self, named: Callable[[str, str, int, int, str], str]) -> Iterator[tuple[str, Evidence]]:
        """Yield all evidence under the name that a function gives it, sorted by that, each name once."""
        evidence = (evidence for edge in self.graph.edges for evidence in edge.evidence)
        found = {named(e.paper, e.field, e.start, e.end, e.text): e for e in evidence}
        return iter(sorted(found.items(), key=itemgetter(0)))

    def kinds(self) -> Iterator[Edge]:
        """Yield the first edge of each relation between nodes of two types."""
        found: dict[tuple[str, str, str], Edge] = {}
        for edge in self.graph.edges:
            found.setdefault((edge.relation, self.type(edge.source), self.type(edge.target)), edge)
        return iter(found.values())

    def rules(self, label: str = "") -> Iterable[str]:
        """Return the names of all rules that voted for edges."""
        return {vote.rule for edge in self.graph.edges for vote in edge.votes}

    def _said(self, node: str) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield papers and confidence of what says something of a node in words; a paper stands for itself."""
        if self.type(node) == self.graph.ontology.type_as("document").name:
            yield (node,), 1.0
            return
        yield from ((e.papers, e.confidence) for e in self.graph.incoming.get(node, ()) if not e.derived)
