"""`kg review`: what in a graph is worth a person's minute, most useful first, and the decisions that answers make.

Usefulness is how open a question is, times how much hangs on it. A question is asked as long as no decision settles it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log2
from pathlib import Path

from kg.decisions import CONFIRM, REJECT, Decision, add, read_decisions, settles
from kg.graph import KnowledgeGraph
from kg.model import Edge, Evidence, KGError, Node, digest, name_key
from kg.ontology import Ontology
from kg.queries.explanations import quotes
from kg.queries.tables import printable
from kg.review import duplicates

ANSWERS = {"y": "y", "yes": "y", "n": "n", "no": "n", "s": "skip", "skip": "skip", "q": "quit", "quit": "quit"}
_SURE = 0.05  # questions less open than this are not asked
_QUOTES = 2


class ReviewError(KGError):
    """An answer that is none, or answers to another question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to decide: `yes` and `no` are the decisions that the answers make."""

    id: str
    kind: str
    text: str
    reason: str
    usefulness: float
    evidence: tuple[Evidence, ...]
    yes: Decision
    no: Decision


def questions(graph: KnowledgeGraph, decided: Iterable[Decision] = ()) -> tuple[Question, ...]:
    """Return what is worth asking, most useful first; nothing that the graph's or the given decisions settle."""
    settled = {key for decision in (*graph.decisions, *decided) for key in settles(decision)}
    words = {word for key in settled for word in key}
    found = [
        *(_about_edge(graph, edge, hangs) for edge, hangs in _uncertain(graph)),
        *(_about_pair(graph, pair) for pair in duplicates.pairs(graph)),
    ]
    open_ = [q for q in found if not _settled(graph, q, settled, words)]
    return tuple(sorted(open_, key=lambda q: (-q.usefulness, q.id)))


def _settled(graph: KnowledgeGraph, question: Question, settled: set[tuple[str, ...]], words: set[str]) -> bool:
    """Whether a decision is about this under any of its names; `words` are those that decisions are about."""
    ends = []
    for name in question.yes.names:
        nodes = [n for n in graph.find(name) if n.type == question.yes.type and n.name == name]
        names = (name, *(alias for node in nodes[:1] for alias in node.aliases))
        ends.append([n for n in names if name_key(n) in words])
    return any(
        settled.intersection(settles(replace(decision, names=names)))
        for names in product(*ends)
        if len(set(map(name_key, names))) == len(names)
        for decision in (question.yes, question.no)
    )


# --- edges ----------------------------------------------------------------------------------------------------------


def _uncertain(graph: KnowledgeGraph) -> list[tuple[Edge, float]]:
    """Return the edges that a paper states without being sure, each with how much hangs on it."""
    contribution = graph.ontology.relation_as("contribution").name
    degree: Counter[str] = Counter()
    resting: Mapping[tuple[str, str], int] = _resting(graph)
    for edge in graph.edges:
        degree.update((edge.source, edge.target))
    found = []
    for edge in graph.edges:
        if edge.derived or _openness(edge.confidence) < _SURE:
            continue
        below = resting.get((edge.source, edge.target), 0)
        if edge.relation == contribution:
            below = sum(1 for e in graph.outgoing.get(edge.target, ()) if e.derived and edge.source in e.papers)
        found.append((edge, 1 + below + log2(1 + degree[edge.target])))
    return found


def _resting(graph: KnowledgeGraph) -> Mapping[tuple[str, str], int]:
    """Count, by paper and entity, the derived edges that come from that one statement."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for edge in graph.edges:
        if edge.derived:
            for paper in edge.papers:
                found[paper, edge.target] += 1
    return found


def _openness(confidence: float) -> float:
    """Return 1 for a coin's toss and 0 for what is certain.

    >>> _openness(0.5), _openness(1.0), _openness(0.75)
    (1.0, 0.0, 0.5)
    """
    return 1 - abs(2 * confidence - 1)


def _about_edge(graph: KnowledgeGraph, edge: Edge, hangs: float) -> Question:
    source, target = graph.by_id[edge.source], graph.by_id[edge.target]
    label = graph.ontology.relation(edge.relation).label
    yes = Decision(
        verb=CONFIRM,
        type=target.type,
        names=(target.name,),
        source=_called(source),
        source_type="" if source.paper is not None else source.type,
        relation=edge.relation,
        why="asked by kg review",
    )
    return Question(
        id=digest("\t".join(edge.key)),
        kind="edge",
        text=f"{printable(source.name)} -- {label} -- {printable(target.name)} ({target.type})",
        reason=f"confidence {edge.confidence:g}",
        usefulness=round(_openness(edge.confidence) * hangs, 4),
        evidence=edge.evidence,
        yes=yes,
        no=replace(yes, verb=REJECT),
    )


def _called(node: Node) -> str:
    """Return what a decision calls a node: its name; a paper's id where its title is no name."""
    if node.paper is not None and not any(c.isalnum() for c in node.name):
        return node.id
    return node.name


