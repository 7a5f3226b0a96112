"""The grammar of questions: words -> Question.

    question  = ["what are" ...] ["top" [N]] subject [years] ["by" column]
    subject   = (TYPE | NAME) [condition]          a question may also begin with a relation: "baselines of NAME"
    condition = clause (("and" | "or" | "but" | ",") ["not"] clause)*
    clause    = ["that" | "are" ...] ["not"] RELATION objects
    objects   = object (("and" | "or" | "but" | ",") ["not"] object)*
    object    = NAME | TYPE [condition]            a bare type is any node of it
    years     = since, after, from | before, until | in | between ... and YEAR

`and` binds closer than `or`, `or` closer than `but`; objects of one relation bind closest of all. TYPE and RELATION are
the words of the ontology, NAME any name of the graph (the longest that fits; quotes force one), and a clause belongs to
the nearest subject that the ontology allows to have it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from kg.model import QueryError
from kg.queries.words import Phrase, Thing, Token, Words, did_you_mean, either, tokens, words_of

COLUMNS = ("support", "confidence", "name")

_LEAD = words_of("what which who show list find give get tell me us name display is are there please all the")
_LINKING = words_of("that which who is are was were be been being has have had do does did can also it they")
_ARTICLES = words_of("a an the any some all each every most many")
_COMMON = words_of("used common frequent popular important")
_CONNECTORS = words_of("and or but ,")
_NOT = words_of("not never cannot isn't aren't don't doesn't didn't wasn't weren't")
_ORDERED = words_of("sorted ordered ranked")
_SINCE = {"since": 0, "from": 0, "after": 1}
_UNTIL = {"before": -1, "until": 0, "till": 0, "to": 0}
_YEAR = re.compile(r"(?:19|20)\d\d")
_MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Nodes: those of the `types` (none: any), or the named `ids`, so far as the condition holds."""

    text: str
    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Joined with the object by a relation ('' for any); `inverse`: the edge runs from the object."""

    relation: str
    inverse: bool
    object: Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The part does not hold."""

    part: Condition


Condition = Clause | Both | Either | Without


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for, the years that evidence must be of, how many rows at most, and the column that ranks them."""

    subject: Subject
    since: int | None = None
    until: int | None = None
    top: int | None = None
    order: str = COLUMNS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What comes next: a connector, perhaps a negation, then a relation phrase or (phrase None) one more object."""

    connector: str
    negated: bool
    phrase: Phrase | None
    start: int


def parse(question: str, words: Words) -> Question:
    """Read a question; a QueryError names the words that are not understood and what was perhaps meant."""
    return _Parser(words, tokens(question)).question()


