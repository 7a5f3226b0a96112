"""A graph file as a graph that is read where it lies: `kg.view.View` and `Sets` by SQL, nothing loaded beforehand.

What is asked for one at a time is remembered; where that happens often, the whole column is read at once.
"""

from __future__ import annotations

import builtins
import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from heapq import nsmallest
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from kg import store
from kg.decisions import Decision
from kg.model import Edge, Evidence, Node, Rejection, name_key
from kg.ontology import Ontology
from kg.portions import portions
from kg.store import directory
from kg.view import Link, View, reached

T = TypeVar("T")

LARGE = 10_000  # edges; a graph of fewer is loaded in a second or two
_OFTEN = 30_000  # single look-ups of a column, after which all of it is read
_MANY = 10000  # nodes whose edges are found by reading all edges once
_PORTION = 500  # rows asked for at once
_RULE = re.compile(r'"rule":("(?:[^"\\\\]|\\\\.)*")')  # as `store` writes votes; to read them takes ten times as long
_DOUBTFUL = re.compile("[^A-Za-z0-9.:-]+")  # what may be written otherwise in the file, or means something to LIKE
_EDGES = """SELECT edge.*, evidence.rowid, paper, field, start, "end", text
    FROM edge CROSS JOIN evidence ON evidence.edge = edge.id"""


@contextmanager
def view(path: Path) -> Iterator[View]:
    """Open a graph file for reading: one state of it, whatever is written meanwhile."""
    with store.read(path) as file:
        yield Stored(file.connection)


@contextmanager
def served(path: Path) -> Iterator[View]:
    """Open a graph file for a server with threads: a small graph is loaded, a large one read where it lies."""
    with store.read(path, threads=True) as file:
        seen = Stored(file.connection)
        if seen.large and sqlite3.threadsafety == 3:  # calls of several threads wait for one another
            yield seen
            return
        loaded = file.graph()
    yield loaded


