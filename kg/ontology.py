"""ontology/*.yaml -> Ontology: node types and relations as data, cross-checked.

Python asks for roles (`document`, `artefact`, `contribution`, ...), never for the name of a type or relation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml

from kg.files import bundled
from kg.model import OntologyError
from kg.yamltree import parse

T = TypeVar("T")

TYPE_ROLES = ("document", "artefact", "procedure", "system", "measure", "device", "problem")
RELATION_ROLES = (
    "contribution", "result", "platform", "goal", "means", "contrast", "background", "variant", "hierarchy",
    "component",
)  # fmt: skip
PART_SIDES = ("whole-first", "part-first", "leading", "wholes", "elaborating", "against", "listing")
_MAX_BYTES = 1_000_000
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """One type of node; `cues` are the head nouns that tell a name's type ("the X dataset").

    `tails` are generic words behind a name and `makers` words before it that are no part of its identity.
    """

    name: str
    roles: tuple[str, ...]
    cues: tuple[str, ...]
    plural: str
    synonyms: tuple[str, ...]
    align: tuple[str, ...]
    colour: str
    shape: str
    guide: str
    tails: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Hash the name: the words of a type would take longer than what a cache saves."""
        return hash(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """A phrase that signals a relation where it stands `before` or `after` a name; `*` is up to three words."""

    phrase: str
    side: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One relation; `domain` and `range` are names of node types; `pairs` narrows which of them go together.

    `parts` are the phrases that show a thing to be part of another: their side is one of `PART_SIDES`.
    """

    name: str
    role: str
    label: str
    phrases: tuple[str, ...]
    inverse: tuple[str, ...]
    domain: tuple[str, ...]
    range: tuple[str, ...]
    priority: int
    inherited: bool
    drawn: bool
    same_type: bool
    colour: str
    align: tuple[tuple[str, tuple[str, ...]], ...]
    cues: tuple[Cue, ...]
    pairs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    parts: tuple[Cue, ...] = ()

    def allows(self, source: str, target: str) -> bool:
        """Whether the relation may join these two types."""
        if self.pairs and target not in dict(self.pairs).get(source, ()):
            return False
        return source in self.domain and target in self.range and (not self.same_type or source == target)

    def aligned(self, target: str) -> tuple[str, ...]:
        """Return the public properties (CURIEs) that say the same about an object of this type."""
        table = dict(self.align)
        return table.get(target, ()) + table.get("*", ())


@dataclass(frozen=True, kw_only=True)
class Ontology:
    """All node types, relations and prefixes, in the order of the files."""

    types: tuple[NodeType, ...]
    relations: tuple[Relation, ...]
    prefixes: tuple[tuple[str, str], ...]

    def type(self, name: str) -> NodeType:
        """Return the node type called `name`."""
        return _named(self._types, name, "node type")

    def relation(self, name: str) -> Relation:
        """Return the relation called `name`."""
        return _named(self._relations, name, "relation")

    @cached_property
    def _types(self) -> Mapping[str, NodeType]:
        return {t.name: t for t in self.types}

    @cached_property
    def _relations(self) -> Mapping[str, Relation]:
        return {r.name: r for r in self.relations}

    def __hash__(self) -> int:
        """Hash the names: all words would take longer than what a cache saves."""
        return hash((tuple(self._types), tuple(self._relations)))

    def type_as(self, role: str) -> NodeType:
        """Return the first node type that plays `role`."""
        return next(t for t in self.types if role in t.roles)

    def relation_as(self, role: str) -> Relation:
        """Return the relation that plays `role`."""
        return next(r for r in self.relations if r.role == role)

    def types_as(self, role: str) -> tuple[NodeType, ...]:
        """Return the node types that play `role`."""
        return tuple(t for t in self.types if role in t.roles)

    def iri(self, curie: str) -> str:
        """Expand `schema:about` with the ontology's prefixes."""
        prefix, _, local = curie.partition(":")
        for name, namespace in self.prefixes:
            if name == prefix:
                return namespace + local
        raise OntologyError(f"unknown prefix {prefix!r} in {curie!r}", where="prefixes.yaml")


def load(folder: Path | None = None) -> Ontology:
    """Read and cross-check an ontology folder; without one, the bundled ontology (read once)."""
    return _bundled() if folder is None else _load(folder)


@cache
def _bundled() -> Ontology:
    return _load(bundled("ontology"))


def _load(folder: Path) -> Ontology:
    prefixes = read_yaml(folder / "prefixes.yaml")
    nodes, relations = read_yaml(folder / "nodes.yaml"), read_yaml(folder / "relations.yaml")
    types = tuple(_node_type(name, stanza) for name, stanza in nodes.items())
    ontology = Ontology(
        types=types,
        relations=tuple(_relation(name, stanza, types) for name, stanza in relations.items()),
        prefixes=tuple(prefixes.items()),
    )
    _check(ontology, folder)
    return ontology


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping safely: bounded size, no aliases (alias bombs), errors with file and line."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OntologyError(f"cannot read: {error.strerror}", where=str(path)) from None
    if len(data) > _MAX_BYTES:
        raise OntologyError(f"larger than {_MAX_BYTES} bytes", where=str(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OntologyError(f"invalid YAML: not UTF-8 at byte {error.start}", where=str(path)) from None
    parse(text, str(path), OntologyError)  # refuses bombs: PyYAML's own loader trusts the text
    try:
        loaded = yaml.load(text, Loader=_loader())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise OntologyError(f"invalid YAML: {str(error).splitlines()[0]}", where=str(path)) from None
    if not isinstance(loaded, dict):
        raise OntologyError("expected a mapping", where=f"{path}:1", hint="name: ...")
    return loaded


def _loader() -> type[yaml.SafeLoader]:
    """PyYAML's C parser where it is built in: ten times faster, same result."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _node_type(name: str, stanza: Mapping[str, Any]) -> NodeType:
    where = f"nodes.yaml: {name}"
    keys = {"roles", "plural", "synonyms", "align", "colour", "shape", "guide"}
    _only(stanza, keys, where, {"cues", "tails", "makers"})
    return NodeType(
        name=name,
        roles=_words(stanza, "roles", where),
        cues=_words({"cues": [], **stanza}, "cues", where),
        plural=str(stanza["plural"]),
        synonyms=_words(stanza, "synonyms", where),
        align=_words(stanza, "align", where),
        colour=str(stanza["colour"]),
        shape=str(stanza["shape"]),
        guide=str(stanza["guide"]),
        tails=_words({"tails": [], **stanza}, "tails", where),
        makers=_words({"makers": [], **stanza}, "makers", where),
    )


def _relation(name: str, stanza: Mapping[str, Any], types: tuple[NodeType, ...]) -> Relation:
    where = f"relations.yaml: {name}"
    optional = {"same_type", "pairs", "parts"}
    keys = {
        "role",
        "label",
        "phrases",
        "inverse",
        "domain",
        "range",
        "priority",
        "inherited",
        "drawn",
        "colour",
        "align",
        "cues",
    }
    _only(stanza, keys, where, optional)
    cues = tuple(
        Cue(phrase=str(phrase), side=side, weight=float(weight))
        for side, weights in stanza["cues"].items()
        for weight, phrases in weights.items()
        for phrase in phrases
    )
    return Relation(
        name=name,
        role=str(stanza["role"]),
        label=str(stanza["label"]),
        phrases=_words(stanza, "phrases", where),
        inverse=_words(stanza, "inverse", where),
        domain=_resolve_types(stanza["domain"], types, where),
        range=_resolve_types(stanza["range"], types, where),
        priority=int(stanza["priority"]),
        inherited=bool(stanza["inherited"]),
        drawn=bool(stanza["drawn"]),
        same_type=bool(stanza.get("same_type", False)),
        colour=str(stanza["colour"]),
        align=tuple((key, tuple(values)) for key, values in stanza["align"].items()),
        cues=cues,
        pairs=tuple((one, _resolve_types(others, types, where)) for one, others in stanza.get("pairs", {}).items()),
        parts=_parts(stanza.get("parts", {}), where),
    )


def _parts(stanza: Mapping[str, Any], where: str) -> tuple[Cue, ...]:
    """Phrases that tell parts: lists by weight, or plain lists, which weigh nothing."""
    _only(stanza, set(), f"{where}: parts", set(PART_SIDES))
    weighed = ((side, lists if isinstance(lists, Mapping) else {0: lists}) for side, lists in stanza.items())
    return tuple(
        Cue(phrase=str(phrase), side=side, weight=float(weight))
        for side, lists in weighed
        for weight, phrases in lists.items()
        for phrase in phrases
    )


def _resolve_types(names: list[str], types: tuple[NodeType, ...], where: str) -> tuple[str, ...]:
    """Domains and ranges may name types or roles; the result names types."""
    found = tuple(t.name for t in types if t.name in names or set(t.roles) & set(names))
    known = {t.name for t in types} | {role for t in types for role in t.roles}
    for name in names:
        if name not in known:
            raise OntologyError(
                f"unknown type or role {name!r}", where=where, hint="one of " + ", ".join(sorted(known))
            )
    return found


def _check(ontology: Ontology, folder: Path) -> None:
    for role in TYPE_ROLES:
        if not ontology.types_as(role):
            raise OntologyError(f"no node type has the role {role!r}", where=str(folder / "nodes.yaml"))
    played = [r.role for r in ontology.relations]
    for role in RELATION_ROLES:
        if played.count(role) != 1:
            raise OntologyError(
                f"{played.count(role)} relations have the role {role!r}",
                where=str(folder / "relations.yaml"),
                hint="exactly one must",
            )
    for node_type in ontology.types:
        unknown = set(node_type.roles) - set(TYPE_ROLES)
        if unknown:
            raise OntologyError(
                f"{node_type.name}: unknown role {min(unknown)!r}",
                where="nodes.yaml",
                hint="one of " + ", ".join(TYPE_ROLES),
            )
    for name, colour in [(t.name, t.colour) for t in ontology.types] + [(r.name, r.colour) for r in ontology.relations]:
        if not _COLOUR.fullmatch(colour):
            raise OntologyError(f"{name}: {colour!r} is no colour", where=str(folder), hint="#RRGGBB")
    for curie in [c for t in ontology.types for c in t.align] + [
        c for r in ontology.relations for _, cs in r.align for c in cs
    ]:
        ontology.iri(curie)


def _only(stanza: Mapping[str, Any], keys: set[str], where: str, optional: set[str] | None = None) -> None:
    if not isinstance(stanza, Mapping):
        raise OntologyError("expected a mapping", where=where)
    missing, extra = keys - set(stanza), set(stanza) - keys - (optional or set())
    if missing or extra:
        what = f"{min(missing)!r} is missing" if missing else f"unknown key {min(extra)!r}"
        raise OntologyError(what, where=where, hint="keys: " + ", ".join(sorted(keys)))


def _words(stanza: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = stanza[key]
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise OntologyError(f"{key!r} must be a list of words", where=where)
    return tuple(values)


def _named(items: Mapping[str, T], name: str, kind: str) -> T:
    if name not in items:
        raise OntologyError(f"no {kind} called {name!r}", hint="one of " + ", ".join(items))
    return items[name]
