"""seeds/ -> Lexicon: the names we know and the corrections that survive rebuilds."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kg.decisions import Decision as Decision
from kg.decisions import read_decisions as read_decisions
from kg.files import bundled
from kg.model import LexiconError, fold, name_key
from kg.ontology import Ontology

COLUMNS = ("name", "aliases", "broader", "guard", "source")
KIND_COLUMNS = ("type", "name", "broader", "source")
GUARDS = ("", "case", "context")
Key = tuple[str, str]  # a type and a name_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One known name. `guard` is '' (safe anywhere), 'case' (exact casing only) or 'context' (needs another vote)."""

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    broader: str = ""
    guard: str = ""
    source: str = ""

    @property
    def forms(self) -> tuple[str, ...]:
        """Every spelling, the canonical one first."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One row of broader.tsv: what `name` is is a kind of `broader`, or belongs to that family."""

    type: str
    name: str
    broader: str
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """Known names, their kinds, and decisions. Two lexicons with equal content are equal, wherever they were read."""

    names: tuple[Name, ...] = ()
    decisions: tuple[Decision, ...] = ()
    kinds: tuple[Kind, ...] = ()

    @cached_property
    def undecided(self) -> Lexicon:
        """The names and kinds alone: what a graph keeps beside its decisions."""
        return Lexicon(names=self.names, kinds=self.kinds) if self.decisions else self

    def __hash__(self) -> int:
        """Hash what tells lexicons apart in practice: all rows would take longer than what a cache saves."""
        return hash((len(self.names), len(self.decisions), len(self.kinds), self.names[:1]))

    def __or__(self, other: Lexicon) -> Lexicon:
        """Return what both know; where they agree, either."""
        if self == other:
            return self
        return Lexicon(
            names=tuple(sorted({*self.names, *other.names}, key=repr)),
            decisions=tuple(sorted({*self.decisions, *other.decisions}, key=repr)),
            kinds=tuple(sorted({*self.kinds, *other.kinds}, key=repr)),
        )

    @cached_property
    def rows(self) -> Mapping[Key, tuple[Name, ...]]:
        """Rows by type and the key of their name; several only where they spell one name differently."""
        found: dict[Key, list[Name]] = defaultdict(list)
        for name in self.names:
            found[name.type, name_key(name.name)].append(name)
        return {key: tuple(names) for key, names in found.items()}

    @cached_property
    def _owners(self) -> Mapping[str, frozenset[Key]]:
        found: dict[str, set[Key]] = defaultdict(set)
        for key, names in self.rows.items():
            found[key[1]].add(key)
            for name in names:
                for alias in name.aliases:
                    found[name_key(alias)].add(key)
        return {key: frozenset(rows) for key, rows in found.items()}

    @cached_property
    def known(self) -> Mapping[str, frozenset[str]]:
        """By type, the keys that `meaning` knows."""
        found: dict[str, set[str]] = defaultdict(set)
        for key, owners in self._owners.items():
            if len(owners) == 1:
                found[next(iter(owners))[0]].add(key)
        for type_name, key in self.rows:
            found[type_name].add(key)
        return {type_name: frozenset(keys) for type_name, keys in found.items()}

    def meaning(self, type_name: str, key: str) -> Key | None:
        """Return the row that a name of this type stands for: its own, else the only one that has it as an alias.

        An alias of two names, of whatever types, stands for neither.
        """
        if (type_name, key) in self.rows:
            return (type_name, key)
        owners = self._owners.get(key, frozenset())
        return next(iter(owners)) if len(owners) == 1 and next(iter(owners))[0] == type_name else None

    def sense(self, type_name: str, key: str) -> Key | None:
        """Return the row that a name stands for whatever its type: that of this type, else the only one there is."""
        owners = self._owners.get(key, frozenset())
        return self.meaning(type_name, key) or (next(iter(owners)) if len(owners) == 1 else None)

    def has(self, key: str) -> bool:
        """Whether any row of any type has a spelling of this key."""
        return key in self._owners

    def aliases(self, row: Key) -> Iterator[tuple[str, Name]]:
        """Yield the spellings of a row that are no name of another, with the row that has them."""
        for name in self.rows.get(row, ()):
            for form in name.forms:
                if self._owners[name_key(form)] == {row}:
                    yield form, name

    @cached_property
    def parents(self) -> Mapping[Key, tuple[Kind, ...]]:
        """What stands above a name: the rows of broader.tsv and the column of that name, each parent once."""
        found: dict[Key, dict[str, Kind]] = defaultdict(dict)
        columns = (Kind(type=n.type, name=n.name, broader=n.broader, source=n.source) for n in self.names if n.broader)
        for kind in (*self.kinds, *columns):
            key = name_key(kind.name)
            own = self.meaning(kind.type, key) or (kind.type, key)
            found[own].setdefault(name_key(kind.broader), kind)
        return {key: tuple(kinds.values()) for key, kinds in found.items()}


