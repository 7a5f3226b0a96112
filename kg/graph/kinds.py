"""Families and kinds: LLaMA-7B is a variant of LLaMA, H100 a kind of NVIDIA GPU, and that a kind of GPU.

What stands above an entity is told by the lexicon (its column and broader.tsv); where that says nothing, by its name:
a family is what remains without size, version or qualifier, a kind is what a name of several words ends in, if that is
a known name. A parent that no paper names becomes a node too, with support 0, always and up to the root: whoever asks
for GPU must find the H100 even where it stands alone, and one more paper must not make a level appear.

No paper says such an edge in words, so it is derived; its votes name the rule, and its evidence are the surest places
where the thing below is named (of a parent that nobody names: where what is below it is named).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from graphlib import CycleError, TopologicalSorter
from heapq import nsmallest
from typing import Protocol

from kg import naming
from kg.lexicon import Key, Lexicon
from kg.model import Edge, Evidence, Merge, Vote, name_key
from kg.ontology import Ontology
from kg.resolve import Entity, Resolution, entity_id
from kg.view import reached as reached  # also as kinds.reached

CURATED, HEAD = 0.95, 0.8  # how sure the lexicon and the last words of a name are
PLACES = 3
_UNNAMED = "no paper here names it: it stands above what papers name"
Place = tuple[float, Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing found to stand above another."""

    below: str
    relation: str
    above: str
    rule: str
    score: float


class Senses(Protocol):
    """What papers call things, as far as it is asked."""

    def entity(self, pair: Key) -> Entity | None:
        """Return the entity that a name of a type means."""

    def dropped(self, pair: Key) -> bool:
        """Whether a decision took the name out."""

    def taken(self, key: str) -> bool:
        """Whether some entity of any type has a name of this key."""


def taxonomy(
    who: Resolution, named: Mapping[str, Sequence[Place]], *, lexicon: Lexicon, ontology: Ontology
) -> tuple[tuple[Entity, ...], tuple[Edge, ...]]:
    """Return the entities that only stand above others, and the edges up; `named` tells where each entity is named."""
    senses = _Resolved(who)
    tree = Tree(senses, lexicon, ontology)

    def steps_of(node_id: str) -> list[Step]:
        if node_id in senses.entities:
            return tree.steps(senses.entities[node_id], senses.keys[node_id])
        entity, pair = tree.made[node_id]
        return tree.steps(entity, [pair])

    steps, added = climbed(named, named, steps_of)
    edges = tuple(raised(acyclic(steps), lambda i: named.get(i, ())))
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    unnamed = tuple(senses.entities.get(i) or tree.made[i][0] for i in sorted(added & ends))
    return unnamed, tuple(sorted(edges, key=lambda e: e.key))


class _Resolved:
    """What a resolution of all names tells."""

    def __init__(self, who: Resolution) -> None:
        self.entities = {e.id: e for e in who.entities}
        self.keys: dict[str, list[Key]] = defaultdict(list)
        for pair, node_id in sorted(who.index.items()):
            if self.entities[node_id].type == pair[0]:
                self.keys[node_id].append(pair)
        self._index, self._dropped = who.index, who.dropped
        self._taken = {key for _, key in who.index}

    def entity(self, pair: Key) -> Entity | None:
        node_id = self._index.get(pair)
        return self.entities[node_id] if node_id is not None else None

    def dropped(self, pair: Key) -> bool:
        return pair in self._dropped

    def taken(self, key: str) -> bool:
        return key in self._taken


