"""decisions.yaml -> Decisions: what a curator settled, once and for every rebuild; read, cross-checked and added to.

A decision is about names (merge, keep-apart, rename, retype, drop) or about one edge (confirm-edge, reject-edge).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import yaml

from kg.files import write_bytes
from kg.model import LexiconError, name_key, title_key
from kg.ontology import Ontology
from kg.yamltree import parse

CONFIRM, REJECT = "confirm-edge", "reject-edge"
_EDGE_KEYS = {"source", "source-type", "relation", "type", "name", "why", "by"}
_KEYS = {
    "merge": {"type", "names", "as", "why"},
    "keep-apart": {"type", "names", "why"},
    "rename": {"type", "name", "to", "why"},
    "retype": {"type", "name", "to", "why"},
    "drop": {"type", "name", "why"},
    CONFIRM: _EDGE_KEYS,
    REJECT: _EDGE_KEYS,
}
_OPTIONAL = {"why", "by", "source-type"}
_WIDE = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A curator's correction: one entry of decisions.yaml. `where` is its file and line.

    A decision about an edge has a `relation`; its `source` is an entity of `source_type`, or, without one, a paper
    (title or any id); its target is the one name, of type `type`; `by` says who decided.
    """

    verb: str
    type: str
    names: tuple[str, ...]
    to: str = ""
    why: str = ""
    where: str = ""
    source: str = ""
    source_type: str = ""
    relation: str = ""
    by: str = ""

    def __str__(self) -> str:
        if self.relation:
            return f"{self.verb} {self.source} / {self.relation} / {self.names[0]}"
        return f"{self.verb} of {' / '.join(self.names)}"

    @property
    def dead(self) -> str:
        """Say in one line that the decision had nothing to act on."""
        what = ": nothing to confirm, for there is no evidence of it" if self.verb == CONFIRM else " matches nothing"
        return f"{self.where}: {self}{what}"


def read_decisions(path: Path, *, ontology: Ontology, called: str = "") -> tuple[Decision, ...]:
    """Read decisions.yaml; raise a LexiconError for what is no decision and for decisions that contradict each other.

    `called` is what to call the file in reports, if not by its name.
    """
    decisions = entries(path, ontology=ontology, called=called)
    problems = lint(decisions)
    if problems:
        raise LexiconError("; ".join(problems))
    return decisions


def entries(path: Path, *, ontology: Ontology, called: str = "") -> tuple[Decision, ...]:
    """Read decisions.yaml as it is; every entry keeps its line so that a dead or contradictory one can be shown."""
    found = _entries_of(_text(path), path, ontology)
    return tuple(replace(d, where=called + d.where.removeprefix(path.name)) for d in found) if called else found


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LexiconError(f"cannot read: {error}", where=str(path)) from None


def _entries_of(text: str, path: Path, ontology: Ontology) -> tuple[Decision, ...]:
    root = _root(text, path)
    return tuple(
        _decision(str(verb.value), entry, path, ontology)
        for verb, listed in (root.value if root is not None else ())
        for entry in _list(str(verb.value), listed, path)
    )


def _root(text: str, path: Path) -> yaml.MappingNode | None:
    parse(text, str(path), LexiconError)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise LexiconError("expected a mapping", where=f"{path}:1", hint=", ".join(_KEYS))
    return root


def _list(verb: str, listed: yaml.Node, path: Path) -> list[yaml.Node]:
    where = f"{path}:{listed.start_mark.line + 1}"
    if verb not in _KEYS:
        raise LexiconError(f"unknown decision {verb!r}", where=where, hint="one of " + ", ".join(_KEYS))
    if isinstance(listed, yaml.ScalarNode) and listed.value in ("", "null", "~"):
        return []
    if not isinstance(listed, yaml.SequenceNode):
        raise LexiconError(f"{verb} must be a list", where=where)
    return list(listed.value)


def _decision(verb: str, node: yaml.Node, path: Path, ontology: Ontology) -> Decision:
    where = f"{path.name}:{node.start_mark.line + 1}"
    try:
        entry = yaml.SafeLoader("").construct_document(node)
    except yaml.YAMLError as error:
        raise LexiconError(f"invalid entry: {error}", where=where) from None
    keys = _KEYS[verb]
    if not isinstance(entry, dict) or not keys - _OPTIONAL <= set(entry) <= keys:
        raise LexiconError(f"a {verb} entry needs the keys {', '.join(sorted(keys - _OPTIONAL))}", where=where)
    ontology.type(str(entry["type"]))
    names = entry["names"] if "names" in entry else [entry["name"]]
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise LexiconError("names must be a list of names", where=where, hint="quote what looks like a number")
    if verb in ("merge", "keep-apart") and len({name_key(n) for n in names}) < 2:
        raise LexiconError(f"{verb} needs two names that differ", where=where)
    to = str(entry.get("as", entry.get("to", "")))
    if verb == "retype":
        ontology.type(to)
    made = Decision(
        verb=verb, type=str(entry["type"]), names=tuple(names), to=to, why=str(entry.get("why", "")), where=where
    )
    return _about_edge(made, entry, ontology) if "relation" in keys else made


