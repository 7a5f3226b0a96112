"""The graph file: one SQLite database, changed in one transaction, readable by any SQLite tool.

Tables `record` (papers as read), `extraction` (what each paper says, keyed by content so that nothing is read twice),
and the assembled `node`, `edge`, `evidence` and `rejection`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from kg import directory
from kg.graph import KnowledgeGraph
from kg.lexicon import Decision, Kind, Lexicon, Name
from kg.model import Edge, Evidence, Extraction, Merge, Node, Paper, Rejection, StoreError, Vote
from kg.ontology import Ontology

APPLICATION_ID = 0x6B67_6131  # "kga1" in the SQLite header, so that a foreign database is never overwritten
SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (
    source TEXT NOT NULL, id TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (source, id)
) WITHOUT ROWID;
CREATE TABLE extraction (paper TEXT PRIMARY KEY, hash TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
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
"""


class Store:
    """An open graph file inside one transaction; use `update` or `read` to get one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def records(self) -> tuple[Paper, ...]:
        """Return the papers as their sources told them."""
        rows = self._connection.execute("SELECT content FROM record ORDER BY source, id")
        decoder = msgspec.json.Decoder(Paper)
        return tuple(decoder.decode(content) for (content,) in rows)

    def add(self, papers: Iterable[Paper]) -> None:
        """Add records; a record of the same source and id is replaced."""
        encode = msgspec.json.encode
        self._connection.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", ((p.source, p.id, encode(p)) for p in papers)
        )

    def drop(self, records: Iterable[Paper]) -> None:
        """Take records out."""
        self._connection.executemany(
            "DELETE FROM record WHERE source = ? AND id = ?", ((p.source, p.id) for p in records)
        )

    def extractions(self) -> Mapping[str, tuple[str, bytes]]:
        """Return, by paper key, the hash that an extraction was made for and its encoded form."""
        return {
            paper: (content_hash, content)
            for paper, content_hash, content in self._connection.execute("SELECT paper, hash, content FROM extraction")
        }

    def save(self, graph: KnowledgeGraph, hashes: Mapping[str, str]) -> None:
        """Write the assembled graph; `hashes` are those of the extractions, by paper key."""
        run, encode = self._connection.executemany, msgspec.json.encode
        for table in ("extraction", "node", "name", "edge", "evidence", "rejection"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a literal
        run(
            "INSERT INTO extraction VALUES (?, ?, ?)",
            ((e.paper.key(), hashes[e.paper.key()], encode(e)) for e in graph.extractions),
        )
        run("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?)", map(_node_row, graph.nodes))
        run("INSERT INTO name VALUES (?, ?, ?)", (row for node in graph.nodes for row in directory.name_rows(node)))
        run("INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(_edge_row, graph.edges))
        run(
            "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)",
            ((edge.id, e.paper, e.field, e.start, e.end, e.text) for edge in graph.edges for e in edge.evidence),
        )
        run(
            "INSERT INTO rejection VALUES (?, ?, ?, ?, ?)",
            ((paper, r.name, r.type, r.reason, encode(r.evidence).decode()) for paper, r in graph.rejections),
        )
        directory.stand(self._connection, document=graph.ontology.type_as("document").name)
        meta = {
            "ontology": graph.ontology,
            "decisions": graph.decisions,
            "unmatched": graph.unmatched,
            "names": graph.lexicon.names,
            "kinds": graph.lexicon.kinds,
        }
        run("INSERT OR REPLACE INTO meta VALUES (?, ?)", ((k, encode(v).decode()) for k, v in meta.items()))

    def graph(self) -> KnowledgeGraph:
        """Read the assembled graph back."""
        run = self._connection.execute
        meta = dict(run("SELECT key, value FROM meta"))
        evidence: dict[str, list[Evidence]] = {}
        for edge, paper, field, start, end, text in run("SELECT * FROM evidence ORDER BY rowid"):
            evidence.setdefault(edge, []).append(Evidence(paper=paper, field=field, start=start, end=end, text=text))
        decoder = msgspec.json.Decoder(Extraction)
        extractions = [decoder.decode(content) for (content,) in run("SELECT content FROM extraction")]
        return KnowledgeGraph(
            nodes=tuple(map(_node, run("SELECT * FROM node ORDER BY id"))),
            edges=tuple(
                _edge(row, tuple(evidence[row[0]]))
                for row in run("SELECT * FROM edge ORDER BY source, relation, target")
            ),
            extractions=tuple(sorted(extractions, key=lambda e: e.paper.key())),
            decisions=msgspec.json.decode(meta["decisions"], type=tuple[Decision, ...]),
            ontology=msgspec.json.decode(meta["ontology"], type=Ontology),
            rejections=tuple(
                (paper, Rejection(name=name, type=kind, reason=reason, evidence=_evidence(found)))
                for paper, name, kind, reason, found in run("SELECT * FROM rejection ORDER BY rowid")
            ),
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
def read(path: Path) -> Iterator[Store]:
    """Open an existing graph file for reading."""
    if not path.is_file():
        raise StoreError("no such graph", where=str(path), hint="make one with: kg build -o " + path.name)
    # Whoever reads first after a crash must be able to roll the half-written transaction back.
    mode = "rw" if os.access(path, os.W_OK) else "ro"
    with _errors(path), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)) as connection:
        connection.execute("PRAGMA query_only = ON")
        _identify(connection, path)
        yield Store(connection)


@contextmanager
def update(path: Path) -> Iterator[Store]:
    """Open or create a graph file for writing; everything happens in one transaction, or not at all."""
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else "the folder does not exist"
        raise StoreError(f"cannot write: {what}", where=str(path), hint="give a file name such as landscape.kg")
    absent = not path.exists()
    with _errors(path), closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as connection:
        done = False
        try:
            connection.execute("BEGIN IMMEDIATE")
            if _empty(connection):
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                for statement in (_SCHEMA + directory.SCHEMA).split(";"):
                    connection.execute(statement)
            else:
                _identify(connection, path)
            yield Store(connection)
            connection.execute("COMMIT")
            done = True
        finally:
            if not done:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if absent:
                    connection.close()
                    path.unlink(missing_ok=True)


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            hint = "made by kg build; choose another file name"
            raise StoreError("not a graph file", where=str(path), hint=hint) from None
        raise StoreError(f"cannot use the graph file: {error}", where=str(path)) from None
    except (msgspec.DecodeError, KeyError) as error:
        raise StoreError(f"cannot use the graph file: {error}", where=str(path), hint="build it anew") from error


def _empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing yet: a new file, or what a first build that was killed has left."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(tables == 0)


def _identify(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise StoreError("not a graph file", where=str(path), hint="made by kg build; choose another file name")
    if version != SCHEMA_VERSION:
        raise StoreError(f"made by another version (schema {version})", where=str(path), hint="build it anew")


def _node_row(node: Node) -> tuple[object, ...]:
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


def _node(row: tuple[str, str, str, str, int, str, bytes | None]) -> Node:
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


def _edge_row(edge: Edge) -> tuple[object, ...]:
    votes = msgspec.json.encode(edge.votes).decode()
    return (edge.id, *edge.key, edge.confidence, edge.support, edge.derived, votes)


def _edge(row: tuple[str, str, str, str, float, int, int, str], evidence: tuple[Evidence, ...]) -> Edge:
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


def _evidence(text: str) -> tuple[Evidence, ...]:
    return msgspec.json.decode(text, type=tuple[Evidence, ...])
