"""Questions in words -> rows: the nodes that fulfil the condition, each with the edges that it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg.graph import KnowledgeGraph
from kg.model import Edge, Node
from kg.ontology import Relation
from kg.queries import grammar
from kg.queries.grammar import Both, Clause, Condition, Either, Question, Subject, Without, describe, described
from kg.queries.tables import Answer
from kg.queries.words import Words

COLUMNS = ("name", "type", "support", "confidence")

# A paper has one relation to a thing, the strongest; so what it is evaluated on or made for, it uses as well.
_IMPLIED_BY = {"means": ("result", "platform")}
# What holds of the experiments of a paper holds of what it uses; what else it uses or beats does not.
_EXPERIMENTAL = ("result", "platform", "goal")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """Why a node fulfils a condition: the papers that say so, how surely, and the edges."""

    papers: frozenset[str]
    confidence: float
    edges: tuple[tuple[str, str, str], ...] = ()


def answer(graph: KnowledgeGraph, question: str, *, limit: int = 50) -> Answer:
    """Answer a question in words; what is not understood is a QueryError that says what was perhaps meant.

    Rows are sorted by support (papers behind the weakest part of the condition), confidence (of the weakest part) and
    name. An empty answer always has a note that tells which part has no result.
    """
    words = Words(graph=graph)
    asked = grammar.parse(question, words)
    search = _Search(words, asked)
    found = search.matches(asked.subject)
    ranked = sorted(found, key=lambda i: _rank(graph.by_id[i], found[i], asked.order))
    shown = ranked[: min(limit, asked.top or limit)]
    truncated = len(shown) < min(len(ranked), asked.top or len(ranked))
    return Answer(
        columns=COLUMNS,
        rows=tuple(_row(graph.by_id[i], found[i]) for i in shown),
        note="; ".join([*search.notes, *search.remarks(found), *_counted(len(shown), len(ranked), truncated)]),
        truncated=truncated,
        ids=tuple(shown),
        edges=tuple(found[i].edges for i in shown),
        reading=describe(asked.subject, words) + _in_words(asked),
    )


def _row(node: Node, match: _Match) -> tuple[str, str, int, float]:
    return (node.name, node.type, len(match.papers), round(match.confidence, 4))


def _rank(node: Node, match: _Match, order: str) -> tuple[object, ...]:
    support, confidence, name = -len(match.papers), -round(match.confidence, 4), (node.name.casefold(), node.id)
    if order == "confidence":
        return (confidence, support, name)
    return (name,) if order == "name" else (support, confidence, name)


def _counted(shown: int, total: int, truncated: bool) -> list[str]:
    if shown == total:
        return []
    return [f"the first {shown} of {total} rows" + (", --limit shows more" if truncated else "")]


def _in_words(asked: Question) -> str:
    return (f" since {asked.since}" if asked.since else "") + (f" until {asked.until}" if asked.until else "")


class _Search:
    """One evaluation: it collects what a person must be told beside the rows."""

    def __init__(self, words: Words, asked: Question) -> None:
        self.words, self.graph, self.asked = words, words.graph, asked
        self.document = words.ontology.type_as("document").name
        self.background = words.ontology.relation_as("background").name
        self.notes: list[str] = []
        self.missing: list[str] = []
        self.undated: set[str] = set()
        self.negated = False

    def matches(self, subject: Subject) -> dict[str, _Match]:
        """Return the nodes that a subject stands for."""
        self._tell_ambiguous(subject)
        if subject.condition is None:
            return self._standing(subject)
        return self._condition(subject.condition, subject)

    def remarks(self, found: dict[str, _Match]) -> Iterator[str]:
        """Explain an empty answer, and what the years left out."""
        if not found:
            yield from list(dict.fromkeys(self.missing)) or [self._nothing()]
            yield from self._of_papers()
            if self.asked.since or self.asked.until:
                search = _Search(self.words, replace(self.asked, since=None, until=None))
                yield f"of any year there are {len(search.matches(self.asked.subject))}"
        if self.undated:
            yield f"papers without a year are left out: {len(self.undated)}"

    def _of_papers(self) -> Iterator[str]:
        """Say how many papers fulfil what no entity does: people ask for models and mean the papers that use them."""
        subject = self.asked.subject
        if subject.condition is not None and subject.types and self.document not in subject.types:
            papers = replace(self.asked, subject=replace(subject, types=(self.document,)))
            search = _Search(self.words, papers)
            if found := search.matches(papers.subject):
                yield f"{self.words.ontology.type(self.document).plural} for which it holds: {len(found)}"

    def _nothing(self) -> str:
        subject = self.asked.subject
        if subject.condition is None:
            return f"the graph has no {describe(subject, self.words)}"
        return f"every part has results, but nothing among {subject.text or 'all nodes'} fulfils " + repr(
            described(subject.condition, self.words)
        )

    def _tell_ambiguous(self, subject: Subject) -> None:
        if len(subject.ids) > 1:
            nodes = [self.graph.by_id[i] for i in subject.ids]
            listed = ", ".join(f"{n.name} ({n.type})" for n in nodes)
            note = f"{subject.text!r} names {len(nodes)} nodes, all are meant: {listed}"
            self.notes += [note] if note not in self.notes else []

    def _tell_implied(self, clause: Clause, found: dict[str, _Match]) -> None:
        told = {key[1] for match in found.values() for key in match.edges} - {clause.relation}
        if clause.relation and told and not self.negated:
            ontology = self.words.ontology
            labels = " and ".join(ontology.relation(name).label for name in sorted(told))
            note = f"{labels} counts as {ontology.relation(clause.relation).label}"
            self.notes += [note] if note not in self.notes else []

    # --- conditions -------------------------------------------------------------------------------------------------

    def _condition(self, condition: Condition, subject: Subject) -> dict[str, _Match]:
        if isinstance(condition, Clause):
            return self._clause(condition, subject)
        if isinstance(condition, Either):
            found: dict[str, _Match] = {}
            for part in condition.parts:
                for node, match in self._condition(part, subject).items():
                    found[node] = _stronger(found[node], match) if node in found else match
            return found
        parts = condition.parts if isinstance(condition, Both) else (condition,)
        return self._all(parts, subject)

    def _all(self, parts: tuple[Condition, ...], subject: Subject) -> dict[str, _Match]:
        wanted = [self._condition(p, subject) for p in parts if not isinstance(p, Without)]
        found = wanted[0] if wanted else self._standing(subject)
        for other in wanted[1:]:
            found = {node: _weaker(match, other[node]) for node, match in found.items() if node in other}
        for part in parts:
            if isinstance(part, Without):
                refused = self._refused(part, subject)
                found = {node: match for node, match in found.items() if node not in refused}
        return found

    def _refused(self, part: Without, subject: Subject) -> dict[str, _Match]:
        """Return what a negation takes away: only what an edge says outright. That it takes nothing is no news."""
        missing, before, self.negated = list(self.missing), self.negated, True
        refused = self._condition(part.part, subject)
        self.missing, self.negated = missing, before
        return refused

    def _clause(self, clause: Clause, subject: Subject) -> dict[str, _Match]:
        objects = self.matches(clause.object)
        found: dict[str, _Match] = {}
        for known, there in objects.items():
            for node, edge in self._joined(known, clause):
                papers = self._in_years(edge)
                if papers and self._fits(node, subject):
                    limit = there.confidence if clause.object.condition else 1.0
                    _add(found, node, _Match(papers=papers, confidence=min(edge.confidence, limit), edges=(edge.key,)))
        self._tell_implied(clause, found)
        if not found and objects and not self.negated:
            found = self._through_papers(clause, subject, objects)
        if not found:
            self.missing.append(self._why_nothing(clause, subject))
        return found

    def _joined(self, known: str, clause: Clause) -> Iterator[tuple[str, Edge]]:
        """Yield the node at the other end of every edge of the clause; a link of any kind leaves out background."""
        meant = self._meant(clause.relation)
        if not clause.inverse:
            yield from ((e.source, e) for e in self.graph.incoming.get(known, ()) if e.relation in meant)
        if clause.inverse or not clause.relation:
            yield from ((e.target, e) for e in self.graph.outgoing.get(known, ()) if e.relation in meant)

    def _meant(self, relation: str) -> frozenset[str]:
        """Return the relations that a word stands for: those that imply it, or any but the background."""
        ontology = self.words.ontology
        if not relation:
            return frozenset(r.name for r in ontology.relations) - {self.background}
        implied = _IMPLIED_BY.get(ontology.relation(relation).role, ())
        return frozenset((relation, *(ontology.relation_as(role).name for role in implied)))

    def _through_papers(self, clause: Clause, subject: Subject, objects: dict[str, _Match]) -> dict[str, _Match]:
        """Read a relation of an entity through the papers that introduce or use it, when no edge says it outright.

        Nobody introduces quantization, yet people ask which hardware it targets. The note tells that it was done.
        """
        if not clause.relation or not self.words.ontology.relation(clause.relation).inherited:
            return {}
        relation = self.words.ontology.relation(clause.relation)
        found: dict[str, _Match] = {}
        for known in objects:
            for entity, other, carrier, edge in self._carried(known, relation, inverse=clause.inverse):
                node = other if clause.inverse else entity
                papers = self._in_years(edge)
                if papers and self._fits(node, subject):
                    sure = carrier.confidence * edge.confidence
                    _add(found, node, _Match(papers=papers, confidence=sure, edges=(carrier.key, edge.key)))
        if found:
            labels = " or ".join(r.label for r in self._carriers(relation))
            said = f"no edge says {described(clause, self.words)!r} outright: read through the papers that say both"
            self.notes.append(f"{said} ({labels} the one, {relation.label} the other)")
        return found

    def _carried(self, known: str, relation: Relation, *, inverse: bool) -> Iterator[tuple[str, str, Edge, Edge]]:
        """Yield (entity, object, paper -> entity, paper -> object) for every paper that joins them."""
        carriers = {r.name for r in self._carriers(relation)}
        for edge in self.graph.incoming.get(known, ()):
            if self.graph.by_id[edge.source].type != self.document:
                continue
            for other in self.graph.outgoing[edge.source]:
                carrier, said = (edge, other) if inverse else (other, edge)
                entity, end = self.graph.by_id[carrier.target], self.graph.by_id[said.target]
                if (
                    carrier.relation in carriers
                    and said.relation == relation.name
                    and entity != end
                    and relation.allows(entity.type, end.type)
                ):
                    yield entity.id, end.id, carrier, said

    def _carriers(self, relation: Relation) -> tuple[Relation, ...]:
        """Return how a paper must be joined with an entity to speak for it."""
        roles = ("contribution", "means") if relation.role in _EXPERIMENTAL else ("contribution",)
        return tuple(self.words.ontology.relation_as(role) for role in roles)

    # --- nodes and years --------------------------------------------------------------------------------------------

    def _fits(self, node: str, subject: Subject) -> bool:
        if subject.ids:
            return node in subject.ids
        return not subject.types or self.graph.by_id[node].type in subject.types

    def _standing(self, subject: Subject) -> dict[str, _Match]:
        """Return what a subject stands for before any condition, with the papers that name it."""
        nodes = [self.graph.by_id[i] for i in subject.ids] if subject.ids else self.graph.nodes
        found: dict[str, _Match] = {}
        for node in nodes:
            if not self._fits(node.id, subject):
                continue
            if node.type == self.document:
                papers, sure = self._of_years({node.id}), 1.0
            else:
                edges = [e for e in self.graph.incoming.get(node.id, ()) if not e.derived]
                papers = self._of_years({p for e in edges for p in e.papers})
                sure = max((e.confidence for e in edges if papers & set(e.papers)), default=0.0)
            if papers:
                found[node.id] = _Match(papers=papers, confidence=sure)
        return found

    def _in_years(self, edge: Edge) -> frozenset[str]:
        return self._of_years(set(edge.papers))

    def _of_years(self, papers: set[str]) -> frozenset[str]:
        if self.asked.since is None and self.asked.until is None:
            return frozenset(papers)
        kept = set()
        for paper in papers:
            year = self._year(paper)
            if year is None:
                self.undated.add(paper)
            elif (self.asked.since or year) <= year <= (self.asked.until or year):
                kept.add(paper)
        return frozenset(kept)

    def _year(self, paper: str) -> int | None:
        record = self.graph.by_id[paper].paper
        if record is None:
            return None
        return int(record.date[:4]) if record.date[:4].isdigit() else record.year

    def _why_nothing(self, clause: Clause, subject: Subject) -> str:
        said = f"no result among {subject.text or 'all nodes'} for {described(clause, self.words)!r}"
        said += _in_words(self.asked)
        if not clause.relation:
            return said
        relation = self.words.ontology.relation(clause.relation)
        ends = [self._types(subject), self._types(clause.object)]
        sources, targets = reversed(ends) if clause.inverse else ends
        if any(relation.allows(s, t) for s in sources for t in targets):
            return said
        end = relation.domain if clause.inverse else relation.range
        nodes = [self.graph.by_id[i] for i in clause.object.ids[:1]]
        kinds = [f"{node.name} is a {node.type}" for node in nodes if node.type not in end]
        return ", and ".join([f"{said}: {self.words.joins(clause.relation)}", *kinds])

    def _types(self, subject: Subject) -> tuple[str, ...]:
        if subject.ids:
            return tuple(self.graph.by_id[i].type for i in subject.ids)
        return subject.types or tuple(t.name for t in self.words.ontology.types)


def _add(found: dict[str, _Match], node: str, match: _Match) -> None:
    found[node] = _stronger(found[node], match) if node in found else match


def _stronger(one: _Match, other: _Match) -> _Match:
    """Either of two reasons is enough: papers add up, the surer one counts."""
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return _Match(papers=one.papers | other.papers, confidence=max(one.confidence, other.confidence), edges=edges)


def _weaker(one: _Match, other: _Match) -> _Match:
    """Both reasons are needed: a chain is as strong as its weakest link, in papers and in confidence."""
    papers = min((one.papers, other.papers), key=lambda p: (len(p), sorted(p)))
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return _Match(papers=papers, confidence=min(one.confidence, other.confidence), edges=edges)
