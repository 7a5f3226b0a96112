"""What a graph file looks up instead of walking all of it: who bears a name, and how well a node is supported.

Two tables beside those of `kg.store`, made from them alone. `name` has the `name_key` of every name, alias and id of a
node, and, with `called` 0, of the identifiers of its record. `standing` has, for each node and year, how many papers of
that year say something of it in words, and how surely; a paper stands for itself, and year -1 is an unknown one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from kg.model import Node, name_key

NO_YEAR = -1
SCHEMA = """
CREATE TABLE name (
    key TEXT NOT NULL, node TEXT NOT NULL, called INTEGER NOT NULL, PRIMARY KEY (key, node)
) WITHOUT ROWID;
CREATE TABLE standing (
    type TEXT NOT NULL, node TEXT NOT NULL, year INTEGER NOT NULL, papers INTEGER NOT NULL, confidence REAL NOT NULL,
    PRIMARY KEY (type, node, year)
) WITHOUT ROWID;
CREATE INDEX edge_by_source ON edge (source, relation, target, confidence, derived);
CREATE INDEX edge_by_target ON edge (target, source, relation, confidence, derived);
CREATE INDEX evidence_by_edge ON evidence (edge, paper);
CREATE INDEX node_by_type ON node (type, support DESC, name);
CREATE INDEX node_by_id ON node (id, type, name);
"""
# As `kg.view.year` reads a record: the first four characters of the date if they are digits, else the year.
_YEAR = """coalesce(CASE WHEN json_extract(record, '$.date') GLOB '[0-9][0-9][0-9][0-9]*'
    THEN CAST(substr(json_extract(record, '$.date'), 1, 4) AS INTEGER)
    ELSE json_extract(record, '$.year') END, -1)"""
_PAPERS = f"""INSERT INTO standing SELECT type, id, {_YEAR}, 1, 1.0
    FROM (SELECT type, id, CAST(paper AS TEXT) AS record FROM node WHERE type = :document"""  # noqa: S608
_ENTITIES = """INSERT INTO standing
    SELECT node.type, edge.target, coalesce(standing.year, -1), count(DISTINCT evidence.paper), max(edge.confidence)
    FROM edge JOIN node ON node.id = edge.target JOIN evidence ON evidence.edge = edge.id
    LEFT JOIN standing ON standing.type = :document AND standing.node = evidence.paper
    WHERE edge.derived = 0 AND node.type != :document"""


def name_rows(node: Node) -> Iterator[tuple[str, str, bool]]:
    """Yield the rows of `name` for a node: they depend on it alone."""
    called = {name_key(name) for name in (node.name, *node.aliases, node.id)}
    record = (node.paper.id, node.paper.arxiv, node.paper.doi) if node.paper is not None else ()
    yield from ((key, node.id, True) for key in sorted(called))
    yield from ((key, node.id, False) for key in sorted({name_key(i) for i in record if i} - called))


def stand(connection: sqlite3.Connection, *, document: str, nodes: Collection[str] | None = None) -> None:
    """Count anew which papers stand behind nodes, once the rows of nodes, edges and evidence are written.

    With `nodes`, only behind these: papers that are new, gone or of another year, and the ends of all edges that are
    new, gone or changed, those of such papers included. `document` is the type of papers.
    """
    run, given = connection.execute, {"document": document}
    if nodes is None:
        run("DELETE FROM standing")
        run(f"{_PAPERS})", given)
        run(f"{_ENTITIES} GROUP BY edge.target, standing.year", given)
        return
    run("CREATE TEMP TABLE touched (id TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT OR IGNORE INTO touched VALUES (?)", ((i,) for i in nodes))
    run("CREATE TEMP TABLE kind AS SELECT DISTINCT type FROM standing")
    run("DELETE FROM standing WHERE (type, node) IN (SELECT kind.type, touched.id FROM kind, touched)")
    run(f"{_PAPERS} AND id IN (SELECT id FROM touched))", given)  # noqa: S608 - literals
    run(f"{_ENTITIES} AND edge.target IN touched GROUP BY edge.target, standing.year", given)
    run("DROP TABLE touched")
    run("DROP TABLE kind")
