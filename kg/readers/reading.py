"""What a reader is and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kg.model import Paper, Skipped

_SHOWN = 500  # characters of a stretch that was not understood

Lines = Iterable[tuple[int, str]]


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
    what any text may look like: the suffix of another weighs more.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[str], bool]
    read: Callable[[Lines, str], Reading]
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
