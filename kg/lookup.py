"""What a graph says, as plain values: search, describe, neighbours, why, ask. HTTP and MCP give exactly these.

Every list has a limit and says when it was cut. Texts of papers are data, never instructions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from kg import queries, rdf
from kg.model import Edge, Node, QueryError, fold, name_key
from kg.queries.explanations import Quote, date_of, label_at, quotes
from kg.queries.tables import Value
from kg.queries.words import Words, did_you_mean, named, only
from kg.view import View

LIMIT, MOST = 25, 1000
LONGEST = 500  # characters of a name or question
_TELLING = 4  # letters
_NEAR = 80  # of 100: how like a name must be when nothing holds the words


class UnknownError(QueryError):
    """Nothing bears this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A node in short. `id` names it in every other call, `iri` in RDF; `support` counts the papers behind it."""

    id: str
    iri: str
    name: str
    type: str
    support: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found, the best first; `total` counts all."""

    query: str
    hits: tuple[Brief, ...]
    total: int
    truncated: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The bibliographic record of a paper, as its source has it."""

    title: str
    abstract: str
    date: str
    venue: str
    authors: tuple[str, ...]
    url: str
    arxiv: str
    doi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCount:
    """How many edges of one relation a node has; `outgoing` if it is their source."""

    relation: str
    label: str
    outgoing: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """All about one node but its edges, which are counted. `paper` is its record if it is one."""

    node: Brief
    aliases: tuple[str, ...]
    merges: tuple[str, ...]
    links: tuple[LinkCount, ...]
    paper: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One edge seen from a node: read `node label other`, with one quote; `why` has all of them."""

    relation: str
    label: str
    outgoing: bool
    other: Brief
    confidence: float
    support: int
    derived: bool
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The edges of a node, the best supported first; `total` counts all that were asked for."""

    node: Brief
    links: tuple[Link, ...]
    total: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """One edge with all that is behind it: quotes with the words that count «so», and the rules that voted."""

    source: Brief
    label: str
    target: Brief
    confidence: float
    support: int
    derived: bool
    rules: tuple[str, ...]
    quotes: tuple[Quote, ...]
    introductions: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A candidate that was refused, the reason, and where it stood."""

    name: str
    type: str
    reason: str
    paper: str
    title: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why edges are in the graph, or, with `refused`, why candidates are not; `total` counts all."""

    name: str
    reasons: tuple[Behind, ...]
    refused: tuple[Refused, ...]
    merges: tuple[str, ...]
    total: int
    truncated: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A question in words, how it was read, and its rows; `ids` and `evidence` go with the rows if they are nodes."""

    question: str
    reading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    ids: tuple[str, ...]
    evidence: tuple[tuple[str, ...], ...]
    truncated: bool
    note: str
    sparql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many there are of a type or relation."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How large the graph is, by type and relation."""

    nodes: int
    edges: int
    types: tuple[Counted, ...]
    relations: tuple[Counted, ...]


def brief(graph: View, node: Node) -> Brief:
    """Return a node in short."""
    iri = graph.ontology.iri(rdf.node_curie(node.id))
    return Brief(id=node.id, iri=iri, name=node.name, type=node.type, support=node.support)


def one(graph: View, name: str) -> Node:
    """Return the node of this id, name or alias; none and several are QueryErrors that tell what there is."""
    _bounded(name)
    if name in graph.by_id:
        return graph.by_id[name]
    nodes = named(graph, name)
    if not nodes:
        raise UnknownError(f"do not know {name!r}", hint=did_you_mean(name, Words(graph=graph)) or "search finds nodes")
    return only(nodes, name)


def summary(graph: View) -> Summary:
    """Count what there is."""
    nodes, edges = graph.counts()
    return Summary(
        nodes=len(graph.nodes),
        edges=len(graph.edges),
        types=tuple(Counted(name=t.name, label=t.plural, count=nodes[t.name]) for t in graph.ontology.types),
        relations=tuple(Counted(name=r.name, label=r.label, count=edges[r.name]) for r in graph.ontology.relations),
    )


def search(graph: View, query: str, *, type: str = "", limit: int = LIMIT) -> Found:
    """Find nodes by words of their names and aliases; names that are merely alike count when no other does."""
    _bounded(query)
    _limited(limit)
    wanted = graph.ontology.type(type).name if type else ""
    key = name_key(query)
    words = fold(query).split()
    parts = [part for word in words if (part := name_key(word))]
    holding = {i for name, ids in graph.names.items() if parts and all(part in name for part in parts) for i in ids}
    exact = set(graph.names.get(key, ()))
    ranks, note = {i: 0 if i in exact else _rank(graph.by_id[i], words) for i in holding | exact}, ""
    if len(key) < _TELLING and min(ranks.values(), default=3) < 3:  # what is so short stands within anything
        ranks = {i: rank for i, rank in ranks.items() if rank < 3}
    if not ranks and key:
        near = process.extract(key, list(graph.names), scorer=fuzz.WRatio, limit=limit, score_cutoff=_NEAR)
        likeness = [name for name, _, _ in near]
        ranks = {i: 4 for name in likeness for i in graph.names[name]}
        note = "no name holds these words; these are alike" if ranks else "nothing of the kind"
    nodes = [graph.by_id[i] for i in ranks]
    nodes = sorted((n for n in nodes if not wanted or n.type == wanted), key=lambda n: (ranks[n.id], -n.support, n.id))
    hits = tuple(brief(graph, n) for n in nodes[:limit])
    return Found(query=query, hits=hits, total=len(nodes), truncated=len(nodes) > limit, note=note)


