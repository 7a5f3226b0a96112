"""What stands above what, in a graph file: found again only for entities whose names, or the names asked for, changed.

`kg.graph.kinds` finds it; here is remembered which names were asked for on the way, so that a change of one of them
tells whose steps to look for again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from kg.graph import kinds
from kg.graph.kinds import Place, Step
from kg.lexicon import Key, Lexicon
from kg.model import Evidence
from kg.ontology import Ontology
from kg.resolve import PAPER, Entity
from kg.store import Store, encode

SCHEMA = """
CREATE TABLE step (below TEXT NOT NULL, relation TEXT NOT NULL, above TEXT NOT NULL, rule TEXT NOT NULL,
    score REAL NOT NULL, PRIMARY KEY (below, above)) WITHOUT ROWID;
CREATE TABLE ask (key TEXT NOT NULL, below TEXT NOT NULL, PRIMARY KEY (key, below)) WITHOUT ROWID;
CREATE TABLE made (id TEXT PRIMARY KEY, type TEXT NOT NULL, key TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX ask_by_below ON ask (below);
CREATE INDEX sense_by_entity ON sense (entity);
"""
TABLES = ("step", "ask", "made")
_NOTHING = ""  # stands above what has nothing above it: it has been looked for
CIRCLES = "circles"  # in `meta`: the steps that had to be left out
_entity = msgspec.json.Decoder(Entity)


def relations(ontology: Ontology) -> list[str]:
    """Return the relations that lead up."""
    return [ontology.relation_as(role).name for role in ("variant", "hierarchy")]


class Upward:
    """Brings the edges up to date; `others` are then the entities that have to be shown anew on account of that."""

    def __init__(self, file: Store, lexicon: Lexicon, ontology: Ontology) -> None:
        self.unnamed: set[str] = set()
        self.others: set[str] = set()
        self._file, self._run, self._column = file, file.connection.execute, file.column
        self._relations = relations(ontology)
        self._senses = _Asked(file)
        self._tree = kinds.Tree(self._senses, lexicon, ontology)

    def update(self, entities: Collection[str], names: Collection[str], ends: Collection[str]) -> None:
        """Look for steps again from `entities`, which changed, and where `names` were asked for; raise the edges.

        `ends` are the entities of which other places may be the surest now.
        """
        again = set(entities).union(self._file.among("SELECT below FROM ask WHERE key IN EACH", names))
        above = set(self._file.among("SELECT above FROM step WHERE below IN EACH", again))
        self._forget(again)
        before = set(self._column("SELECT id FROM made"))
        for unknown in self._column(
            "SELECT id FROM entity WHERE support > 0 AND id NOT IN (SELECT below FROM step) ORDER BY id"
        ):
            self._steps(unknown)
        rows: dict[str, list[Step]] = defaultdict(list)
        for below, relation, up, rule, score in self._run("SELECT * FROM step WHERE above != ?", (_NOTHING,)):
            rows[below].append(Step(below=below, relation=relation, above=up, rule=rule, score=score))
        named = _Named(self._file, {*rows, *(step.above for steps in rows.values() for step in steps), *before, *ends})
        found, added = kinds.climbed(filter(named.__contains__, rows), named, lambda i: rows.get(i) or self._steps(i))
        vanished = {i for i in before - added if i not in named}
        lost = {i for i in vanished.union(ends) - added if i not in named}
        above.update(self._file.among("SELECT above FROM step WHERE below IN EACH", lost))
        self._forget(vanished)
        self._file.rows("DELETE FROM made WHERE id NOT IN EACH", added)
        kept = kinds.acyclic(found)
        cut = self._cut(found, kept)
        self._raise(kept, added, {*again, *above, *ends, *vanished, *cut, *self.others})
        self.unnamed = {i for i in added if self._is_linked(i)}
        self.others |= above | self.unnamed.symmetric_difference(self._column("SELECT id FROM node WHERE support = 0"))

    def entity(self, node_id: str) -> Entity:
        """Return an entity that papers name or that only stands above others."""
        (content,) = self._column("SELECT content FROM entity WHERE id = ?", node_id) or self._column(
            "SELECT content FROM made WHERE id = ?", node_id
        )
        return _entity.decode(content)

    def _forget(self, entities: Collection[str]) -> None:
        self._file.rows("DELETE FROM step WHERE below IN EACH", entities)
        self._file.rows("DELETE FROM ask WHERE below IN EACH", entities)

    def _steps(self, node_id: str) -> Sequence[Step]:
        """Look for what stands above an entity, and remember it; what is known to have nothing above is not asked."""
        if self._column("SELECT 1 FROM step WHERE below = ?", node_id):
            return ()
        entity, pairs = self.entity(node_id), self._pairs(node_id)
        self._senses.asked.clear()
        self._tree.made.clear()
        steps = self._tree.steps(entity, pairs)
        rows = [(node_id, s.relation, s.above, s.rule, s.score) for s in steps] or [(node_id, "", _NOTHING, "", 0.0)]
        many = self._file.connection.executemany
        many("INSERT INTO step VALUES (?, ?, ?, ?, ?)", rows)
        many("INSERT INTO ask VALUES (?, ?)", ((key, node_id) for key in sorted(self._senses.asked)))
        for made, (other, row) in self._tree.made.items():
            many("INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)", [(made, *row, encode(other))])
            self.others.add(made)
        return steps

    def _pairs(self, node_id: str) -> list[Key]:
        of_papers = self._run("SELECT type, key FROM sense WHERE entity = ? ORDER BY type, key", (node_id,)).fetchall()
        if not of_papers:
            return self._run("SELECT type, key FROM made WHERE id = ?", (node_id,)).fetchall()
        kind = self.entity(node_id).type
        return [pair for pair in of_papers if pair[0] == kind]

    # --- edges ----------------------------------------------------------------------------------------------------

    def _cut(self, found: Sequence[Step], kept: Sequence[Step]) -> set[str]:
        """Return the ends of steps that close a circle and so are left out now, or were before."""
        left_out = {(s.below, s.above) for s in found} - {(s.below, s.above) for s in kept}
        before = {(below, above) for below, above in msgspec.json.decode(self._file.value(CIRCLES) or "[]")}
        self._file.put_value(CIRCLES, encode(sorted(left_out)).decode())
        return {end for step in left_out ^ before for end in step}

    def _raise(self, steps: Sequence[Step], added: Collection[str], dirty: set[str]) -> None:
        """Write the edges of steps from dirty entities, and from what nobody names above them."""
        up: Mapping[str, list[str]] = defaultdict(list)
        for step in steps:
            if step.above in added:
                up[step.below].append(step.above)
        reached = set(kinds.reached(sorted(dirty), up))
        self._file.drop_edges(
            self._file.among("SELECT id FROM edge WHERE source IN EACH AND relation IN EACH", reached, self._relations)
        )
        self._file.put_edges(kinds.raised(steps, self._places, only=reached))

    def _places(self, node_id: str) -> list[Place]:
        """Return the surest places where papers name an entity."""
        rows = self._run(
            "SELECT id, confidence FROM edge WHERE target = ? AND source >= ? AND source < ? "
            "ORDER BY confidence DESC, source LIMIT ?",
            (node_id, PAPER, PAPER[:-1] + chr(ord(PAPER[-1]) + 1), kinds.PLACES),
        ).fetchall()
        return [(confidence, self._first(edge)) for edge, confidence in rows]

    def _first(self, edge: str) -> Evidence:
        columns: Any = self._run(
            'SELECT paper, field, start, "end", text FROM evidence WHERE edge = ? ORDER BY rowid LIMIT 1', (edge,)
        ).fetchone()
        return Evidence(**dict(zip(("paper", "field", "start", "end", "text"), columns, strict=True)))

    def _is_linked(self, node_id: str) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM edge WHERE source = ?) OR EXISTS (SELECT 1 FROM edge WHERE target = ?)"
        return bool(self._column(query, node_id, node_id)[0])


class _Named:
    """The entities that some paper claims; of the `likely` ones it is known beforehand."""

    def __init__(self, file: Store, likely: Collection[str]) -> None:
        self._column = file.column
        self._known = dict.fromkeys(likely, False)
        self._known.update(
            dict.fromkeys(file.among("SELECT id FROM entity WHERE support > 0 AND id IN EACH", likely), True)
        )

    def __contains__(self, node_id: object) -> bool:
        known = self._known.get(str(node_id))
        if known is None:
            known = bool(self._column("SELECT 1 FROM entity WHERE support > 0 AND id = ?", node_id))
            self._known[str(node_id)] = known
        return known


class _Asked:
    """What papers call things, from the file; `asked` gathers the keys that somebody wanted to know of."""

    def __init__(self, file: Store) -> None:
        self.asked: set[str] = set()
        self._column = file.column
        self._found = lru_cache(maxsize=1 << 14)(self._looked_up)

    def entity(self, pair: Key) -> Entity | None:
        """Return the entity that a name of a type means."""
        self.asked.add(pair[1])
        content = self._found(*pair)[1]
        return _entity.decode(content) if content is not None else None

    def dropped(self, pair: Key) -> bool:
        """Whether a decision took the name out."""
        self.asked.add(pair[1])
        return self._found(*pair) == (True, None)

    def taken(self, key: str) -> bool:
        """Whether some entity of any type has a name of this key."""
        self.asked.add(key)
        return bool(self._column("SELECT 1 FROM sense WHERE key = ? AND entity IS NOT NULL", key))

    def _looked_up(self, type_name: str, key: str) -> tuple[bool, bytes | None]:
        """Return whether there is such a name, and the entity that it means."""
        query = (
            "SELECT content FROM sense LEFT JOIN entity ON entity.id = sense.entity WHERE key = ? AND sense.type = ?"
        )
        rows = self._column(query, key, type_name)
        return bool(rows), rows[0] if rows else None
