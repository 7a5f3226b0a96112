"""Hugging Face's papers API: a list of daily papers, search results or one paper; the abstract is `summary`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, mapping, paper, text, texts


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _read(lines: Lines, place: str) -> Reading:
    return collected(
        jsonrecords.records(lines), place, lambda record: papers(record, place), hint="a list of objects with a paper"
    )


def papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    """Yield the paper of one entry; the pages embed the same objects as the API gives."""
    inner = mapping(record.get("paper")) or record
    number = text(inner.get("id"), "id")
    yield paper(
        place,
        id=number,
        title=text(inner.get("title") or record.get("title"), "title"),
        abstract=text(inner.get("summary") or record.get("summary"), "summary"),
        date=text(inner.get("publishedAt") or record.get("publishedAt"), "publishedAt"),
        authors=texts(inner.get("authors"), "name", "fullname"),
        keywords=texts(inner.get("ai_keywords")),
        arxiv=number,
        url=f"https://huggingface.co/papers/{number}" if number else "",
    )


READER = Reader(name="hf-api", suffixes=(), recognises=_recognises, read=_read, pieces=True)
