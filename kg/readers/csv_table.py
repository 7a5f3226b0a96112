"""Tables with commas, semicolons or tabs: what a column holds is guessed from its name, else its content, and told."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from kg.model import Paper, ReadError
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, UnreadableError, collected, paper, person, texts, unmarked

_NAMES = {  # field -> what people call its column, letters and digits only, best first
    "title": ("title", "papertitle", "articletitle", "documenttitle", "publicationtitle", "name"),
    "abstract": ("abstract", "abstractnote", "paperabstract", "summary", "description"),
    "id": ("id", "key", "paperid", "citationkey", "bibkey", "eid"),
    "date": ("date", "publicationdate", "publishedat", "published", "releasedate"),
    "year": ("year", "publicationyear", "pubyear", "py"),
    "venue": ("venue", "journal", "conference", "sourcetitle", "booktitle", "proceedings", "publicationtitle"),
    "authors": ("authors", "author", "authorfullnames", "authornames", "creators"),
    "keywords": ("keywords", "authorkeywords", "tags", "manualtags", "categories"),
    "arxiv": ("arxiv", "arxivid", "eprint", "arxivnumber"),
    "doi": ("doi",),
    "url": ("url", "link", "paperurl", "urlabs"),
}
_DELIMITERS = ",\t;|"
_SAMPLE = 100
_ABSTRACT, _TITLE = 200, 15  # mean characters from which a column without a name is taken for one


def _recognises(head: str) -> bool:
    """Tell a table by a header with a title, and rows as wide as it."""
    lines = head.lstrip("\ufeff").split("\n")
    delimiter = _delimiter(lines[0])
    if not delimiter or lines[0].lstrip().startswith(("{", "[", "<", "@")):
        return False
    header = _rows_of(lines[:1], delimiter)[:1]
    guessed = _by_name(header[0]) if header else {}
    if "title" not in guessed or len(lines) < 2:
        return False
    return len(guessed) > 1 and all(len(cell) < 60 for cell in header[0])


def _read(lines: Lines, place: str) -> Reading:
    """Read one record a row; the guess is told in a note."""
    numbered = iter(lines)
    first = next(numbered, (1, ""))
    delimiter = _delimiter(first[1]) or ("\t" if Path(place).suffix == ".tsv" else ",")
    rows = _rows(chain([first], numbered), delimiter)
    sample = list(islice(rows, _SAMPLE))
    header = [cell.strip() for cell in sample[0].value] if sample and not sample[0].error else []
    columns = _by_name(header)
    named = "title" in columns
    if not named:
        columns = _by_content([r.value for r in sample if not r.error])
        header = [f"column {i + 1}" for i in range(len(header))]
    if "title" not in columns:
        hint = "name a column title, and one abstract"
        raise ReadError("a table without a column of titles", where=place, hint=hint)
    data = chain(sample[1:] if named else sample, rows)
    reading = collected(
        data, place, lambda r: _papers(r, columns, len(header), place), hint="one paper a row", unique=True
    )
    headed = reading.lines + named, reading.used + named
    return replace(reading, lines=headed[0], used=headed[1], notes=(_told(columns, header, place),))


def _told(columns: dict[str, int], header: Sequence[str], place: str) -> str:
    taken = ", ".join(f"{field} = {header[i]!r}" for field, i in columns.items() if i < len(header))
    rest = ", ".join(repr(name) for i, name in enumerate(header) if i not in columns.values())
    return f"{place}: columns taken: {taken}" + (f"; left: {rest}" if rest else "")


def _delimiter(line: str) -> str:
    counts = {sign: line.count(sign) for sign in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda sign: counts[sign])
    return best if counts[best] else ""


def _rows_of(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return []


def _rows(lines: Lines, delimiter: str) -> Iterator[Record]:
    """Yield the rows; one that csv cannot read is a broken record, and reading goes on behind it."""
    at = [0, 0]

    def texts_() -> Iterator[str]:
        for number, text in lines:
            at[0] = at[0] or number
            at[1] = number
            yield text.replace("\0", " ") + "\n"

    table = csv.reader(texts_(), delimiter=delimiter)
    while True:
        at[0] = 0
        try:
            row = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line=at[0], text="", error=f"no row of a table: {error}")
            continue
        if any(cell.strip() for cell in row):
            yield Record(line=at[0], text=delimiter.join(row)[:500], value=row)


def _by_name(header: Sequence[str]) -> dict[str, int]:
    """Return field -> column, by names; no column serves twice."""
    keys = [re.sub(r"[\W_]+", "", cell.casefold()) for cell in header]
    found: dict[str, int] = {}
    for field, names in _NAMES.items():
        for name in names:
            if name in keys and keys.index(name) not in found.values():
                found[field] = keys.index(name)
                break
    return found


def _by_content(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return field -> column, by lengths: abstracts are longest, titles have several words."""
    width = max(map(len, rows), default=0)
    means = {}
    for i in range(width):
        cells = [row[i] for row in rows if i < len(row)]
        means[i] = sum(map(len, cells)) / max(1, len(rows))
    wordy = [i for i in means if sum(row[i].count(" ") > 1 for row in rows if i < len(row)) * 2 > len(rows)]
    ranked = sorted(wordy, key=lambda i: (-means[i], i))
    abstract = next((i for i in ranked if means[i] >= _ABSTRACT), None)
    title = next((i for i in ranked if i != abstract and _TITLE <= means[i] < _ABSTRACT), None)
    found = {} if title is None else {"title": title}
    return found if abstract is None or title is None else found | {"abstract": abstract}


def _papers(row: Sequence[str], columns: dict[str, int], width: int, place: str) -> Iterator[Paper]:
    if len(row) > width:
        raise UnreadableError(f"{len(row)} cells where the header has {width}")
    cells = {field: row[i] for field, i in columns.items() if i < len(row)}
    authors = cells.get("authors", "")
    alone = re.fullmatch(r"[^\s,;]+, [^,;]+", authors)  # one name, the family name first
    parted = authors.split(";") if ";" in authors else texts(authors.replace(" and ", ", "))
    named = [person(name) for name in ([authors] if alone else parted)]
    yield paper(
        place,
        id=cells.get("id", ""),
        title=unmarked(cells.get("title", "")),
        abstract=unmarked(cells.get("abstract", "")),
        date=cells.get("date", ""),
        year=cells.get("year", ""),
        venue=cells.get("venue", ""),
        authors=named,
        keywords=texts(cells.get("keywords", "")),
        arxiv=cells.get("arxiv", ""),
        doi=cells.get("doi", ""),
        url=cells.get("url", ""),
    )


READER = Reader(name="csv", suffixes=(".csv", ".tsv", ".tab"), recognises=_recognises, read=_read)
