"""The search behind a question: the nodes that fulfil the condition, by which papers and edges, and what to tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kg import kinds
from kg.model import Edge
from kg.ontology import Relation
from kg.queries import translation
from kg.queries.meaning import (
    Both,
    Clause,
    Condition,
    Either,
    Question,
    Subject,
    Without,
    describe,
    described,
    named,
    names_in,
    widened,
    years_in_words,
)
from kg.queries.words import Words

_SHOWN = 8  # names listed in a note; the rest is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Why a node fulfils a condition: the papers that say so, how surely, and the edges."""

    papers: frozenset[str]
    confidence: float
    edges: tuple[tuple[str, str, str], ...] = ()


class Search:
    """One evaluation: it collects what a person must be told beside the rows."""

    def __init__(self, words: Words, asked: Question) -> None:
        self.words, self.graph, self.asked = words, words.graph, asked
        self.document = words.ontology.type_as("document").name
        self.background = words.ontology.relation_as("background").name
        self.notes: list[str] = []
        self.missing: list[str] = []
        self.undated: set[str] = set()
        self.through: set[tuple[Subject, Clause]] = set()
        self.negated = False
        self._known: dict[Subject, tuple[str, ...]] = {}

    def matches(self, subject: Subject) -> dict[str, Match]:
        """Return the nodes that a subject stands for."""
        self._tell_named(subject)
        if subject.condition is None:
            return self._standing(subject)
        return self._condition(subject.condition, subject)

    def _objects(self, subject: Subject) -> dict[str, Match]:
        """Return what an object stands for; without a condition, whatever bears the name or is of the type."""
        if subject.condition is not None:
            return self.matches(subject)
        self._tell_named(subject)
        nodes = self._ids(subject) if subject.ids else [n.id for n in self.graph.nodes if self._fits(n.id, subject)]
        return {node: Match(papers=frozenset(), confidence=1.0) for node in nodes}

    def remarks(self, found: dict[str, Match]) -> Iterator[str]:
        """Explain an empty answer, and what the years left out."""
        if not found:
            yield from list(dict.fromkeys(self.missing)) or [self._nothing()]
            yield from self._of_papers()
            yield from self._of_what_is_below()
            if self.asked.since or self.asked.until:
                search = Search(self.words, replace(self.asked, since=None, until=None))
                yield f"of any year there are {len(search.matches(self.asked.subject))}"
        yield from self.undated_note()

    def _of_papers(self) -> Iterator[str]:
        """Say how many papers fulfil what no entity does: people ask for models and mean the papers that use them."""
        subject = self.asked.subject
        if subject.condition is not None and subject.types and self.document not in subject.types:
            papers = replace(self.asked, subject=replace(subject, types=(self.document,)))
            search = Search(self.words, papers)
            if found := search.matches(papers.subject):
                yield f"{self.words.ontology.type(self.document).plural} for which it holds: {len(found)}"

    def _of_what_is_below(self) -> Iterator[str]:
        """Say how many there were if the names were taken with their variants and kinds."""
        wider = replace(self.asked, subject=widened(self.asked.subject))
        more = [s for s in names_in(self.asked.subject.condition) if not s.below and len(self._ids(s, below=True)) > 1]
        if more and (found := Search(self.words, wider).matches(wider.subject)):
            ask = named(replace(more[0], below=True))
            yield f"with what is below the names there are {len(found)}: ask for {ask!r}"

    def _nothing(self) -> str:
        subject = self.asked.subject
        if subject.condition is None:
            return f"the graph has no {describe(subject, self.words)}"
        parts = subject.condition.parts if isinstance(subject.condition, Both) else ()
        alone = [replace(subject, condition=part) for part in parts if not isinstance(part, Without)]
        counts = [len(Search(self.words, self.asked).matches(part)) for part in alone]
        counted = [f"{describe(part, self.words)}: {n}" for part, n in zip(alone, counts, strict=True)]
        said = f"every part has results, but nothing among {named(subject) or 'all nodes'} fulfils "
        return said + repr(described(subject.condition, self.words)) + (f" ({', '.join(counted)})" if counted else "")

    def _tell_named(self, subject: Subject) -> None:
        """Tell what a name stands for when that is not one node: several of the name, or what is below it."""
        listed = [self.graph.by_id[i] for i in subject.ids]
        if len(listed) > 1:
            names = ", ".join(f"{n.name} ({n.type})" for n in listed)
            self.tell(f"{subject.text!r} names {len(listed)} nodes, all are meant: {names}")
        if subject.below:
            below = [self.graph.by_id[i].name for i in self._ids(subject)[len(listed) :]]
            more = f" and {len(below) - _SHOWN} more" if len(below) > _SHOWN else ""
            included = ", ".join(below[:_SHOWN]) + more if below else "nothing"
            self.tell(f"below {subject.text}: {included}")

    def tell(self, note: str) -> None:
        """Keep a note for the reader of the answer, once."""
        if note not in self.notes:
            self.notes.append(note)

    def _tell_implied(self, clause: Clause, found: dict[str, Match]) -> None:
        told = {key[1] for match in found.values() for key in match.edges} - {clause.relation}
        if clause.relation and told and not self.negated:
            ontology = self.words.ontology
            labels = " and ".join(ontology.relation(name).label for name in sorted(told))
            self.tell(f"{labels} counts as {ontology.relation(clause.relation).label}")

    # --- conditions -------------------------------------------------------------------------------------------------

    def _condition(self, condition: Condition, subject: Subject) -> dict[str, Match]:
        if isinstance(condition, Clause):
            return self._clause(condition, subject)
        if isinstance(condition, Either):
            found: dict[str, Match] = {}
            for part in condition.parts:
                for node, match in self._condition(part, subject).items():
                    found[node] = _stronger(found[node], match) if node in found else match
            return found
        parts = condition.parts if isinstance(condition, Both) else (condition,)
        return self._all(parts, subject)

    def _all(self, parts: tuple[Condition, ...], subject: Subject) -> dict[str, Match]:
        wanted = [self._condition(p, subject) for p in parts if not isinstance(p, Without)]
        found = wanted[0] if wanted else self._standing(subject)
        for other in wanted[1:]:
            found = {node: _weaker(match, other[node]) for node, match in found.items() if node in other}
        for part in parts:
            if isinstance(part, Without):
                refused = self._refused(part, subject)
                found = {node: match for node, match in found.items() if node not in refused}
        return found

    def _refused(self, part: Without, subject: Subject) -> dict[str, Match]:
        """Return what a negation takes away: only what an edge says outright. That it takes nothing is no news."""
        missing, before, self.negated = list(self.missing), self.negated, True
        refused = self._condition(part.part, subject)
        self.missing, self.negated = missing, before
        return refused

    def _clause(self, clause: Clause, subject: Subject) -> dict[str, Match]:
        objects = self._objects(clause.object)
        if translation.transitive(clause.relation, self.words.ontology):
            objects = self._with_reached(objects, clause)
        found: dict[str, Match] = {}
        for known, there in objects.items():
            for joined, edge in self._joined(known, clause):
                papers = self.in_years(edge)
                meant = (joined, *(self.graph.above(joined) if clause.above else ()))
                for node in (n for n in meant if papers and self._fits(n, subject)):
                    limit = there.confidence if clause.object.condition else 1.0
                    _add(found, node, Match(papers=papers, confidence=min(edge.confidence, limit), edges=(edge.key,)))
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
        return frozenset(translation.meant(relation, self.words.ontology))

    def _with_reached(self, objects: dict[str, Match], clause: Clause) -> dict[str, Match]:
        """Add what the objects lead to: a kind of a kind is a kind, a variant of a variant a variant."""
        steps: dict[str, list[str]] = {}
        for edge in self.graph.edges:
            if edge.relation == clause.relation:
                here, there = (edge.source, edge.target) if clause.inverse else (edge.target, edge.source)
                steps.setdefault(here, []).append(there)
        found: dict[str, Match] = {}
        for known, match in objects.items():
            for node in kinds.reached((known,), steps):
                _add(found, node, match)
        return found

    def _through_papers(self, clause: Clause, subject: Subject, objects: dict[str, Match]) -> dict[str, Match]:
        """Read a relation of an entity through the papers that introduce or use it, when no edge says it outright.

        Nobody introduces quantization, yet people ask which hardware it targets. The note tells that it was done.
        """
        if not clause.relation or not self.words.ontology.relation(clause.relation).inherited:
            return {}
        relation = self.words.ontology.relation(clause.relation)
        found: dict[str, Match] = {}
        for known in objects:
            for entity, other, carrier, edge in self._carried(known, relation, inverse=clause.inverse):
                node = other if clause.inverse else entity
                papers = self.in_years(edge)
                if papers and self._fits(node, subject):
                    sure = _product(carrier.confidence, edge.confidence)
                    _add(found, node, Match(papers=papers, confidence=sure, edges=(carrier.key, edge.key)))
        if found:
            self.through.add((subject, clause))
            labels = " or ".join(r.label for r in self._carriers(relation))
            said = f"no edge says {described(clause, self.words)!r} outright: read through the papers that say both"
            self.notes.append(f"{said} ({labels} the one, {relation.label} the other)")
        return found

    def _carried(self, known: str, relation: Relation, *, inverse: bool) -> Iterator[tuple[str, str, Edge, Edge]]:
        """Yield (entity, object, paper -> entity, paper -> object) for every paper that joins them."""
        carriers = {r.name for r in self._carriers(relation)}
        speaking = set(translation.speaking(relation, self.words.ontology))
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
                    and (carrier.relation, entity.type, end.type) in speaking
                ):
                    yield entity.id, end.id, carrier, said

    def _carriers(self, relation: Relation) -> tuple[Relation, ...]:
        return translation.carriers(relation, self.words.ontology)

    # --- nodes and years --------------------------------------------------------------------------------------------

    def _fits(self, node: str, subject: Subject) -> bool:
        if subject.ids:
            return node in self._ids(subject)
        return not subject.types or self.graph.by_id[node].type in subject.types

    def _ids(self, subject: Subject, *, below: bool = False) -> tuple[str, ...]:
        """Return the nodes of a name, and then what is below them when that is asked for."""
        if not (subject.below or below):
            return subject.ids
        if subject not in self._known:
            every = (*subject.ids, *(i for known in subject.ids for i in self.graph.below(known)))
            self._known[subject] = tuple(dict.fromkeys(every))
        return self._known[subject]

    def _standing(self, subject: Subject) -> dict[str, Match]:
        """Return what a subject stands for before any condition, with the papers that name it."""
        dated = self.asked.since is not None or self.asked.until is not None
        nodes = [self.graph.by_id[i] for i in self._ids(subject)] if subject.ids else self.graph.nodes
        found: dict[str, Match] = {}
        unnamed = 0
        for node in nodes:
            if not self._fits(node.id, subject):
                continue
            edges: list[Edge] = []
            if node.type == self.document:
                papers, sure = self._of_years({node.id}), 1.0
            else:
                edges = [e for e in self.graph.incoming.get(node.id, ()) if not e.derived and self.in_years(e)]
                papers = frozenset(p for e in edges for p in self.in_years(e))
                sure = max((e.confidence for e in edges), default=0.0)
            if papers or (subject.ids and not dated and not subject.below):
                behind = tuple(e.key for e in sorted(edges, key=lambda e: (-e.confidence, e.key)))
                found[node.id] = Match(papers=papers, confidence=sure, edges=behind)
            if not papers and not dated:
                unnamed += 1
        if unnamed and subject.condition is None:
            listed = bool(subject.ids) and not subject.below
            self.tell(f"named by no paper, only above others{'' if listed else ', so left out'}: {unnamed}")
        return found

    def known(self, subject: Subject) -> tuple[str, ...]:
        """Return the nodes of a name, and tell what it stands for."""
        self._tell_named(subject)
        return self._ids(subject)

    def links(self, node: str) -> Iterator[Edge]:
        """Yield the edges at a node, either way, that are no mere background and of the years asked for."""
        for edge in (*self.graph.outgoing.get(node, ()), *self.graph.incoming.get(node, ())):
            if edge.relation != self.background and self.in_years(edge):
                yield edge

    def undated_note(self) -> list[str]:
        """Say how many papers the years left out because nobody knows theirs."""
        return [f"papers without a year are left out: {len(self.undated)}"] if self.undated else []

    def in_years(self, edge: Edge) -> frozenset[str]:
        """Return the papers behind an edge that are of the years asked for."""
        return self._of_years(set(edge.papers))

    def _of_years(self, papers: set[str]) -> frozenset[str]:
        if self.asked.since is None and self.asked.until is None:
            return frozenset(papers)
        kept = set()
        for paper in papers:
            year = self.year(paper)
            if year is None:
                self.undated.add(paper)
            elif (self.asked.since or year) <= year <= (self.asked.until or year):
                kept.add(paper)
        return frozenset(kept)

    def year(self, paper: str) -> int | None:
        """Return the year of a paper, so far as it is known."""
        record = self.graph.by_id[paper].paper
        if record is None:
            return None
        return int(record.date[:4]) if record.date[:4].isdigit() else record.year

    def _why_nothing(self, clause: Clause, subject: Subject) -> str:
        said = f"no result among {named(subject) or 'all nodes'} for {described(clause, self.words)!r}"
        said += years_in_words(self.asked)
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


def _add(found: dict[str, Match], node: str, match: Match) -> None:
    found[node] = _stronger(found[node], match) if node in found else match


def _stronger(one: Match, other: Match) -> Match:
    """Either of two reasons is enough: papers add up, the surer one counts."""
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return Match(papers=one.papers | other.papers, confidence=max(one.confidence, other.confidence), edges=edges)


def _weaker(one: Match, other: Match) -> Match:
    """Both reasons are needed: a chain is as strong as its weakest link, in papers and in confidence."""
    papers = min((one.papers, other.papers), key=len)
    edges = tuple(dict.fromkeys((*one.edges, *other.edges)))
    return Match(papers=papers, confidence=min(one.confidence, other.confidence), edges=edges)


def _product(one: float, other: float) -> float:
    """Multiply two confidences, exactly, and round to their four digits as SPARQL does: the half upwards."""
    return (round(one * 10_000) * round(other * 10_000) + 5_000) // 10_000 / 10_000
