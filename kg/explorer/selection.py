"""View -> Selection: which nodes and edges are worth the screen. Pure: one graph, one choice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.model import Edge, Node, QueryError
from kg.view import View

LIMIT = 600
_EDGES_PER_NODE = 5
_SHOWN_NAME = 60
_WELL_SUPPORTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is drawn, best supported nodes first, and what it was drawn from.

    `focus` are the ids of the nodes that were asked for; the totals count the whole graph.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    focus: tuple[str, ...] = ()
    caption: str = ""


def select(graph: View, *, around: str | None = None, hops: int = 1, limit: int = LIMIT) -> Selection:
    """Choose at most `limit` nodes: around a name, or the landscape of the best supported and connected ones.

    Only relations that the ontology draws count, and nodes that would stand alone are left out. Raises QueryError for a
    name that the graph does not know, and for a number that makes no sense.
    """
    edges = _drawn(graph)
    start: tuple[str, ...] = ()
    if around is None:
        _check(hops=hops, limit=limit)
        ids = frozenset(_landscape(graph, edges, limit))
    else:
        ids, start = neighbourhood(graph, around, hops=hops, limit=limit)
    kept = _strongest([e for e in edges if e.source in ids and e.target in ids], len(ids) * _EDGES_PER_NODE)
    degree = _degrees(kept)
    nodes = sorted((graph.by_id[i] for i in ids if i in degree or i in start), key=lambda n: _rank(n, degree))
    return Selection(nodes=tuple(nodes), edges=kept, focus=start, caption=_caption(graph, nodes, kept, edges, around))


def _landscape(graph: View, edges: Sequence[Edge], limit: int) -> set[str]:
    """Everything that is connected when it fits; else entities only, the best supported that hang together."""
    if len(_degrees(edges)) <= limit:
        return set(_degrees(edges))
    document = graph.ontology.type_as("document").name
    entities = {n.id for n in graph.nodes if n.type != document}
    between = [e for e in edges if e.source in entities and e.target in entities] or edges
    degree = _degrees(between)
    near, rank = _adjacent(between), {i: _rank(graph.by_id[i], degree) for i in degree}
    ranking = sorted(degree, key=rank.__getitem__)
    chosen: set[str] = set()
    for least_support in (_WELL_SUPPORTED, 0):  # names of one paper must not fill the screen with islands
        for candidate in ranking:
            if len(chosen) >= limit:
                return chosen
            if candidate in chosen:
                continue
            joining = {candidate}
            if not near[candidate] & chosen:  # whatever joins it best to the others comes with it
                bridge = min(near[candidate], key=lambda i: (-len(near[i] & chosen), rank[i]))
                if chosen and not near[bridge] & chosen and graph.by_id[candidate].support < least_support:
                    continue
                joining.add(bridge)
            if len(chosen) + len(joining) <= limit:
                chosen |= joining
    return chosen


def neighbourhood(graph: View, around: str, *, hops: int, limit: int) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids of the nodes within some hops around a name, and of those that bear it.

    Raises QueryError as `select` does.
    """
    _check(hops=hops, limit=limit)
    start = _start(graph, around)
    ids = _neighbourhood(graph, _drawn(graph), start, hops=hops, limit=limit)
    return frozenset(ids), tuple(i for i in start if i in ids)


def _check(*, hops: int, limit: int) -> None:
    if limit < 1 or hops < 0:
        raise QueryError(f"cannot draw {limit} nodes within {hops} hops", hint="at least 1 node and 0 hops")


def _drawn(graph: View) -> list[Edge]:
    drawn = {r.name for r in graph.ontology.relations if r.drawn}
    return [e for e in graph.edges if e.relation in drawn and e.source != e.target]


def _neighbourhood(graph: View, edges: Sequence[Edge], start: Iterable[str], *, hops: int, limit: int) -> set[str]:
    """Breadth first, the best supported of each ring first, so that whatever is cut lies farthest out."""
    near, degree = _adjacent(edges), _degrees(edges)
    ring = list(start)[:limit]
    chosen = set(ring)
    for _ in range(hops):
        found = {other for i in ring for other in near.get(i, ())} - chosen
        ring = sorted(found, key=lambda i: _rank(graph.by_id[i], degree))[: limit - len(chosen)]
        if not ring:
            break
        chosen.update(ring)
    return chosen


def _start(graph: View, name: str) -> tuple[str, ...]:
    nodes = graph.find(name)
    if nodes:
        return tuple(n.id for n in nodes)
    near = similar(graph, name)
    hint = f"did you mean {' or '.join(near)}?" if near else "`kg stats` lists what there is"
    raise QueryError(f"no node is called {_short(name)!r}", hint=hint)


def similar(graph: View, name: str, *, limit: int = 3) -> tuple[str, ...]:
    """Return the names in the graph that look most like `name`, the likeliest first; none when nothing is near."""
    from rapidfuzz import fuzz, process, utils

    names = sorted({form for node in graph.nodes for form in (node.name, *node.aliases)})
    found = process.extract(
        name, names, scorer=fuzz.WRatio, processor=utils.default_process, limit=limit, score_cutoff=70
    )
    return tuple(_short(match) for match, _, _ in found)


def _short(name: str) -> str:
    line = "".join(c if c.isprintable() else "\ufffd" for c in name)
    return line if len(line) <= _SHOWN_NAME else line[: _SHOWN_NAME - 1] + "…"


def _strongest(edges: Sequence[Edge], limit: int) -> tuple[Edge, ...]:
    """Return at most `limit` edges in the order of their keys: one for every node, then those of most papers."""
    if len(edges) <= limit:
        return tuple(sorted(edges, key=lambda e: e.key))
    joined: set[str] = set()
    first: list[Edge] = []
    others: list[Edge] = []
    for edge in sorted(edges, key=lambda e: (-e.support, -e.confidence, e.key)):
        (others if {edge.source, edge.target} <= joined else first).append(edge)
        joined |= {edge.source, edge.target}
    return tuple(sorted((first + others)[:limit], key=lambda e: e.key))


def _rank(node: Node, degree: Mapping[str, int]) -> tuple[int, int, str]:
    return (-node.support, -degree.get(node.id, 0), node.id)


def _degrees(edges: Iterable[Edge]) -> Counter[str]:
    return Counter(i for e in edges for i in (e.source, e.target))


def _adjacent(edges: Iterable[Edge]) -> Mapping[str, set[str]]:
    near: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        near[edge.source].add(edge.target)
        near[edge.target].add(edge.source)
    return near


def _caption(
    graph: View, nodes: Sequence[Node], kept: Sequence[Edge], edges: Sequence[Edge], around: str | None
) -> str:
    """Say what is shown of what, and what was left out and why."""
    if not edges and not nodes:
        return f"Nothing to draw: none of {len(graph.nodes):,} nodes has a connection that is drawn."
    text = f"Showing {len(nodes):,} of {len(graph.nodes):,} nodes and {len(kept):,} of {len(edges):,} connections"
    if around is not None:
        return text + f" around {_short(around)}."
    document = graph.ontology.type_as("document")
    types = {n.type for n in nodes}
    if len(nodes) == len(graph.nodes):
        return text + "."
    if document.name not in types and any(n.type == document.name for n in graph.nodes):
        return text + f": {document.plural} are not drawn, and the best supported of the others come first."
    return text + ": what has no connection is left out."
