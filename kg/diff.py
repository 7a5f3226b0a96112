"""What appeared, vanished or changed between two graphs: as text, as JSON and as an RDF patch; and applied again.

Applied to the old graph, a difference gives the new one: its nodes and edges, and with the patch its N-Quads, to the
byte. The patch is in the RDF Patch format of Apache Jena; it covers the whole export, also the description of the data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from kg.exporters import ntriples
from kg.graph import KnowledgeGraph
from kg.model import Edge, KGError, Node, Paper
from kg.queries.tables import printable

FORMATS = ("text", "json", "rdf-patch")


class PatchError(KGError):
    """A patch cannot be read, or was made for another graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """Nodes by what became of them; a changed one as (old, new)."""

    appeared: tuple[Node, ...] = ()
    vanished: tuple[Node, ...] = ()
    changed: tuple[tuple[Node, Node], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Edges by what became of them; a changed one as (old, new)."""

    appeared: tuple[Edge, ...] = ()
    vanished: tuple[Edge, ...] = ()
    changed: tuple[tuple[Edge, Edge], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A spelling that is part of a node, and why."""

    node: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merges:
    """Merges by what became of them; a changed one, with another reason, as (old, new)."""

    appeared: tuple[Merged, ...] = ()
    vanished: tuple[Merged, ...] = ()
    changed: tuple[tuple[Merged, Merged], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """All that makes one graph another. `papers` are the document nodes, `nodes` all others."""

    papers: Nodes = Nodes()
    nodes: Nodes = Nodes()
    edges: Edges = Edges()
    merges: Merges = Merges()

    def __bool__(self) -> bool:
        return self != Diff()


class _Kept(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Kept)


def diff(old: KnowledgeGraph, new: KnowledgeGraph) -> Diff:
    """Return what makes `old` become `new`."""
    document = new.ontology.type_as("document").name
    appeared, vanished, changed = _compared(old.nodes, new.nodes)
    papers, nodes = (
        Nodes(
            appeared=tuple(n for n in appeared if (n.type == document) is paper),
            vanished=tuple(n for n in vanished if (n.type == document) is paper),
            changed=tuple((a, b) for a, b in changed if (b.type == document) is paper),
        )
        for paper in (True, False)
    )
    more, fewer, other = _compared(old.edges, new.edges)
    edges = Edges(appeared=more, vanished=fewer, changed=other)
    return Diff(papers=papers, nodes=nodes, edges=edges, merges=_merges(old.nodes, new.nodes))


def _compared(old: Iterable[T], new: Iterable[T]) -> tuple[tuple[T, ...], tuple[T, ...], tuple[tuple[T, T], ...]]:
    before, after = {v.id: v for v in old}, {v.id: v for v in new}
    return (
        tuple(v for key, v in after.items() if key not in before),
        tuple(v for key, v in before.items() if key not in after),
        tuple((before[key], v) for key, v in after.items() if key in before and before[key] != v),
    )


def _merges(old: Iterable[Node], new: Iterable[Node]) -> Merges:
    before, after = _reasons(old), _reasons(new)
    appeared: list[Merged] = []
    vanished: list[Merged] = []
    changed: list[tuple[Merged, Merged]] = []
    for node, name in sorted(before.keys() | after.keys()):
        here, there = before.get((node, name), set()), after.get((node, name), set())
        fewer = [Merged(node=node, name=name, reason=r) for r in sorted(here - there)]
        more = [Merged(node=node, name=name, reason=r) for r in sorted(there - here)]
        both = min(len(fewer), len(more))
        changed += zip(fewer[:both], more[:both], strict=True)
        vanished += fewer[both:]
        appeared += more[both:]
    return Merges(appeared=tuple(appeared), vanished=tuple(vanished), changed=tuple(changed))


def _reasons(nodes: Iterable[Node]) -> Mapping[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for node in nodes:
        for merge in node.merges:
            found[node.id, merge.name].add(merge.reason)
    return found


# --- JSON -----------------------------------------------------------------------------------------------------------


def to_json(difference: Diff) -> bytes:
    """Return a difference as JSON, whole values in it, so that it can be applied."""
    return msgspec.json.format(msgspec.json.encode(difference), indent=1) + b"\n"


def from_json(data: bytes) -> Diff:
    """Read a difference back."""
    try:
        return msgspec.json.decode(data, type=Diff)
    except (msgspec.DecodeError, ValueError) as error:
        raise PatchError(f"no difference of graphs: {error}", hint="made by kg diff --format json") from None


def applied(
    difference: Diff, nodes: Iterable[Node], edges: Iterable[Edge]
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return the nodes and edges of the new graph, from those of the old one.

    Raises a PatchError when the difference was made for another graph.
    """
    kept = {node.id: node for node in nodes}
    for part in (difference.papers, difference.nodes):
        _apply(kept, part.appeared, part.vanished, part.changed)
    links = {edge.id: edge for edge in edges}
    _apply(links, difference.edges.appeared, difference.edges.vanished, difference.edges.changed)
    return tuple(sorted(kept.values(), key=lambda n: n.id)), tuple(sorted(links.values(), key=lambda e: e.key))


def _apply(values: dict[str, T], appeared: Sequence[T], vanished: Sequence[T], changed: Sequence[tuple[T, T]]) -> None:
    for old in (*vanished, *(a for a, _ in changed)):
        if values.pop(old.id, None) != old:
            raise PatchError(f"made for another graph: {old.id} is not as it was")
    for new in (*appeared, *(b for _, b in changed)):
        if new.id in values:
            raise PatchError(f"made for another graph: {new.id} is there already")
        values[new.id] = new


# --- RDF patch ------------------------------------------------------------------------------------------------------


def rdf_patch(old: KnowledgeGraph, new: KnowledgeGraph) -> bytes:
    """Return the difference of the N-Quads of two graphs as an RDF Patch, what is deleted first."""
    before, after = (_rows(ntriples.write_quads(graph)) for graph in (old, new))
    here, there = set(before), set(after)
    rows = [f"D {line}" for line in before if line not in there] + [f"A {line}" for line in after if line not in here]
    body = "".join(rows)
    name = UUID(bytes=sha256(body.encode()).digest()[:16], version=5)
    return f"H id <urn:uuid:{name}> .\nTX .\n{body}TC .\n".encode()


def _rows(text: bytes) -> list[str]:
    """Split at line feeds alone: a literal may hold what else Python takes for the end of a line."""
    return [f"{line}\n" for line in text.decode().split("\n")[:-1]]


def patched(quads: bytes, patch: bytes) -> bytes:
    """Return canonical N-Quads after an RDF Patch.

    Raises a PatchError for rows that are none, and when the patch was made for another graph.
    """
    lines = set(_rows(quads))
    undone = lines
    for number, row in enumerate(_rows(patch), start=1):
        verb, _, rest = row.partition(" ")
        if verb == "TX":
            undone = set(lines)
        elif verb == "TA":
            lines = undone
        elif verb == "D" and rest in lines:
            lines.remove(rest)
        elif verb == "A" and rest not in lines and rest.endswith(" .\n"):
            lines.add(rest)
        elif verb in ("A", "D"):
            what = "is not there to be deleted" if verb == "D" else "is there already, or no quad"
            raise PatchError(f"made for another graph: the quad {what}", where=f"line {number}")
        elif verb not in ("H", "TC") and row.strip():
            raise PatchError(f"no row of an RDF Patch: {row.strip()[:60]!r}", where=f"line {number}")
    return "".join(sorted(lines)).encode()


# --- text -----------------------------------------------------------------------------------------------------------


def to_text(old: KnowledgeGraph, new: KnowledgeGraph, *, limit: int = 40) -> str:
    """Return the difference for people: counts first, then at most `limit` lines of each kind, which say so."""
    difference = diff(old, new)
    if not difference:
        return "no difference"
    lines = list(_counts(difference, new))
    for found in (
        _node_lines(difference.papers, old, new),
        _node_lines(difference.nodes, old, new),
        _edge_lines(difference.edges, old, new),
        _merge_lines(difference.merges, old, new),
    ):
        lines += ["", *found[:limit]] if found else []
        if len(found) > limit:
            lines.append(f"… and {len(found) - limit} more (--limit {len(found)}, or --format json)")
    return "\n".join(lines)


def _counts(difference: Diff, new: KnowledgeGraph) -> Iterator[str]:
    names = {t.name: t.plural for t in new.ontology.types} | {r.name: r.label for r in new.ontology.relations}
    nodes, edges = difference.nodes, difference.edges
    types = [[names.get(n.type, n.type) for n in found] for found in (nodes.appeared, nodes.vanished)]
    labels = [[names.get(e.relation, e.relation) for e in found] for found in (edges.appeared, edges.vanished)]
    yield "papers: " + _signed(difference.papers)
    yield "nodes: " + _signed(nodes) + _by_kind(*types)
    yield "edges: " + _signed(edges) + _by_kind(*labels)
    yield "merges: " + _signed(difference.merges)


def _signed(part: Nodes | Edges | Merges) -> str:
    return f"{len(part.appeared)} appeared, {len(part.vanished)} vanished, {len(part.changed)} changed"


def _by_kind(appeared: Iterable[str], vanished: Iterable[str]) -> str:
    more, fewer = Counter(appeared), Counter(vanished)
    counts = [
        f"{name} {' '.join(f'{sign}{count[name]}' for sign, count in (('+', more), ('-', fewer)) if count[name])}"
        for name in sorted(more.keys() | fewer.keys())
    ]
    return f" ({', '.join(counts)})" if counts else ""


def _node_lines(part: Nodes, old: KnowledgeGraph, new: KnowledgeGraph) -> list[str]:
    lines = [f"- {_named(n)}{_elsewhere(n, new, 'now')}" for n in part.vanished]
    lines += [f"+ {_named(n)}{_elsewhere(n, old, 'was')}" for n in part.appeared]
    return lines + [f"~ {_named(b)}\t{'; '.join(_changes(a, b))}" for a, b in part.changed]


def _named(node: Node) -> str:
    return f"{node.type}\t{printable(node.name)}"


def _elsewhere(node: Node, other: KnowledgeGraph, word: str) -> str:
    """Tell under which name the other graph has what this node is called, if it has."""
    found = [n for n in other.find(node.name) if n.paper is None] if node.paper is None else []
    same = [n for n in found if n.type == node.type] or found
    return f"\t({word} {same[0].type} {printable(same[0].name)})" if same else ""


def _changes(old: Node, new: Node) -> Iterator[str]:
    if old.name != new.name:
        yield f"was called {printable(old.name)}"
    if old.support != new.support:
        yield f"papers {old.support} -> {new.support}"
    for sign, names in (("+", set(new.aliases) - set(old.aliases)), ("-", set(old.aliases) - set(new.aliases))):
        for name in sorted(names):
            yield f"alias {sign} {printable(name)}"
    if old.merges != new.merges:
        yield "merges"
    if old.paper is not None and new.paper is not None:
        yield from (f.name for f in fields(Paper) if getattr(old.paper, f.name) != getattr(new.paper, f.name))


def _edge_lines(part: Edges, old: KnowledgeGraph, new: KnowledgeGraph) -> list[str]:
    lines = [f"- {_statement(e, old)}" for e in part.vanished] + [f"+ {_statement(e, new)}" for e in part.appeared]
    return lines + [f"~ {_statement(b, new)}\t{'; '.join(_edge_changes(a, b))}" for a, b in part.changed]


def _statement(edge: Edge, graph: KnowledgeGraph) -> str:
    ends = [printable(graph.by_id[end].name) for end in (edge.source, edge.target)]
    return f"{ends[0]}\t{graph.ontology.relation(edge.relation).label}\t{ends[1]}"


def _edge_changes(old: Edge, new: Edge) -> Iterator[str]:
    if old.confidence != new.confidence:
        yield f"confidence {old.confidence:g} -> {new.confidence:g}"
    if old.support != new.support:
        yield f"papers {old.support} -> {new.support}"
    if old.derived != new.derived:
        yield "now derived" if new.derived else "now direct"
    if len(old.evidence) != len(new.evidence):
        yield f"quotes {len(old.evidence)} -> {len(new.evidence)}"
    elif old.evidence != new.evidence:
        yield "other quotes"
    if old.votes != new.votes:
        yield "votes"


def _merge_lines(part: Merges, old: KnowledgeGraph, new: KnowledgeGraph) -> list[str]:
    lines = [f"- merge\t{_merge(m, old)}" for m in part.vanished] + [
        f"+ merge\t{_merge(m, new)}" for m in part.appeared
    ]
    return lines + [f"~ merge\t{_merge(b, new)}\twas: {printable(a.reason)}" for a, b in part.changed]


def _merge(merged: Merged, graph: KnowledgeGraph) -> str:
    node = graph.by_id[merged.node]
    return f"{printable(merged.name)} = {printable(node.name)} ({node.type})\t{printable(merged.reason)}"
