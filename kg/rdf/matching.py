"""Triples of a graph by subject, predicate or object, made from its nodes and edges when they are asked for.

Each kind of subject (nodes, statements, passages, rules, the description of the whole) knows its predicates, so that a
pattern is looked for only where it can match. All is said by the functions of `kg.rdf`, as in an export.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from urllib.parse import unquote

from kg import rdf
from kg.memo import Known
from kg.model import Edge, Evidence, Node, Paper, name_key
from kg.rdf import Triple
from kg.view import Link, View
from kg.view.loaded import sets

Terms = Collection[str] | None  # None: any

NODE, STATEMENT, PASSAGE, RULE, WHOLE = "node", "statement", "passage", "rule", "whole"
_ESCAPED = re.compile(r"\\([\\\"n])")
_PAPER = Paper(
    id="7", title="7", year=2001, venue="7", authors=("7",), url="https://example.org/7", keywords=("7",),
    arxiv="2001.00007", doi="10.1000/7",
)  # fmt: skip
_EVIDENCE = Evidence(paper="7/p", field="title", start=0, end=1, text="7")
_EDGE = Edge(source="7/s", relation="7", target="7/t", confidence=0.5, evidence=(_EVIDENCE,))


class UnboundedError(Exception):
    """What is asked for cannot be found without all triples."""


class Facts:
    """The triples of a graph. What has been found of one pattern is remembered for the next."""

    def __init__(self, graph: View) -> None:
        self._graph, self._sets, self._ontology = graph, sets(graph), graph.ontology
        self._term = term = rdf.expander(graph.ontology)
        self._base, self._statement, self._passage, self._rule = (
            f"<{graph.ontology.iri(f'kgr:{folder}')}" for folder in ("", "statement/", "passage/", "rule/")
        )
        self._whole = term(rdf.DATASET)[:-1]
        self._ids: dict[str, str] = {}
        self._terms = Known(lambda node: term(rdf.node_curie(node)))
        self._links: dict[str, Link] = {}
        self._edges: dict[str, Edge] = {}
        self._places: dict[str, Evidence] = {}
        self._rules: dict[str, str] = {}
        self._named = {term(p) for p in ("rdfs:label", "skos:prefLabel", "dcterms:title")}
        self._called_by = self._named | {term("skos:altLabel")}
        self._ends = {term("rdf:subject"): True, term("rdf:object"): False}
        self._support = term("kg:support")
        self._by = term("prov:wasDerivedFrom")
        self._short: Mapping[str, Callable[[Link], tuple[str, ...]]] = {
            rdf.TYPE: lambda _: (term("rdf:Statement"), term("prov:Entity")),
            term("rdf:subject"): lambda link: (self._called(link.source),),
            term("rdf:predicate"): lambda link: (term(rdf.own(link.relation)),),
            term("rdf:object"): lambda link: (self._called(link.target),),
            term("kg:confidence"): lambda link: (rdf.typed(rdf.decimal(link.confidence), term("xsd:decimal")),),
            term("kg:derived"): lambda link: (rdf.typed(str(link.derived).lower(), term("xsd:boolean")),),
        }

    # --- what there can be ------------------------------------------------------------------------------------------

    @cached_property
    def _classes(self) -> Mapping[str, frozenset[str]]:
        """The classes of nodes of each type."""
        return {t.name: frozenset(map(self._term, (rdf.own(t.name), *t.align))) for t in self._ontology.types}

    @cached_property
    def _relations(self) -> Mapping[str, frozenset[str]]:
        """The relations of which some edges are said by a predicate."""
        found: dict[str, set[str]] = {}
        types = [t.name for t in self._ontology.types]
        for relation in self._ontology.relations:
            for ends in ((source, target) for source in types for target in types):
                for said in rdf.said_by(relation.name, *ends, self._ontology):
                    found.setdefault(self._term(said), set()).add(relation.name)
        return {predicate: frozenset(names) for predicate, names in found.items()}

    @cached_property
    def _said(self) -> Mapping[str, Mapping[str, frozenset[str]]]:
        """The predicates of each kind of subject, and for `rdf:type` the classes."""
        term = self._term
        nodes = [
            pair
            for t in self._ontology.types
            for pair in rdf.about(
                Node(id="7/7", type=t.name, name="7", aliases=("8",), paper=_PAPER), (), self._ontology, term
            )
        ]
        said: dict[str, Iterable[tuple[str, str]]] = {
            NODE: chain(nodes, ((predicate, "") for predicate in self._relations)),
            STATEMENT: rdf.stated(_EDGE, term, support=1, papers=["<7:>"], rules=["<7:>"], passages=["<7:>"]),
            PASSAGE: ((p, o) for _, p, o in rdf.passage("kgr:passage/7", _EVIDENCE, term)),
            RULE: ((p, o) for _, p, o in rdf.rule_told("7", term)),
            WHOLE: ((p, o) for _, p, o in rdf.summary({"7": 1}, {"7": 1}, self._ontology, size=1, example="7/7")),
        }
        found: dict[str, dict[str, set[str]]] = {kind: {} for kind in said}
        for kind, pairs in said.items():
            for predicate, value in pairs:
                found[kind].setdefault(predicate, set()).add(value)
        return {k: {p: frozenset(v) for p, v in table.items()} for k, table in found.items()}

    def subjects(self, predicate: str | None, values: Terms = None) -> frozenset[str]:
        """Return the kinds of subjects that a predicate (None: any) with one of these values can have."""
        if predicate is None:
            return frozenset(self._said)
        found = {kind: table[predicate] for kind, table in self._said.items() if predicate in table}
        if predicate == rdf.TYPE and values is not None:
            return frozenset(kind for kind, classes in found.items() if not classes.isdisjoint(values))
        return frozenset(found)

    def values(self, predicate: str | None) -> frozenset[str]:
        """Return the kinds of subjects that the values of a predicate can be too."""
        term, kinds = self._term, self.subjects(predicate)
        if predicate in self._relations and kinds == {NODE}:
            return frozenset((NODE,))
        if kinds == {STATEMENT} and (predicate in self._ends or predicate == self._by):
            return frozenset((NODE,))
        known = {term("kg:evidence"): PASSAGE, term("oa:hasSelector"): PASSAGE, term("oa:hasSource"): NODE}
        return frozenset((known[predicate],)) if predicate in known else frozenset(self._said)

    def ours(self, term: str) -> bool:
        """Whether a term can be in the graph only as a subject."""
        return term.startswith(self._base)

    # --- what there is ----------------------------------------------------------------------------------------------

    def triples(
        self, subjects: Terms, predicate: str | None, values: Terms, kinds: frozenset[str] | None = None
    ) -> Iterator[Triple]:
        """Yield all triples with such subjects, predicate and values; `kinds` tells what the subjects are.

        Raise UnboundedError where one has to walk all.
        """
        possible = self.subjects(predicate, values)
        possible = possible if kinds is None else possible & kinds
        ways = {
            NODE: self._of_nodes, STATEMENT: self._of_statements, PASSAGE: self._of_passages,
            RULE: self._of_rules, WHOLE: self._of_whole,
        }  # fmt: skip
        if predicate is None and values is not None and self._only_nodes(values):
            possible -= {RULE}
        portions = None if subjects is None else self._sorted(subjects)
        for kind in (kind for kind in ways if kind in possible):
            some = None if portions is None else portions[kind]
            if some is None or some:
                for triple in ways[kind](some, predicate, values):
                    if values is None or triple[2] in values:
                        yield triple

    def _sorted(self, subjects: Collection[str]) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {kind: [] for kind in self._said}
        for subject in subjects:
            found[self._kind(subject)].append(subject)
        return found

    def _kind(self, subject: str) -> str:
        for kind, begin in ((STATEMENT, self._statement), (PASSAGE, self._passage), (RULE, self._rule)):
            if subject.startswith(begin):
                return kind
        return NODE if self._id(subject) else WHOLE

    def _id(self, term: str) -> str:
        """Return the id of a node, or '' if there is no such node."""
        if term not in self._ids:
            found = unquote(term[len(self._base) : -1]) if term.startswith(self._base) else ""
            try:
                self._ids[term] = found if found and self._sets.type(found) and self._terms[found] == term else ""
            except KeyError:
                self._ids[term] = ""
        return self._ids[term]

    def _nodes(self, terms: Iterable[str]) -> list[str]:
        return [node for node in map(self._id, terms) if node]

    def _only_nodes(self, terms: Iterable[str]) -> bool:
        return all(map(self._id, terms))

    def _called(self, node: str) -> str:
        term = self._terms[node]
        self._ids[term] = node
        return term

    # --- nodes ------------------------------------------------------------------------------------------------------

    def _of_nodes(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        if predicate is None or predicate in self._relations:
            yield from self._joined(subjects, predicate, values)
        plain = predicate is not None or values is None or not self._only_nodes(values)  # else it is no value of these
        if plain and (predicate is None or predicate not in self._relations or predicate in self._own):
            nodes = self._sought(predicate, values) if subjects is None else self._nodes(subjects)
            yield from self._told(nodes, predicate)

    def _sought(self, predicate: str | None, values: Terms) -> Collection[str]:
        """Return the ids of at least all nodes of which a predicate has one of these values."""
        if values is not None and predicate == rdf.TYPE:
            types = [name for name, classes in self._classes.items() if not classes.isdisjoint(values)]
            return self._sets.ids(types) if types else ()
        if values is not None and predicate in self._called_by:
            texts = [text for text in map(_text, values) if text is not None]
            if "\ufffd" not in "".join(texts):  # which stands for any character that RDF refuses
                return sorted({node for text in texts for node in self._graph.names.get(name_key(text), ())})
        return self._sets.ids(())

    @cached_property
    def _own(self) -> frozenset[str]:
        """The predicates of nodes that need no edge."""
        term = self._term
        found: set[str] = set()
        for t in self._ontology.types:
            node = Node(id="7/7", type=t.name, name="7", aliases=("8",), paper=_PAPER)
            found.update(predicate for predicate, _ in rdf.about(node, (), self._ontology, term))
        return frozenset(found)

    def _joined(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        """Yield the triples that stand for edges."""
        relations = tuple(sorted(self._relations[predicate])) if predicate else ()
        starts = None if subjects is None else self._nodes(subjects)
        ends = None if values is None else self._nodes(values)
        if ends is not None and (starts is None or len(ends) < len(starts)):
            found = self._sets.links(ends, relations, incoming=True)
        else:
            found = self._sets.links(self._sets.ids(()) if starts is None else starts, relations, outgoing=True)
        wanted = None if subjects is None else frozenset(subjects)
        kind, ontology, term = self._sets.type, self._ontology, self._term
        for _, link in found:
            subject = self._called(link.source)
            if wanted is None or subject in wanted:
                for said in rdf.said_by(link.relation, kind(link.source), kind(link.target), ontology):
                    if predicate is None or term(said) == predicate:
                        yield subject, term(said), self._called(link.target)

    def _told(self, nodes: Collection[str], predicate: str | None) -> Iterator[Triple]:
        """Yield what nodes are and are called."""
        kind, called = self._sets.type, self._called
        if predicate == rdf.TYPE:
            ordered = {name: sorted(classes) for name, classes in self._classes.items()}
            yield from ((called(node), predicate, value) for node in nodes for value in ordered[kind(node)])
        elif predicate in self._named:
            titled = {t.name: rdf.titled(t.name, self._ontology) for t in self._ontology.types}
            every = predicate != self._term("dcterms:title")
            for node in nodes:
                if every or titled[kind(node)]:
                    yield called(node), predicate, rdf.literal(self._sets.name(node))
        elif predicate == self._support:
            integer = self._term("xsd:integer")
            yield from ((called(n.id), predicate, rdf.typed(n.support, integer)) for n in self._sets.values(nodes))
        else:
            for found in self._sets.values(nodes):
                for said, value in rdf.about(found, (), self._ontology, self._term):
                    if predicate is None or said == predicate:
                        yield called(found.id), said, value

    # --- statements -------------------------------------------------------------------------------------------------

    def _of_statements(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        light = predicate in self._short
        if subjects is not None:
            begin = len(self._statement)
            ids = [subject[begin:-1] for subject in subjects]
            known: Mapping[str, Link] = self._links if light else self._edges
            self._remember(self._sets.edges_of([i for i in ids if i not in known]))
            yield from self._stated([known[i] for i in ids if i in known], predicate)
        elif values is not None and predicate in self._ends:
            found = self._at(values, outgoing=self._ends[predicate])
            yield from self._stated(self._linked(found), predicate)
        elif values is not None and predicate == self._by:
            ids = list(self._sets.behind(self._nodes(values)))
            yield from self._stated(self._remember(self._sets.edges_of(ids)), predicate)
        elif values is not None and predicate is None:
            if not self._only_nodes(values):
                raise UnboundedError
            ids = [link.id for way in (True, False) for _, link in self._at(values, outgoing=way)]
            ids += self._sets.behind(self._nodes(values))
            yield from self._stated(self._remember(self._sets.edges_of(sorted(set(ids)))), None)
        elif light:
            named = {self._term(rdf.own(r.name)): r.name for r in self._ontology.relations}
            which = values if values is not None and predicate == self._term("rdf:predicate") else named
            some = [named[value] for value in which if value in named]
            every = self._sets.ids(()) if some else ()
            yield from self._stated(self._linked(self._sets.links(every, some, outgoing=True)), predicate)
        else:
            yield from self._stated(self._sets.statements(), predicate)

    def _at(self, ends: Collection[str], *, outgoing: bool) -> Iterator[tuple[str, Link]]:
        return self._sets.links(self._nodes(ends), (), incoming=not outgoing, outgoing=outgoing)

    def _linked(self, found: Iterable[tuple[str, Link]]) -> Iterator[Link]:
        for _, link in found:
            self._links[link.id] = link
            yield link

    def _remember(self, edges: Iterable[Edge]) -> list[Edge]:
        found = list(edges)
        for edge in found:
            self._edges[edge.id] = self._links[edge.id] = edge
        return found

    def _stated(self, links: Iterable[Link], predicate: str | None) -> Iterator[Triple]:
        """Yield what is said of edges; what needs no evidence also of those whose evidence has not been read."""
        if predicate is not None and predicate in self._short:
            values = self._short[predicate]
            yield from ((f"{self._statement}{link.id}>", predicate, value) for link in links for value in values(link))
            return
        for edge in (link if isinstance(link, Edge) else self._edges[link.id] for link in links):
            said = rdf.stated(
                edge,
                self._term,
                support=edge.support,
                papers=[self._called(paper) for paper in edge.papers],
                rules=[self._ruled(rule) for rule in rdf.rules_of(edge)],
                passages=[self._placed(item) for item in edge.evidence],
            )
            subject = f"{self._statement}{edge.id}>"
            yield from ((subject, p, o) for p, o in said if predicate is None or p == predicate)

    def _ruled(self, rule: str) -> str:
        found = self._term(rdf.rule_curie(rule))
        self._rules[found] = rule
        return found

    def _placed(self, item: Evidence) -> str:
        found = self._term(rdf.evidence_curie(item))
        self._places[found[:-1]] = item
        return found

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _of_passages(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        wanted = None if subjects is None else frozenset(subjects)
        for name, item in self._passages(subjects, predicate, values):
            for subject, said, value in rdf.passage(f"kgr:{name[len(self._base) :]}", item, self._term):
                if (predicate is None or said == predicate) and (wanted is None or subject in wanted):
                    yield subject, said, value

    def _passages(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterable[tuple[str, Evidence]]:
        if subjects is not None:
            names = {subject.removesuffix(">").removesuffix("-quote").removesuffix("-position") for subject in subjects}
            if not names <= self._places.keys():  # of a name alone nobody knows where it stands
                raise UnboundedError
            return [(name, self._places[name]) for name in sorted(names)]
        source = predicate is None or predicate == self._term("oa:hasSource")
        if values is not None and source and self._only_nodes(values):
            nodes = frozenset(self._nodes(values))
            edges = self._sets.edges_of(sorted(self._sets.behind(nodes)))
            found = {self._placed(item)[:-1]: item for edge in edges for item in edge.evidence if item.paper in nodes}
            return found.items()
        return ((self._passage + name, item) for name, item in self._sets.passages(rdf.passage_name))

    def _of_rules(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        if subjects is None or not all(subject in self._rules for subject in subjects):
            named = values is not None and predicate == self._term("rdfs:label") and subjects is None
            labels = {_text(value) or "" for value in values or ()} if named else {""}
            for rule in chain.from_iterable(map(self._sets.rules, labels)):
                self._ruled(rdf.clean(rule))
        for subject in sorted(self._rules if subjects is None else self._rules.keys() & set(subjects)):
            for _, said, value in rdf.rule_told(self._rules[subject], self._term):
                if predicate is None or said == predicate:
                    yield subject, said, value

    def _of_whole(self, subjects: Terms, predicate: str | None, values: Terms) -> Iterator[Triple]:
        size = self._term("void:triples")
        fixed = predicate in self._fixed
        about = rdf.described(self._ontology, size=0, entities=0) if fixed else self._description
        for subject, said, value in about:
            if (predicate is None or said == predicate) and (subjects is None or subject in subjects):
                if said == size and values is None and subject == f"{self._whole}>":  # which takes to count all
                    raise UnboundedError
                yield subject, said, value

    @cached_property
    def _fixed(self) -> frozenset[str]:
        """The predicates that say the same of all graphs."""
        counted = {rdf.TYPE, self._term("void:triples"), self._term("void:entities")}
        return frozenset(said for _, said, _ in rdf.described(self._ontology, size=0, entities=0)) - counted

    @cached_property
    def _description(self) -> tuple[Triple, ...]:
        types, relations = self._graph.counts()
        document = self._ontology.type_as("document").name
        others = [t.name for t in self._ontology.types if t.name != document]
        best = [*self._sets.best(others, 1), *self._sets.best((document,), 1)]
        return tuple(rdf.summary(types, relations, self._ontology, size=0, example=best[0] if best else ""))


def _text(literal: str) -> str | None:
    """Return the text of a plain literal."""
    if not literal.startswith('"'):
        return None
    return _ESCAPED.sub(lambda found: found[1].replace("n", "\n"), literal[1:-1])
