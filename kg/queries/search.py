"""The search behind a question: the nodes that fulfil the condition, by which papers and edges, and what to tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from kg.ontology import Relation
from kg.queries import translation
from kg.queries.matches import ANY, EdgeKey, Found, Match, Standing, add, product, weaker
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
from kg.view import Link, reached
from kg.view.loaded import sets

_SHOWN = 8  # names listed in a note; the rest is counted
_FEW = 1000  # nodes that a negation is looked up for one by one


class Search:
    """One evaluation: it collects what a person must be told beside the rows."""

    def __init__(self, words: Words, asked: Question) -> None:
        self.words, self.graph, self.asked = words, words.graph, asked
        self.sets = sets(words.graph)
        self.document = words.ontology.type_as("document").name
        self.background = words.ontology.relation_as("background").name
        self.notes: list[str] = []
        self.missing: list[str] = []
        self.undated: set[str] = set()
        self.through: set[tuple[Subject, Clause]] = set()
        self.negated = False
        self._known: dict[Subject, tuple[str, ...]] = {}

    def matches(self, subject: Subject) -> Found:
        """Return the nodes that a subject stands for."""
        self._tell_named(subject)
        if subject.condition is None:
            return self._standing(subject)
        return self._condition(subject.condition, subject)

    def _objects(self, subject: Subject) -> Found:
        """Return what an object stands for; without a condition, whatever bears the name or is of the type."""
        if subject.condition is not None:
            return self.matches(subject)
        self._tell_named(subject)
        return dict.fromkeys(self._ids(subject) if subject.ids else self.sets.ids(subject.types), ANY)

    def remarks(self, found: Found) -> Iterator[str]:
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
            below = self._ids(subject)[len(listed) :]
            more = f" and {len(below) - _SHOWN} more" if len(below) > _SHOWN else ""
            included = ", ".join(map(self.sets.name, below[:_SHOWN])) + more if below else "nothing"
            self.tell(f"below {subject.text}: {included}")

    def tell(self, note: str) -> None:
        """Keep a note for the reader of the answer, once."""
        if note not in self.notes:
            self.notes.append(note)

    def _tell_implied(self, clause: Clause, found: Found) -> None:
        told = {key[1] for match in found.values() for key in match.edges} - {clause.relation}
        if clause.relation and told and not self.negated:
            ontology = self.words.ontology
            labels = " and ".join(ontology.relation(name).label for name in sorted(told))
            self.tell(f"{labels} counts as {ontology.relation(clause.relation).label}")

    # --- conditions -------------------------------------------------------------------------------------------------

    def _condition(self, condition: Condition, subject: Subject) -> Found:
        if isinstance(condition, Clause):
            return self._clause(condition, subject)
        if isinstance(condition, Either):
            found: Found = {}
            for part in condition.parts:
                for node, match in self._condition(part, subject).items():
                    add(found, node, match)
            return found
        parts = condition.parts if isinstance(condition, Both) else (condition,)
        return self._all(parts, subject)

    def _all(self, parts: tuple[Condition, ...], subject: Subject) -> Found:
        wanted = [self._condition(p, subject) for p in parts if not isinstance(p, Without)]
        found = wanted[0] if wanted else self._standing(subject)
        for other in wanted[1:]:
            found = {node: weaker(match, other[node]) for node, match in found.items() if node in other}
        for part in parts:
            if isinstance(part, Without):
                few = 0 < len(found) <= _FEW and not self.dated  # of some years, it counts all papers that have none
                refused = self._refused(part, replace(subject, ids=tuple(found), below=False) if few else subject)
                found = {node: match for node, match in found.items() if node not in refused}
        return found

    def _refused(self, part: Without, subject: Subject) -> Found:
        """Return what a negation takes away: only what an edge says outright. That it takes nothing is no news."""
        missing, before, self.negated = list(self.missing), self.negated, True
        refused = self._condition(part.part, subject)
        self.missing, self.negated = missing, before
        return refused

    def _clause(self, clause: Clause, subject: Subject) -> Found:
        bare = not clause.object.ids and clause.object.condition is None
        if self.negated and subject.ids and bare and not translation.transitive(clause.relation, self.words.ontology):
            return dict.fromkeys(self._having(subject, clause), ANY)
        objects = self._objects(clause.object)
        if translation.transitive(clause.relation, self.words.ontology):
            objects = self._with_reached(objects, clause)
        found: Found = {}
        fits, outright = self._fitting(subject), not clause.object.below
        for known, joined, edge in self._joined(objects, clause):
            nodes = (joined, *(self.graph.above(joined) if clause.above else ()))
            meant = [node for node in nodes if fits(node)]
            papers = self.in_years(edge) if meant or self.dated else frozenset()  # of the others, it counts the undated
            for node in meant if papers else ():
                limit = objects[known].confidence if clause.object.condition else 1.0
                add(found, node, Match(papers=papers, confidence=min(edge.confidence, limit), edges=(edge.key,)))
                outright |= known in clause.object.ids
        self._tell_implied(clause, found)
        # Asked of a thing or what is below it, edges of the latter alone must not hide what papers say of the thing.
        if objects and not self.negated and not (found and outright):
            found = self._through_papers(clause, subject, objects) or found
        if not found:
            self.missing.append(self._why_nothing(clause, subject))
        return found

    def _having(self, subject: Subject, clause: Clause) -> Iterator[str]:
        """Yield those of the named nodes that a clause about all nodes of some types holds of."""
        meant = translation.meant(clause.relation, self.words.ontology)
        ahead, back = not clause.inverse, clause.inverse or not clause.relation
        fits = self._fitting(clause.object)
        for node, edge in self.sets.links(subject.ids, meant, incoming=back, outgoing=ahead):
            if fits(edge.target if ahead and edge.source == node else edge.source):
                yield node

    def _joined(self, objects: Collection[str], clause: Clause) -> Iterator[tuple[str, str, Link]]:
        """Yield, for every edge of the clause, object, other end and edge; a link of any kind leaves out background."""
        meant = translation.meant(clause.relation, self.words.ontology)
        back, ahead = not clause.inverse, clause.inverse or not clause.relation
        for known, edge in self.sets.links(objects, meant, incoming=back, outgoing=ahead):
            if back and edge.target == known:
                yield known, edge.source, edge
            if ahead and edge.source == known:
                yield known, edge.target, edge

    def _with_reached(self, objects: Found, clause: Clause) -> Found:
        """Add what the objects lead to: a kind of a kind is a kind, a variant of a variant a variant."""
        steps = _Steps(self, clause, objects)
        found: Found = {}
        for known, match in objects.items():
            for node in reached((known,), steps):
                add(found, node, match)
        return found

    def steps(self, nodes: Collection[str], clause: Clause) -> Mapping[str, list[str]]:
        """Return what one edge of the clause's relation leads to."""
        found: dict[str, list[str]] = {node: [] for node in nodes}
        ahead = clause.inverse
        for here, edge in self.sets.links(nodes, (clause.relation,), incoming=not ahead, outgoing=ahead):
            found[here].append(edge.target if ahead else edge.source)
        return found

    def _through_papers(self, clause: Clause, subject: Subject, objects: Found) -> Found:
        """Read a relation of an entity through the papers that introduce or use it, when no edge says it outright.

        Nobody introduces quantization, yet people ask which hardware it targets. The note tells that it was done.
        """
        if not clause.relation or not self.words.ontology.relation(clause.relation).inherited:
            return {}
        relation, fits = self.words.ontology.relation(clause.relation), self._fitting(subject)
        found: Found = {}
        for known in objects:
            for entity, other, carrier, edge in self._carried(known, relation, inverse=clause.inverse):
                node = other if clause.inverse else entity
                papers = self.in_years(edge)
                if papers and fits(node):
                    sure = product(carrier.confidence, edge.confidence)
                    add(found, node, Match(papers=papers, confidence=sure, edges=(carrier.key, edge.key)))
        if found:
            self.through.add((subject, clause))
            labels = " or ".join(r.label for r in translation.carriers(relation, self.words.ontology))
            of = f" of {clause.object.text} itself" if clause.object.below else ""
            said = f"no edge says {described(clause, self.words)!r} outright{of}: read through the papers that say both"
            self.tell(f"{said} ({labels} the one, {relation.label} the other)")
        return found

    def _carried(self, known: str, relation: Relation, *, inverse: bool) -> Iterator[tuple[str, str, Link, Link]]:
        """Yield (entity, object, paper -> entity, paper -> object) for every paper that joins them."""
        carriers = {r.name for r in translation.carriers(relation, self.words.ontology)}
        speaking = set(translation.speaking(relation, self.words.ontology))
        first, second = (carriers, {relation.name}) if inverse else ({relation.name}, carriers)
        for _, edge in self.sets.links((known,), first, incoming=True):
            if self.sets.type(edge.source) != self.document:
                continue
            for _, other in self.sets.links((edge.source,), second, outgoing=True):
                carrier, said = (edge, other) if inverse else (other, edge)
                entity, end = carrier.target, said.target
                types = (carrier.relation, self.sets.type(entity), self.sets.type(end))
                if entity != end and types in speaking:
                    yield entity, end, carrier, said

    # --- nodes and years --------------------------------------------------------------------------------------------

    def _fitting(self, subject: Subject) -> Callable[[str], bool]:
        """Return what tells of a node whether a subject means it, before any condition."""
        if subject.ids:
            return frozenset(self._ids(subject)).__contains__
        types = frozenset(subject.types)
        return lambda node: not types or self.sets.type(node) in types

    def _ids(self, subject: Subject, *, below: bool = False) -> tuple[str, ...]:
        """Return the nodes of a name, and then what is below them when that is asked for."""
        if not (subject.below or below):
            return subject.ids
        if subject not in self._known:
            every = (*subject.ids, *(i for known in subject.ids for i in self.graph.below(known)))
            self._known[subject] = tuple(dict.fromkeys(every))
        return self._known[subject]

    def _standing(self, subject: Subject) -> Found:
        """Return what a subject stands for before any condition, with the papers that name it."""
        found: Found = {}
        if subject.ids:
            every = {node: self.named(node) for node in self._ids(subject)}
            kept = not self.dated and not subject.below
            found = {node: match for node, match in every.items() if match.papers or kept}
            unnamed = 0 if self.dated else sum(not match.papers for match in every.values())
        else:
            rows: dict[str, list[tuple[int | None, int, float]]] = {}
            for node, year, count, sure in self.sets.standing(subject.types):
                rows.setdefault(node, []).append((year, count, sure))
            for node, told in rows.items():
                if counts := [row for row in told if self._of_year(row[0])] if self.dated else told:
                    years = tuple([(year, count) for year, count, _ in counts])
                    support, sure = sum([row[1] for row in counts]), max([row[2] for row in counts])
                    found[node] = Standing(node, years, support, sure, self.named, self._telling)
            if self.dated:
                self.undated |= self.sets.undated(subject.types)
            unnamed = 0 if self.dated else self.sets.size(subject.types) - len(rows)
        if unnamed and subject.condition is None:
            listed = bool(subject.ids) and not subject.below
            self.tell(f"named by no paper, only above others{'' if listed else ', so left out'}: {unnamed}")
        return found

    def named(self, node: str) -> Match:
        """Return the papers of the years asked for that say something of a node in words, and these edges."""
        if self.sets.type(node) == self.document:
            return Match(papers=self._of_years((node,)), confidence=1.0)
        edges = self._of_words(node)
        return Match(
            papers=frozenset().union(*map(self.in_years, edges)),
            confidence=max((edge.confidence for edge in edges), default=0.0),
            edges=tuple(edge.key for edge in edges),
        )

    def _telling(self, node: str) -> tuple[EdgeKey, ...]:
        return () if self.sets.type(node) == self.document else tuple(edge.key for edge in self._of_words(node))

    def _of_words(self, node: str) -> list[Link]:
        """Return the edges that say something of a node in words, the surest first."""
        links = (edge for _, edge in self.sets.links((node,), (), incoming=True) if not edge.derived)
        return sorted(
            (edge for edge in links if not self.dated or self.in_years(edge)), key=lambda e: (-e.confidence, e.key)
        )

    def known(self, subject: Subject) -> tuple[str, ...]:
        """Return the nodes of a name, and tell what it stands for."""
        self._tell_named(subject)
        return self._ids(subject)

    def links(self, nodes: Collection[str]) -> Iterator[tuple[str, Link]]:
        """Yield node and edge for the edges at nodes, either way, no mere background and of the years asked for."""
        meant = translation.meant("", self.words.ontology)
        for here, edge in self.sets.links(nodes, meant, incoming=True, outgoing=True):
            if not self.dated or self.in_years(edge):
                yield here, edge

    def undated_note(self) -> list[str]:
        """Say how many papers the years left out because nobody knows theirs."""
        return [f"papers without a year are left out: {len(self.undated)}"] if self.undated else []

    @property
    def dated(self) -> bool:
        """Whether only some years are asked for."""
        return self.asked.since is not None or self.asked.until is not None

    def in_years(self, edge: Link) -> frozenset[str]:
        """Return the papers behind an edge that are of the years asked for."""
        return self._of_years(edge.papers)

    def _of_years(self, papers: Iterable[str]) -> frozenset[str]:
        if not self.dated:
            return frozenset(papers)
        years = {paper: self.year(paper) for paper in papers}
        self.undated |= {paper for paper, year in years.items() if year is None}
        return frozenset(paper for paper, year in years.items() if self._of_year(year))

    def _of_year(self, year: int | None) -> bool:
        if year is None:
            return not self.dated
        return (self.asked.since or year) <= year <= (self.asked.until or year)

    def year(self, paper: str) -> int | None:
        """Return the year of a paper, so far as it is known."""
        return self.sets.year(paper)

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


class _Steps(Mapping[str, list[str]]):
    """What one edge leads to: looked up at once for the nodes that it begins with, for others when asked."""

    def __init__(self, search: Search, clause: Clause, nodes: Collection[str]) -> None:
        self._search, self._clause = search, clause
        self._known = dict(search.steps(nodes, clause))

    def __getitem__(self, node: str) -> list[str]:
        if node not in self._known:
            self._known |= self._search.steps((node,), self._clause)
        return self._known[node]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)