class _Parser:
    """Recursive descent over the tokens. `subjects` are the types of the subjects being read, the outermost first."""

    def __init__(self, words: Words, found: Sequence[Token]) -> None:
        self.words, self.tokens = words, found
        self.at = 0
        self.since: int | None = None
        self.until: int | None = None
        self.subjects: list[tuple[str, ...]] = []

    def question(self) -> Question:
        self._skip(_LEAD)
        top = self._top()
        if self._over(self.at):
            raise QueryError("the question is empty", hint=self.words.example())
        subject = self._subject((), outermost=True)
        self._years()
        order = self._order()
        if not self._over(self.at):
            raise self._stuck()
        return Question(subject=subject, since=self.since, until=self.until, top=top, order=order)

    def _top(self) -> int | None:
        if self._word(self.at) == "most" and self._word(self.at + 1) in _COMMON:
            self.at += 2
        if self._word(self.at) not in ("top", "first"):
            return None
        self.at += 1
        number = self._word(self.at)
        if not (number.isascii() and number.isdigit()):
            return None
        self.at += 1
        return min(max(int(number), 1), _MOST_ROWS) if len(number) < 10 else _MOST_ROWS

    def _order(self) -> str:
        start = self.at + (self._word(self.at) in _ORDERED)
        if self._word(start) != "by":
            return COLUMNS[0]
        column = self._word(start + 1)
        document = self.words.ontology.type_as("document").name
        if column not in COLUMNS and self.words.types.get(column.removesuffix("s")) != document:
            raise QueryError(f"cannot sort by {column!r}", hint="by " + either(COLUMNS))
        self.at = start + 2
        return column if column in COLUMNS else COLUMNS[0]

    def _subject(self, wanted: Collection[str], *, outermost: bool = False) -> Subject:
        self._skip(_ARTICLES)
        thing = self.words.thing_at(self.tokens, self.at, wanted)
        if thing is None and not (outermost and self.words.phrase_at(self.tokens, self.at)):
            raise self._unknown(self.at, wanted=wanted, over_things=True)
        if thing is None:
            return Subject(text="", condition=self._condition(()))
        self.at = thing.end
        condition = self._condition(thing.types or self._types(thing)) if thing.types or outermost else None
        return Subject(text=thing.text, types=thing.types, ids=thing.ids, condition=condition)

    def _condition(self, types: tuple[str, ...]) -> Condition | None:
        """Read the clauses that belong to this subject."""
        self.subjects.append(types)
        level = len(self.subjects) - 1
        parts: list[tuple[str, Condition]] = []
        while True:
            self._years()
            step = self._next_clause()
            if step is None or step.phrase is None or self._owner(step.phrase) != level:
                break
            self.at = step.phrase.end
            part = self._objects(step.phrase)
            parts.append((step.connector, Without(part=part) if step.negated else part))
        self.subjects.pop()
        return _grouped(parts) if parts else None

    def _objects(self, phrase: Phrase) -> Condition:
        """Read the objects of a relation; what follows a connector without a relation of its own is one more."""
        wanted = self._ends(phrase, objects=True)
        parts: list[tuple[str, Condition]] = [("", self._clause(phrase, wanted))]
        while True:
            self._years()
            step = self._next_object(wanted)
            if step is None:
                return _grouped(parts)
            self.at = step.start
            part = self._clause(phrase, wanted)
            parts.append((step.connector, Without(part=part) if step.negated else part))

    def _clause(self, phrase: Phrase, wanted: Collection[str]) -> Clause:
        return Clause(relation=phrase.relation, inverse=phrase.inverse, object=self._subject(wanted))

    def _next_clause(self) -> _Step | None:
        connector, at = self._connector(self.at)
        negated = False
        while (phrase := self.words.phrase_at(self.tokens, at)) is None:
            if self._word(at) not in _LINKING | _NOT:
                return None
            negated, at = negated or self._word(at) in _NOT, at + 1
        return _Step(connector=connector, negated=negated, phrase=phrase, start=at)

    def _next_object(self, wanted: Collection[str]) -> _Step | None:
        connector, at = self._connector(self.at)
        negated = self._word(at) in _NOT
        at = self._after(at + negated, _ARTICLES)
        thing = self.words.thing_at(self.tokens, at, wanted)
        phrase = self.words.phrase_at(self.tokens, at)
        if not connector or thing is None or (phrase is not None and phrase.end >= thing.end):
            return None
        return _Step(connector=connector, negated=negated, phrase=None, start=at)

    def _owner(self, phrase: Phrase) -> int:
        """Return the nearest subject that may have this relation; when none may, the nearest: its answer tells why."""
        allowed = set(self._ends(phrase, objects=False))
        for level in range(len(self.subjects) - 1, -1, -1):
            if not self.subjects[level] or not phrase.relation or allowed & set(self.subjects[level]):
                return level
        return len(self.subjects) - 1

    def _ends(self, phrase: Phrase, *, objects: bool) -> tuple[str, ...]:
        """Return the types that may stand at the object's end, or at the subject's."""
        if not phrase.relation:
            return ()
        relation = self.words.ontology.relation(phrase.relation)
        return relation.range if objects != phrase.inverse else relation.domain

    def _types(self, thing: Thing) -> tuple[str, ...]:
        return tuple(sorted({self.words.graph.by_id[i].type for i in thing.ids}))

    def _years(self) -> None:
        """Take in every statement of years that stands here."""
        while True:
            _, at = self._connector(self.at)
            first, second = self._word(at), self._word(at + 1)
            last = self._year(at + 3)
            if not (year := self._year(at + 1)):
                return
            if last and (first, self._word(at + 2)) in (("between", "and"), ("from", "to"), ("from", "until")):
                self._bound(year, last)
                self.at = at + 4
                continue
            if first in _SINCE:
                self._bound(year + _SINCE[first], None)
            elif first in _UNTIL:
                self._bound(None, year + _UNTIL[first])
            elif first in ("in", "during"):
                self._bound(int(second), int(second))
            else:
                return
            self.at = at + 2

    def _bound(self, since: int | None, until: int | None) -> None:
        self.since = since if self.since is None else max(self.since, since or self.since)
        self.until = until if self.until is None else min(self.until, until or self.until)
        if self.since is not None and self.until is not None and self.since > self.until:
            raise QueryError(f"no year is both {self.since} or later and {self.until} or earlier")

    def _year(self, at: int) -> int:
        return int(self._word(at)) if _YEAR.fullmatch(self._word(at)) else 0

    # --- words ------------------------------------------------------------------------------------------------------

    def _word(self, at: int) -> str:
        return self.tokens[at].word if at < len(self.tokens) else ""

    def _over(self, at: int) -> bool:
        return at >= len(self.tokens)

    def _after(self, at: int, skipped: frozenset[str]) -> int:
        while self._word(at) in skipped:
            at += 1
        return at

    def _skip(self, skipped: frozenset[str]) -> None:
        self.at = self._after(self.at, skipped)

    def _connector(self, at: int) -> tuple[str, int]:
        """Read 'and', ', and', 'but', ...: of several, the last word counts."""
        connector = ""
        while self._word(at) in _CONNECTORS:
            connector, at = self._word(at), at + 1
        return connector, at

    # --- errors -----------------------------------------------------------------------------------------------------

    def _stuck(self) -> QueryError:
        """Say why the rest of the question is not understood."""
        at = self._after(self.at, _CONNECTORS | _LINKING | _NOT | _ARTICLES)
        if self._over(at):
            return QueryError(f"the question ends after {self.tokens[-1].text!r}", hint=self.words.example())
        thing = self.words.thing_at(self.tokens, at)
        if thing is not None:
            types = next((types for types in self.subjects if types), ())
            labels = [
                r.label for r in self.words.ontology.relations if r.drawn and (not types or set(types) & set(r.domain))
            ]
            return QueryError(f"no relation stands before {thing.text!r}", hint=f"for example {either(labels)}")
        return self._unknown(at, wanted=(), phrases=True)

    def _unknown(
        self, at: int, *, wanted: Collection[str], over_things: bool = False, phrases: bool = False
    ) -> QueryError:
        if self._over(at):
            return QueryError(f"the question ends after {self.tokens[-1].text!r}", hint=self.words.example())
        end = at + 1
        while not self._over(end) and not self._known(end, over_things=over_things):
            end += 1
        text = " ".join(t.text for t in self.tokens[at:end])
        hint = did_you_mean(text, self.words, wanted=wanted, phrases=phrases)
        labels = "relations are " + ", ".join(r.label for r in self.words.ontology.relations)
        return QueryError(f"do not know {text!r}", hint=hint or (labels if phrases else self.words.example()))

    def _known(self, at: int, *, over_things: bool) -> bool:
        """Whether something begins here that ends an unknown stretch."""
        if self._word(at) in _CONNECTORS | _LINKING | _NOT or self.words.phrase_at(self.tokens, at) or self._year(at):
            return True
        return not over_things and self.words.thing_at(self.tokens, at) is not None


