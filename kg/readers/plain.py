"""Plain text: a title, then its abstract, papers parted by blank lines; or title and abstract as paragraphs in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kg.model import Paper, ReadError, Skipped
from kg.readers import clean, hf_listing
from kg.readers.reading import Lines, Reader, Reading, skip
from kg.readers.records import UnreadableError, paper, person, texts

MAX_TITLE = 300
_SHORTEST = 80  # characters of an abstract from which a text is taken for a list of papers
_MOST = 0.8  # of the paragraphs must look like a paper
_LOOKED_AT = 2000  # lines
_LABEL = re.compile(
    r"(?:[-*+]\s+)?[*_]{0,3}(id|authors?|year|date|venue|journal|conference|arxiv|doi|url|link|keywords|tags|abstract)"
    r"[*_]{0,3}\s*:\s*[*_]{0,3}\s*(.*)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r'[{\[<@%#|]|---|```|\\|TY {1,2}-|arXiv:|"')

Numbered = tuple[int, str]


@dataclass(slots=True)
class Entry:
    """A paper while it is put together: its title, labelled values and abstract, and all of its lines."""

    title: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    lines: list[Numbered] = field(default_factory=list)

    def add(self, number: int, text: str) -> None:
        """Add a line below the title: a labelled value before the abstract, or words of the abstract."""
        self.lines.append((number, text))
        label = _LABEL.fullmatch(text) if not self.words else None
        if not label:
            self.words.append(text)
        elif label[1].casefold() == "abstract":
            self.words.extend(filter(None, (label[2],)))
        else:
            self.labels[label[1].casefold().rstrip("s")] = label[2].strip("*_ ")


def account(entries: Sequence[Entry], unknown: Sequence[Numbered], total: int, place: str) -> Reading:
    """Return the papers of entries that have an abstract or at least labels; report every other line."""
    papers: list[Paper] = []
    skipped: list[Skipped] = [skip(place, number, text, "not understood") for number, text in unknown]
    for entry in entries:
        try:
            if not entry.words and not entry.labels:
                raise UnreadableError("a title without an abstract")
            papers.append(_paper(entry, place))
        except UnreadableError as error:
            skipped.extend(skip(place, number, text, str(error)) for number, text in entry.lines)
    if not papers:
        raise ReadError(
            "a text with no paper", where=place, hint="a title, then its abstract; a blank line between papers"
        )
    return Reading(
        papers=tuple(papers),
        skipped=tuple(sorted(skipped, key=lambda s: s.line)),
        lines=total,
        used=total - len(skipped),
    )


def _paper(entry: Entry, place: str) -> Paper:
    given = entry.labels
    names = given.get("author", "")
    address = re.search(r"https?://[^\s)>]+", given.get("url", "") or given.get("link", ""))
    return paper(
        place,
        id=given.get("id", ""),
        title=entry.title,
        abstract=clean.line(" ".join(entry.words)),
        date=given.get("date", ""),
        year=given.get("year", ""),
        venue=given.get("venue", "") or given.get("journal", "") or given.get("conference", ""),
        authors=[person(n) for n in names.split(";")] if ";" in names else texts(names.replace(" and ", ", ")),
        keywords=texts(given.get("keyword", "") or given.get("tag", "")),
        arxiv=given.get("arxiv", ""),
        doi=given.get("doi", ""),
        url=address.group() if address else "",
    )


def _recognises(head: str) -> bool:
    lines = list(enumerate(head.lstrip("\ufeff").split("\n"), start=1))
    first = next((text for _, text in lines if text.strip()), "")
    if _MARKUP.match(first.strip()) or hf_listing.STRUCTURE.search(head) or hf_listing.READER.recognises(head):
        return False
    found = [entry for entry in _entries(_paragraphs(lines[:_LOOKED_AT])) if entry.words or entry.labels]
    return bool(found) and sum(map(_like_a_paper, found)) > _MOST * len(found)


def _like_a_paper(entry: Entry) -> bool:
    """Whether an entry looks like a title and an abstract, not like prose whose lines were broken."""
    title = entry.title
    if len(title.split()) < 2 or len(title) > MAX_TITLE or title.endswith((".", ",", ":", ";")) or "\t" in title:
        return False
    first = "".join(entry.words[:1])[:1]
    if not first:
        return bool(entry.labels)
    long = sum(map(len, entry.words)) >= _SHORTEST
    return long and not first.islower() and (first.isalnum() or first in "\"'$(“")


def _read(lines: Lines, place: str) -> Reading:
    numbered = [(number, clean.text(text).strip()) for number, text in lines]
    return account(list(_entries(_paragraphs(numbered))), (), numbered[-1][0] if numbered else 0, place)


def _paragraphs(lines: Sequence[Numbered]) -> list[list[Numbered]]:
    found: list[list[Numbered]] = [[]]
    for number, text in lines:
        if text.strip():
            found[-1].append((number, text.strip()))
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _entries(paragraphs: Sequence[list[Numbered]]) -> Iterator[Entry]:
    """Yield an entry a paragraph, or one for two where most titles are paragraphs of their own."""
    apart = sum(map(_alone, paragraphs)) * 3 > len(paragraphs)
    i = 0
    while i < len(paragraphs):
        lines = paragraphs[i]
        entry = Entry(title=lines[0][1], lines=[lines[0]])
        i += 1
        if apart and _alone(lines) and i < len(paragraphs) and not _alone(paragraphs[i]):
            lines = [lines[0], *paragraphs[i]]
            i += 1
        for number, text in lines[1:]:
            entry.add(number, text)
        yield entry


def _alone(paragraph: Sequence[Numbered]) -> bool:
    """Whether a paragraph is a title alone: one short line that is no sentence."""
    text = paragraph[0][1]
    return len(paragraph) == 1 and len(text) <= MAX_TITLE and not text.endswith(".")


READER = Reader(name="plain", suffixes=(".txt",), recognises=_recognises, read=_read, weak=True)
