"""A graph -> N-Triples or Turtle, subject after subject in order, so that no more than one of them is held.

The bytes are those of `rdf.ntriples` and `rdf.turtle` over `rdf.triples`, which hold all triples and sort them. Most
subjects are statements and passages, and all of these look alike: their text is written once by those functions, with
marks for what differs, and filled in for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from heapq import merge
from itertools import chain, groupby, islice
from operator import itemgetter
from tempfile import SpooledTemporaryFile
from typing import IO, Protocol

from kg import rdf
from kg.memo import Known
from kg.model import Edge, Evidence, Node
from kg.view import Link, View
from kg.view.loaded import sets

Block = tuple[str, str]  # a subject, and all lines about it

_PART = 1 << 20
_IN_MEMORY = 64 << 20  # bytes of a body that are kept in memory until its head is known
_PORTION = 2000  # texts written at once
_NOTHING = (True, 1, "")  # worse than any node


class Form(Protocol):
    """How triples are written."""

    def blocks(self, triples: Iterable[rdf.Triple]) -> str:
        """Return the text of all triples about some subjects, sorted."""

    def value(self, term: str) -> str:
        """Return a term as it is written in the text."""

    def line(self, subject: str, predicate: str, value: str) -> str:
        """Return what stands for one value among several in the text of `blocks`."""

    def lines(self, subject: str, predicate: str, values: Iterable[str]) -> str:
        """Return what stands for several values, which are what `value` gave."""


class NTriples:
    """Canonical N-Triples; with a `graph`, N-Quads of that graph."""

    def __init__(self, graph: str = "") -> None:
        self._end = f" {graph} .\n" if graph else " .\n"

    def blocks(self, triples: Iterable[rdf.Triple]) -> str:
        """Return the lines, sorted, each once."""
        return "".join(sorted({f"{s} {p} {o}{self._end}" for s, p, o in triples}))

    def value(self, term: str) -> str:
        """Return the term as it is."""
        return term

    def line(self, subject: str, predicate: str, value: str) -> str:
        """Return a line."""
        return f"{subject} {predicate} {value}{self._end}"

    def lines(self, subject: str, predicate: str, values: Iterable[str]) -> str:
        """Return one line a value."""
        return "".join([f"{subject} {predicate} {value}{self._end}" for value in values])


class Turtle:
    """Turtle, one block a subject, each followed by an empty line."""

    def __init__(self, compactor: rdf.Compactor, indent: str = "") -> None:
        self._compactor, self._indent = compactor, indent

    def blocks(self, triples: Iterable[rdf.Triple]) -> str:
        """Return the blocks, sorted."""
        return rdf.turtle(triples, self._compactor, indent=self._indent) + "\n"

    def value(self, term: str) -> str:
        """Return the term in short."""
        return self._compactor.term(term)

    def line(self, subject: str, predicate: str, value: str) -> str:
        """Return the value alone."""
        return self._compactor.term(value)

    def lines(self, subject: str, predicate: str, values: Iterable[str]) -> str:
        """Return the values after one another."""
        return ", ".join(values)


def ntriples(graph: View) -> Iterator[bytes]:
    """Yield the graph, its evidence and its description as canonical N-Triples."""
    writer, form = _Writer(graph), NTriples()
    return writer.whole(form, merge(writer.facts(form), writer.behind(form)))


def nquads(graph: View) -> Iterator[bytes]:
    """Yield N-Quads: facts and description in the default graph, the statements in a graph of their own."""
    writer, form = _Writer(graph), NTriples()
    inner = NTriples(writer.term(rdf.EVIDENCE_GRAPH))
    return writer.whole(form, merge(writer.facts(form), writer.behind(inner)))


def turtle(graph: View) -> Iterator[bytes]:
    """Yield the graph, its evidence and its description as Turtle."""
    writer, compactor = _Writer(graph), rdf.Compactor(graph.ontology)
    form = Turtle(compactor)
    return _dropping(1, writer.whole(form, merge(writer.facts(form), writer.behind(form)), _prefixes(compactor)))


def trig(graph: View) -> Iterator[bytes]:
    """Yield TriG: facts and description in the default graph, the statements in a graph of their own."""
    writer, compactor = _Writer(graph), rdf.Compactor(graph.ontology)
    form, indented = Turtle(compactor), Turtle(compactor, "    ")
    with _kept(text for _, text in writer.behind(indented)) as inner:
        some = inner.tell() > 0
        name = writer.term(rdf.EVIDENCE_GRAPH)
        if some:
            compactor.term(name)  # its prefix stands before all
        yield from _dropping(1, writer.whole(form, writer.facts(form), _prefixes(compactor)))
        if some:
            yield f"\n{compactor.term(name)} {{\n".encode()
            yield from _dropping(1, _told(inner))
            yield b"}\n"


class _Writer:
    """One pass over a graph: blocks in the order of their subjects, and what the description needs is counted."""

    def __init__(self, graph: View) -> None:
        self.graph, self.ontology, self.sets = graph, graph.ontology, sets(graph)
        self.term = rdf.expander(self.ontology)
        self._size = 0
        self._types: Counter[str] = Counter()
        self._relations: Counter[str] = Counter()
        self._example = _NOTHING
        self._node = Known(lambda node: self.term(rdf.node_curie(node))).__getitem__

    def whole(self, form: Form, blocks: Iterator[Block], head: Callable[[], str] = str) -> Iterator[bytes]:
        """Yield the text of blocks, with the description in its place, and before it all a head.

        Both can be made only when all else has been, which is kept aside until then.
        """
        own = f"<{self.ontology.iri(rdf.DATASET)}"
        fixed = [block for block in self._description(form) if not block[0].startswith(own)]
        amid: list[Block] = []
        blocks = merge(blocks, fixed)
        after: list[Block] = []
        with _kept(_before(own, blocks, amid, after)) as first, _kept(text for _, text in chain(after, blocks)) as rest:
            yield head().encode()
            yield from _told(first)
            described = [block for block in self._description(form) if block[0].startswith(own)]
            yield "".join(text for _, text in sorted([*amid, *described])).encode()
            yield from _told(rest)

    def _description(self, form: Form) -> list[Block]:
        counted = {"types": self._types, "relations": self._relations}
        triples = rdf.summary(**counted, ontology=self.ontology, size=self._size, example=self._example[-1])
        found = groupby(sorted(set(triples)), itemgetter(0))
        return [(subject, form.blocks(about)) for subject, about in found]

    def facts(self, form: Form) -> Iterator[Block]:
        """Yield what nodes are, and one plain triple for each edge."""
        subjects = sorted((self._node(node), node) for node in self.sets.ids(()))
        nodes = self.sets.values(node for _, node in subjects)
        for (subject, _), node in zip(subjects, nodes, strict=True):
            self._types[node.type] += 1
            self._example = min(self._example, rdf.exemplary(node))
            links = [(e.relation, e.target, self.sets.type(e.target)) for e in self._links(node)]
            pairs = rdf.about(node, links, self.ontology, self.term, self._node)
            self._size += len(pairs)
            yield subject, form.blocks((subject, predicate, value) for predicate, value in pairs)

    def _links(self, node: Node) -> Iterator[Link]:
        return (edge for _, edge in self.sets.links((node.id,), (), outgoing=True))

    def behind(self, form: Form) -> Iterator[Block]:
        """Yield passages, rules and statements."""
        rules = sorted(set(map(rdf.clean, self.sets.rules())))
        told = ((self.term(rdf.rule_curie(rule)), tuple(rdf.rule_told(rule, self.term))) for rule in rules)
        known = [(subject, form.blocks(triples)) for subject, triples in sorted(told)]
        self._size += 3 * len(known)
        return merge(self._passages(form), known, self._statements(form))

    def _passages(self, form: Form) -> Iterator[Block]:
        mark = Evidence(paper="7/p", field="title", start=1000000007, end=1000000009, text="7text7")
        curie, paper = "kgr:passage/7name7", self.term(rdf.node_curie(mark.paper))
        triples = list(rdf.passage(curie, mark, self.term))
        known = [form.value(rdf.literal(field)) for field in rdf.FIELDS]
        slots = {"7name7": "name", form.value(paper): "paper", "1000000007": "start", "1000000009": "end"}
        slots |= {form.value(rdf.literal(mark.text)): "text", form.value(rdf.literal(mark.field)): "field"}
        fill, fields = _template(form.blocks(triples), slots), dict(zip(rdf.FIELDS, known, strict=True))
        shown = Known(lambda node: form.value(self._node(node)))
        begin, literal = self.ontology.iri("kgr:passage/"), rdf.literal
        for name, found in self.sets.passages(rdf.passage_name):
            self._size += len(triples)
            yield (
                f"<{begin}{name}>",
                fill
                % {
                    "name": name,
                    "paper": shown[found.paper],
                    "field": fields.get(found.field) or literal(found.field),
                    "start": found.start,
                    "end": found.end,
                    "text": literal(found.text),
                },
            )

    def _statements(self, form: Form) -> Iterator[Block]:
        templates = [self._statement(form, rules) for rules in (False, True)]
        term, value, begin = self.term, form.value, self.ontology.iri("kgr:passage/")
        by, made, shown = term("prov:wasDerivedFrom"), term("prov:wasGeneratedBy"), term("kg:evidence")
        home, relations, node = self.ontology.iri("kgr:statement/"), self._relations, self._node
        ends = Known(lambda i: value(node(i)))
        rule_terms = Known(lambda rule: term(rdf.rule_curie(rule)))
        terms = Known(value)
        before, _, after = value(f"<{begin}7name7>").partition("7name7")
        for edge in self.sets.statements():
            relations[edge.relation] += 1
            name = edge.id
            subject = f"<{home}{name}>"
            papers = sorted([node(paper) for paper in edge.papers])
            rules = sorted([rule_terms[rule] for rule in rdf.rules_of(edge)])
            names = {rdf.passage_name(e.paper, e.field, e.start, e.end, e.text) for e in edge.evidence}
            passages = [f"{before}{name}{after}" for name in sorted(names)]  # all of one length: in order as terms too
            self._size += 8 + len(papers) + len(rules) + len(passages)
            yield (
                subject,
                templates[bool(rules)]
                % {
                    "name": name,
                    "confidence": rdf.decimal(edge.confidence),
                    "support": len(papers),
                    "derived": "true" if edge.derived else "false",
                    "source": ends[edge.source],
                    "relation": terms[term(rdf.own(edge.relation))],
                    "target": ends[edge.target],
                    "papers": form.lines(subject, by, [terms[paper] for paper in papers]),
                    "rules": form.lines(subject, made, [terms[rule] for rule in rules]),
                    "passages": form.lines(subject, shown, passages),
                },
            )

    def _statement(self, form: Form, rules: bool) -> str:
        """Return the text of a statement with slots for what differs."""
        evidence = Evidence(paper="7/p", field="title", start=0, end=1, text="7")
        edge = Edge(
            source="7/s", relation="7relation7", target="7/t", confidence=0.7007, evidence=(evidence,), derived=False
        )
        paper, rule, passage = (f"<7:{name}>" for name in ("paper", "rule", "passage"))
        said = rdf.stated(edge, self.term, support=1000000007, papers=[paper], rules=[rule] * rules, passages=[passage])
        subject, term = self.term("kgr:statement/7name7"), self.term
        slots = {form.line(subject, term("prov:wasDerivedFrom"), paper): "papers"}
        slots |= {form.line(subject, term("kg:evidence"), passage): "passages"}
        slots |= {form.line(subject, term("prov:wasGeneratedBy"), rule): "rules"} if rules else {}
        slots |= {form.value(term(rdf.node_curie(i))): name for i, name in (("7/s", "source"), ("7/t", "target"))}
        slots |= {form.value(term(rdf.own(edge.relation))): "relation", "7name7": "name", "1000000007": "support"}
        slots |= {"0.7007": "confidence", "false": "derived"}
        return _template(form.blocks((subject, predicate, value) for predicate, value in said), slots)


def _template(text: str, slots: Mapping[str, str]) -> str:
    """Return a text with a slot for `%` in the place of each mark."""
    text = text.replace("%", "%%")
    for mark, name in slots.items():
        before, text = text, text.replace(mark.replace("%", "%%"), f"%({name})s")
        assert text != before, name  # noqa: S101 - the text would be wrong for all
    return text


def _prefixes(compactor: rdf.Compactor) -> Callable[[], str]:
    return lambda: f"{rdf.turtle_prefixes(compactor)}\n"


def _before(own: str, blocks: Iterator[Block], amid: list[Block], after: list[Block]) -> Iterator[str]:
    """Yield the texts of blocks before those whose subject begins so, keep these, and the first one after them."""
    for block in blocks:
        if block[0].startswith(own):
            amid.append(block)
        elif block[0] < own:
            yield block[1]
        else:
            after.append(block)
            return


@contextmanager
def _kept(texts: Iterable[str]) -> Iterator[IO[bytes]]:
    """Write texts to a file that nobody else sees and that is gone afterwards."""
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        rest = iter(texts)
        while some := "".join(islice(rest, _PORTION)):
            file.write(some.encode())
        yield file


def _told(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(partial(file.read, _PART), b"")


def _dropping(number: int, parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield bytes but the last so many."""
    held = b""
    for part in parts:
        held += part
        if len(held) > number:
            yield held[:-number]
            held = held[-number:]
