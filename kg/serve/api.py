"""The JSON API as one table: each row is a route, its parameters and the value that it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from kg import lookup
from kg.serve.guard import Problem
from kg.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One query parameter; its type is that of the default, and without a default it must be given."""

    name: str
    description: str
    default: str | int | bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route of the API: a pure function of the graph and the parameters."""

    path: str
    summary: str
    run: Callable[..., Any]
    result: type
    parameters: tuple[Parameter, ...] = ()


NAME = Parameter(name="name", description="A node: its id, name or alias.")
_LIMIT = Parameter(name="limit", description=f"At most so many, 1 to {lookup.MOST}.", default=lookup.LIMIT)
TYPE = Parameter(name="type", description="Only nodes of this type.", default="")
RELATION = Parameter(name="relation", description="Only edges of this relation.", default="")

OPERATIONS = (
    Operation(path="/api/summary", summary="How large the graph is.", run=lookup.summary, result=lookup.Summary),
    Operation(
        path="/api/search",
        summary="Find nodes by words of their names.",
        run=lookup.search,
        result=lookup.Found,
        parameters=(
            Parameter(name="query", description="Words of a name or alias."),
            TYPE,
            _LIMIT,
        ),
    ),
    Operation(
        path="/api/describe",
        summary="What a node is: its names, record, and how many edges of each kind it has.",
        run=lookup.describe,
        result=lookup.Description,
        parameters=(NAME,),
    ),
    Operation(
        path="/api/neighbours",
        summary="The edges of a node, each with a quote.",
        run=lookup.neighbours,
        result=lookup.Neighbours,
        parameters=(NAME, RELATION, _LIMIT),
    ),
    Operation(
        path="/api/why",
        summary="The sentences and rules behind edges, or why candidates were refused.",
        run=lookup.why,
        result=lookup.Because,
        parameters=(
            NAME,
            RELATION,
            Parameter(name="other", description="The node at the other end.", default=""),
            Parameter(name="refused", description="Tell what was refused instead.", default=False),
            _LIMIT,
        ),
    ),
    Operation(
        path="/api/ask",
        summary="Answer a question in words, with the sentences behind each row.",
        run=lookup.ask,
        result=lookup.Answered,
        parameters=(Parameter(name="question", description='Such as "techniques evaluated-on GSM8K".'), _LIMIT),
    ),
)


def call(operation: Operation, graph: View, given: Sequence[tuple[str, str]]) -> bytes:
    """Run an operation and return JSON; parameters that do not fit are a Problem that tells what would."""
    return msgspec.json.encode(operation.run(graph, **arguments(operation.parameters, given)))


def arguments(known: Sequence[Parameter], given: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the parameters of a request, converted."""
    names = {p.name: p for p in known}
    found: dict[str, Any] = {}
    for name, text in given:
        if name not in names or name in found:
            what = "is given twice" if name in names else "is not known"
            raise Problem(400, f"the parameter {name!r} {what}", hint="known: " + (", ".join(names) or "none"))
        found[name] = _converted(names[name], text)
    for parameter in known:
        if parameter.default is None and not found.get(parameter.name):
            raise Problem(400, f"the parameter {parameter.name!r} is missing", hint=parameter.description)
    return found


def _converted(parameter: Parameter, text: str) -> str | int | bool:
    if isinstance(parameter.default, bool):
        if text not in ("true", "false"):
            raise Problem(400, f"{parameter.name!r} is {text[:40]!r}", hint="true or false")
        return text == "true"
    if isinstance(parameter.default, int):
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Problem(400, f"{parameter.name!r} is {text[:40]!r}", hint=parameter.description)
        return int(text)
    return text
