"""What a question means: the values between the grammar, which reads them, and those that search and translate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kg.queries.words import Words, either

COLUMNS = ("support", "confidence", "name", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Nodes: those of the `types` (none: any), or the named `ids`, so far as the condition holds.

    `below`: the named ones with all their variants and narrower kinds.
    """

    text: str
    types: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    condition: Condition | None = None
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Joined with the object by a relation ('' for any); `inverse`: the edge runs from the object.

    `above`: what is joined is meant, and whatever it is a variant or kind of.
    """

    relation: str
    inverse: bool
    object: Subject
    above: bool = False


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
    """What is asked for, the years that evidence must be of, how many rows at most, and the column that ranks them.

    With a `goal`, the shortest paths from the subject to it are asked for. `counted` is '' for rows, 'all' for how many
    there are, 'year' for how many in each year. `shared`: what several names have in common.
    """

    subject: Subject
    since: int | None = None
    until: int | None = None
    top: int | None = None
    order: str = COLUMNS[0]
    counted: str = ""
    goal: Subject | None = None
    shared: bool = False


def raised(asked: Question) -> Question:
    """Return a question about what names have in common, asked about what stands above their links."""
    condition = asked.subject.condition
    if not isinstance(condition, Both):
        return asked
    parts = tuple(replace(part, above=True) if isinstance(part, Clause) else part for part in condition.parts)
    return replace(asked, subject=replace(asked.subject, condition=Both(parts=parts)))


def widened(subject: Subject) -> Subject:
    """Return the subject with every name in its condition taken with what is below it."""
    return replace(subject, condition=_widened(subject.condition)) if subject.condition else subject


def _widened(condition: Condition) -> Condition:
    if isinstance(condition, Without):
        return condition  # more would be taken away
    if isinstance(condition, Both | Either):
        return replace(condition, parts=tuple(_widened(part) for part in condition.parts))
    return replace(condition, object=replace(widened(condition.object), below=bool(condition.object.ids)))


def names_in(condition: Condition | None) -> tuple[Subject, ...]:
    """Return the named objects of a condition, in the order of the question."""
    if condition is None:
        return ()
    if isinstance(condition, Without):
        return names_in(condition.part)
    if isinstance(condition, Both | Either):
        return tuple(name for part in condition.parts for name in names_in(part))
    found = condition.object
    return ((found,) if found.ids else ()) + names_in(found.condition)


def in_words(asked: Question, words: Words) -> str:
    """Return how a whole question was understood."""
    text = describe(asked.subject, words)
    if asked.goal is not None:
        text = f"shortest paths from {text} to {describe(asked.goal, words)}"
    counted = {"": "", "all": "number of ", "year": "number in each year of "}[asked.counted]
    return counted + text + years_in_words(asked)


def years_in_words(asked: Question) -> str:
    """Return the years of a question with a blank before them, or nothing."""
    return (f" since {asked.since}" if asked.since else "") + (f" until {asked.until}" if asked.until else "")


def describe(subject: Subject, words: Words) -> str:
    """Return how a subject was understood."""
    text = named(subject) if subject.ids else either(subject.types) or "anything"
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
    label = f"at or above what is {label}" if condition.above else label
    text = describe(condition.object, words)
    return f"{text} {label} it" if condition.inverse else f"{label} {text}"


def named(subject: Subject) -> str:
    """Return a named subject as a question would have it."""
    return subject.text + " or below" * subject.below


def grouped(parts: Sequence[tuple[str, Condition]]) -> Condition:
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
