r"""arXiv's listings as text: the daily mails (fields and abstracts between lines of \\), and copied listing pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import clean
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, collected, paper, person

_ID = re.compile(r"(\[\d+\]\s*)?(?:arXiv:|Paper:\s*)([a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5})(?:v\d+)?\b.*")
_FIELD = re.compile(
    r"(Title|Authors?|Categories|Subjects|Comments|Journal-ref|Journal reference|DOI|Report-no|MSC-class|ACM-class"
    r"|License|Date(?: \([^)]*\))?|Abstract)\s*:\s*(.*)"
)
_FRAME = re.compile(
    r"-{10,}|%{5,}.*|(?:New|Cross|Replacement) (?:submissions|submission list|lists?).*|Total of \d+ entries.*|(?:Mon"
    r"|Tue|Wed|Thu|Fri|Sat|Sun), \d.*showing.*"
)
_BROKEN = re.compile(r"(?:\[\d+\]\s*)?arXiv:")
_STARTS = re.compile(rf"^(?:{_ID.pattern})$", re.MULTILINE)


def _recognises(head: str) -> bool:
    return bool(_STARTS.search(head)) and "Title:" in head


def _read(lines: Lines, place: str) -> Reading:
    return collected(_records(lines), place, lambda r: _papers(r, place), hint="entries that begin with arXiv:NUMBER")


def _records(lines: Lines) -> Iterator[Record]:
    """Yield the fields of each entry; what stands before the first one and between entries is the listing's frame."""
    entry: dict[str, Any] | None = None
    for number, raw in lines:
        text = raw.strip()
        found = _ID.fullmatch(text)
        if found or _BROKEN.match(text):
            if entry:
                yield _record(entry)
            entry = {
                "line": number,
                "arXiv": found[2] if found else "",
                "web": bool(found and found[1]),
                "last": "",
                "shown": text,
            }
        elif entry is None or not text:
            continue
        elif _FRAME.fullmatch(text):
            entry["last"] = "end"
        elif text.startswith("\\\\"):
            entry["last"] = "Abstract" if "Title" in entry and text == "\\\\" else "end"
        elif (field := _FIELD.fullmatch(text)) and entry["last"] not in ("Abstract", "end"):
            entry["last"] = field[1].partition(" ")[0].rstrip("s")
            entry.setdefault(entry["last"], []).append(field[2])
        else:
            _more(entry, text)
    if entry:
        yield _record(entry)


def _more(entry: dict[str, Any], text: str) -> None:
    """Add a line without a name to the field before it; on copied pages authors and abstract have none."""
    if entry["web"] and entry["last"] == "Title" and any(entry["Title"]):
        entry["last"] = "Author"
    elif entry["web"] and entry["last"] == "Subject":
        entry["last"] = "Abstract"
    if entry["last"] not in ("", "end"):
        entry.setdefault(entry["last"], []).append(text)


def _record(entry: dict[str, Any]) -> Record:
    error = "" if entry["arXiv"] else "no arXiv number"
    return Record(line=entry["line"], text=entry["shown"], value=entry, error=error)


def _papers(entry: dict[str, Any], place: str) -> Iterator[Paper]:
    def field(name: str) -> str:
        return clean.line(" ".join(entry.get(name, ())))

    number = entry["arXiv"]
    names = re.sub(r"\s*\([^()]*\)", "", field("Author")).replace(" and ", ", ")
    yield paper(
        place,
        id=number,
        title=field("Title"),
        abstract=field("Abstract"),
        date=field("Date").partition(", ")[2],
        venue=field("Journal-ref") or field("Journal"),
        authors=[person(name) for name in re.split(r"\s*,\s*", names)],
        keywords=re.findall(r"\(([\w.-]+)\)", field("Subject")) or field("Categorie").split(),
        arxiv=number,
        doi=field("DOI"),
        url=f"https://arxiv.org/abs/{number}",
    )


READER = Reader(name="arxiv-listing", suffixes=(), recognises=_recognises, read=_read)