class Stored:
    """A graph in a file. It is only read; close the connection to be done with it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection, self._run = connection, connection.execute
        self._types = _Column(self._one_of("SELECT type FROM node WHERE id = ?"), self._types_at_once)
        self._names = _Column(self._one_of("SELECT name FROM node WHERE id = ?"), self._names_at_once)
        self._years = _Column(self._year, self._years_at_once)

    # --- View -------------------------------------------------------------------------------------------------------

    @cached_property
    def ontology(self) -> Ontology:
        """What types and relations there are."""
        return self._meta("ontology", Ontology)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions that were followed."""
        return self._meta("decisions", tuple[Decision, ...])

    @property
    def path(self) -> Path:
        """The file."""
        return Path(next(file for _, name, file in self._run("PRAGMA database_list") if name == "main"))

    @cached_property
    def large(self) -> bool:
        """Whether it takes long to load."""
        return len(self.edges) > LARGE

    @cached_property
    def content(self) -> str:
        """What tells this graph from any other: it is a function of what papers say, and of what decides on that."""
        found = hashlib.sha256()
        for rows in (
            "SELECT key, hash FROM work ORDER BY key",
            "SELECT key, value FROM meta WHERE key IN ('decisions', 'kinds', 'names', 'ontology') ORDER BY key",
            "SELECT count(*), total(confidence), total(derived) FROM edge INDEXED BY edge_by_source",
            "SELECT count(*), total(support) FROM node INDEXED BY node_by_type",
        ):
            for row in self._run(rows):
                found.update(repr(row).encode("utf-8", "surrogatepass"))
        return found.hexdigest()

    @property
    def nodes(self) -> Collection[Node]:
        """All nodes, sorted by id, read anew each time."""
        rows = "SELECT * FROM node ORDER BY id"
        return _Rows(lambda: map(store.read_node, self._run(rows)), lambda: self._count("node"))

    @property
    def edges(self) -> Collection[Edge]:
        """All edges, sorted by key, read anew each time."""
        rows = f"{_EDGES} ORDER BY source, relation, target"
        return _Rows(lambda: _edges(self._run(rows)), lambda: self._count("edge"))

    @property
    def rejections(self) -> Collection[tuple[str, Rejection]]:
        """What was refused, by paper node id, read anew each time."""
        rows = f"SELECT * FROM rejection ORDER BY {store.REFUSALS}"  # noqa: S608 - a literal
        return _Rows(lambda: map(_rejection, self._run(rows)), lambda: self._count("rejection"))

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by their id."""
        return _Found(self._node, lambda: self.ids(()))

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their source."""
        rows = f"{_EDGES} WHERE source = ? ORDER BY relation, target"
        return _Found(lambda i: tuple(_edges(self._run(rows, (i,)))), lambda: self._column("edge", "source"))

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their target."""
        rows = f"{_EDGES} WHERE target = ? ORDER BY source, relation"
        return _Found(lambda i: tuple(_edges(self._run(rows, (i,)))), lambda: self._column("edge", "target"))

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Node ids by `name_key` of every name, alias and id."""
        rows = "SELECT node FROM name WHERE key = ? AND called ORDER BY node"
        return _Names(lambda key: tuple(i for (i,) in self._run(rows, (key,))), self._name_rows)

    def find(self, name: str) -> tuple[Node, ...]:
        """Return the nodes that bear this name, alias or id, best supported first."""
        nodes = [self.by_id[i] for i in self.names.get(name_key(name), ())]
        return tuple(sorted(nodes, key=lambda n: (-n.support, n.id)))

    def below(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of all variants and narrower kinds of a node, at any depth, the nearest first."""
        return tuple(reached((node_id,), self._kin[0]))[1:]

    def above(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of the families and broader kinds that a node belongs to, the nearest first."""
        return tuple(reached((node_id,), self._kin[1]))[1:]

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Return how many nodes there are of each type, and how many edges of each relation."""
        nodes = self._run("SELECT type, count(*) FROM node GROUP BY type")
        edges = self._run("SELECT relation, count(*) FROM edge INDEXED BY edge_by_source GROUP BY relation")
        return Counter(dict(nodes)), Counter(dict(edges))

    # --- Sets -------------------------------------------------------------------------------------------------------

    def type(self, node: str) -> str:
        """Return the type of a node."""
        found: str = self._types[node]
        return found

    def name(self, node: str) -> str:
        """Return the name of a node."""
        found: str = self._names[node]
        return found

    def year(self, paper: str) -> int | None:
        """Return the year of a paper, so far as it is known."""
        found: int | None = self._years[paper]
        return found

    def ids(self, types: Collection[str]) -> Sequence[str]:
        """Return the ids of all nodes of these types (none: any), sorted."""
        if not types:
            return [i for (i,) in self._run("SELECT id FROM node INDEXED BY node_by_id ORDER BY id")]
        found = self._run(f"SELECT id FROM node WHERE type IN ({_marks(types)})", tuple(types))  # noqa: S608 - marks
        return sorted(i for (i,) in found)

    def size(self, types: Collection[str]) -> int:
        """Return how many nodes there are of these types (none: any)."""
        if not types:
            return self._count("node")
        found = self._run(f"SELECT count(*) FROM node WHERE type IN ({_marks(types)})", tuple(types))  # noqa: S608
        return int(found.fetchone()[0])

    def best(self, types: Collection[str], limit: int) -> Sequence[str]:
        """Return the ids of the nodes of some types that most papers claim."""
        rows = "SELECT -support, id FROM node WHERE type = ? ORDER BY support DESC, id LIMIT ?"
        every = types or [t.name for t in self.ontology.types]
        return [i for _, i in nsmallest(limit, (row for name in every for row in self._run(rows, (name, limit))))]

    def aims(self, relation: str) -> Iterator[str]:
        """Yield the ids of what edges of a relation point at, what most of them point at first."""
        rows = """SELECT target FROM edge INDEXED BY edge_by_target WHERE relation = ?
            GROUP BY target ORDER BY count(*) DESC, target"""
        return (i for (i,) in self._run(rows, (relation,)))

    def derived(self) -> int:
        """Return how many edges are derived."""
        return int(self._run("SELECT count(*) FROM edge INDEXED BY edge_by_source WHERE derived").fetchone()[0])

    def called(self, key: str) -> Sequence[str]:
        """Return the ids of the papers that have this `name_key` of an arXiv id, DOI or source id."""
        return [i for (i,) in self._run("SELECT node FROM name WHERE key = ? ORDER BY node", (key,))]

    def links(
        self, nodes: Collection[str], relations: Collection[str], *, incoming: bool = False, outgoing: bool = False
    ) -> Iterator[tuple[str, Link]]:
        """Yield node and edge for every edge at one of the nodes: in their order, incoming first, then by key."""
        ways = [("target", "source, relation")] * incoming + [("source", "relation, target")] * outgoing
        known = [self._sought(end, order, relations, nodes) for end, order in ways]
        for node in nodes:
            for edges in known:
                for row in edges(node):
                    yield node, _Link(self._papers, row)

    def _sought(
        self, end: str, order: str, relations: Collection[str], nodes: Collection[str]
    ) -> Callable[[str], Iterable[tuple[Any, ...]]]:
        """Return what gives the edges of a node; of many nodes, all edges are read at once."""
        rows = "SELECT id, source, relation, target, confidence, derived FROM edge"
        wanted, marks = tuple(relations), f"relation IN ({_marks(relations)})" if relations else "true"
        if len(nodes) <= _MANY:
            single = f"{rows} INDEXED BY edge_by_{end} WHERE {end} = ? AND {marks} ORDER BY {order}"
            return lambda node: self._run(single, (node, *wanted))
        members = nodes if isinstance(nodes, Mapping | set | frozenset) else frozenset(nodes)
        at = 1 if end == "source" else 3
        found: dict[str, list[tuple[Any, ...]]] = {}
        for row in self._run(f"{rows} INDEXED BY edge_by_{end} WHERE {marks} ORDER BY {end}, {order}", wanted):
            if row[at] in members:
                found.setdefault(row[at], []).append(row)
        return lambda node: found.get(node, ())

    def standing(self, types: Collection[str]) -> Iterator[tuple[str, int | None, int, float]]:
        """Yield node, year, how many papers of that year name it in words, and the surest edge of these."""
        marks = f"WHERE type IN ({_marks(types)})" if types else ""
        rows = f"SELECT node, nullif(year, {directory.NO_YEAR}), papers, confidence FROM standing {marks}"  # noqa: S608
        return self._run(f"{rows} ORDER BY type, node, standing.year", tuple(types))

    def undated(self, types: Collection[str]) -> frozenset[str]:
        """Return the papers of unknown year among those that `standing` counts."""
        document, unknown = self.ontology.type_as("document").name, directory.NO_YEAR
        wanted = tuple(types) or tuple(t.name for t in self.ontology.types)
        itself = self._run("SELECT node FROM standing WHERE type = ? AND year = ?", (document, unknown))
        papers = frozenset(i for (i,) in itself)
        if document in wanted or not papers:
            return papers
        rows = f"""SELECT DISTINCT evidence.paper FROM standing AS who JOIN edge ON edge.target = who.node
            JOIN evidence ON evidence.edge = edge.id
            WHERE edge.derived = 0 AND who.year = ? AND who.type IN ({_marks(wanted)})"""  # noqa: S608 - marks
        return papers & {i for (i,) in self._run(rows, (unknown, *wanted))}

    def values(self, nodes: Iterable[str]) -> Iterator[Node]:
        """Yield the nodes of these ids, which are not kept."""
        for some in portions(nodes, _PORTION):
            rows = self._run(f"SELECT * FROM node WHERE id IN ({_marks(some)})", some)  # noqa: S608 - marks
            found = {row[0]: store.read_node(row) for row in rows}
            yield from (found[node] for node in some)

    def statements(self) -> Iterator[Edge]:
        """Yield all edges, sorted by their own id."""
        return _edges(self._run(f"{_EDGES} ORDER BY edge.id"))

    def edges_of(self, ids: Collection[str]) -> Iterator[Edge]:
        """Yield the edges that have these ids, as far as there are such, in any order."""
        for some in portions(ids, _PORTION):
            yield from _edges(self._run(f"{_EDGES} WHERE edge.id IN ({_marks(some)}) ORDER BY edge.id", some))

    def behind(self, papers: Collection[str]) -> Iterable[str]:
        """Return the ids of the edges for which some of these papers are evidence."""
        found: set[str] = set()
        for some in portions(papers, _PORTION):
            rows = f"SELECT edge FROM evidence WHERE paper IN ({_marks(some)})"  # noqa: S608 - marks
            found.update(edge for (edge,) in self._run(rows, some))
        return found

    def passages(self, named: Callable[[str, str, int, int, str], str]) -> Iterator[tuple[str, Evidence]]:
        """Yield all evidence under the name that a function gives it, sorted by that, each name once."""
        self._connection.create_function("passage", 5, named, deterministic=True)
        rows = """SELECT passage(paper, field, start, "end", text) AS name, paper, field, start, "end", text
            FROM evidence ORDER BY name"""
        last = ""
        for found, *row in self._run(rows):
            if found != last:
                yield found, _place(row)
            last = found

    def kinds(self) -> Iterator[Edge]:
        """Yield the first edge of each relation between nodes of two types."""
        rows = """SELECT edge.id, min(source || char(9) || target) FROM edge INDEXED BY edge_by_source
            JOIN node AS here INDEXED BY node_by_id ON here.id = source
            JOIN node AS there INDEXED BY node_by_id ON there.id = target GROUP BY relation, here.type, there.type"""
        ids = [i for i, _ in self._run(rows)]
        return _edges(self._run(f"{_EDGES} WHERE edge.id IN ({_marks(ids)}) ORDER BY source, relation, target", ids))

    def rules(self, label: str = "") -> Iterable[str]:
        """Return the names of all rules that voted for edges; with a label, of at least those that are called so."""
        like = f'%"rule":"{_DOUBTFUL.sub("%", label)}"%'
        if label and not self._run("SELECT EXISTS (SELECT 1 FROM edge WHERE votes LIKE ?)", (like,)).fetchone()[0]:
            return ()
        found = {name for (votes,) in self._run("SELECT votes FROM edge") for name in _RULE.findall(votes)}
        return {msgspec.json.decode(name, type=str) for name in found}

    # --- rows -------------------------------------------------------------------------------------------------------

    def _meta(self, key: str, kind: builtins.type[T]) -> T:
        (value,) = self._run("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return msgspec.json.decode(value, type=kind)

    def _count(self, table: str) -> int:
        return int(self._run(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a name of ours

    def _column(self, table: str, column: str) -> Iterator[str]:
        rows = f"SELECT DISTINCT {column} FROM {table} ORDER BY {column}"  # noqa: S608 - names of ours
        return (value for (value,) in self._run(rows))

    def _node(self, node_id: str) -> Node | None:
        row = self._run("SELECT * FROM node WHERE id = ?", (node_id,)).fetchone()
        return store.read_node(row) if row else None

    def _one_of(self, statement: str) -> Callable[[str], Any]:
        def found(node: str) -> Any:
            row = self._run(statement, (node,)).fetchone()
            if row is None:
                raise KeyError(node)
            return row[0]

        return found

    def _types_at_once(self) -> dict[str, Any]:
        return dict(self._run("SELECT id, type FROM node INDEXED BY node_by_id"))

    def _names_at_once(self) -> dict[str, Any]:
        return dict(self._run("SELECT id, name FROM node INDEXED BY node_by_id"))

    def _year(self, paper: str) -> int | None:
        given = (self.ontology.type_as("document").name, paper)
        row = self._run("SELECT year FROM standing WHERE type = ? AND node = ?", given).fetchone()
        return None if row is None or row[0] == directory.NO_YEAR else int(row[0])

    def _years_at_once(self) -> dict[str, Any]:
        given = (directory.NO_YEAR, self.ontology.type_as("document").name)
        return dict(self._run("SELECT node, nullif(year, ?) FROM standing WHERE type = ?", given))

    def _papers(self, edge: str) -> tuple[str, ...]:
        rows = self._run("SELECT DISTINCT paper FROM evidence WHERE edge = ? ORDER BY paper", (edge,))
        return tuple(paper for (paper,) in rows)

    def _name_rows(self) -> Iterator[tuple[str, str]]:
        return self._run("SELECT key, node FROM name WHERE called ORDER BY key, node")

    @cached_property
    def _kin(self) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
        """What is right below each node, and what is right above it."""
        relations = sorted({self.ontology.relation_as(role).name for role in ("variant", "hierarchy")})

        def down(node: str) -> list[str]:
            return [link.source for _, link in self.links((node,), relations, incoming=True)]

        def up(node: str) -> list[str]:
            return [link.target for _, link in self.links((node,), relations, outgoing=True)]

        return _Found(down, lambda: ()), _Found(up, lambda: ())


class _Link:
    """An edge without its votes and words; its papers are read when asked for."""

    __slots__ = ("_papers", "confidence", "derived", "id", "relation", "source", "target")

    def __init__(self, papers: Callable[[str], tuple[str, ...]], row: tuple[Any, ...]) -> None:
        self.id: str
        self.source: str
        self.relation: str
        self.target: str
        self.confidence: float
        self.id, self.source, self.relation, self.target, self.confidence, derived = row
        self.derived = bool(derived)
        self._papers = papers

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.source, self.relation, self.target)

    @property
    def papers(self) -> tuple[str, ...]:
        return self._papers(self.id)


class _Rows(Collection[T], Generic[T]):
    """All rows of a table as values, made anew each time they are walked."""

    def __init__(self, rows: Callable[[], Iterator[T]], count: Callable[[], int]) -> None:
        self._rows, self._size = rows, count

    def __iter__(self) -> Iterator[T]:
        return self._rows()

    def __len__(self) -> int:
        return self._size()

    def __contains__(self, value: object) -> bool:
        return any(value == row for row in self)


class _Found(Mapping[str, T], Generic[T]):
    """Values that are looked up when first asked for; None, '' and () are none."""

    def __init__(self, look: Callable[[str], T | None], keys: Callable[[], Iterable[str]]) -> None:
        self._look, self._keys = look, keys
        self._known: dict[str, T | None] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._known:
            self._known[key] = self._look(key)
        found = self._known[key]
        if not found:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Names(_Found[tuple[str, ...]]):
    """Nodes by the keys of their names; all of them are read in one go."""

    def __init__(self, look: Callable[[str], tuple[str, ...]], rows: Callable[[], Iterator[tuple[str, str]]]) -> None:
        super().__init__(look, lambda: (key for key, _ in groupby(rows(), itemgetter(0))))
        self._rows = rows

    def items(self) -> Any:
        """Return keys and ids."""
        return [(key, tuple(i for _, i in group)) for key, group in groupby(self._rows(), itemgetter(0))]


class _Column:
    """One value a node: looked up one by one, until that happens often; then the whole column is read."""

    def __init__(self, one: Callable[[str], Any], every: Callable[[], dict[str, Any]]) -> None:
        self._one, self._every = one, every
        self._known: dict[str, Any] = {}
        self._whole = False

    def __getitem__(self, node: str) -> Any:
        if node not in self._known and not self._whole:
            self._whole = len(self._known) >= _OFTEN
            self._known = self._every() if self._whole else self._known
        if node not in self._known:
            self._known[node] = self._one(node)
        return self._known[node]


def _edges(rows: Iterable[tuple[Any, ...]]) -> Iterator[Edge]:
    """Yield edges from their rows, which are joined with those of their evidence."""
    for _, group in groupby(rows, itemgetter(0)):
        parts = sorted(group, key=itemgetter(8))
        yield store.read_edge(parts[0][:8], tuple(_place(row[9:]) for row in parts))


def _place(row: Sequence[Any]) -> Evidence:
    paper, field, start, end, text = row
    return Evidence(paper=paper, field=field, start=start, end=end, text=text)


def _rejection(row: tuple[str, str, str, str, str]) -> tuple[str, Rejection]:
    paper, name, kind, reason, found = row
    return paper, Rejection(name=name, type=kind, reason=reason, evidence=store.read_evidence(found))


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))
