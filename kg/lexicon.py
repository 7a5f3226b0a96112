"""seeds/ -> Lexicon: the names we know and the corrections that survive rebuilds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from kg.files import bundled
from kg.model import LexiconError, fold, name_key
from kg.ontology import Ontology
from kg.yamltree import parse

COLUMNS = ("name", "aliases", "broader", "guard", "source")
GUARDS = ("", "case", "context")
_DECISION_KEYS = {
    "merge": {"type", "names", "as", "why"},
    "keep-apart": {"type", "names", "why"},
    "rename": {"type", "name", "to", "why"},
    "retype": {"type", "name", "to", "why"},
    "drop": {"type", "name", "why"},
}


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
class Decision:
    """A curator's correction: one entry of decisions.yaml. `where` is its file and line."""

    verb: str
    type: str
    names: tuple[str, ...]
    to: str = ""
    why: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Known names and decisions. Two lexicons with equal content are equal, wherever they were read."""

    names: tuple[Name, ...] = ()
    decisions: tuple[Decision, ...] = ()


def load(folder: Path | None = None, *, ontology: Ontology) -> Lexicon:
    """Read seeds/names/*.tsv and seeds/decisions.yaml; without a folder, the bundled seeds (read once)."""
    return _bundled(ontology) if folder is None else _load(folder, ontology)


@cache
def _bundled(ontology: Ontology) -> Lexicon:
    return _load(bundled("seeds"), ontology)


def _load(folder: Path, ontology: Ontology) -> Lexicon:
    types = {t.name.casefold(): t.name for t in ontology.types}
    names: list[Name] = []
    for path in sorted((folder / "names").glob("*.tsv")):
        if path.stem not in types:
            raise LexiconError(
                f"no node type {path.stem!r}", where=str(path), hint="one of " + ", ".join(sorted(types))
            )
        names.extend(read_names(path, types[path.stem]))
    decisions = folder / "decisions.yaml"
    return Lexicon(
        names=tuple(names), decisions=read_decisions(decisions, ontology=ontology) if decisions.exists() else ()
    )


def read_names(path: Path, type_name: str) -> Iterator[Name]:
    """Yield the rows of one names file; errors name file and line."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if tuple(next(rows, ())) != COLUMNS:
            raise LexiconError("wrong header", where=f"{path}:1", hint="expected " + "<TAB>".join(COLUMNS))
        for number, row in enumerate(rows, start=2):
            where = f"{path}:{number}"
            if len(row) != len(COLUMNS):
                raise LexiconError(f"{len(row)} columns", where=where, hint=f"expected {len(COLUMNS)}")
            name, aliases, broader, guard, source = row
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


def read_decisions(path: Path, *, ontology: Ontology) -> tuple[Decision, ...]:
    """Read decisions.yaml; every entry keeps its line so that a dead or contradictory one can be shown."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"cannot read: {error}", where=str(path)) from None
    parse(text, str(path), LexiconError)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return ()
    if not isinstance(root, yaml.MappingNode):
        raise LexiconError("expected a mapping", where=f"{path}:1", hint=", ".join(_DECISION_KEYS))
    decisions = [
        _decision(str(verb.value), entry, path, ontology)
        for verb, entries in root.value
        for entry in _entries(str(verb.value), entries, path)
    ]
    problems = lint(decisions)
    if problems:
        raise LexiconError("; ".join(problems))
    return tuple(decisions)


def _entries(verb: str, entries: yaml.Node, path: Path) -> list[yaml.Node]:
    where = f"{path}:{entries.start_mark.line + 1}"
    if verb not in _DECISION_KEYS:
        raise LexiconError(f"unknown decision {verb!r}", where=where, hint="one of " + ", ".join(_DECISION_KEYS))
    if isinstance(entries, yaml.ScalarNode) and entries.value in ("", "null", "~"):
        return []
    if not isinstance(entries, yaml.SequenceNode):
        raise LexiconError(f"{verb} must be a list", where=where)
    return list(entries.value)


def _decision(verb: str, node: yaml.Node, path: Path, ontology: Ontology) -> Decision:
    where = f"{path.name}:{node.start_mark.line + 1}"
    try:
        entry = yaml.SafeLoader("").construct_document(node)
    except yaml.YAMLError as error:
        raise LexiconError(f"invalid entry: {error}", where=where) from None
    keys = _DECISION_KEYS[verb]
    if not isinstance(entry, dict) or not keys - {"why"} <= set(entry) <= keys:
        raise LexiconError(f"a {verb} entry needs the keys {', '.join(sorted(keys))}", where=where)
    ontology.type(str(entry["type"]))
    names = entry["names"] if "names" in entry else [entry["name"]]
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise LexiconError("names must be a list of names", where=where)
    if verb in ("merge", "keep-apart") and len({name_key(n) for n in names}) < 2:
        raise LexiconError(f"{verb} needs two names that differ", where=where)
    to = str(entry.get("as", entry.get("to", "")))
    if verb == "retype":
        ontology.type(to)
    return Decision(
        verb=verb, type=str(entry["type"]), names=tuple(names), to=to, why=str(entry.get("why", "")), where=where
    )


def lint(decisions: Iterable[Decision]) -> list[str]:
    """Return one line for every pair of decisions that contradict or repeat each other."""
    problems: list[str] = []
    merged: dict[tuple[str, str, str], Decision] = {}
    fixed: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        keys = sorted({name_key(n) for n in decision.names})
        if decision.verb in ("merge", "keep-apart"):
            for i, left in enumerate(keys):
                for right in keys[i + 1 :]:
                    other = merged.setdefault((decision.type, left, right), decision)
                    if other is not decision:
                        problems.append(_clash(decision, other))
        else:
            other = fixed.setdefault((decision.type, keys[0]), decision)
            if other is not decision:
                problems.append(_clash(decision, other))
    return problems


def _clash(decision: Decision, other: Decision) -> str:
    how = "repeats" if (decision.verb, decision.to) == (other.verb, other.to) else "contradicts"
    return f"{decision.where}: {decision.verb} of {' / '.join(decision.names)} {how} {other.where}"


def lint_names(lexicon: Lexicon) -> list[str]:
    """Return one line for every name claimed by two rows, and every `broader` that is no row of its type."""
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
    return problems