def load(folder: Path | None = None, *, ontology: Ontology) -> Lexicon:
    """Read seeds/names/*.tsv and seeds/decisions.yaml; without a folder, the bundled seeds (read once)."""
    return _bundled(ontology) if folder is None else _load(folder, ontology)


@cache
def _bundled(ontology: Ontology) -> Lexicon:
    return _load(bundled("seeds"), ontology, called="seeds/decisions.yaml")


def _load(folder: Path, ontology: Ontology, *, called: str = "") -> Lexicon:
    types = {t.name.casefold(): t.name for t in ontology.types}
    names: list[Name] = []
    for path in sorted((folder / "names").glob("*.tsv")):
        if path.stem not in types:
            raise LexiconError(
                f"no node type {path.stem!r}", where=str(path), hint="one of " + ", ".join(sorted(types))
            )
        names.extend(read_names(path, types[path.stem]))
    decisions = folder / "decisions.yaml"
    found = read_decisions(decisions, ontology=ontology, called=called) if decisions.exists() else ()
    kinds = folder / "broader.tsv"
    broader = tuple(read_kinds(kinds, types)) if kinds.exists() else ()
    return Lexicon(names=tuple(names), decisions=found, kinds=broader)


def read_names(path: Path, type_name: str) -> Iterator[Name]:
    """Yield the rows of one names file; errors name file and line."""
    for where, (name, aliases, broader, guard, source) in _table(path, COLUMNS):
        if not name.strip():
            raise LexiconError("empty name", where=where)
        if guard not in GUARDS:
            raise LexiconError(f"unknown guard {guard!r}", where=where, hint="'' or case or context")
        yield Name(
            name=name,
            type=type_name,
            aliases=tuple(a for a in aliases.split("|") if a),
            broader=broader,
            guard=guard,
            source=source,
        )


def read_kinds(path: Path, types: Mapping[str, str]) -> Iterator[Kind]:
    """Yield the rows of broader.tsv; `types` gives the name of a type by its folded name."""
    for where, (type_name, name, broader, source) in _table(path, KIND_COLUMNS):
        if type_name not in types:
            raise LexiconError(f"no node type {type_name!r}", where=where, hint="one of " + ", ".join(sorted(types)))
        if not name.strip() or not broader.strip():
            raise LexiconError("empty name", where=where)
        yield Kind(type=types[type_name], name=name, broader=broader, source=source)


def _table(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Yield (file and line, cells) of a tab-separated file with a given header."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(next(rows, ())) != columns:
            raise LexiconError("wrong header", where=f"{path}:1", hint="expected " + "<TAB>".join(columns))
        for number, row in enumerate(rows, start=2):
            if len(row) != len(columns):
                raise LexiconError(f"{len(row)} columns", where=f"{path}:{number}", hint=f"expected {len(columns)}")
            yield f"{path}:{number}", row


def lint_names(lexicon: Lexicon) -> list[str]:
    """Return one line for every name claimed by two rows, every `broader` that is no row, and every circle of kinds."""
    problems: list[str] = []
    owner: dict[str, Name] = {}
    rows = {(n.type, name_key(n.name)) for n in lexicon.names}
    for name in lexicon.names:
        for form in dict.fromkeys(fold(f) for f in name.forms):
            other = owner.setdefault(form, name)
            if other is not name:
                problems.append(f"{name.type} {name.name!r} and {other.type} {other.name!r} share {form!r}")
        if name.broader and (name.type, name_key(name.broader)) not in rows:
            problems.append(f"{name.type} {name.name!r}: broader {name.broader!r} is no row")
    return problems + lint_kinds(lexicon)


def lint_kinds(lexicon: Lexicon) -> list[str]:
    """Return one line for every name that stands above itself, and every row of broader.tsv that says nothing new."""
    problems: list[str] = []
    seen: set[tuple[str, str, str]] = set()
    for kind in lexicon.kinds:
        row = (kind.type, name_key(kind.name), name_key(kind.broader))
        if row in seen:
            problems.append(f"{kind.type} {kind.name!r}: broader {kind.broader!r} is said twice")
        seen.add(row)
    done: set[Key] = set()
    for start in lexicon.parents:
        trail: list[Key] = []
        problems += _circles(start, lexicon, trail, done)
    return problems


def _circles(key: Key, lexicon: Lexicon, trail: list[Key], done: set[Key]) -> list[str]:
    if key in trail:
        return [f"{key[0]}: {' -> '.join(k for _, k in [*trail[trail.index(key) :], key])} is a circle of kinds"]
    if key in done:
        return []
    trail.append(key)
    found = []
    for kind in lexicon.parents.get(key, ()):
        parent = name_key(kind.broader)
        found += _circles(lexicon.meaning(key[0], parent) or (key[0], parent), lexicon, trail, done)
    trail.pop()
    done.add(key)
    return found
