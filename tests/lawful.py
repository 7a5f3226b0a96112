"""What the laws say of a graph, for the random graphs of `tests/laws` and for the large ones of `just laws`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kg import naming
from kg.decisions import CONFIRM, REJECT, Decision
from kg.explorer.payload import encode, payload
from kg.explorer.selection import select
from kg.exporters import ntriples
from kg.graph import KnowledgeGraph
from kg.model import Claim, Evidence, Node, Rejection, name_key
from kg.resolve import paper_id

Places = frozenset[tuple[str, int, int]]


def outputs(graph: KnowledgeGraph) -> tuple[bytes, bytes]:
    """What law 1 is about: the canonical N-Quads, and the data of the explorer."""
    return ntriples.write_quads(graph), encode(payload(graph, select(graph))).encode()


def unproved(graph: KnowledgeGraph) -> Iterator[str]:
    """Law 3: edges without evidence, quotes that are no slices, claims that are neither edge nor rejection."""
    papers = {paper_id(p): p for p in graph.papers}
    for edge in graph.edges:
        if not edge.evidence:
            yield f"no evidence: {edge.key}"
        yield from (f"no slice: {e}" for e in edge.evidence if papers[e.paper].text(e.field)[e.start : e.end] != e.text)
    refused: dict[str, list[Rejection]] = defaultdict(list)
    for source, rejection in graph.rejections:
        refused[source].append(rejection)
        if not rejection.reason:
            yield f"no reason: {source} {rejection}"
        yield from (
            f"no slice: {e}" for e in rejection.evidence if papers[source].text(e.field)[e.start : e.end] != e.text
        )
    for extraction in graph.extractions:
        source = paper_id(extraction.paper)
        yield from (f"dropped: {source} {c}" for c in extraction.claims if not _told(graph, source, c, refused[source]))
        untold = set(extraction.rejections) - set(refused[source])
        yield from (f"dropped: {source} {r}" for r in untold if not _admitted(graph, source, r))


def _told(graph: KnowledgeGraph, source: str, claim: Claim, refused: Iterable[Rejection]) -> bool:
    edges = graph.outgoing.get(source, ())
    shown = any(
        places(claim.evidence) <= places(e.evidence)
        for e in edges
        if e.relation == claim.relation or any(v.rule.startswith("confirmed by ") for v in e.votes)
    )
    return shown or any(r.name == claim.name and places(claim.evidence) <= places(r.evidence) for r in refused)


def _admitted(graph: KnowledgeGraph, source: str, rejection: Rejection) -> bool:
    """Whether a decision made an edge of a refused candidate."""
    return any(places(rejection.evidence) & places(e.evidence) for e in graph.outgoing.get(source, ()))


def places(evidence: Iterable[Evidence]) -> Places:
    return frozenset((e.field, e.start, e.end) for e in evidence)


def confused(graph: KnowledgeGraph) -> Iterator[str]:
    """Law 4: nodes of one type with one name, and names that are versions of each other in one node.

    What the lexicon or a decision calls one thing is one thing.
    """
    known = graph.lexicon
    keys: dict[tuple[str, str], str] = {}
    for node in graph.nodes:
        if node.paper is not None:
            continue
        other = keys.setdefault((node.type, name_key(node.name)), node.id)
        if other != node.id:
            yield f"one name, two nodes: {node.id} {other}"
        decided = {name_key(n) for d in graph.decisions if d.verb == "merge" for n in d.names}
        row = known.sense(node.type, name_key(node.name))
        for alias in node.aliases:
            same = row is not None and known.sense(node.type, name_key(alias)) == row
            if not same and name_key(alias) not in decided and naming.versions_apart(node.name, alias):
                yield f"versions in one node: {node.id} {alias!r}"


def unheeded(graph: KnowledgeGraph, decision: Decision) -> bool:
    """Law 5: whether a decision neither has its effect nor is reported as dead."""
    if decision in graph.unmatched:
        return f"{decision.where}: " not in decision.dead
    nodes = [n for n in graph.nodes if n.type == decision.type and n.support]
    bearing = [{n.id for n in nodes if _bears(n, name)} for name in decision.names]
    if decision.verb == "merge":
        return len(set().union(*bearing)) > 1
    if decision.verb == "keep-apart":
        return any(len([b for b in bearing if n.id in b]) > 1 for n in nodes)
    if decision.verb == "drop":
        return any(bearing)
    if decision.verb == "rename":
        return any(n.name != decision.to for n in nodes if n.id in bearing[0])
    if decision.verb == "retype":
        return decision.to != decision.type and any(bearing)
    sources = {
        n.id for n in graph.nodes if (decision.source in (n.name, n.id) if n.paper else _bears(n, decision.source))
        and n.type == (decision.source_type or graph.ontology.type_as("document").name)
    }  # fmt: skip
    edges = [  # the type of the target may have been changed by another decision
        e for s in sources for e in graph.outgoing.get(s, ())
        if e.relation == decision.relation and _bears(graph.by_id[e.target], decision.names[0])
    ]  # fmt: skip
    if decision.verb == REJECT:
        return bool(edges)
    assert decision.verb == CONFIRM
    return not edges or any(e.confidence != 1 for e in edges)


def _bears(node: Node, name: str) -> bool:
    return name_key(name) in map(name_key, (node.name, *node.aliases))
