"""Records of sources in a graph file, and which works are another for what was added, changed or dropped.

Records that share an identifier are one work, directly or through a third record. So a change reaches the works that
the record was part of, and whatever records can be got at from there: nothing else is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from kg import resolve
from kg.model import Paper, title_key
from kg.store import Store, encode

SCHEMA = """
CREATE INDEX identity_by_record ON identity (source, id);
CREATE INDEX record_by_id ON record (id);
CREATE INDEX work_by_node ON work (node);
"""
_REACHED = """
WITH RECURSIVE seed (source, id) AS (
    SELECT source, id FROM stale
    UNION SELECT source, id FROM member
        WHERE work IN (SELECT work FROM stale JOIN member USING (source, id))
), reached (source, id) AS (
    SELECT source, id FROM seed
    UNION SELECT other.source, other.id FROM reached
        JOIN identity AS own ON own.source = reached.source AND own.id = reached.id
        JOIN identity AS other ON other.name = own.name
) SELECT content FROM reached JOIN record USING (source, id) ORDER BY source, id
"""
_decode = msgspec.json.Decoder(Paper).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The keys of the works that may be another now, and the records of the works that are there in their place."""

    before: frozenset[str]
    groups: tuple[tuple[Paper, ...], ...]


def put(file: Store, papers: Iterable[Paper]) -> None:
    """Add records, or replace those of the same source and id.

    What one build is given twice under one source and id is joined, however far apart: a record is replaced only the
    first time since the file was opened.
    """
    run = file.connection.execute
    run("CREATE TEMP TABLE IF NOT EXISTS put (number INTEGER PRIMARY KEY)")
    for paper in papers:
        place = paper.source, paper.id
        known = run("SELECT rowid, content FROM record WHERE source = ? AND id = ?", place).fetchone()
        if not known:
            number = run("INSERT INTO record VALUES (?, ?, ?)", (*place, encode(paper))).lastrowid
            run("INSERT INTO put VALUES (?)", (number,))
            _identify(file, paper)
            continue
        number, before = known
        first = run("INSERT OR IGNORE INTO put VALUES (?)", (number,)).rowcount
        now = paper if first else resolve.join((_decode(before), paper))
        if (content := encode(now)) != before:
            run("UPDATE record SET content = ? WHERE rowid = ?", (content, number))
            run("DELETE FROM identity WHERE source = ? AND id = ?", place)
            _identify(file, now)


def _identify(file: Store, paper: Paper) -> None:
    place = paper.source, paper.id
    names = ((name, *place) for name in resolve.shared(paper))
    file.connection.executemany("INSERT OR IGNORE INTO identity VALUES (?, ?, ?)", names)
    file.connection.execute("INSERT OR IGNORE INTO stale VALUES (?, ?)", place)


def drop(file: Store, records: Iterable[tuple[str, str]]) -> None:
    """Take records out, given by source and id."""
    for place in records:
        for table in ("record", "identity"):
            file.connection.execute(f"DELETE FROM {table} WHERE source = ? AND id = ?", place)  # noqa: S608
        file.connection.execute("INSERT OR IGNORE INTO stale VALUES (?, ?)", place)


def changed(file: Store, *, everything: bool) -> Changed:
    """Return what has changed since `settled`, or all that there is."""
    if everything:
        records = file.column("SELECT content FROM record ORDER BY source, id")
        before = file.column("SELECT key FROM work")
    else:
        records = file.column(_REACHED)
        places = {(paper.source, paper.id) for paper in map(_decode, records)}
        places.update(file.connection.execute("SELECT source, id FROM stale"))
        run = file.connection.execute
        rows = (run("SELECT work FROM member WHERE source = ? AND id = ?", place).fetchone() for place in places)
        before = [row[0] for row in rows if row]
    return Changed(before=frozenset(before), groups=resolve.groups(map(_decode, records)))


def settled(file: Store, groups: Sequence[tuple[str, Sequence[Paper]]]) -> None:
    """Remember which work each record is part of: the graph is up to date with all of them."""
    file.connection.execute("DELETE FROM member WHERE (source, id) IN (SELECT source, id FROM stale)")
    rows = ((record.source, record.id, work) for work, records in groups for record in records)
    file.connection.executemany("INSERT OR REPLACE INTO member VALUES (?, ?, ?)", rows)
    file.connection.execute("DELETE FROM stale")


def called(file: Store, name: str) -> list[tuple[str, str]]:
    """Return the records (source and id) of the works that bear an id, node id or exact title."""
    title = f"title:{title_key(name)}"
    places = file.connection.execute(
        "SELECT source, id FROM record WHERE id = :name UNION SELECT source, id FROM identity "
        "WHERE name IN (:title, 'arxiv:' || :name, :name) UNION SELECT source, id FROM member "
        "WHERE work = :name OR work IN (SELECT key FROM work WHERE node = :name)",
        {"name": name, "title": title},
    ).fetchall()
    run = file.connection.execute
    works = {row[0] for place in places for row in run("SELECT work FROM member WHERE source = ? AND id = ?", place)}
    return sorted({*places, *of_works(file, sorted(works))})


def of_works(file: Store, works: Iterable[str]) -> list[tuple[str, str]]:
    """Return the records of works, by source and id."""
    run = file.connection.execute
    return [place for work in works for place in run("SELECT source, id FROM member WHERE work = ?", (work,))]
