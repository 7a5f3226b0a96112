"""Lists of a conference's papers: the JSON behind virtual conference sites, and Paper Copilot's lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, paper, text, texts

_VENUE = re.compile(r"([a-z]{3,8})[-_ ]?((?:19|20)\d\d)", re.IGNORECASE)
_WITHDRAWN = frozenset({"withdraw", "withdrawn", "desk reject"})


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _read(lines: Lines, place: str) -> Reading:
    hint = "objects with title or name, abstract and authors"
    return collected(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    if text(record.get("status")).casefold() in _WITHDRAWN:
        return
    venue = text(record.get("venue") or record.get("conference")) or _named(place)
    year = re.search(r"(?:19|20)\d\d", venue)
    names = record.get("authors") or record.get("author")
    authors = (
        [a.strip() for a in names.split(";")]
        if isinstance(names, str) and ";" in names
        else texts(names, "fullname", "name")
    )
    yield paper(
        place,
        id=text(record.get("uid") or record.get("id"), "id"),
        title=text(record.get("title") or record.get("name"), "title"),
        abstract=text(record.get("abstract"), "abstract"),
        year=record.get("year") or (year.group() if year else None),
        venue=venue,
        authors=authors,
        keywords=texts(record.get("keywords")) or texts(record.get("topic")),
        url=text(
            record.get("paper_url") or record.get("site") or record.get("url") or record.get("virtualsite_url"), "url"
        ),
        arxiv=text(record.get("arxiv_id") or record.get("arxiv")),
        doi=text(record.get("doi"), "doi"),
    )


def _named(place: str) -> str:
    """Return the venue that the file is named after: `iclr2024.json` holds ICLR 2024."""
    found = _VENUE.match(Path(place).stem)
    return f"{found[1].upper()} {found[2]}" if found else ""


READER = Reader(name="conference-list", suffixes=(), recognises=_recognises, read=_read, pieces=True)
