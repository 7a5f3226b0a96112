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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from kg import naming
from kg.lexicon import Key, Lexicon
from kg.model import Edge, Evidence, Merge, Vote, name_key
from kg.ontology import Ontology
from kg.resolve import Entity, Resolution, entity_id

CURATED, HEAD = 0.95, 0.8  # how sure the lexicon and the last words of a name are
_PLACES = 3
_UNNAMED = "no paper here names it: it stands above what papers name"
Place = tuple[float, Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One thing found to stand above another."""

    below: str
    relation: str
    above: str
    rule: str
    score: float


def taxonomy(
    who: Resolution, named: Mapping[str, Sequence[Place]], *, lexicon: Lexicon, ontology: Ontology
) -> tuple[tuple[Entity, ...], tuple[Edge, ...]]:
    """Return the entities that only stand above others, and the edges up; `named` tells where each entity is named."""
    tree = _Tree(who, lexicon, ontology)
    queue = sorted(named)
    for below in queue:
        for step in tree.steps(below):
            if step.above not in named and step.above not in tree.added:
                tree.added.add(step.above)
                queue.append(step.above)
    kept = _acyclic(tree.found)
    children: dict[str, list[str]] = defaultdict(list)
    for step in kept:
        children[step.above].append(step.below)
    surest: dict[str, list[Place]] = {}
    edges = []
    for step in kept:
        places = _surest(step.below, named, children, surest)
        if places:
            edges.append(_edge(step, places))
    ends = {edge.target for edge in edges} | {edge.source for edge in edges}
    return tuple(tree.entities[i] for i in sorted(tree.added & ends)), tuple(sorted(edges, key=lambda e: e.key))


class _Tree:
    """Finds what stands above entities, and makes the entities that nobody names."""

    def __init__(self, who: Resolution, lexicon: Lexicon, ontology: Ontology) -> None:
        self.entities = {e.id: e for e in who.entities}
        self.added: set[str] = set()
        self.found: list[_Step] = []
        self._lexicon = lexicon
        self._variant, self._hierarchy = ontology.relation_as("variant"), ontology.relation_as("hierarchy")
        self._index = dict(who.index)
        self._dropped = who.dropped
        self._taken = {key for _, key in who.index}
        self._keys: dict[str, list[Key]] = defaultdict(list)
        for pair, node_id in sorted(self._index.items()):
            if self.entities[node_id].type == pair[0]:
                self._keys[node_id].append(pair)

    def steps(self, below: str) -> list[_Step]:
        """Return and keep what stands right above an entity: what is curated, else its family, else its kind."""
        entity = self.entities[below]
        graded = self._hierarchy.allows(entity.type, entity.type)
        bases = [
            (self._base(entity, base), what, score)
            for base, what, score in naming.families(entity.name)
            if not (graded and what == "prefix")  # "multilingual tuning" is a kind of tuning, no variant of it
        ]
        found: dict[str, _Step] = {}
        for pair in self._keys[below]:
            for kind in self._lexicon.parents.get(pair, ()):
                above = self._parent(entity.type, name_key(kind.broader), kind.broader)
                if above:
                    found.setdefault(above, self._curated(entity, above, [b for b, _, _ in bases]))
        if not found and self._variant.allows(entity.type, entity.type):
            for base, what, score in bases:
                if base not in (None, below):
                    found[str(base)] = self._step(entity, self._variant.name, str(base), f"name:{what}", score)
                    break
        if not found and graded:
            for head in naming.heads(entity.name):
                if (row := self._headed(entity.type, head)) and (above := self._row(row)):
                    found[above] = self._step(entity, self._hierarchy.name, above, "name:head", HEAD)
                    break
        steps = [step for above, step in sorted(found.items()) if above != below]
        self.found += steps
        return steps

    def _headed(self, type_name: str, head: str) -> Key | None:
        """Return the row that the last words name: by its own name or an acronym, for other aliases may be narrower."""
        key = name_key(head)
        row = self._lexicon.meaning(type_name, key)
        if row is None or row[1] == key:
            return row
        forms = [form for name in self._lexicon.rows[row] for form in name.aliases if name_key(form) == key]
        return row if any(form.isupper() and form.isalpha() for form in forms) else None

    def _curated(self, entity: Entity, above: str, bases: Sequence[str | None]) -> _Step:
        kin = above in bases and self._variant.allows(entity.type, entity.type)
        relation = self._variant if kin or not self._hierarchy.allows(entity.type, entity.type) else self._hierarchy
        return self._step(entity, relation.name, above, "lexicon:broader", CURATED)

    def _step(self, entity: Entity, relation: str, above: str, rule: str, score: float) -> _Step:
        return _Step(below=entity.id, relation=relation, above=above, rule=rule, score=score)

    def _base(self, entity: Entity, name: str) -> str | None:
        """Return the entity that a family's name means, if papers or the lexicon know it and write it so."""
        key = name_key(name)
        node_id = self._index.get((entity.type, key))
        if node_id is None:
            row = self._lexicon.meaning(entity.type, key)
            forms = [form for one in self._lexicon.rows[row] for form in one.forms] if row else []
        elif self.entities[node_id].type == entity.type:
            forms = [self.entities[node_id].name, *self.entities[node_id].aliases]
        else:
            return None
        if not any(naming.is_written(entity.name, name, form) for form in forms):
            return None
        return node_id or (self._row(row) if row else None)

    def _row(self, row: Key) -> str | None:
        return self._parent(*row, self._lexicon.rows[row][0].name)

    def _parent(self, type_name: str, key: str, name: str) -> str | None:
        """Return the entity of a parent's name, made anew when no paper has it; None when it is of another type."""
        row = self._lexicon.meaning(type_name, key) or (type_name, key)
        node_id = self._index.get(row) or self._index.get((type_name, key))
        if node_id is not None:
            return node_id if self.entities[node_id].type == type_name else None
        if row in self._dropped:
            return None
        name = self._lexicon.rows[row][0].name if row in self._lexicon.rows else name
        forms = {form: name_key(form) for form, _ in self._lexicon.aliases(row) if name_key(form) != row[1]}
        made = Entity(
            id=entity_id(type_name, name),
            type=type_name,
            name=name,
            aliases=tuple(sorted(form for form, key in forms.items() if key not in self._taken)),
            merges=(Merge(name=name, reason=_UNNAMED),),
        )
        self.entities[made.id] = made
        self._index[row] = made.id
        self._keys[made.id].append(row)
        return made.id


def _acyclic(steps: Iterable[_Step]) -> list[_Step]:
    """Return the steps without those that would close a circle; the surer come first."""
    parents: dict[str, set[str]] = defaultdict(set)
    kept = []
    for step in sorted(steps, key=lambda s: (-s.score, s.below, s.above)):
        if step.below not in reached((step.above,), parents):
            parents[step.below].add(step.above)
            kept.append(step)
    return kept


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


def _surest(
    node_id: str,
    named: Mapping[str, Sequence[Place]],
    children: Mapping[str, Sequence[str]],
    known: dict[str, list[Place]],
) -> list[Place]:
    """Return the surest places, one a paper, where a thing is named, or else what is below it."""
    if node_id not in known:
        places = named.get(node_id) or [
            place for child in sorted(children.get(node_id, ())) for place in _surest(child, named, children, known)
        ]
        known[node_id] = nsmallest(_PLACES, dict.fromkeys(places), key=_order)
    return known[node_id]


def _order(place: Place) -> tuple[float, str, str, int, int]:
    confidence, evidence = place
    return (-confidence, evidence.paper, evidence.field, evidence.start, evidence.end)


def _edge(step: _Step, places: Sequence[Place]) -> Edge:
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
