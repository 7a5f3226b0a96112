"""What can be read of a graph, in memory or in a file: the face that questions, explanations and exports know.

`View` is what a graph has. `Sets` are the questions about many nodes at once, for which a file has indexes: a loaded
graph answers them by walking, a stored one by SQL, and both alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from kg.decisions import Decision
from kg.model import Edge, Evidence, Node, Paper, Rejection
from kg.ontology import Ontology


class Link(Protocol):
    """An edge without its votes and words; an `Edge` is one."""

    @property
    def id(self) -> str: ...  # noqa: D102 - as Edge has them
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def relation(self) -> str: ...  # noqa: D102
    @property
    def target(self) -> str: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102
    @property
    def derived(self) -> bool: ...  # noqa: D102
    @property
    def key(self) -> tuple[str, str, str]: ...  # noqa: D102
    @property
    def papers(self) -> tuple[str, ...]: ...  # noqa: D102


class View(Protocol):
    """A graph that is read: nodes sorted by id, edges by key; `kg.graph.KnowledgeGraph` is one."""

    @property
    def ontology(self) -> Ontology:
        """What types and relations there are."""

    @property
    def nodes(self) -> Collection[Node]:
        """All nodes, sorted by id; a stored graph reads them anew each time."""

    @property
    def edges(self) -> Collection[Edge]:
        """All edges, sorted by key; a stored graph reads them anew each time."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that were followed."""

    @property
    def rejections(self) -> Collection[tuple[str, Rejection]]:
        """What was refused, by paper node id."""

    @property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by their id."""

    @property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their source."""

    @property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their target."""

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Node ids by `name_key` of every name, alias and id."""

    def find(self, name: str) -> tuple[Node, ...]:
        """Return the nodes that bear this name, alias or id, best supported first."""

    def below(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of all variants and narrower kinds of a node, at any depth, the nearest first."""

    def above(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of the families and broader kinds that a node belongs to, the nearest first."""

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Return how many nodes there are of each type, and how many edges of each relation."""


@runtime_checkable
class Sets(Protocol):
    """Questions about many nodes at once. No types, or no relations, are any."""

    def type(self, node: str) -> str:
        """Return the type of a node."""

    def name(self, node: str) -> str:
        """Return the name of a node."""

    def year(self, paper: str) -> int | None:
        """Return the year of a paper, so far as it is known."""

    def ids(self, types: Collection[str]) -> Sequence[str]:
        """Return the ids of all nodes of these types, sorted."""

    def size(self, types: Collection[str]) -> int:
        """Return how many nodes there are of these types."""

    def best(self, types: Collection[str], limit: int) -> Sequence[str]:
        """Return the ids of the nodes of some types that most papers claim."""

    def aims(self, relation: str) -> Iterator[str]:
        """Yield the ids of what edges of a relation point at, what most of them point at first."""

    def derived(self) -> int:
        """Return how many edges are derived."""

    def called(self, key: str) -> Sequence[str]:
        """Return the ids of the papers that have this `name_key` of an arXiv id, DOI or source id."""

    def links(
        self, nodes: Collection[str], relations: Collection[str], *, incoming: bool = False, outgoing: bool = False
    ) -> Iterator[tuple[str, Link]]:
        """Yield node and edge for every edge at one of the nodes: in their order, incoming first, then by key."""

    def standing(self, types: Collection[str]) -> Iterator[tuple[str, int | None, int, float]]:
        """Yield node, year, how many papers of that year say something of it in words, and the surest of these edges.

        All rows of a node follow one another. A paper stands for itself, with confidence 1.
        """

    def undated(self, types: Collection[str]) -> frozenset[str]:
        """Return the papers of unknown year among those that `standing` counts."""

    def values(self, nodes: Iterable[str]) -> Iterator[Node]:
        """Yield the nodes of these ids, which are not kept."""

    def statements(self) -> Iterator[Edge]:
        """Yield all edges, sorted by their own id."""

    def edges_of(self, ids: Collection[str]) -> Iterator[Edge]:
        """Yield the edges that have these ids, as far as there are such, in any order."""

    def behind(self, papers: Collection[str]) -> Iterable[str]:
        """Return the ids of the edges for which some of these papers are evidence."""

    def passages(self, named: Callable[[str, str, int, int, str], str]) -> Iterator[tuple[str, Evidence]]:
        """Yield all evidence under the name that a function gives it, sorted by that, each name once."""

    def kinds(self) -> Iterator[Edge]:
        """Yield the first edge of each relation between nodes of two types."""

    def rules(self, label: str = "") -> Iterable[str]:
        """Return the names of all rules that voted for edges; with a label, of at least those that are called so."""


def year(paper: Paper | None) -> int | None:
    """Return the year of a record, so far as it is known."""
    if paper is None:
        return None
    return int(paper.date[:4]) if paper.date[:4].isdigit() else paper.year


def reached(start: Iterable[str], steps: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the start and everything that steps lead to from there, each once."""
    seen = dict.fromkeys(start)
    queue = list(seen)
    for here in queue:
        yield here
        for there in steps.get(here, ()):
            if there not in seen:
                seen[there] = None
                queue.append(there)
