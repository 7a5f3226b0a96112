"""Zotero's own JSON: the web API's items (fields under `data`) and Better BibTeX's export; notes are no papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, mapping, paper, text, texts, unmarked

_NO_PAPERS = frozenset({"attachment", "note", "annotation"})
_VENUES = (
    "publicationTitle",
    "proceedingsTitle",
    "conferenceName",
    "bookTitle",
    "university",
    "institution",
    "repository",
)
_EPRINT = re.compile(r"(?i)arxiv:\s*(\S+)")
_DOI = re.compile(r"(?im)^doi:\s*(\S+)")


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _read(lines: Lines, place: str) -> Reading:
    hint = "a list of items with itemType and title"
    return collected(jsonrecords.records(lines), place, lambda r: _papers(r, place), hint=hint, unique=True)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    item = mapping(record.get("data")) or record
    if item.get("itemType") in _NO_PAPERS:
        return
    extra = text(item.get("extra"), "extra")
    archive = text(item.get("archiveID") or item.get("reportNumber"))
    eprint = _EPRINT.search(f"{archive}\n{extra}")
    doi = _DOI.search(extra)
    yield paper(
        place,
        id=text(item.get("citationKey") or item.get("key") or record.get("key"), "key"),
        title=unmarked(text(item.get("title"), "title")),
        abstract=text(item.get("abstractNote"), "abstractNote"),
        date=text(item.get("date"), "date"),
        venue=next((text(item[key]) for key in _VENUES if item.get(key)), ""),
        authors=[_name(mapping(c)) for c in item.get("creators") or () if mapping(c).get("creatorType") == "author"],
        url=text(item.get("url"), "url"),
        keywords=texts(item.get("tags"), "tag"),
        arxiv=eprint[1] if eprint else "",
        doi=text(item.get("DOI"), "DOI") or (doi[1] if doi else ""),
    )


def _name(creator: dict[str, Any]) -> str:
    parts = (creator.get("firstName"), creator.get("lastName"), creator.get("name"))
    return " ".join(filter(None, map(text, parts)))


READER = Reader(name="zotero-json", suffixes=(), recognises=_recognises, read=_read, pieces=True)
