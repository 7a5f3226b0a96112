"""Why a node or an edge is in the graph, in the words of the papers; and why a candidate is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg import __version__
from kg.decisions import CONFIRM
from kg.model import Edge, Evidence, Node, Paper, QueryError, Rejection, Vote, name_key
from kg.queries.tables import cut, printable
from kg.queries.words import Words, did_you_mean, named, nearest_names, only, phrase_key
from kg.sentences import sentence_around
from kg.view import View

_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence of a paper (or its curated statement) with the words that count marked «so»."""

    paper: str
    title: str
    date: str
    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One edge with everything behind it; `introductions` are quotes on why a derived edge was inherited.

    `merges` tell why words of the quotes stand for an end of the edge, `ruling` which decision confirmed it.
    """

    edge: Edge
    source: Node
    target: Node
    label: str
    quotes: tuple[Quote, ...]
    introductions: tuple[Quote, ...] = ()
    merges: tuple[str, ...] = ()
    ruling: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One refused candidate, and the paper that named it."""

    rejection: Rejection
    quotes: tuple[Quote, ...]
    paper: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What `why` found: a node with its edges in short, or edges with their evidence, or refused candidates."""

    name: str
    node: Node | None = None
    edges: tuple[tuple[str, str, Edge], ...] = ()
    reasons: tuple[Reason, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    merges: tuple[str, ...] = ()
    note: str = ""


def why(graph: View, name: str, relation: str | None = None, other: str | None = None) -> Explanation:
    """Explain a node, or its edges of one relation (name, label or phrase), or those to one other node.

    Unknown and ambiguous names and edges that do not exist are QueryErrors that tell what there is.
    """
    words = Words(graph=graph)
    if relation is None and other is None:
        node = only(_known(graph, name, words), name)
        listed = tuple(sorted(_edges(graph, node), key=lambda e: (e[0], -e[2].support, -e[2].confidence, e[1])))
        return Explanation(name=node.name, node=node, edges=listed, merges=_merges(graph, node))
    wanted, inverse = _relation(relation, words) if relation is not None else ("", False)
    here = _known(graph, name, words)
    there = _known(graph, other, words) if other is not None else ()
    found = _between(graph, here, there)
    chosen = [e for e in found if _chosen(e, wanted, inverse, here)]
    if not chosen:
        raise _no_edge(graph, name, relation, other, found)
    return Explanation(name=name, reasons=tuple(_reason(graph, edge) for edge in chosen))


def why_not(graph: View, name: str, relation: str | None = None, other: str | None = None) -> Explanation:
    """Explain which candidates of this name, or of this paper, were refused, and for what reason.

    With a relation or another name, only what was refused of that; decisions that keep names apart are told too.
    """
    keys, ids = _meant(graph, name)
    refused = [(p, r) for p, r in graph.rejections if name_key(r.name) in keys or p in ids]
    if other is not None:
        others, others_ids = _meant(graph, other)
        refused = [(p, r) for p, r in refused if name_key(r.name) in others or p in others_ids or other in r.reason]
    if relation is not None:
        wanted, _ = _relation(relation, Words(graph=graph))
        refused = [(p, r) for p, r in refused if wanted in r.reason.split()]
    about = " ".join(word for word in (name, relation, other) if word)
    apart = tuple(_apart(graph, keys, other))
    if refused or apart:
        return Explanation(name=about, refusals=tuple(_refusal(graph, p, r) for p, r in refused), merges=apart)
    nodes = named(graph, name)
    if nodes and relation is None and other is None:
        return Explanation(name=name, note="nothing of this name was refused; it is in the graph")
    if nodes:
        return Explanation(name=about, note="nothing of the kind was refused: no paper was read to say so")
    hint = nearest_names(name, sorted({r.name for _, r in graph.rejections})) or did_you_mean(name, Words(graph=graph))
    raise QueryError(f"nothing called {name!r} was found, and nothing of that name was refused", hint=hint)


def _meant(graph: View, name: str) -> tuple[set[str], set[str]]:
    """Return the keys of all that a name is called, and the ids of the papers that it names."""
    nodes = named(graph, name)
    keys = {name_key(n) for node in nodes for n in (node.name, *node.aliases)} | {name_key(name)}
    return keys, {node.id for node in nodes if node.paper is not None}


def _apart(graph: View, keys: set[str], other: str | None) -> Iterable[str]:
    """Yield the decisions that keep one of these names apart from others."""
    for decision in graph.decisions:
        names = {name_key(n): n for n in decision.names}
        if decision.verb == "keep-apart" and keys & set(names) and (other is None or name_key(other) in names):
            yield f"{' and '.join(decision.names)} are kept apart by {decision.where}: {decision.why}"


def quotes(graph: View, evidence: Iterable[Evidence]) -> tuple[Quote, ...]:
    """Return the sentences around the evidence, in order, every sentence once with all its words marked."""
    places: dict[tuple[str, str, int, int, str], list[tuple[int, int]]] = defaultdict(list)
    for item in evidence:
        record = graph.by_id[item.paper].paper
        text = record.text(item.field) if record is not None else ""
        if text[item.start : item.end] != item.text or item.field not in ("title", "abstract"):
            text, start, end = item.text, 0, len(item.text)
        else:
            start, end = item.start, item.end
        left, right = sentence_around(text, start, end)
        places[item.paper, item.field, left, right, text].append((start, end))
    return tuple(_quote(graph.by_id[place[0]], place, spans) for place, spans in places.items())


def _quote(node: Node, place: tuple[str, str, int, int, str], spans: list[tuple[int, int]]) -> Quote:
    paper, field, left, right, text = place
    parts, at = [], left
    for start, end in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if start >= at:
            parts += [text[at:start], "«", text[start:end], "»"]
            at = end
    marked = "".join([*parts, text[at:right]])
    return Quote(paper=paper, title=node.name, date=date_of(node.paper), field=field, text=" ".join(marked.split()))


def date_of(paper: Paper | None) -> str:
    """Return the date of a paper, or its year, so far as either is known."""
    if paper is None:
        return ""
    return paper.date or str(paper.year or "")


# --- nodes and edges ------------------------------------------------------------------------------------------------


def _known(graph: View, name: str, words: Words) -> tuple[Node, ...]:
    nodes = named(graph, name)
    if not nodes:
        raise QueryError(f"do not know {name!r}", hint=did_you_mean(name, words) or "kg query finds nodes")
    return nodes


def _relation(text: str, words: Words) -> tuple[str, bool]:
    found = words.phrases.get(phrase_key(text))
    if found is None:
        hint = nearest_names(text, words.written) or "one of " + ", ".join(r.label for r in words.ontology.relations)
        raise QueryError(f"no relation called {text!r}", hint=hint)
    return found


def label_at(graph: View, name: str, *, outgoing: bool) -> str:
    """Return what a relation is called seen from its source, or from its target."""
    relation = graph.ontology.relation(name)
    if outgoing:
        return relation.label
    return relation.inverse[0] if relation.inverse else f"{relation.label} (from)"


def _edges(graph: View, node: Node) -> Iterable[tuple[str, str, Edge]]:
    """Yield every edge of a node as (label, name at the other end, edge)."""
    for edge in graph.outgoing.get(node.id, ()):
        yield label_at(graph, edge.relation, outgoing=True), graph.by_id[edge.target].name, edge
    for edge in graph.incoming.get(node.id, ()):
        yield label_at(graph, edge.relation, outgoing=False), graph.by_id[edge.source].name, edge


def _between(graph: View, here: Sequence[Node], there: Sequence[Node]) -> list[Edge]:
    """Return the edges of `here`, both ways, the best supported first; only those to `there` when it is given."""
    ends = {node.id for node in there}
    found = {
        edge.key: edge
        for node in here
        for edge in (*graph.outgoing.get(node.id, ()), *graph.incoming.get(node.id, ()))
        if not ends or {edge.source, edge.target} - {node.id} <= ends
    }
    return sorted(found.values(), key=lambda e: (-e.support, -e.confidence, e.key))


def _chosen(edge: Edge, relation: str, inverse: bool, here: Sequence[Node]) -> bool:
    ids = {node.id for node in here}
    return not relation or (edge.relation == relation and (edge.target if inverse else edge.source) in ids)


def _no_edge(graph: View, name: str, relation: str | None, other: str | None, found: Sequence[Edge]) -> QueryError:
    what = f"no edge says that {name!r} {relation or 'is linked to'} " + (repr(other) if other else "anything")
    there = [
        f"{graph.by_id[e.source].name!r} {graph.ontology.relation(e.relation).label} {graph.by_id[e.target].name!r}"
        for e in found[:3]
    ]
    return QueryError(what, hint="there is: " + "; ".join(there) if there else "kg why --not shows what was refused")


def _reason(graph: View, edge: Edge) -> Reason:
    return Reason(
        edge=edge,
        source=graph.by_id[edge.source],
        target=graph.by_id[edge.target],
        label=graph.ontology.relation(edge.relation).label,
        quotes=quotes(graph, edge.evidence),
        introductions=quotes(graph, _introductions(graph, edge)) if _inherited(graph, edge) else (),
        merges=tuple(
            line for end in (edge.source, edge.target) for line in _merges(graph, graph.by_id[end], edge.evidence)
        ),
        ruling=_ruling(graph, edge),
    )


def _inherited(graph: View, edge: Edge) -> bool:
    return edge.derived and graph.ontology.relation(edge.relation).inherited


def _merges(graph: View, node: Node, evidence: Iterable[Evidence] | None = None) -> tuple[str, ...]:
    """Return why other names belong to a node, those of the quoted words if evidence is given; decisions say why."""
    quoted = None if evidence is None else {name_key(e.text) for e in evidence}
    whys = {decision.where: decision.why for decision in graph.decisions if decision.why}
    return tuple(
        f"{merge.name}: {merge.reason}"
        + next((f": {why}" for at, why in whys.items() if merge.reason.endswith(f" {at}")), "")
        for merge in node.merges
        if quoted is None or name_key(merge.name) in quoted
    )


def _ruling(graph: View, edge: Edge) -> str:
    """Return the decision that confirmed an edge, with its reason."""
    for vote in edge.votes:
        for decision in graph.decisions:
            if decision.verb == CONFIRM and f"{vote.rule} ".startswith(f"confirmed by {decision.where} "):
                return vote.rule + (f": {decision.why}" if decision.why else "")
    return ""


def _introductions(graph: View, edge: Edge) -> Iterable[Evidence]:
    """Yield where the papers behind a derived edge introduce its source."""
    contribution = graph.ontology.relation_as("contribution").name
    for other in graph.incoming.get(edge.source, ()):
        if other.relation == contribution and other.source in edge.papers:
            yield from other.evidence


def _refusal(graph: View, paper: str, rejection: Rejection) -> Refusal:
    own = [replace(evidence, paper=paper) for evidence in rejection.evidence]
    return Refusal(rejection=rejection, quotes=quotes(graph, own), paper=paper, title=graph.by_id[paper].name)


# --- text -----------------------------------------------------------------------------------------------------------


def format_explanation(explanation: Explanation, *, width: int = 120) -> str:
    """Return an explanation as plain text: lists of edges are cut short and say so, evidence never is."""
    lines: list[str] = []
    if explanation.node is not None:
        lines += [*_node_lines(explanation.node), *(f"  merged: {line}" for line in explanation.merges)]
        lines += _edge_lines(explanation, width)
    else:
        lines += explanation.merges
    for reason in explanation.reasons:
        lines += ["", *_reason_lines(reason)] if lines else _reason_lines(reason)
    for refusal in explanation.refusals:
        rejection = refusal.rejection
        lines.append(f"{rejection.name} ({rejection.type}) was refused: {rejection.reason}")
        lines += _quote_lines(refusal.quotes) or [f"  {refusal.title}"]
    if explanation.note:
        lines.append(f"{explanation.name}: {explanation.note}")
    return "\n".join(printable_line(line) for line in lines)


def printable_line(line: str) -> str:
    """Return a line made safe for a terminal, its indentation kept."""
    text = line.lstrip(" ")
    return line[: len(line) - len(text)] + printable(text)


def _node_lines(node: Node) -> list[str]:
    lines = [f"{node.name} is a {node.type}", f"  id: {node.id}"]
    if node.paper is not None:
        lines += [f"  date: {date_of(node.paper)}"] if date_of(node.paper) else []
        lines += [f"  url: {node.paper.url}"] if node.paper.url else []
    else:
        lines.append(f"  support: {_papers(node.support)}")
    if node.aliases:
        lines.append("  also called: " + ", ".join(node.aliases))
    return lines


def _edge_lines(explanation: Explanation, width: int) -> list[str]:
    groups: dict[str, list[tuple[str, Edge]]] = defaultdict(list)
    for label, name, edge in explanation.edges:
        groups[label].append((name, edge))
    lines = [] if groups else ["  no edges"]
    for label, edges in groups.items():
        lines.append(f"  {label}: {len(edges)}")
        for name, edge in edges[:_SHOWN]:
            about = f"{_papers(edge.support)}, confidence {edge.confidence:g}" + (", derived" if edge.derived else "")
            lines.append(f"    {cut(printable(name), max(width - len(about) - 8, 20))} ({about})")
        if len(edges) > _SHOWN:
            lines.append(f"    … and {len(edges) - _SHOWN} more")
    return lines


def _reason_lines(reason: Reason) -> list[str]:
    edge = reason.edge
    lines = [
        f"{reason.source.name} ({reason.source.type}) {reason.label} {reason.target.name} ({reason.target.type})",
        f"  {_papers(edge.support)}, confidence {edge.confidence:g}, {'derived' if edge.derived else 'direct'}",
    ]
    votes = [f"{vote.rule} {vote.score:g}" for vote in edge.votes if not (reason.ruling and _confirms(vote))]
    if votes:
        lines.append(f"  votes (rules of paperatlas {__version__}): " + ", ".join(votes))
    if reason.ruling:
        lines.append(f"  {reason.ruling}")
    lines += _quote_lines(reason.quotes)
    lines += [f"  merged: {line}" for line in reason.merges]
    if edge.derived and not reason.introductions:
        lines.append("  derived: no paper says so in these words; it follows from the names, by the rule above")
    elif edge.derived:
        lines.append(f"  derived: inherited from the paper that introduced {reason.source.name}")
        lines += _quote_lines(reason.introductions)
    return lines


def _confirms(vote: Vote) -> bool:
    return vote.rule.startswith("confirmed by ")


def _quote_lines(found: Sequence[Quote]) -> list[str]:
    lines = []
    for number, quote in enumerate(found):
        if number == 0 or found[number - 1].paper != quote.paper:
            lines.append(f"  {quote.title}" + (f" ({quote.date})" if quote.date else ""))
        lines.append(f"    {quote.field}: {quote.text}")
    return lines


def _papers(count: int) -> str:
    return "1 paper" if count == 1 else f"{count} papers"
