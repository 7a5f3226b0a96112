"""Papers that came, went or changed -> the graph file, as if built anew: only what the change can reach is done again.

Four steps, each told by those before what it has to look at. Counts of sayings tell which *blocks* of names to
resolve; sayings that mean another entity than before tell which *papers* to read into statements again; their edges
tell which *entities* gained or lost support; and names that changed hands tell for which entities to look for what
stands above. The tables below remember what each step found. `kg.graph.assemble` is the same without memory, and
tests compare the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from kg import resolve
from kg.disjoint import Disjoint
from kg.graph import assembly
from kg.graph.assembly import EdgeKey
from kg.increment import identifying, stating, upward
from kg.increment.identifying import Asked, Found
from kg.increment.rules import Rules, Share, alone
from kg.increment.stating import Part, Told
from kg.lexicon import Decision
from kg.model import Paper, edge_id
from kg.portions import portions
from kg.resolve import PAPER, Entity, Meant, blocks
from kg.store import Store, directory

SCHEMA = """
CREATE TABLE saying (number INTEGER PRIMARY KEY, content BLOB NOT NULL UNIQUE, key TEXT NOT NULL,
    papers INTEGER NOT NULL, entity TEXT, reason TEXT NOT NULL);
CREATE TABLE said (saying INTEGER NOT NULL, paper TEXT NOT NULL, PRIMARY KEY (saying, paper)) WITHOUT ROWID;
CREATE TABLE block (key TEXT PRIMARY KEY, block TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sense (type TEXT NOT NULL, key TEXT NOT NULL, entity TEXT, PRIMARY KEY (key, type)) WITHOUT ROWID;
CREATE TABLE entity (id TEXT PRIMARY KEY, content BLOB NOT NULL, support INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX said_by_paper ON said (paper);
CREATE INDEX saying_by_key ON saying (key);
CREATE INDEX block_by_block ON block (block);
CREATE INDEX name_by_node ON name (node);
"""
_TABLES = ("saying", "said", "block", "sense", "entity")
_PAPERS, _SAYINGS = 250, 4_000  # in a portion of the work
_sayings = msgspec.json.Decoder(list[msgspec.Raw])
_entity = msgspec.json.Decoder(Entity)
_numbers = msgspec.json.Decoder(list[int])


def clear(file: Store) -> None:
    """Forget the graph and all that was remembered of how it came about; what papers say is kept."""
    for table in (*_TABLES, *upward.TABLES, "work", "node", "name", "edge", "evidence", "rejection", "standing"):
        file.connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a literal
    file.put_value(upward.CIRCLES, "")


def apply(
    file: Store,
    gone: Collection[str],
    come: Sequence[tuple[Paper, bytes]],
    rules: Rules,
    progress: Callable[[int, int], None] | None = None,
    share: Share | None = None,
) -> None:
    """Bring the graph up to date: works (by key) that are gone or changed, and papers new or changed with their hashes.

    The extractions of the latter are kept in the file already. `progress` is told how many papers have been put in.
    `share` calls functions of the rules for portions of the work, perhaps in several processes.
    """
    change = _Change(file, rules, progress, share or alone(rules))
    change.take_out(gone)
    with file.unindexed(*(("node", "name", "saying", "said") if change.first else ())):
        change.put_in(come)
    change.identify()
    works = {paper.key() for paper, _ in come}
    with file.unindexed(*(("edge", "evidence", "rejection") if change.first else ())):
        change.state(works)
    change.raise_up()
    change.show([paper for paper, _ in come])


class _Change:
    """One change on its way through the steps; each attribute is what one step tells the next.

    `first` tells that there is no graph yet, so that nothing has to be looked up or taken back.
    """

    def __init__(self, file: Store, rules: Rules, progress: Callable[[int, int], None] | None, share: Share) -> None:
        self._file, self._rules, self._progress, self._share = file, rules, progress, share
        self._rows, self._among, self._many = file.rows, file.among, file.connection.executemany
        self._upward = upward.Upward(file, rules.lexicon, rules.ontology)
        self.first = not self._among("SELECT 1 FROM work LIMIT 1")
        self._sayings: set[int] = set()  # said by more or fewer papers now
        self._restate: set[str] = set()  # keys of works of which some saying means another entity now
        self._gone_nodes: list[str] = []
        self._entities: set[str] = set()  # other than before, or there no more
        self._names: set[str] = set()  # keys that mean something else now
        self._derived: dict[EdgeKey, list[Part]] = {}
        self._ends: set[str] = set()  # entities of edges that came or went
        self._unmatched: tuple[Decision, ...] = ()

    # --- sayings ------------------------------------------------------------------------------------------------------

    def take_out(self, works: Collection[str]) -> None:
        """Let works say nothing any more."""
        self._sayings.update(self._among("SELECT DISTINCT saying FROM said WHERE paper IN EACH", works))
        self._gone_nodes = self._among("SELECT node FROM work WHERE key IN EACH", works)
        self._rows("DELETE FROM said WHERE paper IN EACH", works)
        self._rows("DELETE FROM work WHERE key IN EACH", works)

    def put_in(self, come: Sequence[tuple[Paper, bytes]]) -> None:
        """Note what papers say, and which names that might bring together."""
        self._drop_nodes(self._gone_nodes)
        self._file.put_nodes(assembly.paper_node(paper, self._rules.ontology) for paper, _ in come)
        numbers: dict[bytes, int] = {}
        fresh: list[bytes] = []
        following = 1 + (self._among("SELECT max(number) FROM saying")[0] or 0)
        for some in portions(come, _PAPERS):
            works, said = [], []
            packs = self._file.packs(content_hash for _, content_hash in some)
            for (paper, content_hash), (_, sayings) in zip(some, packs, strict=True):
                told = []
                for content in map(bytes, _sayings.decode(sayings)):
                    number = numbers.get(content) or self._number(content)
                    if number is None:
                        number = following + len(fresh)
                        fresh.append(content)
                    numbers[content] = number
                    told.append(number)
                works.append((paper, content_hash, told))
                said += [(number, paper.key()) for number in dict.fromkeys(told)]
            self._many("INSERT INTO said VALUES (?, ?)", said)
            self._file.put_works(works)
        reached = [keys for some in self._share(identifying.reached, portions(fresh, _SAYINGS)) for keys in some]
        rows = ((n, content, keys[0]) for n, (content, keys) in enumerate(zip(fresh, reached, strict=True), following))
        self._many("INSERT INTO saying VALUES (?, ?, ?, 0, NULL, '')", rows)
        self._sayings.update(numbers.values())
        self._rows(
            "UPDATE saying SET papers = (SELECT count(*) FROM said WHERE saying = number) WHERE number IN EACH",
            self._sayings,
        )
        self._grow([*(blocks.told(self._rules.decisions) if self.first else ()), *reached])

    def _number(self, content: bytes) -> int | None:
        if self.first:
            return None
        return next(iter(self._file.column("SELECT number FROM saying WHERE content = ?", content)), None)

    def _grow(self, reached: Iterable[Sequence[str]]) -> None:
        """Make one block of all names that a rule might bring together."""
        reached = [keys for keys in reached if keys]
        every = {key for keys in reached for key in keys}
        known = dict(self._rows("SELECT key, block FROM block WHERE key IN EACH", every))
        sets = Disjoint[str]()
        for keys in reached:
            sets.join([known.get(key, key) for key in keys])
        moved = {block for block in known.values() if sets.find(block) != block}
        self._many("UPDATE block SET block = ? WHERE block = ?", ((sets.find(b), b) for b in sorted(moved)))
        fresh = sorted(every - known.keys())
        self._many("INSERT INTO block VALUES (?, ?)", ((key, sets.find(key)) for key in fresh))

    # --- who is who ---------------------------------------------------------------------------------------------------

    def identify(self) -> None:
        """Resolve the blocks that a change of counts reaches, and see what is another entity now."""
        self._rows("CREATE TEMP TABLE reached (key TEXT PRIMARY KEY) WITHOUT ROWID")
        self._rows(
            "INSERT INTO reached SELECT key FROM block WHERE block IN (SELECT block FROM block WHERE key IN "
            "(SELECT key FROM saying WHERE number IN EACH))",
            self._sayings,
        )
        self._rows("DELETE FROM saying WHERE papers = 0 AND key IN reached")
        rows = self._rows("SELECT number, content, papers, entity, reason, key FROM saying JOIN reached USING (key)")
        parts = list(self._parts(rows))
        asked = (
            Asked(sayings=[(content, papers) for _, content, papers, *_ in part], decisions=tuple(told))
            for part, told in parts
        )
        found: list[Found] = []
        changed: list[tuple[Any, ...]] = []
        for (part, _), answer in zip(parts, self._share(identifying.resolved, asked), strict=True):
            pairs = zip(part, answer.says, strict=True)
            changed += [(*now, number) for (number, _, _, entity, reason, _), now in pairs if now != (entity, reason)]
            found.append(answer)
        self._note_unmatched({d for _, told in parts for d in told}, {d for answer in found for d in answer.unmatched})
        self._many("UPDATE saying SET entity = ?, reason = ? WHERE number = ?", changed)
        numbers = [number for *_, number in changed]
        self._restate.update(self._among("SELECT DISTINCT paper FROM said WHERE saying IN EACH", numbers))
        self._replace(found)
        self._rows("DROP TABLE reached")

    def _parts(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[list[tuple[Any, ...]], list[Decision]]]:
        """Yield sayings of whole blocks, some thousand at a time, with the decisions about names of these blocks."""
        block_of = dict(self._rows("SELECT key, block FROM block WHERE key IN reached"))
        said: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        told: dict[str, list[Decision]] = defaultdict(list)
        for row in rows:
            said[block_of[row[-1]]].append(row)
        for decision in self._rules.decisions:
            keys = (key for keys in blocks.told([decision]) for key in keys if key in block_of)
            if (key := next(keys, None)) is not None:  # all its names are of one block
                told[block_of[key]].append(decision)
        part: list[tuple[Any, ...]] = []
        decisions: list[Decision] = []
        for block in dict.fromkeys((*said, *told)):
            part += said.get(block, ())
            decisions += told.get(block, ())
            if len(part) >= _SAYINGS:
                yield part, decisions
                part, decisions = [], []
        if part or decisions:
            yield part, decisions

    def _note_unmatched(self, told: Collection[Decision], unmatched: Collection[Decision]) -> None:
        """Remember the decisions that have no effect: of those not looked at now, the ones that had none before."""
        before = self._file.unmatched()
        dead = {*unmatched, *(d for d in self._rules.decisions if d not in told and (self.first or d in before))}
        self._unmatched = tuple(d for d in self._rules.decisions if d in dead)

    def _replace(self, found: Sequence[Found]) -> None:
        """Write the entities and senses of the blocks, and note what is not as before."""
        old = {(kind, key): entity for kind, key, entity in self._rows("SELECT * FROM sense WHERE key IN reached")}
        new = dict(pair for answer in found for pair in answer.senses)
        before = dict(self._rows("SELECT id, content FROM entity WHERE id IN EACH", {i for i in old.values() if i}))
        now = dict(entity for answer in found for entity in answer.entities)
        self._entities = {i for i in before.keys() | now.keys() if before.get(i) != now.get(i)}
        self._ends |= self._entities
        unlike = {pair for pair in old.keys() | new.keys() if old.get(pair, "") != new.get(pair, "")}
        unlike.update(pair for pair, entity in old.items() if entity in self._entities)
        self._names = {key for _, key in unlike}
        self._rows("DELETE FROM sense WHERE key IN reached")
        self._many("INSERT INTO sense VALUES (?, ?, ?)", ((*pair, entity) for pair, entity in sorted(new.items())))
        self._rows("DELETE FROM entity WHERE id IN EACH", self._entities)
        self._many("INSERT INTO entity VALUES (?, ?, 0)", ((i, now[i]) for i in sorted(self._entities & now.keys())))

    # --- statements ---------------------------------------------------------------------------------------------------

    def state(self, come: Collection[str]) -> None:
        """Read into statements anew what came and what means something else now, in the place of what was there."""
        again = self._restate - set(come)
        nodes = {*self._gone_nodes, *self._among("SELECT node FROM work WHERE key IN EACH", again)}
        shared = self._take_back(nodes)
        self._derived = {key: [] for key in shared}
        beside = self._others(shared, nodes)
        done = 0
        for stated in self._share(stating.stated, self._told({*come, *again})):
            done += stated.papers
            if self._progress:
                self._progress(done, len(come) + len(again))
            self._file.put_edge_rows(stated.edges)
            self._file.put_refusal_rows(stated.refusals)
            self._ends.update(stated.targets)
            for key, part in stated.implied:
                self._derived.setdefault(key, []).append(part)
        if not self.first:
            nodes.update(self._among("SELECT node FROM work WHERE key IN EACH", come))
            beside |= self._others(self._derived.keys() - set(shared), nodes)
        for key, part in (
            found for stated in self._share(stating.stated, self._told(beside)) for found in stated.implied
        ):
            if key in self._derived:
                self._derived[key].append(part)
        self._file.drop_edges(() if self.first else map(edge_id, self._derived))
        implied = portions(((key, parts) for key, parts in self._derived.items() if parts), _PAPERS)
        for rows in self._share(stating.merged, implied):
            self._file.put_edge_rows(rows)
        self._ends.update(end for source, _, target in self._derived for end in (source, target))

    def _take_back(self, nodes: Collection[str]) -> list[EdgeKey]:
        """Take out what papers (by node) stated; return the implied edges that they had a part in."""
        rows = self._rows("SELECT id, target FROM edge WHERE source IN EACH", nodes)
        self._ends.update(target for _, target in rows)
        self._file.drop_edges(i for i, _ in rows)
        self._rows("DELETE FROM rejection WHERE paper IN EACH", nodes)
        return self._rows(
            "SELECT source, relation, target FROM edge WHERE id IN (SELECT edge FROM evidence WHERE paper IN EACH) "
            "AND relation NOT IN EACH",
            nodes,
            upward.relations(self._rules.ontology),
        )

    def _others(self, keys: Iterable[EdgeKey], nodes: Collection[str]) -> set[str]:
        """Return the works behind edges, without some papers (by node)."""
        papers = self._among("SELECT DISTINCT paper FROM evidence WHERE edge IN EACH", map(edge_id, keys))
        return set(self._among("SELECT key FROM work WHERE node IN EACH", set(papers) - set(nodes)))

    def _told(self, works: Collection[str]) -> Iterator[Told]:
        """Yield papers and what they say, now that it is known who is who."""
        sayings = self._among("SELECT DISTINCT saying FROM said WHERE paper IN EACH", works)
        rows = self._rows("SELECT number, entity, reason FROM saying WHERE number IN EACH", sayings)
        meant: dict[int, Meant] = {number: (entity, reason) for number, entity, reason in rows}
        ids = {entity for entity, _ in meant.values() if entity}
        entities = map(_entity.decode, self._among("SELECT content FROM entity WHERE id IN EACH", ids))
        names = {entity.id: (entity.type, entity.name) for entity in entities}
        query = (
            "SELECT node.paper, content, numbers FROM work JOIN node ON node.id = work.node "
            "JOIN extraction USING (hash) WHERE key = ?"
        )
        for some in portions(sorted(works), _PAPERS):
            found = (self._file.connection.execute(query, (work,)).fetchone() for work in some)
            papers = [
                (paper, content, [meant[number] for number in _numbers.decode(said)]) for paper, content, said in found
            ]
            here = {entity for *_, told in papers for entity, _ in told if entity}
            yield Told(papers=papers, names={entity: names[entity] for entity in here})

    # --- what stands above, and nodes ---------------------------------------------------------------------------------

    def raise_up(self) -> None:
        """Count support anew, and bring what stands above up to date."""
        self._many(
            "UPDATE entity SET support = "
            "(SELECT count(*) FROM edge WHERE target = entity.id AND source BETWEEN ? AND ?) WHERE id = ?",
            ((PAPER, PAPER + chr(0x10FFFF), i) for i in self._ends),
        )
        self._upward.update(self._entities, self._names, self._ends)
        self._ends |= self._upward.others

    def show(self, come: Sequence[Paper]) -> None:
        """Write the nodes of entities that are not as before, and what is told of the whole graph."""
        if not self.first:
            self._drop_nodes(self._ends)
        support = dict(self._rows("SELECT id, support FROM entity WHERE id IN EACH", self._ends))
        shown = sorted(i for i in self._ends if support.get(i) or i in self._upward.unnamed)
        with self._file.unindexed(*(("node", "name") if self.first else ())):
            self._file.put_nodes(assembly.entity_node(self._upward.entity(i), support.get(i, 0)) for i in shown)
        rules = self._rules
        self._file.put_meta(rules.ontology, rules.lexicon, rules.decisions, self._unmatched)
        touched = None if self.first else {*self._ends, *self._gone_nodes, *map(resolve.paper_id, come)}
        directory.stand(self._file.connection, document=rules.ontology.type_as("document").name, nodes=touched)

    def _drop_nodes(self, nodes: Collection[str]) -> None:
        self._rows("DELETE FROM name WHERE node IN EACH", nodes)
        self._rows("DELETE FROM node WHERE id IN EACH", nodes)
