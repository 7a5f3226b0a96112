"""YAML as a tree of nodes that know their line.

Built from parser events: PyYAML's own C composer recurses without limit, and deep nesting takes the whole process down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from kg.model import KGError, ReadError

_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A scalar (always text, so that 1.0, NO and null stay as written), a list, or a mapping as pairs."""

    line: int
    text: str | None = None
    items: tuple[Node, ...] | None = None
    pairs: tuple[tuple[Node, Node], ...] | None = None


def parse(text: str, place: str, error: type[KGError] = ReadError) -> Node | None:
    """Return the one document of a YAML text, or None if it is empty.

    What is no YAML, too deep, or uses aliases (bombs) is an `error` with its line.
    """
    try:
        events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        content = (e for e in events if not isinstance(e, yaml.StreamStartEvent | yaml.StreamEndEvent))
        documents = [
            _document(content, place, error) for event in content if isinstance(event, yaml.DocumentStartEvent)
        ]
    except yaml.YAMLError as wrong:
        mark, what = getattr(wrong, "problem_mark", None), getattr(wrong, "problem", None) or str(wrong).splitlines()[0]
        line = (
            min(mark.line, text.count("\n")) + 1 if mark else 1
        )  # the end of the text may be marked as a line of its own
        raise error(f"invalid YAML: {what}", where=f"{place}:{line}") from None
    if len(documents) > 1:
        raise error("more than one YAML document", where=f"{place}:{documents[1].line}", hint="one a file")
    return documents[0] if documents else None


def _document(events: Iterator[yaml.Event], place: str, error: type[KGError]) -> Node:
    node = _node(next(events), events, place, 1, error)
    next(events)  # the end of the document
    return node


def _node(event: yaml.Event, events: Iterator[yaml.Event], place: str, depth: int, error: type[KGError]) -> Node:
    line = event.start_mark.line + 1 if event.start_mark else 1
    if isinstance(event, yaml.AliasEvent):
        raise error("YAML aliases are not allowed", where=f"{place}:{line}")
    if isinstance(event, yaml.ScalarEvent):
        return Node(line=line, text=event.value)
    if depth == _MAX_DEPTH:
        raise error("invalid YAML: nested too deeply", where=f"{place}:{line}")
    children = []
    while not isinstance(child := next(events), yaml.CollectionEndEvent):
        children.append(_node(child, events, place, depth + 1, error))
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(line=line, items=tuple(children))
    return Node(line=line, pairs=tuple(zip(children[::2], children[1::2], strict=True)))
