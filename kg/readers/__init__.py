"""Files -> papers: one module per source format, chosen by content."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from kg.model import KGError, ReadError
from kg.readers.reading import Lines, Reader, Reading, joined, skip
from kg.readers.source import opened
from kg.registry import Registry

__all__ = ["READERS", "Lines", "Reader", "Reading", "read"]

READERS = Registry(
    kind="reader",
    builtin=(
        ("hf-listing", "kg.readers.hf_listing:READER"),
        ("jsonl", "kg.readers.jsonl:READER"),
        ("curated", "kg.readers.curated:READER"),
    ),
)
_HEAD = 1 << 16
_PACKED = (".gz", ".xz")


def read(path: Path | str, *, format: str | None = None) -> Reading:
    """Read a file, '-' (standard input) or every file of a folder, in the order of their names.

    The content tells the format, the suffix only where the content does not. What is wrong with a file is a ReadError;
    in a folder, a file in none of the formats is reported as skipped.
    """
    if str(path) != "-" and Path(path).is_dir():
        return _read_folder(Path(path), format)
    with opened(path) as lines:
        head, lines = _peeked(lines)
        place = "stdin" if str(path) == "-" else str(path)
        if not "".join(head).strip() and sum(len(text) + 1 for text in head) < _HEAD:
            raise ReadError("an empty file", where=place)
        reader = _named(format) if format else _recognised("\n".join(head), Path(place))
        if reader is None:
            raise ReadError("no paper found, in any known format", where=place, hint=_choices())
        return reader.read(lines, place)


def _read_folder(folder: Path, format: str | None) -> Reading:
    try:
        files = [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith(".")]
    except OSError as error:
        raise ReadError(f"cannot read: {(error.strerror or str(error)).lower()}", where=str(folder)) from None
    readings: list[Reading] = []
    for path in files:
        try:
            known = format is not None or _known(path)
            readings.append(read(path, format=format) if known else _unknown(path, "in no known format"))
        except _NotTextError as error:
            readings.append(_unknown(path, error.what))
    if not any(reading.papers for reading in readings):
        what = f"no file of the {len(files)} in this folder is in a known format" if files else "no file in this folder"
        raise ReadError(what, where=str(folder), hint=_choices())
    return joined(readings)


class _NotTextError(ReadError):
    """A file of a folder that is no text at all."""


def _known(path: Path) -> bool:
    """Whether a reader exists for the file; what is no readable text raises _NotTextError."""
    try:
        with opened(path) as lines:
            head, _ = _peeked(lines)
    except ReadError as error:
        raise _NotTextError(error.what, where=error.where, hint=error.hint) from None
    return any(text.strip() for text in head) and _recognised("\n".join(head), path) is not None


def _unknown(path: Path, reason: str) -> Reading:
    """Account for a file that no reader takes as for one line that was not understood."""
    return Reading(papers=(), skipped=(skip(str(path), 1, "", reason),), lines=1, used=0)


def _peeked(lines: Iterator[tuple[int, str]]) -> tuple[list[str], Iterator[tuple[int, str]]]:
    """Return the first lines, as far as recognition needs them, and all lines."""
    head: list[tuple[int, str]] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line[1]) + 1
        if size >= _HEAD:
            break
    return [text for _, text in head], chain(head, lines)


def _recognised(head: str, path: Path) -> Reader | None:
    readers: list[Reader] = [reader for _, reader in READERS.items()]
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in _PACKED]
    by_content = [r for r in readers if r.recognises(head)]
    by_suffix = [r for r in readers if suffixes and suffixes[-1] in r.suffixes]
    both = [r for r in by_content if r in by_suffix]
    return next(iter(both + by_content + by_suffix), None)


def _named(format: str) -> Reader:
    try:
        reader: Reader = READERS.get(format)
    except KGError as error:
        raise ReadError(f"unknown format {format!r}", hint=error.hint) from None
    return reader


def _choices() -> str:
    return "formats: " + ", ".join(READERS.names())
