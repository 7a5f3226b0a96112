"""CSL-JSON, as citation managers and Crossref exchange it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, mapping, paper, text, texts, unmarked


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _read(lines: Lines, place: str) -> Reading:
    hint = "a list of objects with type and title"
    return collected(jsonrecords.records(lines), place, lambda r: _papers(r, place), hint=hint, unique=True)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    yield paper(
        place,
        id=text(record.get("citation-key") or record.get("id"), "id"),
        title=unmarked(text(record.get("title"), "title")),
        abstract=unmarked(text(record.get("abstract"), "abstract")),
        date=_date(mapping(record.get("issued"))),
        venue=unmarked(text(record.get("container-title") or record.get("event-title"), "container-title")),
        authors=[_name(mapping(author)) for author in record.get("author") or ()],
        url=text(record.get("URL"), "URL"),
        keywords=texts(record.get("keyword")),
        arxiv=_eprint(record),
        doi=text(record.get("DOI"), "DOI"),
    )


def _date(issued: dict[str, Any]) -> str:
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        return "-".join(text(part).zfill(2) for part in parts[0][:3] if part)
    return text(issued.get("literal") or issued.get("raw"), "issued")


def _name(author: dict[str, Any]) -> str:
    if author.get("literal"):
        return text(author["literal"])
    parts = ("given", "non-dropping-particle", "family", "suffix")
    return " ".join(filter(None, (text(author.get(part)) for part in parts)))


def _eprint(record: dict[str, Any]) -> str:
    """Return the arXiv id where styles put it: the number of a preprint, or a note."""
    for key in ("number", "note"):
        value = text(record.get(key))
        if "arxiv" in value.lower():
            return value.split()[0] if key == "number" else value[value.lower().find("arxiv") :].split()[0]
    return ""


READER = Reader(name="csl-json", suffixes=(), recognises=_recognises, read=_read, pieces=True)
