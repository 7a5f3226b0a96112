"""arXiv's metadata snapshot as Kaggle and Hugging Face mirror it: one object a line, wrapped text, LaTeX accents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import clean, jsonrecords
from kg.readers.reading import Lines, Reader, Reading, in_one
from kg.readers.records import mapping, paper, person, stretches, text


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _stretches(lines: Lines, place: str) -> Iterator[Reading]:
    hint = "one object a line with id, title and abstract"
    return stretches(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    number = text(record.get("id"), "id")
    yield paper(
        place,
        id=number,
        title=text(record.get("title"), "title"),
        abstract=clean.line(text(record.get("abstract"), "abstract")),
        date=_date(record),
        venue=text(record.get("journal-ref"), "journal-ref"),
        authors=_authors(record),
        keywords=text(record.get("categories"), "categories").split(),
        arxiv=number,
        doi=text(record.get("doi"), "doi"),
        url=f"https://arxiv.org/abs/{number}" if clean.arxiv(number) else "",
    )


def _date(record: dict[str, Any]) -> str:
    """Return the day of the first version, else that of the last change."""
    versions = record.get("versions")
    if isinstance(versions, list) and versions:
        return text(mapping(versions[0]).get("created")).partition(", ")[2]
    return text(record.get("update_date"))


def _authors(record: dict[str, Any]) -> list[str]:
    """Return the parsed names (family, given, suffix), else the text parted at commas."""
    parsed = record.get("authors_parsed")
    if isinstance(parsed, list):
        return [
            " ".join(filter(None, (text(n[1:2]), text(n[:1]), text(n[2:3])))) for n in parsed if isinstance(n, list)
        ]
    return [person(name) for name in text(record.get("authors"), "authors").replace(" and ", ", ").split(", ")]


READER = Reader(
    name="arxiv-snapshot",
    suffixes=(),
    recognises=_recognises,
    read=in_one(_stretches),
    stretches=_stretches,
    pieces=True,
)
