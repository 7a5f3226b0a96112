"""The graph file: one SQLite database, readable by any SQLite tool, also while a build writes to it.

What was read (`record`), what each paper says (`extraction`, by a hash of the paper and of all that reading depends on,
so that nothing is read twice; rows that no `work` points at are the work of a build that is under way or was
interrupted), and the assembled graph (`node`, `edge`, `evidence`, `rejection`), which changes in one transaction.
The tables of `kg.increment` tell what a change can reach, those of `kg.store.directory` what questions look up.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kg.lexicon import Decision, Kind, Lexicon, Name
from kg.model import Claim, Edge, Evidence, Extraction, Merge, Node, Paper, Rejection, StoreError, Vote
from kg.ontology import Ontology
from kg.portions import portions
from kg.resolve import paper_id, saying
from kg.store import directory

if TYPE_CHECKING:  # who only looks up in a file does not wait for all that makes graphs
    from kg.graph import KnowledgeGraph

APPLICATION_ID = 0x6B67_6131  # "kga1" in the SQLite header, so that a foreign database is never overwritten
SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (source TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (source, id));
CREATE TABLE identity (name TEXT NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (name, source, id)) WITHOUT ROWID;
CREATE TABLE stale (source TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID;
CREATE TABLE extraction (hash BLOB PRIMARY KEY, content BLOB NOT NULL, said BLOB NOT NULL);
CREATE TABLE work (key TEXT PRIMARY KEY, node TEXT NOT NULL, hash BLOB NOT NULL, numbers BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE member (source TEXT NOT NULL, id TEXT NOT NULL, work TEXT NOT NULL,
    PRIMARY KEY (source, id)) WITHOUT ROWID;
CREATE TABLE node (
    id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, aliases TEXT NOT NULL,
    support INTEGER NOT NULL, merges TEXT NOT NULL, paper BLOB
) WITHOUT ROWID;
CREATE TABLE edge (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, relation TEXT NOT NULL, target TEXT NOT NULL,
    confidence REAL NOT NULL, support INTEGER NOT NULL, derived INTEGER NOT NULL, votes TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE evidence (
    edge TEXT NOT NULL, paper TEXT NOT NULL, field TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL
);
CREATE TABLE rejection (paper TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL,
    evidence TEXT NOT NULL);
CREATE INDEX member_by_work ON member (work);
CREATE INDEX work_by_hash ON work (hash);
CREATE INDEX evidence_by_paper ON evidence (paper);
CREATE INDEX rejection_by_paper ON rejection (paper);
"""
_BUSY = 10.0  # seconds to wait for another writer
_PORTION = 5_000  # rows written at once
REFUSALS = "paper, name, type, reason, evidence"  # the order of `assembly.refusal_order`
_TABLES = ("node", "name", "edge", "evidence", "rejection")


class _Said(msgspec.Struct, frozen=True):
    """What is kept of an extraction besides its paper, which the node has."""

    claims: tuple[Claim, ...]
    rejections: tuple[Rejection, ...]


Packed = tuple[bytes, bytes]
Row = tuple[object, ...]
EdgeRows = tuple[list[Row], list[Row]]  # of `edge` and of `evidence`
_said = msgspec.json.Decoder(_Said)
_paper = msgspec.json.Decoder(Paper)
encode = msgspec.json.encode


