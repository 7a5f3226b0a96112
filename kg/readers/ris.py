"""RIS, as citation managers and publishers export it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from kg.model import Paper
from kg.readers import clean
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, collected, iso, paper, person, unmarked

_TAG = re.compile(r"\ufeff?([A-Z][A-Z0-9]) {1,2}-(?: (.*)|\s*)$")
_START = re.compile(r"^\ufeff?TY {1,2}- ", re.MULTILINE)


def _recognises(head: str) -> bool:
    return bool(_START.search(head))


def _read(lines: Lines, place: str) -> Reading:
    return collected(_records(lines), place, lambda r: _papers(r, place), hint="'TY  - JOUR' to 'ER  - '", unique=True)


def _records(lines: Lines) -> Iterator[Record]:
    """Yield the fields of each reference; a line that stands outside of one is a broken record."""
    fields: dict[str, list[str]] | None = None
    start, last = 0, ""
    for number, text in lines:
        tag = _TAG.match(text)
        if tag and tag[1] == "TY":
            if fields is not None:
                yield _record(start, fields)
            fields, start, last = defaultdict(list), number, ""
        elif tag and tag[1] == "ER" and fields is not None:
            yield _record(start, fields)
            fields = None
        elif fields is None:
            if text.strip():
                yield Record(line=number, text=text, error="outside of a reference")
        elif tag:
            last = tag[1]
            fields[last].append(tag[2] or "")
        elif last and text.strip():
            fields[last][-1] += f" {text.strip()}"
    if fields is not None:
        yield _record(start, fields)


def _record(line: int, fields: Mapping[str, list[str]]) -> Record:
    shown = "; ".join(f"{tag} {values[0]}" for tag, values in fields.items())
    return Record(line=line, text=shown, value=dict(fields))


def _papers(fields: Mapping[str, list[str]], place: str) -> Iterator[Paper]:
    def first(*tags: str) -> str:
        return next((fields[tag][0] for tag in tags if fields.get(tag) and fields[tag][0].strip()), "")

    url = first("UR", "L2", "LK")
    day = first("DA", "PY", "Y1")
    yield paper(
        place,
        id=first("ID"),
        title=unmarked(first("TI", "T1", "CT")),
        abstract=clean.line(unmarked(first("AB", "N2"))),
        date=day.rstrip("/") if iso(day.rstrip("/")) else first("PY", "Y1"),
        venue=first("T2", "JO", "JF", "JA", "BT", "C3", "PB"),
        authors=[person(name) for tag in ("AU", "A1") for name in fields.get(tag, ())],
        keywords=fields.get("KW", ()),
        arxiv=next((v for v in (url, first("M1"), first("AN")) if "arxiv" in v.lower()), ""),
        doi=first("DO") or (url if "doi.org/" in url else ""),
        url=url,
    )


READER = Reader(name="ris", suffixes=(".ris",), recognises=_recognises, read=_read)
