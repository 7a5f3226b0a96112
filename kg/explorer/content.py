"""View -> what the page holds: nodes, edges, map and evidence as columns. Pure, and the same every time.

The core is all that drawing, search and filters need. Sentences are apart, in chunks that the page unpacks when
somebody asks for them: they are most of the bytes, and a person reads a few.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.explorer.passages import PAPERS_A_CHUNK, passages
from kg.explorer.quotes import NAME, link, plain
from kg.explorer.territory import Territory, territory
from kg.model import Edge, Node
from kg.ontology import Ontology
from kg.view import View, year

_ALIAS, _ALIASES = 80, 12
_EDGES_A_CHUNK = 4096
_TELLING = 2  # names that a community is called by


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The core; the places of evidence, by chunks of edges; the sentences and records, by chunks of papers."""

    core: dict[str, Any]
    places: tuple[list[Any], ...]
    texts: tuple[dict[str, Any], ...]


def content(graph: View, *, only: Collection[str] | None = None, focus: Sequence[str] = ()) -> Content:
    """Return everything that the page holds, of the whole graph or of the nodes named in `only`.

    Nodes come most telling first and papers last, edges strongest first: the page draws as many as the screen takes.
    """
    ontology = graph.ontology
    document = ontology.type_as("document").name
    kept = [n for n in graph.nodes if only is None or n.id in only]
    ids = {n.id for n in kept}
    edges = [(e, e.papers) for e in graph.edges if e.source in ids and e.target in ids]
    shown = {r.name for r in ontology.relations if r.drawn}
    degree = Counter(i for e, _ in edges if e.relation in shown for i in (e.source, e.target))
    ranked = sorted(kept, key=lambda n: (n.type == document, -n.support, -degree[n.id], n.id))
    number = {n.id: i for i, n in enumerate(ranked)}
    most = max((n.support for n in ranked), default=0)
    links = [(number[e.source], number[e.target]) for e, _ in edges if e.relation in shown]
    land = territory([radius(n, most) for n in ranked], links)
    order = _order(ranked, land, document)
    nodes = [ranked[i] for i in order]
    new = {old: i for i, old in enumerate(order)}
    number = {n.id: i for i, n in enumerate(nodes)}
    papers = [n for n in nodes if n.type == document]
    first = len(nodes) - len(papers)
    sources = {paper for _, told in edges for paper in told} - {n.id for n in papers}
    paper_number = {n.id: i for i, n in enumerate(papers)}
    paper_number |= {i: len(papers) + k for k, i in enumerate(sorted(sources))}
    records = [*papers, *(graph.by_id[i] for i in sorted(sources))]

    def strength(told: tuple[Edge, tuple[str, ...]]) -> tuple[bool, int, int, tuple[str, str, str]]:
        edge, papers = told
        return (edge.relation not in shown, -len(papers), number[edge.source] + number[edge.target], edge.key)

    edges.sort(key=strength)
    listed = [e for e, _ in edges]
    rows, texts = passages(graph, listed, records)
    relations = {r.name: i for i, r in enumerate(ontology.relations)}
    types = {t.name: i for i, t in enumerate(ontology.types)}
    aliases = [(i, [plain(a, _ALIAS) for a in n.aliases[:_ALIASES]]) for i, n in enumerate(nodes) if n.aliases]
    core = {
        "types": [[plain(t.name), plain(t.plural), t.colour, t.shape, list(t.roles)] for t in ontology.types],
        "relations": [
            [plain(r.name), plain(r.label), r.colour, int(r.drawn), r.role, plain(r.inverse[0] if r.inverse else "")]
            for r in ontology.relations
        ],
        "prefixes": {name: ontology.iri(f"{name}:") for name in ("kg", "kgr", "rdfs")},
        "total": [len(graph.nodes), len(graph.edges)],
        "nodes": {
            "type": [types[n.type] for n in nodes],
            "name": [plain(n.name, NAME) for n in nodes],
            "id": [plain(n.id, 400) for n in nodes],
            "support": [n.support for n in nodes],
            "x": [land.points[i][0] for i in order],
            "y": [land.points[i][1] for i in order],
            "radius": [round(10 * radius(n, most)) for n in nodes],
            "group": [land.member[i] for i in order],
            "aliased": [i for i, _ in aliases],
            "aliases": [names for _, names in aliases],
        },
        "papers": {
            "first": first,
            "count": len(papers),
            "year": [year(n.paper) or 0 for n in records],
            "date": [plain(n.paper.date, 10) if n.paper else "" for n in records],
            "link": [link(n.paper) if n.paper else "" for n in records],
            "others": [plain(n.name, NAME) for n in records[len(papers) :]],
        },
        "edges": {
            "source": [number[e.source] for e in listed],
            "relation": [relations[e.relation] for e in listed],
            "target": [number[e.target] for e in listed],
            "sure": [round(100 * e.confidence) for e in listed],
            "derived": [int(e.derived) for e in listed],
            "support": [len(told) for _, told in edges],
            "by": [paper_number[paper] for _, told in edges for paper in told],
        },
        "groups": _groups(ranked, links, land, new, ontology),
        "scattered": int(land.scattered),
        "focus": [number[i] for i in focus if i in number],
        "chunks": [_EDGES_A_CHUNK, PAPERS_A_CHUNK],
    }
    places = tuple(rows[i : i + _EDGES_A_CHUNK] for i in range(0, len(rows), _EDGES_A_CHUNK))
    return Content(core=core, places=places, texts=texts)


def radius(node: Node, most: int) -> float:
    """Let the area grow with the number of papers, as a share of the best supported node's."""
    return round(4.5 + 17.5 * math.sqrt(node.support / max(most, 36)), 1)


def _order(ranked: Sequence[Node], land: Territory, document: str) -> list[int]:
    """Let the best of every community come early: no part of the map stays empty when only some nodes are drawn."""
    seen: Counter[int] = Counter()
    key: list[tuple[bool, int, int]] = []
    for i, node in enumerate(ranked):
        group = land.member[i]
        key.append((node.type == document, min(i, seen[group] * len(land.discs)), i))
        seen[group] += 1
    return sorted(range(len(ranked)), key=key.__getitem__)


def _groups(
    ranked: Sequence[Node],
    links: Sequence[tuple[int, int]],
    land: Territory,
    new: Mapping[int, int],
    ontology: Ontology,
) -> list[list[Any]]:
    """Return of every community its disc, its size and the nodes that tell best what it is about."""
    inside: Counter[int] = Counter()
    total: Counter[int] = Counter()
    for a, b in links:
        for i in (a, b):
            total[i] += 1
            inside[i] += land.member[a] == land.member[b]
    document = ontology.type_as("document").name
    procedures = {t.name for t in ontology.types_as("procedure")}
    members: dict[int, list[int]] = defaultdict(list)
    for i, node in enumerate(ranked):
        if node.type != document:
            members[land.member[i]].append(i)

    def telling(i: int) -> tuple[float, int]:
        share = inside[i] / total[i] if total[i] else 0.0
        return (-ranked[i].support * share**2, i)

    groups: list[list[Any]] = []
    for number, (x, y, r) in enumerate(land.discs):
        best = sorted(members[number], key=telling)
        named = [i for i in best if ranked[i].type in procedures and ranked[i].support > 1][:_TELLING]
        named += [i for i in best if i not in named][: _TELLING - len(named)]
        groups.append([x, y, r, len(members[number]), [new[i] for i in named]])
    return groups
