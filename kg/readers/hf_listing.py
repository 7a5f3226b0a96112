"""Pages copied from Hugging Face's papers pages: title, abstract, and sometimes authors and date, line by line.

Where a line is missing or foreign, counting lines would shift all that follow. So a page is read as a whole: every
line gets the label with which all labels together cost least (a shortest path, as in speech recognition). Lengths,
dates and author lines bring it back in step; what fits nowhere is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from kg.model import Paper, ReadError, Skipped
from kg.readers import clean
from kg.readers.reading import Lines, Reader, Reading, skip

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {m: n for n, m in enumerate(_NAMES, start=1)}
_DAY = (
    rf"(?P<month>{'|'.join(_MONTHS)})[a-z]* (?P<day>\d{{1,2}})(?:, ?(?P<year>\d{{4}}))?(?: \d+)?"  # a vote count last
)
_DATE = re.compile(_DAY)
_AUTHORS = re.compile(rf"(?:[•·*-]\s*)?(?P<count>\d+) authors?(?:\s*[•·]\s*{_DAY})?")
_BETWEEN = re.compile(r"[•·|]")
_HEADER = re.compile(
    r"new|subscribe|(daily |trending )?papers|"
    r"get trending papers in your email inbox.*|by.{0,40}and the research community",
    re.IGNORECASE,
)
_INVITATION = re.compile(r"get trending papers", re.IGNORECASE)
_GLUED = "Subscribe"
STRUCTURE = re.compile(  # the marks of other formats: such lines are read by others, however long
    r"\A\s*[{\[<@%\\]|\A\s*---|^[ \t]*@[A-Za-z]+\s*[{(]|^TY {1,2}- |^(?:\[\d+\]\s*)?arXiv:\d|^#{1,6} ", re.MULTILINE
)
_TABLE = re.compile(r"(?i)(?=.{0,500}title)(?=.{0,500}(?:abstract|authors?|year|doi|url|summary)).{0,500}[,;\t|]")
_SENTENCE = re.compile(r"""[.…]["'”’)\]]*$|https?://\S+$""")

