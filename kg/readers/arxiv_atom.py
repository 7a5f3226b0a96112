"""Answers of arXiv's API (Atom), and its RSS feeds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from kg.model import Paper
from kg.readers import clean, xmlrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import UnreadableError, collected, paper
from kg.readers.xmlrecords import child, children

_ANNOUNCED = re.compile(r"^arXiv:(\S+)\s+Announce Type:\s*\S+\s*(?:Abstract:\s*)?")


def _recognises(head: str) -> bool:
    return xmlrecords.opens(head, "feed", "rss") and "arxiv.org" in head


def _read(lines: Lines, place: str) -> Reading:
    found = xmlrecords.records(lines, ("entry", "item"), place)
    return collected(found, place, lambda entry: _papers(entry, place), hint="an Atom feed with entries")


def _papers(entry: Element, place: str) -> Iterator[Paper]:
    address = child(entry, "id") or child(entry, "link") or child(entry, "guid")
    if "/api/errors" in address:
        raise UnreadableError(f"arXiv answered: {child(entry, 'summary')}")
    number = clean.arxiv(address.removeprefix("oai:arXiv.org:"))
    announced = _ANNOUNCED.match(child(entry, "description"))
    yield paper(
        place,
        id=re.sub(r"v\d+$", "", number),
        title=child(entry, "title"),
        abstract=child(entry, "summary") or child(entry, "description")[announced.end() if announced else 0 :],
        date=child(entry, "published") or child(entry, "updated") or _day(child(entry, "pubDate")),
        venue=child(entry, "journal_ref"),
        authors=children(entry, "author/name") or [n for c in children(entry, "creator") for n in c.split(", ")],
        keywords=[c.get("term") or xmlrecords.content(c) for c in entry.findall("category")],
        arxiv=number,
        doi=child(entry, "doi"),
        url=f"https://arxiv.org/abs/{number}" if number else address,
    )


def _day(stamp: str) -> str:
    return stamp.partition(", ")[2]


READER = Reader(name="arxiv-atom", suffixes=(".atom", ".rss"), recognises=_recognises, read=_read, pieces=True)