# --- duplicates -----------------------------------------------------------------------------------------------------


def _about_pair(graph: KnowledgeGraph, pair: duplicates.Pair) -> Question:
    names = (pair.first.name, pair.second.name)
    yes = Decision(verb="merge", type=pair.first.type, names=names, to=pair.first.name, why="asked by kg review")
    return Question(
        id=digest("\t".join(sorted((pair.first.id, pair.second.id)))),
        kind="duplicate",
        text=f"{printable(names[0])} = {printable(names[1])} ({pair.first.type})",
        reason=f"{pair.reason}, {pair.first.support} and {pair.second.support} papers",
        usefulness=round(pair.uncertainty * duplicates.stake(graph, pair), 4),
        evidence=tuple(e for node in (pair.first, pair.second) for e in _first(graph, node)),
        yes=yes,
        no=replace(yes, verb="keep-apart", to=""),
    )


def _first(graph: KnowledgeGraph, node: Node) -> Sequence[Evidence]:
    """Return one place where a node is named, the surest."""
    edges = graph.incoming.get(node.id, ())
    return min(edges, key=lambda e: (e.derived, -e.confidence, e.key)).evidence[:1] if edges else ()


# --- answers --------------------------------------------------------------------------------------------------------


def answer(question: Question, given: str, *, by: str = "") -> Decision | None:
    """Return the decision that an answer makes; None to skip. Raises a ReviewError when it is no answer."""
    meant = ANSWERS.get(given.strip().casefold(), "")
    if meant in ("skip", "quit"):
        return None
    if not meant:
        raise ReviewError(f"{given.strip()!r} is no answer", hint="y, n, skip or quit")
    decision = question.yes if meant == "y" else question.no
    return replace(decision, by=by) if decision.relation else decision


def answers(path: Path, asked: Sequence[Question], *, by: str = "") -> tuple[Decision, ...]:
    """Read answers, one a line: the id of a question and y, n or skip; what follows a `#` is for people."""
    known = {question.id: question for question in asked}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ReviewError(f"cannot read: {error}", where=str(path)) from None
    found: list[Decision] = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        where = f"{path}:{number}"
        if not words:
            continue
        if len(words) != 2:
            raise ReviewError("expected an id and an answer", where=where, hint="kg review GRAPH.kg --list shows ids")
        if words[0] not in known:
            raise ReviewError(f"no open question {words[0]}", where=where, hint="decided already, or of another graph")
        if ANSWERS.get(words[1].casefold()) == "quit":
            break
        try:
            decision = answer(known.pop(words[0]), words[1], by=by)
        except ReviewError as error:
            raise ReviewError(error.what, where=where, hint=error.hint) from None
        found += [decision] if decision is not None else []
    return tuple(found)


def decided(path: Path, ontology: Ontology) -> tuple[Decision, ...]:
    """Return what a decisions file holds already; nothing if there is none yet."""
    return read_decisions(path, ontology=ontology) if path.is_file() else ()


def record(path: Path, made: Sequence[Decision], ontology: Ontology) -> int:
    """Write decisions into a decisions file and return how many; raises a LexiconError if they contradict it."""
    if made:
        add(path, made, ontology=ontology)
    return len(made)


# --- text -----------------------------------------------------------------------------------------------------------


def to_text(question: Question, graph: KnowledgeGraph) -> str:
    """Return a question for people: what is asked, why, and the words of the papers."""
    lines = [f"{question.text} ?", f"    {question.reason}; id {question.id}, usefulness {question.usefulness:.2f}"]
    for quote in quotes(graph, question.evidence)[:_QUOTES]:
        title = "" if quote.field == "title" else f"{printable(quote.title)}: "
        lines.append(f"    {title}{quote.field}: {printable(quote.text)}")
    return "\n".join(lines)


def to_json(asked: Iterable[Question], graph: KnowledgeGraph) -> str:
    """Return questions as a JSON list, with all that is needed to answer them elsewhere."""
    rows = [
        {
            "id": q.id,
            "kind": q.kind,
            "question": q.text,
            "reason": q.reason,
            "usefulness": q.usefulness,
            "type": q.yes.type,
            "names": list(q.yes.names),
            "source": q.yes.source,
            "relation": q.yes.relation,
            "quotes": [
                {"paper": t.title, "field": t.field, "text": t.text} for t in quotes(graph, q.evidence)[:_QUOTES]
            ],
        }
        for q in asked
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)