def _about_edge(made: Decision, entry: Mapping[str, object], ontology: Ontology) -> Decision:
    """Complete a decision about an edge; one that the ontology could never allow is refused."""
    document = ontology.type_as("document").name
    source_type = ontology.type(str(entry.get("source-type") or document)).name
    relation = ontology.relation(str(entry["relation"]))
    if not relation.allows(source_type, made.type):
        raise LexiconError(f"no {source_type} can stand in {relation.name} to a {made.type}", where=made.where)
    source, by = entry["source"], str(entry.get("by", ""))
    if not isinstance(source, str) or not source:
        raise LexiconError("source must be a paper's title or id, or a name", where=made.where, hint="quote numbers")
    kind = "" if source_type == document else source_type
    return replace(made, source=source, source_type=kind, relation=relation.name, by=by)


# --- contradictions -------------------------------------------------------------------------------------------------

Key = tuple[str, ...]


def lint(decisions: Iterable[Decision]) -> list[str]:
    """Return one line for every pair of decisions that contradict or repeat each other."""
    return [line for _, _, line in clashes(decisions)]


def clashes(decisions: Iterable[Decision]) -> list[tuple[Decision, Decision, str]]:
    """Return every decision that contradicts or repeats an earlier one, that earlier one, and a line that says so."""
    found: dict[tuple[str, str], tuple[Decision, Decision, str]] = {}
    first: dict[Key, Decision] = {}
    decisions = tuple(decisions)
    for decision in decisions:
        for key in settles(decision):
            other = first.setdefault(key, decision)
            if other is not decision:
                found.setdefault((decision.where, other.where), (decision, other, _clash(decision, other)))
    for decision, other in _through_a_third(decisions):
        if (decision.where, other.where) not in found and (other.where, decision.where) not in found:
            found[decision.where, other.where] = (decision, other, _clash(decision, other))
    return list(found.values())


def settles(decision: Decision) -> Iterator[Key]:
    """Yield what a decision settles: two decisions about one of these are in each other's way."""
    keys = sorted({name_key(n) for n in decision.names})
    if decision.relation:
        yield ("edge", decision.source_type, title_key(decision.source), decision.relation, decision.type, *keys)
        if decision.verb == CONFIRM and not decision.source_type:  # a paper has one relation to a thing
            yield ("confirmed", decision.source_type, title_key(decision.source), decision.type, *keys)
    elif decision.verb in ("merge", "keep-apart"):
        for left, right in combinations(keys, 2):
            yield ("pair", decision.type, left, right)
    elif decision.verb == "drop":
        yield ("name", decision.type, *keys)
        yield ("type of name", decision.type, *keys)
    else:
        yield ("type of name" if decision.verb == "retype" else "name", decision.type, *keys)


def _through_a_third(decisions: Sequence[Decision]) -> Iterator[tuple[Decision, Decision]]:
    """Yield contradictions that only merging shows: names kept apart or dropped that merges make one."""
    whole: dict[tuple[str, str], frozenset[tuple[str, str]]] = {}
    merging: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        if decision.verb == "merge":
            pairs = {(decision.type, name_key(n)) for n in decision.names}
            union = frozenset(pairs.union(*(whole.get(p, frozenset()) for p in pairs)))
            whole.update(dict.fromkeys(union, union))
            for pair in sorted(pairs):
                other = merging.setdefault(pair, decision)
                if name_key(other.to) != name_key(decision.to):
                    yield decision, other
    drops = {(d.type, name_key(d.names[0])): d for d in decisions if d.verb == "drop"}
    for decision in decisions:
        pairs = {(decision.type, name_key(n)) for n in decision.names}
        if decision.verb == "keep-apart":
            for left, right in combinations(sorted(pairs), 2):
                if right in whole.get(left, ()):
                    yield decision, merging[left]
        elif decision.verb in ("drop", "rename") and (merge := merging.get(min(pairs))) is not None:
            if decision.verb == "drop" or name_key(decision.to) != name_key(merge.to):
                yield decision, merge
        elif decision.verb == CONFIRM and min(pairs) in drops:
            yield decision, drops[min(pairs)]