class Store:
    """An open graph file; use `update` or `read` to get one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all that follows or nothing of it; other writers are kept out, readers see what was there before."""
        self.connection.execute("BEGIN IMMEDIATE")
        done = False
        try:
            yield
            self.connection.execute("COMMIT")
            done = True
        finally:
            if not done and self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    @contextmanager
    def unindexed(self, *tables: str) -> Iterator[None]:
        """Let tables be without their indexes: to make one of all rows is far quicker than to put in row by row."""
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN EACH"
        indexes = self.rows(query, tables)
        for name, _ in indexes:
            self.connection.execute(f"DROP INDEX {name}")
        yield
        for _, statement in indexes:
            self.connection.execute(statement)

    def column(self, query: str, *values: Any) -> list[Any]:
        """Return the first column of a query's rows."""
        return [value for (value, *_) in self.connection.execute(query, values)]

    def rows(self, query: str, *given: Iterable[object]) -> list[tuple[Any, ...]]:
        """Return the rows of a query in which EACH stands for all of the values that are given, one after the other."""
        return self.connection.execute(_each(query), [encode(list(values)).decode() for values in given]).fetchall()

    def among(self, query: str, *given: Iterable[object]) -> list[Any]:
        """Return the first column of `rows`."""
        return [value for (value, *_) in self.rows(query, *given)]

    def value(self, name: str) -> str:
        """Return a value of `meta`, '' if there is none."""
        return next(iter(self.column("SELECT value FROM meta WHERE key = ?", name)), "")

    def put_value(self, name: str, value: str) -> None:
        """Write a value of `meta`."""
        if value != self.value(name):
            self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # --- extractions --------------------------------------------------------------------------------------------------

    def known(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Return those of the hashes for which there is an extraction."""
        run = self.connection.execute
        return {h for h in hashes if run("SELECT 1 FROM extraction WHERE hash = ?", (h,)).fetchone()}

    def keep(self, packs: Iterable[tuple[bytes, Packed]]) -> None:
        """Keep what papers say, by hash, before it is part of the graph."""
        self.connection.executemany("INSERT OR REPLACE INTO extraction VALUES (?, ?, ?)", ((h, *p) for h, p in packs))

    def packs(self, hashes: Iterable[bytes]) -> Iterator[Packed]:
        """Yield what papers say as it was kept."""
        for content_hash in hashes:
            query = "SELECT content, said FROM extraction WHERE hash = ?"
            yield self.connection.execute(query, (content_hash,)).fetchone()

    def graph_extractions(self) -> Iterator[Extraction]:
        """Yield what the papers of the graph say."""
        query = "SELECT node.paper, content FROM work JOIN node ON node.id = work.node JOIN extraction USING (hash)"
        for paper, content in self.connection.execute(query):
            yield extraction(_paper.decode(paper), content)

    def put_works(self, come: Iterable[tuple[Paper, bytes, Sequence[int]]]) -> None:
        """Remember which papers and extractions make the graph, and the number of what each claim says."""
        rows = ((paper.key(), paper_id(paper), content_hash, encode(said)) for paper, content_hash, said in come)
        self.connection.executemany("INSERT INTO work VALUES (?, ?, ?, ?)", rows)

    def forget_extractions(self, hashes: Iterable[bytes] | None = None) -> None:
        """Drop what is no part of the graph, of all that is kept or of some."""
        if hashes is None:
            self.connection.execute("DELETE FROM extraction WHERE hash NOT IN (SELECT hash FROM work)")
        else:
            unused = "DELETE FROM extraction WHERE hash = ? AND hash NOT IN (SELECT hash FROM work)"
            self.connection.executemany(unused, ((h,) for h in hashes))

    # --- the graph ----------------------------------------------------------------------------------------------------

    def save(self, graph: KnowledgeGraph) -> None:
        """Write an assembled graph in the place of the one that is there; the extractions are kept already."""
        for table in _TABLES:
            self.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a literal
        self.put_nodes(graph.nodes)
        self.put_edges(graph.edges)
        self.put_refusal_rows(refusal_rows(graph.rejections))
        self.put_meta(graph.ontology, graph.lexicon, graph.decisions, graph.unmatched)
        directory.stand(self.connection, document=graph.ontology.type_as("document").name)

    def put_nodes(self, nodes: Iterable[Node]) -> None:
        """Write nodes that are not there."""
        run = self.connection.executemany
        for some in portions(nodes, _PORTION):
            run("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?)", map(_node_row, some))
            run("INSERT INTO name VALUES (?, ?, ?)", (row for node in some for row in directory.name_rows(node)))

    def put_edges(self, edges: Iterable[Edge]) -> None:
        """Write edges that are not there, with their evidence."""
        for some in portions(edges, _PORTION):
            self.put_edge_rows(edge_rows(some))

    def put_edge_rows(self, rows: EdgeRows) -> None:
        """Write edges that are not there, as `edge_rows` gives them."""
        self.connection.executemany("INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows[0])
        self.connection.executemany("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)", rows[1])

    def drop_edges(self, ids: Iterable[str]) -> None:
        """Take edges out, with their evidence."""
        ids = list(ids)
        self.rows("DELETE FROM evidence WHERE edge IN EACH", ids)
        self.rows("DELETE FROM edge WHERE id IN EACH", ids)

    def put_refusal_rows(self, rows: Iterable[Row]) -> None:
        """Write refusals, as `refusal_rows` gives them."""
        self.connection.executemany("INSERT INTO rejection VALUES (?, ?, ?, ?, ?)", rows)

    def put_meta(
        self, ontology: Ontology, lexicon: Lexicon, decisions: Sequence[Decision], unmatched: Sequence[Decision]
    ) -> None:
        """Write what the graph was made with."""
        made = {
            "ontology": ontology,
            "decisions": decisions,
            "unmatched": unmatched,
            "names": lexicon.names,
            "kinds": lexicon.kinds,
        }
        for name, value in made.items():
            self.put_value(name, encode(value).decode())

    def unmatched(self) -> tuple[Decision, ...]:
        """Return the decisions that have no effect."""
        return msgspec.json.decode(self.value("unmatched") or "[]", type=tuple[Decision, ...])

    def counts(self) -> tuple[Mapping[str, int], Mapping[str, int], int]:
        """Return how many nodes there are of each type, edges of each relation, and derived edges."""
        run = self.connection.execute
        nodes = dict(run("SELECT type, count(*) FROM node GROUP BY type"))
        query = "SELECT relation, count(*), sum(derived) FROM edge INDEXED BY edge_by_source GROUP BY relation"
        edges = run(query).fetchall()
        return nodes, {name: count for name, count, _ in edges}, sum(derived for *_, derived in edges)

    def graph(self) -> KnowledgeGraph:
        """Read the assembled graph back."""
        from kg.graph import KnowledgeGraph

        run = self.connection.execute
        meta = dict(run("SELECT key, value FROM meta"))
        evidence: dict[str, list[Evidence]] = {}
        for edge, paper, field, start, end, text in run("SELECT * FROM evidence ORDER BY rowid"):
            evidence.setdefault(edge, []).append(Evidence(paper=paper, field=field, start=start, end=end, text=text))
        nodes = tuple(map(read_node, run("SELECT * FROM node ORDER BY id")))
        papers = {node.id: node.paper for node in nodes if node.paper is not None}
        said = run("SELECT node, content FROM work JOIN extraction USING (hash) ORDER BY key")
        rejections = (
            (paper, Rejection(name=name, type=kind, reason=reason, evidence=read_evidence(found)))
            for paper, name, kind, reason, found in run(f"SELECT * FROM rejection ORDER BY {REFUSALS}")  # noqa: S608
        )
        return KnowledgeGraph(
            nodes=nodes,
            edges=tuple(
                read_edge(row, tuple(evidence[row[0]]))
                for row in run("SELECT * FROM edge ORDER BY source, relation, target")
            ),
            extractions=tuple(extraction(papers[node], content) for node, content in said),
            decisions=msgspec.json.decode(meta["decisions"], type=tuple[Decision, ...]),
            ontology=msgspec.json.decode(meta["ontology"], type=Ontology),
            rejections=tuple(rejections),
            unmatched=msgspec.json.decode(meta["unmatched"], type=tuple[Decision, ...]),
            lexicon=Lexicon(
                names=msgspec.json.decode(meta.get("names", "[]"), type=tuple[Name, ...]),
                kinds=msgspec.json.decode(meta.get("kinds", "[]"), type=tuple[Kind, ...]),
            ),
        )


def load(path: Path | str) -> KnowledgeGraph:
    """Read a graph file."""
    with read(Path(path)) as store:
        return store.graph()


@contextmanager
def read(path: Path, *, threads: bool = False) -> Iterator[Store]:
    """Open an existing graph file for reading; what is read is one state of it, whatever is written meanwhile.

    With `threads`, several may read.
    """
    if not path.is_file():
        raise StoreError("no such graph", where=str(path), hint="make one with: kg build -o " + path.name)
    # Readers of a write-ahead log write beside it; where the folder does not let them, nobody else writes either.
    mode = "mode=rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "mode=ro&immutable=1"
    address = f"{path.resolve().as_uri()}?{mode}"
    with _errors(path), closing(sqlite3.connect(address, uri=True, check_same_thread=not threads)) as connection:
        connection.execute("PRAGMA query_only = ON")
        _identify(connection, path)
        connection.execute("BEGIN")
        if not connection.execute("SELECT 1 FROM meta WHERE key = 'ontology'").fetchone():
            hint = "say the same kg build again, and it goes on where it was"
            raise StoreError("no graph yet: its first build was interrupted", where=str(path), hint=hint)
        yield Store(connection)


@contextmanager
def update(path: Path, *, schema: str = "") -> Iterator[Store]:
    """Open or create a graph file for writing, in transactions of `Store.transaction`; a new one gets `schema` too.

    If nothing has been committed to a new file, it is not left there.
    """
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "the folder does not exist"
        raise StoreError(f"cannot write: {what}", where=str(path), hint="give a file name such as landscape.kg")
    absent = not path.exists()
    with _errors(path), closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY)) as connection:
        try:
            if _empty(connection):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                for statement in (_SCHEMA + directory.SCHEMA + schema).split(";"):
                    connection.execute(statement)
                connection.execute("COMMIT")
            else:
                _identify(connection, path)
            connection.execute("PRAGMA synchronous = NORMAL")  # the last transaction may be lost, the file never
            connection.execute("PRAGMA cache_size = -131072")
            connection.execute("PRAGMA temp_store = MEMORY")
            yield Store(connection)
        finally:
            if absent and _vain(connection):
                connection.close()
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            hint = "made by kg build; choose another file name"
            raise StoreError("not a graph file", where=str(path), hint=hint) from None
        hint = "is it full? the graph is as it was" if "disk" in str(error) else ""
        raise StoreError(f"cannot use the graph file: {error}", where=str(path), hint=hint) from None
    except (msgspec.DecodeError, KeyError) as error:
        raise StoreError(f"cannot use the graph file: {error}", where=str(path), hint="build it anew") from error


def _empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing yet: a new file, or what a first build that was killed has left."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)


def _vain(connection: sqlite3.Connection) -> bool:
    """Whether a new file holds nothing that was worth making it."""
    return _empty(connection) or not connection.execute("SELECT EXISTS (SELECT 1 FROM record)").fetchone()[0]


def _each(query: str) -> str:
    return query.replace("EACH", "(SELECT value FROM json_each(?))")


def packed(extraction: Extraction, names: Lexicon) -> Packed:
    """Return what a paper says without the paper, and apart what each of its claims says for who is who."""
    said = [saying(claim, names) for claim in extraction.claims]
    return encode(_Said(claims=extraction.claims, rejections=extraction.rejections)), encode(said)


def extraction(paper: Paper, content: bytes) -> Extraction:
    """Return what a paper says from its row."""
    said = _said.decode(content)
    return Extraction(paper=paper, claims=said.claims, rejections=said.rejections)


def edge_rows(edges: Sequence[Edge]) -> EdgeRows:
    """Return the rows of edges and of their evidence."""
    rows = [_edge_row(edge) for edge in edges]
    ids = ((row[0], edge.evidence) for row, edge in zip(rows, edges, strict=True))
    return rows, [(i, e.paper, e.field, e.start, e.end, e.text) for i, evidence in ids for e in evidence]


def refusal_rows(rejections: Iterable[tuple[str, Rejection]]) -> list[Row]:
    """Return the rows of refusals, each given with the node id of its paper."""
    return [(paper, r.name, r.type, r.reason, encode(r.evidence).decode()) for paper, r in rejections]


def _identify(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError("not a graph file", where=str(path), hint="made by kg build; choose another file name")
    if version != SCHEMA_VERSION:
        raise StoreError(f"made by another version (schema {version})", where=str(path), hint="build it anew")


def _node_row(node: Node) -> Row:
    encode = msgspec.json.encode
    paper = encode(node.paper) if node.paper else None
    return (
        node.id,
        node.type,
        node.name,
        encode(node.aliases).decode(),
        node.support,
        encode(node.merges).decode(),
        paper,
    )


def read_node(row: tuple[str, str, str, str, int, str, bytes | None]) -> Node:
    """Return the node of a row of `node`."""
    node_id, type_name, name, aliases, support, merges, paper = row
    return Node(
        id=node_id,
        type=type_name,
        name=name,
        aliases=msgspec.json.decode(aliases, type=tuple[str, ...]),
        support=support,
        merges=msgspec.json.decode(merges, type=tuple[Merge, ...]),
        paper=msgspec.json.decode(paper, type=Paper) if paper else None,
    )


def _edge_row(edge: Edge) -> Row:
    votes = msgspec.json.encode(edge.votes).decode()
    return (edge.id, *edge.key, edge.confidence, edge.support, edge.derived, votes)


def read_edge(row: tuple[str, str, str, str, float, int, int, str], evidence: tuple[Evidence, ...]) -> Edge:
    """Return the edge of a row of `edge`, with the evidence of its rows of `evidence`."""
    _, source, relation, target, confidence, _, derived, votes = row
    return Edge(
        source=source,
        relation=relation,
        target=target,
        confidence=confidence,
        evidence=evidence,
        votes=msgspec.json.decode(votes, type=tuple[Vote, ...]),
        derived=bool(derived),
    )


def read_evidence(text: str) -> tuple[Evidence, ...]:
    """Return the evidence of a row of `rejection`."""
    return msgspec.json.decode(text, type=tuple[Evidence, ...])
