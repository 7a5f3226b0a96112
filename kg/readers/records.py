"""Records -> papers: what is the same for every format whose unit is a record, not a line."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kg.model import Fact, Paper, title_key
from kg.readers import clean
from kg.readers.reading import Outcome, Reading, joined, parted, skip

MAX_ABSTRACT = 200_000  # characters; whatever is longer is no abstract
_TAG = re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>")
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|sec|title|br|div|li)\b[^<>]*>", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_BETWEEN = re.compile(r"\s*[;,]\s*")
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {month: number for number, month in enumerate(_NAMES, start=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a source: where it begins, its value, or what is wrong with it."""

    line: int
    text: str
    value: Any = None
    tag: str = ""
    error: str = ""


def collected(
    found: Iterable[Record], place: str, make: Callable[[Any], Iterable[Paper]], *, hint: str, unique: bool = False
) -> Reading:
    """Return the papers of all records; with `unique`, an id that stands twice for different titles is replaced."""
    reading = joined(stretches(found, place, make, hint=hint))
    return replace(reading, papers=tuple(_distinct(reading.papers))) if unique else reading


def stretches(
    found: Iterable[Record], place: str, make: Callable[[Any], Iterable[Paper]], *, hint: str
) -> Iterator[Reading]:
    """Yield the papers of records; what a record is no paper for (ValueError) is reported with its line.

    A record that is understood but tells of no paper counts as used. Without a single paper the source is an error.
    """
    return parted(_outcomes(found, place, make), place, hint)


def _outcomes(found: Iterable[Record], place: str, make: Callable[[Any], Iterable[Paper]]) -> Iterator[Outcome]:
    for count, record in enumerate(found, start=1):
        papers: list[Paper] = []
        skipped = None
        try:
            if record.error:
                raise ValueError(record.error)
            papers.extend(make(record.value))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "not a record of this format"
            skipped = skip(place, record.line, record.text, reason, record=count)
        yield papers, skipped


class UnreadableError(ValueError):
    """A record that tells of no paper although it should."""


def _distinct(papers: Iterable[Paper]) -> Iterator[Paper]:
    titles: dict[str, str] = {}
    for paper in papers:
        key = title_key(paper.title)
        taken = titles.setdefault(paper.id, key) != key
        yield replace(paper, id=replace(paper, arxiv="", doi="").key()) if taken else paper


def paper(
    place: str,
    *,
    title: str,
    id: str = "",
    abstract: str = "",
    date: str = "",
    year: int | str | None = None,
    venue: str = "",
    authors: Sequence[str] = (),
    author_count: int = 0,
    url: str = "",
    keywords: Sequence[str] = (),
    arxiv: str = "",
    doi: str = "",
    facts: Sequence[Fact] = (),
) -> Paper:
    """Return a paper of clean text; raise UnreadableError where there is no title or the abstract is a book.

    An arXiv id is taken from arXiv's own DOIs and addresses too, so that a preprint is known under one name.
    """
    name = clean.line(title)
    if not any(map(str.isalnum, name)):
        raise UnreadableError("no title")
    if len(abstract) > MAX_ABSTRACT:
        raise UnreadableError(f"an abstract of {len(abstract)} characters")
    found = _DOI.search(clean.line(doi))
    number = clean.arxiv(arxiv)
    if found and (own := _ARXIV_DOI.fullmatch(found.group())):
        number, found = number or clean.arxiv(own[1]), None
    if not number and "arxiv.org/" in url:
        number = clean.arxiv(url)
    day = iso(date)
    people = tuple(filter(None, map(clean.line, authors)))
    stated = _YEAR.search(str(year or "")) or (None if day else _YEAR.search(date))
    made = Paper(
        id=clean.line(id),
        title=name,
        abstract=clean.text(abstract).strip(),
        year=int(day[:4]) if day else (int(stated.group()) if stated else None),
        date=day,
        venue=clean.line(venue),
        authors=people,
        author_count=max(author_count, len(people)),
        url=clean.line(url),
        keywords=tuple(dict.fromkeys(filter(None, map(clean.line, keywords)))),
        arxiv=number,
        doi=found.group().rstrip(".,;") if found else "",
        facts=tuple(dict.fromkeys(facts)),
        source=Path(place).name,
    )
    return made if made.id else replace(made, id=made.key())


# --- values of records ----------------------------------------------------------------------------------------------


def text(value: Any, what: str = "a value") -> str:
    """Return a value as text: nothing for null, the first of a list, the `value` of a wrapped one.

    >>> text(None), text(["On Things"]), text({"value": 7})
    ('', 'On Things', '7')
    """
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return text(value[0], what) if value else ""
    if isinstance(value, dict) and "value" in value:
        return text(value["value"], what)
    raise UnreadableError(f"{what} is no text")


def texts(value: Any, *keys: str) -> tuple[str, ...]:
    """Return a list as texts: of objects the first of `keys` that they have; a text is parted at commas.

    >>> texts([{"name": "A B"}, "C D"], "name"), texts("x; y"), texts({"value": ["z"]})
    (('A B', 'C D'), ('x', 'y'), ('z',))
    """
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        return tuple(filter(None, _BETWEEN.split(value.strip())))
    found = []
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            found.append(next((text(item[key]) for key in keys if item.get(key)), ""))
        else:
            found.append(text(item))
    return tuple(filter(None, found))


def mapping(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def unmarked(raw: str) -> str:
    """Return text without HTML or JATS tags and entities, as bibliographic services put them into titles.

    >>> unmarked("<jats:p>On <i>E. coli</i> &amp; a < b</jats:p>")
    'On E. coli & a < b'
    """
    plain = html.unescape(raw) if "&" in raw else raw
    if "<" not in plain:
        return plain
    return _TAG.sub("", _BLOCK.sub(" ", plain)).strip()


def person(name: str) -> str:
    """Return a name with the family name last.

    >>> person("Doe, Jane"), person("Jane Doe"), person("Doe, Jr., Jane")
    ('Jane Doe', 'Jane Doe', 'Jane Doe Jr.')
    """
    parts = [part.strip() for part in name.split(",")]
    if len(parts) == 3:
        parts = [parts[0], parts[2], parts[1]]
    return " ".join(filter(None, (parts[1] if len(parts) > 1 else "", parts[0], *parts[2:])))


def iso(raw: str) -> str:
    """Return an ISO date of the ways in which sources write dates, or nothing.

    >>> iso("2024/5/7"), iso("7 May 2024"), iso("May 7, 2024"), iso("May 2024"), iso("soon")
    ('2024-05-07', '2024-05-07', '2024-05-07', '2024-05', '')
    """
    plain = raw.strip()[:40]
    if found := re.match(r"(\d{4})[/-](\d{1,2})(?:[/-](\d{1,2}))?(?!\d)", plain):
        return clean.iso_date("-".join(part.zfill(2) for part in found.groups() if part))
    year = re.search(r"(?<!\d)(\d{4})(?!\d)", plain)
    month = re.search(r"(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", plain)
    if year and month:
        day = re.search(r"(?<!\d)\d{1,2}(?![\d:])", plain)
        parts = [year[1], f"{_MONTHS[month[1].lower()]:02}", *([day.group().zfill(2)] if day else [])]
        return clean.iso_date("-".join(parts))
    return clean.iso_date(plain)
