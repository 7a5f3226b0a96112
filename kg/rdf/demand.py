"""A SPARQL query -> the triples that its answer can depend on, so that no other need be made or loaded.

A query sees a graph through its triple patterns. What matches none of them cannot change the answer, and neither can
what a pattern matches only for values that another part of the query rules out. So the patterns are looked up in turn,
the narrowest first, each for the values that the ones before have left: a semi-join, whose result is more than needed
and never less. The engine then runs the query as it stands on these triples.

What a part binds may narrow another part only where the two have to agree: a group narrows its OPTIONAL, MINUS and
EXISTS parts and is not narrowed by them, nothing narrows a subquery, which is counted and cut by itself, and values
other than IRIs narrow nothing, because an engine may hold "1.0" and "1.00" for equal. Whatever is not understood here
needs all triples: `UnboundedError`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rdflib import BNode, Literal, URIRef, Variable
from rdflib.namespace import XSD
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql.parserutils import CompValue

from kg import rdf
from kg.rdf.matching import Facts, UnboundedError

MOST = 1_000_000  # triples: more are better kept
Values = frozenset[str]
Bound = Mapping[str, Values]  # variables that every solution binds, and the IRIs that they can be
Ends = tuple[Values, Values]
_FREE: Bound = {}
_MANY = ("statement", "passage")
_PARTS = ("p", "p1", "p2")
_A_CLASS, _A_VALUE, _ALL, _PATH = 20_000, 30, 1_000_000, 10  # guesses at how much a pattern matches


def demanded(query: Any, facts: Facts, *, exact: bool = True, most: int = MOST) -> bytes:
    """Return the triples that the answer to a query (as rdflib translates it) can depend on, as N-Triples.

    Not `exact`: texts in the query may mean others, so that they narrow nothing. Raise UnboundedError when the triples
    are all, more than `most`, or nothing that we know how to tell.
    """
    made = _Demand(facts, exact, most)
    if _of(query, "datasetClause"):
        raise UnboundedError
    if _of(query, "p") is not None:
        made.part(query["p"], _FREE)
    if query.name == "DescribeQuery":
        if not all(isinstance(term, URIRef) for term in query["PV"]):
            raise UnboundedError
        made.fetch(frozenset(f"<{term}>" for term in query["PV"]), None, None, None)
    return "".join(made.lines).encode()


class _Demand:
    """What has been looked up of one query so far. Each method returns what it knows to be bound."""

    def __init__(self, facts: Facts, exact: bool, most: int) -> None:
        self._facts, self._exact, self._most = facts, exact, most
        self.lines: dict[str, None] = {}

    # --- groups -----------------------------------------------------------------------------------------------------

    def part(self, node: Any, bound: Bound) -> Bound:
        """Look up what a part needs for those of its solutions that agree with what is bound elsewhere."""
        ways = {
            "BGP": self._basic, "Join": self._join, "LeftJoin": self._outer, "Minus": self._outer,
            "Union": self._union, "Filter": self._filter, "Extend": self._extend, "ToMultiSet": self._table,
            "Project": self._project, "AggregateJoin": self._groups,
            "Distinct": self._inner, "Reduced": self._inner, "OrderBy": self._inner, "Slice": self._inner,
        }  # fmt: skip
        if not isinstance(node, CompValue) or node.name not in ways:
            raise UnboundedError
        found = ways[node.name](node, bound)
        inside = found if node.name == "Filter" else _FREE
        for pattern in _exists([value for key, value in dict.items(node) if key not in _PARTS]):
            self.part(vars(pattern).get("graph"), inside)  # translated, beside the item "graph" that is not
        return found

    def _inner(self, node: Any, bound: Bound) -> Bound:
        return self.part(node["p"], _FREE)

    def _join(self, node: Any, bound: Bound) -> Bound:
        first, second = sorted((node["p1"], node["p2"]), key=lambda side: self._price(side, bound))
        found = self.part(first, bound)
        return {**found, **self.part(second, {**bound, **found})}

    def _outer(self, node: Any, bound: Bound) -> Bound:
        found = self.part(node["p1"], bound)
        self.part(node["p2"], found)  # not by `bound`: what is optional and does not fit is absent, and fits
        return found

    def _union(self, node: Any, bound: Bound) -> Bound:
        one, other = self.part(node["p1"], bound), self.part(node["p2"], bound)
        return {name: one[name] | other[name] for name in one if name in other}

    def _filter(self, node: Any, bound: Bound) -> Bound:
        return self.part(node["p"], bound)

    def _extend(self, node: Any, bound: Bound) -> Bound:
        name, expr = _name(node["var"]), node["expr"]
        found = self.part(node["p"], {key: values for key, values in bound.items() if key != name})
        same = isinstance(expr, Variable) and _name(expr) in found
        return {**found, name: found[_name(expr)]} if same else found

    def _table(self, node: Any, bound: Bound) -> Bound:
        inner = node["p"]
        if inner.name != "values":
            return self.part(inner, _FREE)
        rows = _of(inner, "res") or []
        names = set.intersection(*(set(row) for row in rows)) if rows else set()
        return {
            _name(name): frozenset(f"<{row[name]}>" for row in rows)
            for name in names
            if all(isinstance(row[name], URIRef) for row in rows)
        }

    def _project(self, node: Any, bound: Bound) -> Bound:
        found = self.part(node["p"], _FREE)
        shown = {_name(name) for name in node["PV"] if isinstance(name, Variable)}
        return {name: values for name, values in found.items() if name in shown}

    def _groups(self, node: Any, bound: Bound) -> Bound:
        group = node["p"]
        found = self.part(group["p"], _FREE)
        keys = {_name(key) for key in _of(group, "expr") or () if isinstance(key, Variable)}
        samples = [a for a in node["A"] if a.name == "Aggregate_Sample" and isinstance(a["vars"], Variable)]
        named = ((_name(a["res"]), _name(a["vars"])) for a in samples)
        return {name: found[key] for name, key in named if key in keys and key in found}

    # --- patterns ---------------------------------------------------------------------------------------------------

    def _basic(self, node: Any, bound: Bound) -> Bound:
        waiting = list(node["triples"])
        kinds = self._kinds(waiting)
        found = dict(bound)
        while waiting:
            pattern = min(waiting, key=lambda triple: self._cost(triple, found))
            waiting.remove(pattern)
            subject, path, value = pattern
            starts, ends = self._path(
                self._given(subject, found), path, self._given(value, found), kinds.get(_name(subject))
            )
            for term, values in ((subject, starts), (value, ends)):
                if isinstance(term, Variable | BNode) and all(v.startswith("<") for v in values):
                    found[_name(term)] = values & found.get(_name(term), values)
        inside = {_name(term) for subject, _, value in node["triples"] for term in (subject, value)}
        return {name: values for name, values in found.items() if name in inside}

    def _kinds(self, patterns: list[Any]) -> dict[str, frozenset[str]]:
        """Return what kinds of subjects variables can be: what all their patterns allow."""
        found: dict[str, frozenset[str]] = {}
        for subject, path, value in patterns:
            told = ((subject, self._before(path, self._given(value, _FREE))), (value, self._after(path)))
            for term, kinds in told:
                if kinds is not None and isinstance(term, Variable | BNode):
                    found[_name(term)] = found.get(_name(term), kinds) & kinds
        return found

    def _given(self, term: Any, bound: Bound) -> Values | None:
        """Return what an end of a pattern can be, None if anything."""
        if isinstance(term, Variable | BNode):
            return bound.get(_name(term))
        if isinstance(term, URIRef):
            return frozenset((f"<{term}>",))
        if not isinstance(term, Literal):
            raise UnboundedError
        plain = self._exact and term.language is None and term.datatype in (None, XSD.string)
        return frozenset((rdf.literal(str(term)),)) if plain else None

    def _before(self, path: Any, values: Values | None = None) -> frozenset[str] | None:
        """Return the kinds of what a path can start from, None if any."""
        if isinstance(path, URIRef):
            return self._facts.subjects(f"<{path}>", values)
        if isinstance(path, SequencePath):
            return self._before(path.args[0])
        return self._after(path.arg) if isinstance(path, InvPath) else None

    def _after(self, path: Any) -> frozenset[str] | None:
        if isinstance(path, URIRef):
            return self._facts.values(f"<{path}>")
        if isinstance(path, SequencePath):
            return self._after(path.args[-1])
        return self._before(path.arg) if isinstance(path, InvPath) else None

    def _path(self, starts: Values | None, path: Any, ends: Values | None, kinds: frozenset[str] | None) -> Ends:
        """Look up a path between such ends, and return where it starts and ends then."""
        if isinstance(path, Variable | BNode):
            return self.fetch(starts, None, ends, kinds)
        if isinstance(path, URIRef):
            return self.fetch(starts, f"<{path}>", ends, kinds)
        if isinstance(path, InvPath):
            after, before = self._path(ends, path.arg, starts, None)
            return before, after
        if isinstance(path, AlternativePath):
            every = [self._path(starts, way, ends, kinds) for way in path.args]
            return _joined(s for s, _ in every), _joined(e for _, e in every)
        if isinstance(path, SequencePath):
            return self._sequence(starts, path.args, ends, kinds)
        if isinstance(path, MulPath):
            return self._repeated(starts, path, ends)
        raise UnboundedError

    def _sequence(
        self, starts: Values | None, steps: list[Any], ends: Values | None, kinds: frozenset[str] | None
    ) -> Ends:
        last = len(steps) - 1
        if ends is not None and (starts is None or len(ends) < len(starts)):
            here, final = ends, ends
            for i in range(last, -1, -1):
                before = kinds if i == 0 else self._after(steps[i - 1])
                here, reached = self._path(starts if i == 0 else None, steps[i], here, before)
                final = reached if i == last else final
            return here, final
        first: Values = frozenset()
        at = starts
        for i, step in enumerate(steps):
            begun, at = self._path(at, step, ends if i == last else None, kinds if i == 0 else None)
            first = begun if i == 0 else first
        return first, at or frozenset()

    def _repeated(self, starts: Values | None, path: Any, ends: Values | None) -> Ends:
        forward = starts is not None and (ends is None or len(starts) <= len(ends))
        given = starts if forward else ends
        if given is None:
            if path.zero:  # any term of the graph is a path of no steps
                raise UnboundedError
            return self._path(None, path.path, None, None)
        reached: set[str] = set()
        at: Values = given
        while at:
            found = self._path(at, path.path, None, None)[1] if forward else self._path(None, path.path, at, None)[0]
            at = found - reached if path.more else frozenset()
            reached |= found
        if path.zero:
            self._ground(given)
            reached |= given
        return (given, frozenset(reached)) if forward else (frozenset(reached), given)

    def _ground(self, terms: Values) -> None:
        """Take a triple of each term: a path of no steps is there for what occurs in the graph."""
        found, _ = self.fetch(terms, rdf.TYPE, None, None)
        for term in sorted(terms - found):
            if not self._facts.ours(term) and not self.fetch(None, rdf.TYPE, frozenset((term,)), None)[1]:
                raise UnboundedError

    def fetch(
        self, starts: Values | None, predicate: str | None, ends: Values | None, kinds: frozenset[str] | None
    ) -> Ends:
        """Take all triples between such ends."""
        if predicate is None and starts is None and ends is None:
            raise UnboundedError
        subjects: set[str] = set()
        values: set[str] = set()
        for subject, said, value in self._facts.triples(starts, predicate, ends, kinds):
            self.lines[f"{subject} {said} {value} .\n"] = None
            subjects.add(subject)
            values.add(value)
            if len(self.lines) > self._most:
                raise UnboundedError
        return frozenset(subjects), frozenset(values)

    # --- prices -----------------------------------------------------------------------------------------------------

    def _price(self, node: Any, bound: Bound) -> int:
        """Guess what is looked up first in a part."""
        if not isinstance(node, CompValue):
            return _ALL
        if node.name == "BGP":
            return min((self._cost(triple, bound) for triple in node["triples"]), default=0)
        if node.name in ("values", "Project"):
            bound = _FREE
        prices = [self._price(dict.get(node, key), bound) for key in _PARTS if dict.get(node, key) is not None]
        if not prices:
            return 0
        return min(prices) if node.name == "Join" else max(prices) if node.name == "Union" else prices[0]

    def _cost(self, triple: tuple[Any, Any, Any], bound: Bound) -> int:
        subject, path, value = triple
        starts, ends = self._given(subject, bound), self._given(value, bound)
        deep = _PATH
        if isinstance(path, URIRef):
            deep = 1 if self._facts.subjects(f"<{path}>").isdisjoint(_MANY) else _PATH
        costs = [_ALL * deep]
        if starts is not None:
            costs.append(len(starts) * deep)
        if ends is not None:
            constant = isinstance(value, Literal) or (path == URIRef(rdf.TYPE[1:-1]) and isinstance(value, URIRef))
            costs.append(_A_CLASS if constant else len(ends) * _A_VALUE * deep)
        return min(costs)


def _name(term: Any) -> str:
    return term.n3() if isinstance(term, Variable | BNode) else ""


def _joined(sets: Iterator[Values]) -> Values:
    return frozenset[str]().union(*sets)


def _of(node: Any, key: str) -> Any:
    return dict.get(node, key)  # their own `get` gives back the key


def _exists(tree: Any) -> Iterator[Any]:
    """Yield the EXISTS and NOT EXISTS of an expression, the outermost ones."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, CompValue):
            if part.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
                yield part
            else:
                waiting += [value for key, value in dict.items(part) if key != "_vars"]
        elif isinstance(part, list | tuple):
            waiting += part
