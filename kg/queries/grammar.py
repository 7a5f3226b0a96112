"""The grammar of questions: words -> Question.

    question  = ["what are" ...] ["how many"] ["top" [N]] subject tail
              | "path from" NAME "to" NAME tail
              | "what do" [TYPE] objects ("share" | "have in common") tail
              | "what" [TYPE] "does" NAME RELATION tail
    subject   = (TYPE ["or" TYPE] | NAME | "kinds of" NAME) [condition]; or a condition alone: "baselines of NAME"
    condition = clause (("and" | "or" | "but" | ",") ["not"] clause)*
    clause    = ["that" | "are" ...] ["not"] RELATION objects
    objects   = object (("and" | "or" | ",") ["not"] object)*    after "but", the relation before stands again
    object    = NAME ["or below"] | "anything" | TYPE [condition]            a bare type is any node of it
    tail      = [years] ["sorted by" column] ["per year"] ["limit" N]
    years     = since, after, from | before, until | in | between ... and YEAR

`and` binds closer than `or`, `or` closer than `but`; objects of one relation bind closest of all. TYPE and RELATION are
the words of the ontology, NAME any name of the graph (the longest that fits; quotes force one), and a clause belongs to
the nearest subject that the ontology allows to have it. `or below` takes in all variants and narrower kinds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kg.model import QueryError
from kg.queries import misread, particles
from kg.queries.meaning import COLUMNS, Both, Clause, Condition, Question, Subject, Without, grouped
from kg.queries.words import Phrase, Thing, Token, Words, either, tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What comes next: a connector, perhaps a negation, a relation phrase or else the one before; then an object."""

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
        self._skip(particles.LEAD)
        counted = self._counting()
        newest = self._word(self.at) in particles.NEWEST
        top = self._top()
        if self._over(self.at):
            raise QueryError("the question is empty", hint=self.words.example())
        goal = shared = None
        if self._route_ahead():
            subject, goal = self._route()
        else:
            shared = self._shared()
            subject = shared or self._turned() or self._subject((), outermost=True)
        asked = self._tail(
            Question(
                subject=subject,
                top=top,
                order="year" if newest else COLUMNS[0],
                counted=counted,
                goal=goal,
                shared=shared is not None,
            )
        )
        if not self._over(self.at):
            raise self._stuck()
        return replace(asked, since=self.since, until=self.until)

    def _counting(self) -> str:
        end = self._begins(self.at, particles.COUNTING)
        if not end or self._over(end):
            return ""
        self.at = end
        self._skip(particles.LEAD)
        return "all"

    def _top(self) -> int | None:
        if self._word(self.at) == "most" and self._word(self.at + 1) in particles.COMMON:
            self.at += 2
        if self._word(self.at) not in ("top", "first", *particles.NEWEST):
            return None
        self.at += 1
        number = self._number(self.at)
        self.at += number is not None
        return number

    def _number(self, at: int) -> int | None:
        number = particles.NUMBERS.get(self._word(at), self._word(at))
        if not (number.isascii() and number.isdigit()):
            return None
        return min(max(int(number), 1), particles.MOST_ROWS) if len(number) < 10 else particles.MOST_ROWS

    def _tail(self, asked: Question) -> Question:
        """Read what may stand at the end, in any order: years, how to sort, how many, each year apart."""
        while True:
            self._years()
            if asked.counted:
                self._skip(particles.THERE)
                self._years()
            if self._word(self.at) == "limit" and (number := self._number(self.at + 1)) is not None:
                self.at += 2
                asked = replace(asked, top=min(number, asked.top or number))
            elif self._begins(self.at, particles.PER_YEAR):
                self.at += 2
                asked = replace(asked, counted="year")
            elif (column := self._order()) == "year" and asked.counted:
                asked = replace(asked, counted="year")
            elif column:
                asked = replace(asked, order=column)
            else:
                return asked

    def _order(self) -> str:
        start = self.at + (self._word(self.at) in particles.ORDERED)
        if self._word(start) != "by":
            return ""
        column = self._word(start + 1)
        document = self.words.ontology.type_as("document").name
        if column not in COLUMNS and self.words.types.get(column.removesuffix("s")) != document:
            raise QueryError(f"cannot sort by {column!r}", hint="by " + either(COLUMNS))
        self.at = start + 2
        return column if column in COLUMNS else COLUMNS[0]

    # --- two names and more -----------------------------------------------------------------------------------------

    def _route_ahead(self) -> bool:
        start = self.at + (self._word(self.at) == "shortest")
        if self._word(start) in particles.ROUTES and self._word(start + 1) in ("from", "between"):
            self.at = start + 2
            return True
        if self._word(self.at) == "how" and self._word(self.at + 1) in ("is", "are"):
            self.at += 2
            return True
        return False

    def _route(self) -> tuple[Subject, Subject]:
        """Read the two ends: "A to B", "A and B", "A connected to B"."""
        start = self._end()
        self.at = self._after(self.at, particles.JOINED)
        if self._word(self.at) in particles.TO:
            self.at += 1
        goal = self._end()
        self.at = self._after(self.at, particles.JOINED)
        return start, goal

    def _end(self) -> Subject:
        begin = self.at
        found = self._subject(())
        if not found.ids:
            text = " ".join(t.text for t in self.tokens[begin : self.at])
            raise QueryError(f"a path joins two names, and {text!r} is a type", hint='for example "path from A to B"')
        return found

    def _shared(self) -> Subject | None:
        """Read "[TYPE] A and B share": the nodes that are linked to each of the names."""
        ends = [(at, end) for at in range(self.at, len(self.tokens)) if (end := self._begins(at, particles.SHARING))]
        if not ends or not self._tail_at(ends[-1][1]):
            return None
        self._skip(particles.LINKING)
        thing = self.words.thing_at(self.tokens, self.at)
        text, types = (thing.text, thing.types) if thing is not None and thing.types else ("", ())
        if thing is not None and types:
            self.at = thing.end
            self._skip(particles.LINKING)
        names = [self._subject(())]
        while self.at < ends[-1][0]:
            connector, self.at = self._connector(self.at)
            if not connector:
                raise self._stuck()
            names.append(self._subject(()))
        if len(names) == 1:
            raise QueryError(f"{names[0].text!r} alone shares nothing", hint='for example "what do A and B share"')
        self.at = ends[-1][1]
        parts = tuple(Clause(relation="", inverse=False, object=name) for name in names)
        return Subject(text=text, types=types, condition=Both(parts=parts))

    def _turned(self) -> Subject | None:
        """Read "[TYPE] does A RELATION": what stands at the other end."""
        start = self.at
        thing = self.words.thing_at(self.tokens, start)
        types = thing.types if thing is not None else ()
        text, at = (thing.text, thing.end) if thing is not None and types else ("", start)
        if self._word(at) not in particles.AUXILIARY or self.words.thing_at(self.tokens, at + 1) is None:
            return None
        self.at = at + 1
        name = self._subject(())
        phrase = self.words.phrase_at(self.tokens, self.at)
        if name.ids and phrase is not None and phrase.relation:
            self.at = phrase.end
            if self._tail_at(self.at):
                clause = Clause(relation=phrase.relation, inverse=not phrase.inverse, object=name)
                return Subject(text=text, types=types, condition=clause)
        self.at = start
        return None

    def _below(self, at: int) -> int:
        """Return where `or below`, `and its variants`, `or any kind of it` ends; 0 when none stands here."""
        connector, at = self._connector(at)
        at = self._after(at, particles.ANYTHING)
        if connector not in ("or", "and") or self._word(at) not in particles.BELOW:
            return 0
        at += 1
        if (self._word(at), self._word(at + 1)) == ("of", "it"):
            return at + 2
        at += self._word(at) in ("it", "them")
        return 0 if self._word(at) == "of" or self.words.thing_at(self.tokens, at) is not None else at

    def _begins(self, at: int, phrases: Sequence[tuple[str, ...]]) -> int:
        return particles.begins(self.tokens, at, phrases)

    # --- subjects and conditions ------------------------------------------------------------------------------------

    def _subject(self, wanted: Collection[str], *, outermost: bool = False) -> Subject:
        self._skip(particles.ARTICLES)
        if self._word(self.at) in particles.ANY:
            self.at += 1
            return Subject(text="", condition=self._condition(()))
        if outermost and self._word(self.at) in particles.KINDS and self._word(self.at + 1) == "of":
            self.at += 2
            kinds = self._subject(())
            relation = self.words.ontology.relation_as("hierarchy").name
            clause = Clause(relation=relation, inverse=False, object=kinds)
            return Subject(text="", condition=clause) if kinds.ids else kinds
        thing = self.words.thing_at(self.tokens, self.at, wanted)
        if thing is None and not (outermost and self.words.phrase_at(self.tokens, self.at)):
            raise misread.unknown(self.words, self.tokens, self.at, wanted=wanted, over_things=True)
        if thing is None:
            return Subject(text="", condition=self._condition(()))
        self.at = thing.end
        if outermost and thing.types:
            thing = self._more_types(thing)
        below = self._below(self.at) if thing.ids else 0
        self.at = below or self.at
        condition = self._condition(thing.types or self._types(thing)) if thing.types or outermost else None
        return Subject(text=thing.text, types=thing.types, ids=thing.ids, condition=condition, below=below > 0)

    def _more_types(self, thing: Thing) -> Thing:
        """Read "models or techniques that ...": either will do."""
        connector, at = self._connector(self.at)
        more = self.words.thing_at(self.tokens, at)
        if not connector or more is None or not more.types:
            return thing
        self.at = more.end
        types = tuple(dict.fromkeys((*thing.types, *more.types)))
        return self._more_types(Thing(text=f"{thing.text} or {more.text}", types=types, ids=(), end=more.end))

    def _condition(self, types: tuple[str, ...]) -> Condition | None:
        """Read the clauses that belong to this subject."""
        self.subjects.append(types)
        level = len(self.subjects) - 1
        parts: list[tuple[str, Condition]] = []
        last: Phrase | None = None
        while True:
            self._years()
            step = self._next_clause()
            if step is None and last is not None:
                step = self._next_object(self._ends(last, objects=True), ("but",))
            if step is None or (step.phrase is not None and self._owner(step.phrase) != level):
                break
            if (last := step.phrase or last) is None:
                break
            self.at = step.start
            part = self._objects(last)
            parts.append((step.connector, Without(part=part) if step.negated else part))
        self.subjects.pop()
        return grouped(parts) if parts else None

    def _objects(self, phrase: Phrase) -> Condition:
        """Read the objects of a relation; what follows a connector without a relation of its own is one more."""
        wanted = self._ends(phrase, objects=True)
        parts: list[tuple[str, Condition]] = [("", self._clause(phrase, wanted))]
        while True:
            self._years()
            step = self._next_object(wanted, ("and", "or", ","))
            if step is None:
                return grouped(parts)
            self.at = step.start
            part = self._clause(phrase, wanted)
            parts.append((step.connector, Without(part=part) if step.negated else part))

    def _clause(self, phrase: Phrase, wanted: Collection[str]) -> Clause:
        return Clause(relation=phrase.relation, inverse=phrase.inverse, object=self._subject(wanted))

    def _next_clause(self) -> _Step | None:
        connector, at = self._connector(self.at)
        negated = False
        while (phrase := self.words.phrase_at(self.tokens, at)) is None:
            if self._word(at) == particles.WITHOUT[0] and particles.WITHOUT[1] in self.words.phrases:
                relation, inverse = self.words.phrases[particles.WITHOUT[1]]
                phrase = Phrase(relation=relation, inverse=inverse, end=at + 1)
                return _Step(connector=connector, negated=True, phrase=phrase, start=at + 1)
            if self._word(at) not in particles.LINKING | particles.NOT:
                return None
            negated, at = negated or self._word(at) in particles.NOT, at + 1
        return _Step(connector=connector, negated=negated, phrase=phrase, start=phrase.end)

    def _next_object(self, wanted: Collection[str], connectors: Collection[str]) -> _Step | None:
        connector, at = self._connector(self.at)
        negated = self._word(at) in particles.NOT
        at = self._after(at + negated, particles.ARTICLES)
        thing = self.words.thing_at(self.tokens, at, wanted)
        phrase = self.words.phrase_at(self.tokens, at)
        if connector not in connectors or thing is None or (phrase is not None and phrase.end >= thing.end):
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
            at = self._after(at, particles.DATED) if self._year(self._after(at, particles.DATED) + 1) else at
            first, last = self._word(at), self._year(at + 3)
            if not (year := self._year(at + 1)):
                return
            if last and (first, self._word(at + 2)) in (("between", "and"), ("from", "to"), ("from", "until")):
                self._bound(year, last)
                self.at = at + 4
                continue
            if first in particles.SINCE:
                self._bound(year + particles.SINCE[first], None)
            elif first in particles.UNTIL:
                self._bound(None, year + particles.UNTIL[first])
            elif first in ("in", "during"):
                self._bound(year, year)
            else:
                return
            self.at = at + 2

    def _bound(self, since: int | None, until: int | None) -> None:
        self.since = since if self.since is None else max(self.since, since or self.since)
        self.until = until if self.until is None else min(self.until, until or self.until)
        if self.since is not None and self.until is not None and self.since > self.until:
            raise QueryError(f"no year is both {self.since} or later and {self.until} or earlier")

    def _year(self, at: int) -> int:
        return particles.year(self.tokens, at)

    # --- words ------------------------------------------------------------------------------------------------------

    def _word(self, at: int) -> str:
        return particles.word(self.tokens, at)

    def _over(self, at: int) -> bool:
        return at >= len(self.tokens)

    def _tail_at(self, at: int) -> bool:
        """Whether nothing follows but what may end a question."""
        return self._over(at) or self._word(at) in {*particles.SINCE, *particles.UNTIL, *particles.TAIL}

    def _after(self, at: int, skipped: frozenset[str]) -> int:
        return particles.after(self.tokens, at, skipped)

    def _skip(self, skipped: frozenset[str]) -> None:
        self.at = self._after(self.at, skipped)

    def _connector(self, at: int) -> tuple[str, int]:
        """Read 'and', ', and', 'but', ...: of several, the last word counts."""
        connector = ""
        while self._word(at) in particles.CONNECTORS:
            connector, at = self._word(at), at + 1
        return connector, at

    def _stuck(self) -> QueryError:
        types = next((types for types in self.subjects if types), ())
        return misread.stuck(self.words, self.tokens, self.at, types)