class Tree:
    """Finds what stands above single entities; `made` are those that nobody names, with the names they stand for."""

    def __init__(self, senses: Senses, lexicon: Lexicon, ontology: Ontology) -> None:
        self.made: dict[str, tuple[Entity, Key]] = {}
        self._senses, self._lexicon = senses, lexicon
        self._variant, self._hierarchy = ontology.relation_as("variant"), ontology.relation_as("hierarchy")

    @cached_property
    def _spellings(self) -> Mapping[Key, str]:
        return _spellings(self._lexicon)

    def steps(self, entity: Entity, pairs: Sequence[Key]) -> list[Step]:
        """Return what stands right above an entity of these names: what is curated, else its family, else its kind."""
        graded = self._hierarchy.allows(entity.type, entity.type)
        bases = [
            (self._base(entity, base), what, score)
            for base, what, score in naming.families(entity.name)
            if not (graded and what == "prefix")  # "multilingual tuning" is a kind of tuning, no variant of it
        ]
        found: dict[str, Step] = {}
        for pair in pairs:
            for kind in self._lexicon.parents.get(pair, ()):
                above = self._parent(entity.type, name_key(kind.broader))
                if above:
                    found.setdefault(above, self._curated(entity, above, [b for b, _, _ in bases]))
        if not found and self._variant.allows(entity.type, entity.type):
            for base, what, score in bases:
                if base not in (None, entity.id):
                    found[str(base)] = self._step(entity, self._variant.name, str(base), f"name:{what}", score)
                    break
        if not found and graded:
            for head in naming.heads(entity.name):
                if (row := self._headed(entity.type, head)) and (above := self._parent(*row)):
                    found[above] = self._step(entity, self._hierarchy.name, above, "name:head", HEAD)
                    break
        return [step for above, step in sorted(found.items()) if above != entity.id]

    def _headed(self, type_name: str, head: str) -> Key | None:
        """Return the row that the last words name: by its own name or an acronym, for other aliases may be narrower."""
        key = name_key(head)
        row = self._lexicon.meaning(type_name, key)
        if row is None or row[1] == key:
            return row
        forms = [form for name in self._lexicon.rows[row] for form in name.aliases if name_key(form) == key]
        return row if any(form.isupper() and form.isalpha() for form in forms) else None

    def _curated(self, entity: Entity, above: str, bases: Sequence[str | None]) -> Step:
        kin = above in bases and self._variant.allows(entity.type, entity.type)
        relation = self._variant if kin or not self._hierarchy.allows(entity.type, entity.type) else self._hierarchy
        return self._step(entity, relation.name, above, "lexicon:broader", CURATED)

    def _step(self, entity: Entity, relation: str, above: str, rule: str, score: float) -> Step:
        return Step(below=entity.id, relation=relation, above=above, rule=rule, score=score)

    def _base(self, entity: Entity, name: str) -> str | None:
        """Return the entity that a family's name means, if papers or the lexicon know it and write it so."""
        key = name_key(name)
        known = self._senses.entity((entity.type, key))
        row = self._lexicon.meaning(entity.type, key)
        if known is not None:
            forms = [known.name, *known.aliases] if known.type == entity.type else []
        else:
            forms = [form for one in self._lexicon.rows[row] for form in one.forms] if row else []
        if not any(naming.is_written(entity.name, name, form) for form in forms):
            return None
        return known.id if known is not None else (self._parent(*row) if row else None)

    def _parent(self, type_name: str, key: str) -> str | None:
        """Return the entity of a parent's name, made anew when no paper has it; None when it is of another type."""
        row = self._lexicon.meaning(type_name, key) or (type_name, key)
        known = self._senses.entity(row) or self._senses.entity((type_name, key))
        if known is not None:
            return known.id if known.type == type_name else None
        if self._senses.dropped(row):
            return None
        name = self._lexicon.rows[row][0].name if row in self._lexicon.rows else self._spellings[row]
        forms = {form: name_key(form) for form, _ in self._lexicon.aliases(row) if name_key(form) != row[1]}
        made = Entity(
            id=entity_id(type_name, name),
            type=type_name,
            name=name,
            aliases=tuple(sorted(form for form, key in forms.items() if not self._senses.taken(key))),
            merges=(Merge(name=name, reason=_UNNAMED),),
        )
        self.made[made.id] = made, row
        return made.id


@lru_cache(maxsize=8)
def _spellings(lexicon: Lexicon) -> Mapping[Key, str]:
    """Return how parents that have no row of their own are spelt, by type and key."""
    found: dict[Key, str] = {}
    for (type_name, _), kinds in lexicon.parents.items():
        for kind in kinds:
            pair = (type_name, name_key(kind.broader))
            found[pair] = min(kind.broader, found.get(pair, kind.broader))
    return found


def climbed(
    start: Iterable[str], named: Container[str], steps: Callable[[str], Sequence[Step]]
) -> tuple[list[Step], set[str]]:
    """Return all steps up from some entities that papers name, and the entities above that are not `named`."""
    added: set[str] = set()
    found: list[Step] = []
    queue = sorted(start)
    for below in queue:
        for step in steps(below):
            found.append(step)
            if step.above not in named and step.above not in added:
                added.add(step.above)
                queue.append(step.above)
    return found, added


def acyclic(steps: Iterable[Step]) -> list[Step]:
    """Return the steps without those that would close a circle; the surer come first."""
    steps = list(steps)
    parents: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        parents[step.below].add(step.above)
    try:
        TopologicalSorter(parents).prepare()
    except CycleError:
        parents.clear()
    else:
        return steps
    kept = []
    for step in sorted(steps, key=lambda s: (-s.score, s.below, s.above)):
        if step.below not in reached((step.above,), parents):
            parents[step.below].add(step.above)
            kept.append(step)
    return kept


def raised(
    steps: Sequence[Step], places: Callable[[str], Sequence[Place]], only: Collection[str] | None = None
) -> Iterator[Edge]:
    """Yield the edges of steps up, of all or `only` of those from some entities; `places` tells where one is named."""
    children: dict[str, list[str]] = defaultdict(list)
    for step in steps:
        children[step.above].append(step.below)
    surest: dict[str, list[Place]] = {}
    for step in steps if only is None else (step for step in steps if step.below in only):
        shown = _surest(step.below, places, children, surest)
        if shown:
            yield _edge(step, shown)


def _surest(
    node_id: str,
    places: Callable[[str], Sequence[Place]],
    children: Mapping[str, Sequence[str]],
    known: dict[str, list[Place]],
) -> list[Place]:
    """Return the surest places, one a paper, where a thing is named, or else what is below it."""
    if node_id not in known:
        named = places(node_id) or [
            place for child in sorted(children.get(node_id, ())) for place in _surest(child, places, children, known)
        ]
        known[node_id] = nsmallest(PLACES, dict.fromkeys(named), key=_order)
    return known[node_id]


def _order(place: Place) -> tuple[float, str, str, int, int]:
    confidence, evidence = place
    return (-confidence, evidence.paper, evidence.field, evidence.start, evidence.end)


def _edge(step: Step, places: Sequence[Place]) -> Edge:
    evidence = sorted({e for _, e in places}, key=lambda e: (e.paper, e.field != "title", e.field, e.start, e.end))
    return Edge(
        source=step.below,
        relation=step.relation,
        target=step.above,
        confidence=round(step.score * places[0][0], 4),
        evidence=tuple(evidence),
        votes=(Vote(rule=step.rule, score=step.score),),
        derived=True,
    )
