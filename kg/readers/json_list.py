"""JSON that is no line format: a list of objects, one inside an object, or objects over several lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kg.model import Paper
from kg.readers import jsonl, jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import UnreadableError, collected


def _recognises(head: str) -> bool:
    shape = jsonrecords.shape(head)
    return shape.listed and any("title" in keys for keys in shape.keys) and not jsonrecords.kind(head)


def _read(lines: Lines, place: str) -> Reading:
    hint = "objects with at least a title"
    return collected(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    try:
        yield jsonl.paper(record, Path(place).name)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"not a paper: {error}") from None


READER = Reader(name="json", suffixes=(".json",), recognises=_recognises, read=_read, pieces=True)