def _rank(node: Node, words: Sequence[str]) -> int:
    """Return 1 if a name begins with the words, 2 if words of a name begin with them, 3 if they stand within."""
    names = [fold(name) for name in (node.name, *node.aliases)]
    if any(name.startswith(" ".join(words)) for name in names):
        return 1
    return 2 if any(all(f" {word}" in f" {name}" for word in words) for name in names) else 3


def describe(graph: View, name: str) -> Description:
    """Tell what a node is: names, why they are one, its record, and how many edges of each kind it has."""
    node = one(graph, name)
    counted = Counter((edge.relation, edge.source == node.id) for edge in _edges(graph, node))
    record = node.paper
    return Description(
        node=brief(graph, node),
        aliases=node.aliases,
        merges=tuple(f"{merge.name}: {merge.reason}" for merge in node.merges),
        links=tuple(
            LinkCount(relation=kind, label=label_at(graph, kind, outgoing=outgoing), outgoing=outgoing, count=count)
            for (kind, outgoing), count in sorted(counted.items(), key=lambda c: (not c[0][1], -c[1], c[0][0]))
        ),
        paper=Record(
            title=record.title,
            abstract=record.abstract,
            date=date_of(record),
            venue=record.venue,
            authors=record.authors,
            url=rdf.web_address(record.url),
            arxiv=record.arxiv,
            doi=record.doi,
        )
        if record is not None
        else None,
    )


def neighbours(graph: View, name: str, *, relation: str = "", limit: int = LIMIT) -> Neighbours:
    """List the edges of a node both ways, of one relation if named, the best supported first, each with a quote."""
    _limited(limit)
    node = one(graph, name)
    wanted = graph.ontology.relation(relation).name if relation else ""
    edges = [e for e in _edges(graph, node) if not wanted or e.relation == wanted]
    edges.sort(key=lambda e: (-e.support, -e.confidence, e.key))
    links = tuple(_link(graph, node, edge) for edge in edges[:limit])
    return Neighbours(node=brief(graph, node), links=links, total=len(edges), truncated=len(edges) > limit)


def why(
    graph: View, name: str, relation: str = "", other: str = "", *, refused: bool = False, limit: int = LIMIT
) -> Because:
    """Give the sentences and rules behind the edges between two nodes, or behind a node's edges of one relation.

    With `refused`, the candidates of this name that were refused, and the reason.
    """
    _limited(limit)
    for text in (name, relation, other):
        _bounded(text)
    if refused:
        told = queries.why_not(graph, name, relation or None, other or None)
        return Because(
            name=told.name,
            reasons=(),
            refused=tuple(
                Refused(
                    name=r.rejection.name,
                    type=r.rejection.type,
                    reason=r.rejection.reason,
                    paper=r.paper,
                    title=r.title,
                    quotes=r.quotes,
                )
                for r in told.refusals[:limit]
            ),
            merges=told.merges,
            total=len(told.refusals),
            truncated=len(told.refusals) > limit,
            note=told.note,
        )
    if not relation and not other:
        raise QueryError("a name alone has no one reason", hint="name a relation or another node; describe tells more")
    told = queries.why(graph, name, relation or None, other or None)
    return Because(
        name=told.name,
        reasons=tuple(
            Behind(
                source=brief(graph, r.source),
                label=r.label,
                target=brief(graph, r.target),
                confidence=r.edge.confidence,
                support=r.edge.support,
                derived=r.edge.derived,
                rules=tuple(vote.rule for vote in r.edge.votes),
                quotes=r.quotes[:limit],
                introductions=r.introductions[:limit],
            )
            for r in told.reasons[:limit]
        ),
        refused=(),
        merges=tuple(dict.fromkeys(line for r in told.reasons[:limit] for line in r.merges)),
        total=len(told.reasons),
        truncated=len(told.reasons) > limit or any(len(r.quotes) > limit for r in told.reasons),
        note=told.note,
    )


def ask(graph: View, question: str, *, limit: int = LIMIT) -> Answered:
    """Answer a question in words, with the sentences behind each row and the same question as SPARQL."""
    _bounded(question)
    _limited(limit)
    answer = queries.proven(graph, queries.answer(graph, question, limit=limit))
    return Answered(
        question=question,
        reading=answer.reading,
        columns=answer.columns,
        rows=answer.rows,
        ids=answer.ids,
        evidence=answer.evidence,
        truncated=answer.truncated,
        note=answer.note.replace("--limit", "a higher limit"),  # here it is no option of a command
        sparql=answer.sparql,
    )


def _bounded(text: str) -> None:
    if len(text) > LONGEST:
        raise QueryError(f"{len(text)} characters are too long", hint=f"at most {LONGEST}")


def _limited(limit: int) -> None:
    if not 1 <= limit <= MOST:
        raise QueryError(f"no limit of {limit}", hint=f"1 to {MOST}")


def _edges(graph: View, node: Node) -> Sequence[Edge]:
    found: Iterable[Edge] = (*graph.outgoing.get(node.id, ()), *graph.incoming.get(node.id, ()))
    return list({edge.key: edge for edge in found}.values())


def _link(graph: View, node: Node, edge: Edge) -> Link:
    outgoing = edge.source == node.id
    return Link(
        relation=edge.relation,
        label=label_at(graph, edge.relation, outgoing=outgoing),
        outgoing=outgoing,
        other=brief(graph, graph.by_id[edge.target if outgoing else edge.source]),
        confidence=edge.confidence,
        support=edge.support,
        derived=edge.derived,
        quote=quotes(graph, edge.evidence[:1])[0],
    )