def _clash(decision: Decision, other: Decision) -> str:
    same = (decision.verb, decision.to, decision.relation) == (other.verb, other.to, other.relation)
    how = "repeats" if same else "contradicts"
    return f"{decision.where}: {decision} {how} {other.where}"


# --- several files, and new entries ---------------------------------------------------------------------------------


def united(general: Sequence[Decision], own: Sequence[Decision]) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
    """Return both sets of decisions as one, and a line for every general one that gives way to one's own."""
    yielding = set(general) - set(own)
    gone: dict[Decision, str] = {}
    for decision, other, line in clashes([*own, *general]):
        if decision in yielding and other not in yielding:  # the later of the two is the general one
            gone.setdefault(decision, line)
    told = tuple(f"{line}, which wins" for line in gone.values() if " contradicts " in line)
    return (*(d for d in general if d not in gone), *own), told


def add(path: Path, new: Sequence[Decision], *, ontology: Ontology) -> None:
    """Write decisions into decisions.yaml at the end of their lists: all else, comments too, stays as it is.

    The file is made if there is none. It is replaced only by one that reads well and has no contradictions; else it
    stays and a LexiconError tells why.
    """
    text = _text(path) if path.exists() else ""
    before = _entries_of(text, path, ontology)
    expected = sorted(repr(replace(d, where="")) for d in (*before, *new))
    hint = "lists with one entry a line"
    try:
        for decision in new:
            text = _inserted(text, decision, path)
        after = _entries_of(text, path, ontology)
    except LexiconError as error:
        after, hint = (), error.what
    if sorted(repr(replace(d, where="")) for d in after) != expected:
        raise LexiconError("cannot add to this layout", where=str(path), hint=hint)
    fresh = set(lint(after)) - set(lint(before))
    if fresh:
        raise LexiconError("; ".join(sorted(fresh)), hint="nothing was written")
    write_bytes(path, text.encode("utf-8"))


def _inserted(text: str, decision: Decision, path: Path) -> str:
    """Return the text with one entry more, behind the last of its list."""
    end = "\r\n" if "\r\n" in text else "\n"
    root = _root(text, path)
    listed = next((v for k, v in root.value if k.value == decision.verb), None) if root is not None else None
    if listed is None:
        gap = "" if not text else ("" if text.endswith("\n") else end) + end
        return f"{text}{gap}{decision.verb}:{end}" + _lines(decision, 0, end)
    if isinstance(listed, yaml.SequenceNode) and listed.flow_style:
        at = listed.end_mark.index - 1
        return text[:at] + (", " if listed.value else "") + _flow(decision) + text[at:]
    column = listed.start_mark.column if isinstance(listed, yaml.SequenceNode) else 0
    at = text.find("\n", _last(listed)) + 1
    if at == 0:
        text, at = text + end, len(text) + len(end)
    return text[:at] + _lines(decision, column, end) + text[at:]


def _last(node: yaml.Node) -> int:
    """Return where the last word of a node ends: its own mark also counts the comments behind it."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last(last[1] if isinstance(last, tuple) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.index) - 1
    return int(node.end_mark.index)


def _lines(decision: Decision, column: int, end: str) -> str:
    items = list(_entry(decision).items())
    bullets = [
        " " * column + ("- " if i == 0 else "  ") + _scalar({k: v})[1:-1] + end for i, (k, v) in enumerate(items)
    ]
    return "".join(bullets)


def _flow(decision: Decision) -> str:
    return _scalar(_entry(decision))


def _scalar(value: Mapping[str, object]) -> str:
    """Return one line of YAML, quoted where it must be."""
    dumped = yaml.safe_dump(dict(value), default_flow_style=True, width=_WIDE, sort_keys=False, allow_unicode=True)
    return str(dumped).rstrip("\n")


def _entry(decision: Decision) -> dict[str, object]:
    entry: dict[str, object] = {}
    if decision.relation:
        entry["source"] = decision.source
        if decision.source_type:
            entry["source-type"] = decision.source_type
        entry["relation"] = decision.relation
    entry["type"] = decision.type
    if "names" in _KEYS[decision.verb]:
        entry["names"] = list(decision.names)
    else:
        entry["name"] = decision.names[0]
    if decision.to:
        entry["as" if decision.verb == "merge" else "to"] = decision.to
    return entry | {key: value for key, value in (("why", decision.why), ("by", decision.by)) if value}
