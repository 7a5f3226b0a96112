"""What a reader is and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from kg.model import Paper, ReadError, Skipped
from kg.portions import portions

STRETCH = 5_000  # lines or records read at a time
_SHOWN = 500  # characters of a stretch that was not understood

Lines = Iterable[tuple[int, str]]
Outcome = tuple[Sequence[Paper], Skipped | None]  # of one line or record: its papers, and what was not understood


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The papers of a source, and an account of every line of it.

    `used` counts the lines that were understood (blank ones too); every other line is one entry of `skipped`. Formats
    whose unit is a record (JSON, XML, BibTeX, ...) count records instead. `notes` tell what a person should know of
    how the source was taken: guessed columns, letters that were no UTF-8.
    """

    papers: tuple[Paper, ...]
    skipped: tuple[Skipped, ...]
    lines: int
    used: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One source format.

    `recognises` judges the first 64 kB of text; `suffixes` decide only where the content does not.
    `read` gets numbered lines without their ends, and the place to name in errors (ReadError and nothing else). With
    `pieces` a very long line comes in several pieces of the same number, else it is refused. A `weak` reader recognises
    what any text may look like: the suffix of another weighs more. Formats of one record a line have
    `stretches`, so that a source of any size takes little memory; their `read` is these `in_one`.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[str], bool]
    read: Callable[[Lines, str], Reading]
    stretches: Callable[[Lines, str], Iterator[Reading]] | None = None
    pieces: bool = False
    weak: bool = False


def skip(place: str, line: int, text: str, reason: str, *, record: int = 0) -> Skipped:
    """Return the report on a line or record that was not understood, cut to a readable length."""
    shown = " ".join(reason[:_SHOWN].split())
    return Skipped(source=place, line=line, text=text.strip()[:_SHOWN], reason=shown, record=record)


def joined(readings: Iterable[Reading]) -> Reading:
    """Return several sources as one, in their order."""
    parts = tuple(readings)
    return Reading(
        papers=tuple(p for part in parts for p in part.papers),
        skipped=tuple(s for part in parts for s in part.skipped),
        lines=sum(part.lines for part in parts),
        used=sum(part.used for part in parts),
        notes=tuple(dict.fromkeys(n for part in parts for n in part.notes)),
    )


def in_one(stretches: Callable[[Lines, str], Iterable[Reading]]) -> Callable[[Lines, str], Reading]:
    """Return a function that reads a source whole by one that reads it in stretches."""
    return lambda lines, place: joined(stretches(lines, place))


def parted(outcomes: Iterable[Outcome], place: str, hint: str) -> Iterator[Reading]:
    """Yield what lines or records gave, some thousand at a time; a source without a single paper is a ReadError."""
    found, first = False, None
    for some in portions(outcomes, STRETCH):
        papers = tuple(chain.from_iterable(told for told, _ in some))
        skipped = tuple(report for _, report in some if report)
        found, first = found or bool(papers), first or next(iter(skipped), None)
        yield Reading(papers=papers, skipped=skipped, lines=len(some), used=len(some) - len(skipped))
    if not found:
        what, where = (first.reason, f"{place}:{first.line}") if first else ("no paper found", place)
        raise ReadError(what, where=where, hint=hint)
