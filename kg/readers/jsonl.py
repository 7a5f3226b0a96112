"""JSON Lines: one paper a line, as DESIGN.md and many dumps have them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from kg import ontology
from kg.model import Fact, Paper
from kg.readers import clean, facts, jsonrecords
from kg.readers.reading import Lines, Outcome, Reader, Reading, in_one, parted, skip

_AND = re.compile(r"\s*;\s*|\s*,\s*(?:and\s+)?|\s+and\s+")


class _Author(msgspec.Struct):
    name: str = ""


class _Fact(msgspec.Struct):
    relation: str
    type: str
    name: str


class _Record(msgspec.Struct):
    """The keys we know; all others are passed over without being built."""

    title: str | None = None
    id: str | int | None = None
    abstract: str | None = None
    year: int | None = None
    date: str | None = None
    venue: str | None = None
    authors: list[str | _Author] | str | None = None
    url: str | None = None
    keywords: list[str] | str | None = None
    arxiv: str | None = None
    doi: str | None = None
    facts: list[_Fact] = []


_decode = msgspec.json.Decoder(_Record, strict=False).decode


def _recognises(head: str) -> bool:
    """Tell JSON Lines by lines that open an object: the first, or most of them; unless others know the keys."""
    if jsonrecords.kind(head) or jsonrecords.shape(head).listed:
        return False
    opens = [bool(re.match(r'\s*\{\s*("|$)', line)) for line in head.split("\n") if line.strip()]
    return any(opens[:1]) or sum(opens) * 2 > len(opens)


def _stretches(lines: Lines, place: str) -> Iterator[Reading]:
    """Read one record a line; a bad one is skipped and reported, a file without a good one is an error."""
    return parted(_outcomes(lines, place), place, "one JSON object a line, with at least a title")


def _outcomes(lines: Lines, place: str) -> Iterator[Outcome]:
    source = Path(place).name
    for number, text in lines:
        if not text or text.isspace():
            yield (), None
            continue
        try:
            made = _paper(_record(text), source)
        except (ValueError, RecursionError) as error:
            yield (), skip(place, number, text, _reason(error))
        else:
            yield (made,), None


def _record(text: str) -> _Record:
    """Decode strictly; then once more for what only a lenient parser takes (lone surrogates)."""
    try:
        return _decode(text)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        try:
            loose: Any = json.loads(text, parse_constant=_refused)
        except ValueError:
            raise error from None
        return msgspec.convert(loose, _Record, strict=False)


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _reason(error: Exception) -> str:
    if isinstance(error, facts.UnsoundError | _NamelessError):
        return str(error)
    if isinstance(error, msgspec.ValidationError):
        return f"not a paper: {error}"
    return "invalid JSON: " + ("nested too deeply" if isinstance(error, RecursionError) else str(error).lower())


def paper(record: dict[str, Any], source: str) -> Paper:
    """Return the paper of one decoded object; what is none raises a ValueError that says why."""
    return _paper(msgspec.convert(record, _Record, strict=False), source)


class _NamelessError(ValueError):
    """A record that names no paper."""


def _paper(record: _Record, source: str) -> Paper:
    title = clean.line(record.title or "")
    if not title:
        raise _NamelessError("no title")
    date = clean.iso_date(record.date or "")
    authors = tuple(filter(None, map(clean.line, _names(record.authors))))
    paper = Paper(
        id=clean.line(str(record.id)) if record.id is not None else "",
        title=title,
        abstract=clean.text(record.abstract or ""),
        year=record.year or (int(date[:4]) if date else None),
        date=date,
        venue=clean.line(record.venue or ""),
        authors=authors,
        author_count=len(authors),
        url=clean.line(record.url or ""),
        keywords=tuple(filter(None, map(clean.line, _names(record.keywords)))),
        arxiv=clean.arxiv(record.arxiv or ""),
        doi=clean.doi(record.doi or ""),
        facts=_facts(record.facts) if record.facts else (),
        source=source,
    )
    return paper if paper.id else replace(paper, id=paper.key())


def _names(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield from _AND.split(given)
    else:
        for item in given or ():
            yield item if isinstance(item, str) else item.name


def _facts(records: list[_Fact]) -> tuple[Fact, ...]:
    onto = ontology.load()
    return tuple(dict.fromkeys(facts.fact(r.relation, r.type, r.name, ontology=onto) for r in records))


READER = Reader(
    name="jsonl",
    suffixes=(".jsonl", ".ndjson"),
    recognises=_recognises,
    read=in_one(_stretches),
    stretches=_stretches,
)