# Labels: (h)eader, (t)itle, (a)bstract, (n)ames or number of authors, (s)eparator, (d)ate, and (x) not understood,
# which leaves the page where it was. '^' is the top of the page. What may follow what, and at what cost:
_FOLLOWS = {
    "^": {"h": 0.0, "t": 0.0, "d": 0.0, "a": 5.0, "n": 5.0, "s": 5.0},
    "h": {"h": 0.0, "t": 0.0, "d": 0.0, "a": 5.0, "n": 5.0, "s": 5.0},
    "t": {"a": 0.0, "n": 5.0, "s": 5.0, "d": 6.0, "t": 5.0, "h": 5.0},
    "a": {"t": 0.0, "n": 0.0, "h": 0.0, "s": 1.0, "d": 1.0, "a": 5.0},
    "n": {"s": 0.0, "d": 1.0, "h": 1.0, "t": 6.0, "n": 5.0, "a": 5.0},
    "s": {"d": 0.0, "h": 1.0, "t": 6.0, "n": 5.0, "s": 5.0, "a": 5.0},
    "d": {"t": 0.0, "h": 0.0, "n": 5.0, "s": 5.0, "d": 5.0, "a": 5.0},
}
_ENDS = {"t": 3.0, "n": 1.0, "s": 1.0}
_UNKNOWN, _INTERRUPTS = 4.5, 0.5
_TITLE, _ABSTRACT, _SHORT, _NAME = 200, 400, 120, 60  # characters: titles up to, abstracts from, doubtful below, names


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it is compared (`text`, single spaces) and as it is kept (`exact`)."""

    number: int
    text: str
    exact: str


@dataclass(slots=True)
class _Entry:
    """An entry while it is put together."""

    title: _Line | None = None
    abstract: _Line | None = None
    count: int = 0
    date: re.Match[str] | None = None
    rest: list[_Line] = field(default_factory=list)

    def lines(self) -> list[_Line]:
        """Every line of the entry."""
        return [line for line in (self.title, self.abstract, *self.rest) if line]


def _recognises(head: str) -> bool:
    lines = [text for text in map(str.strip, head.split("\n")) if text]
    if any(_AUTHORS.fullmatch(t) or _INVITATION.match(t) for t in lines):
        return True
    return not (STRUCTURE.search(head) or _TABLE.match("".join(lines[:1]))) and any(
        len(a) <= _TITLE and a.count(" ") > 1 and len(b) >= _ABSTRACT and "\t" not in b for a, b in pairwise(lines)
    )


def _read(lines: Lines, place: str) -> Reading:
    """Read a page; raise ReadError when there is no paper on it."""
    total = 0
    page: list[_Line] = []
    for total, raw in lines:
        exact = clean.text(raw).strip()
        if exact:
            page.append(_Line(total, clean.line(exact), exact))
    page = _unglued(page)
    entries, headers, unknown = _entries(page, _labels(page))
    whole = [e for e in entries if e.title and (e.abstract or e.rest)]
    if not whole:
        raise ReadError("a page with no paper", where=place, hint="expected titles and abstracts, line by line")
    skipped = [skip(place, n.number, n.text, "not understood") for n in unknown]
    for entry in entries:
        if entry not in whole:
            skipped.extend(_reports(entry, place))
    return Reading(
        papers=tuple(_papers(whole, _year(headers, entries), Path(place).name)),
        skipped=tuple(sorted(skipped, key=lambda s: s.line)),
        lines=total,
        used=total - len(skipped),
    )


def _unglued(page: list[_Line]) -> list[_Line]:
    """Part the word of the button from the first title, where the page was copied without its line end."""
    for i, (before, line) in enumerate(pairwise(page)):
        if _INVITATION.match(before.text) and re.match(rf"{_GLUED}\S", line.text):
            title = replace(line, text=line.text.removeprefix(_GLUED), exact=line.exact.removeprefix(_GLUED))
            return [*page[: i + 1], title, *page[i + 2 :]]
    return page


# --- which line is what ---------------------------------------------------------------------------------------------


def _labels(page: list[_Line]) -> str:
    """Return one label a line: the cheapest sequence (Viterbi)."""
    best: dict[str, float] = {"^": 0.0}
    back: list[dict[str, tuple[str, str]]] = []  # for each line: state -> (state before, label)
    for i, line in enumerate(page):
        follower = page[i + 1].text if i + 1 < len(page) else ""
        fits = _fits(line.text, follower)
        costs: dict[str, float] = {}
        steps: dict[str, tuple[str, str]] = {}
        for state, spent in best.items():
            stay = spent + _UNKNOWN + (_INTERRUPTS if state == "t" else 0.0)
            if stay < costs.get(state, float("inf")):
                costs[state], steps[state] = stay, (state, "x")
            for label, cost in fits.items():
                sum_ = spent + _FOLLOWS[state][label] + cost
                if sum_ < costs.get(label, float("inf")):
                    costs[label], steps[label] = sum_, (state, label)
        best = costs
        back.append(steps)
    state = min(best, key=lambda s: (best[s] + _ENDS.get(s, 0.0), s))
    labels = []
    for steps in reversed(back):
        state, label = steps[state]
        labels.append(label)
    return "".join(reversed(labels))


def _fits(text: str, follower: str) -> dict[str, float]:
    """Return the labels a line may have by itself, and how badly each fits."""
    if _BETWEEN.fullmatch(text):
        return {"s": 0.0}
    if found := _AUTHORS.fullmatch(text):
        return {"d" if found["month"] else "n": 0.0}
    if _HEADER.fullmatch(text):
        return {"h": 0.0}
    fits = {"t": _as_title(text), "a": _as_abstract(text)}
    if _day(_DATE.fullmatch(text), 2024):
        fits = {"d": 0.0, "t": fits["t"] + 1}
    elif len(text) <= _NAME and _BETWEEN.fullmatch(follower):
        fits["n"] = 0.5
    return fits


def _as_title(text: str) -> float:
    cost = max(0, len(text) - _TITLE) / 40
    if len(text) < 12 or text.count(" ") < 2:
        cost += 2
    if text.endswith(".") and len(text) > 40:
        cost += 1.5
    return cost


def _as_abstract(text: str) -> float:
    cost = max(0, _ABSTRACT - len(text)) / 100
    if len(text) < _ABSTRACT - 100 and not (text.count(" ") > 2 and _SENTENCE.search(text)):
        cost += 6 if len(text) < _SHORT else 2
    return cost


# --- lines to entries to papers -------------------------------------------------------------------------------------


def _entries(page: list[_Line], labels: str) -> tuple[list[_Entry], list[_Line], list[_Line]]:
    """Return the entries, the dated lines of page headers, and the lines that were not understood."""
    entries: list[_Entry] = []
    headers: list[_Line] = []
    unknown: list[_Line] = []
    entry: _Entry | None = None
    for line, label in zip(page, labels, strict=True):
        if label == "x":
            unknown.append(line)
            if entry and entry.abstract and not entry.rest and line.text.count(" ") > 1:
                entry = _Entry()  # perhaps a title whose abstract is missing: the date that follows may be its own
                entries.append(entry)
        elif label == "h":
            entry = None
        elif label == "d" and entry is None:
            headers.append(line)
        elif label == "t" or entry is None or (label == "a" and (entry.abstract or entry.rest)):
            entry = _Entry(title=line) if label == "t" else _Entry()
            entries.append(entry)
        if entry and label in "ansd":
            _add(entry, line, label)
    return entries, headers, unknown


def _add(entry: _Entry, line: _Line, label: str) -> None:
    if label == "a":
        entry.abstract = line
        return
    entry.rest.append(line)
    if found := _AUTHORS.fullmatch(line.text):
        entry.count = int(found["count"])
    if label == "d":
        entry.date = found or _DATE.fullmatch(line.text)


def _reports(entry: _Entry, place: str) -> Iterator[Skipped]:
    reason = "a title without an abstract" if entry.title else "no title before it"
    for line in entry.lines():
        yield skip(place, line.number, line.text, reason)


def _year(headers: list[_Line], entries: list[_Entry]) -> int | None:
    """Return the year the page was copied in: stated at its top, else one more than the newest year of an entry.

    The site leaves out the current year, so it is the one that no entry states.
    """
    stated = [found["year"] for line in headers if (found := _DATE.fullmatch(line.text)) and found["year"]]
    if stated:
        return int(max(stated))
    years = [int(entry.date["year"]) for entry in entries if entry.date and entry.date["year"]]
    return max(years) + 1 if years else None


def _papers(entries: list[_Entry], year: int | None, source: str) -> Iterator[Paper]:
    for entry in entries:
        day = _day(entry.date, year)
        paper = Paper(
            id="",
            title=entry.title.text if entry.title else "",
            abstract=entry.abstract.exact if entry.abstract else "",
            year=int(day[:4]) if day else None,
            date=day,
            author_count=entry.count,
            source=source,
        )
        yield replace(paper, id=paper.key())


def _day(found: re.Match[str] | None, year: int | None) -> str:
    """Return the ISO date of a date line, or nothing if there is no such day or its year is unknown."""
    if not found or not (found["year"] or year):
        return ""
    try:
        return date(int(found["year"] or year or 0), _MONTHS[found["month"]], int(found["day"])).isoformat()
    except ValueError:
        return ""


READER = Reader(name="hf-listing", suffixes=(".txt",), recognises=_recognises, read=_read)