def _grouped(parts: Sequence[tuple[str, Condition]]) -> Condition:
    """Give the connectors their precedence: `and` closest, then `or`, then `but`; a comma means what follows it."""
    joined: list[tuple[str, Condition]] = []
    meaning = "and"
    for connector, part in reversed(parts):
        meaning = connector if connector in ("and", "or") else meaning
        joined.insert(0, (meaning if connector == "," else connector, part))
    whole = [
        _one([_one(group, Both) for group in _split(alternatives, "or")], Either)
        for alternatives in _split_pairs(joined, "but")
    ]
    return _one(whole, Both)


def _split_pairs(parts: Sequence[tuple[str, Condition]], connector: str) -> list[list[tuple[str, Condition]]]:
    groups: list[list[tuple[str, Condition]]] = [[]]
    for pair in parts:
        if pair[0] == connector and groups[-1]:
            groups.append([])
        groups[-1].append(pair)
    return groups


def _split(parts: Sequence[tuple[str, Condition]], connector: str) -> list[list[Condition]]:
    return [[condition for _, condition in group] for group in _split_pairs(parts, connector)]


def _one(parts: Sequence[Condition], join: Callable[..., Both] | Callable[..., Either]) -> Condition:
    return parts[0] if len(parts) == 1 else join(parts=tuple(parts))


def describe(subject: Subject, words: Words) -> str:
    """Return how a subject was understood."""
    text = subject.text if subject.ids else either(subject.types) or "anything"
    return text + (f" [{described(subject.condition, words)}]" if subject.condition else "")


def described(condition: Condition, words: Words) -> str:
    """Return how a condition was understood, in labels of the ontology."""
    if isinstance(condition, Without):
        return f"not ({described(condition.part, words)})"
    if isinstance(condition, Both | Either):
        join = " and " if isinstance(condition, Both) else " or "
        return join.join(
            f"({described(p, words)})" if isinstance(p, Both | Either) else described(p, words) for p in condition.parts
        )
    label = words.ontology.relation(condition.relation).label if condition.relation else "linked to"
    text = describe(condition.object, words)
    return f"{text} {label} it" if condition.inverse else f"{label} {text}"
