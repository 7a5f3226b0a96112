"""Files -> papers: one module per source format, chosen by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from kg.model import KGError, ReadError
from kg.readers.reading import Lines, Reader, Reading, joined, skip
from kg.readers.source import Source, members, named, opened, whole
from kg.registry import Registry

__all__ = ["READERS", "Lines", "Reader", "Reading", "joined", "read", "recognised", "stretches"]

READERS = Registry(
    kind="reader",
    builtin=(
        ("hf-listing", "kg.readers.hf_listing:READER"),
        ("jsonl", "kg.readers.jsonl:READER"),
        ("curated", "kg.readers.curated:READER"),
        ("hf-api", "kg.readers.hf_api:READER"),
        ("html", "kg.readers.html_page:READER"),
        ("arxiv-snapshot", "kg.readers.arxiv_snapshot:READER"),
        ("arxiv-atom", "kg.readers.arxiv_atom:READER"),
        ("arxiv-listing", "kg.readers.arxiv_listing:READER"),
        ("oai-pmh", "kg.readers.oai_pmh:READER"),
        ("bibtex", "kg.readers.bibtex:READER"),
        ("ris", "kg.readers.ris:READER"),
        ("csl-json", "kg.readers.csl_json:READER"),
        ("zotero-json", "kg.readers.zotero_json:READER"),
        ("zotero-rdf", "kg.readers.zotero_rdf:READER"),
        ("semantic-scholar", "kg.readers.semantic_scholar:READER"),
        ("openalex", "kg.readers.openalex:READER"),
        ("openreview", "kg.readers.openreview:READER"),
        ("conference-list", "kg.readers.conference_list:READER"),
        ("acl-xml", "kg.readers.acl_xml:READER"),
        ("papers-with-code", "kg.readers.papers_with_code:READER"),
        ("json", "kg.readers.json_list:READER"),
        ("csv", "kg.readers.csv_table:READER"),
        ("markdown", "kg.readers.markdown:READER"),
        ("plain", "kg.readers.plain:READER"),
    ),
)
_HEAD = 1 << 16
_PACKED = (".gz", ".xz", ".zst", ".zip")
_WILD = frozenset("*?[")


def read(path: Path | str, *, format: str | None = None) -> Reading:
    """Read a file, '-' (standard input), or every file of a folder, ZIP archive or pattern, in order of their names.

    The content tells the format, the suffix of a single file only where the content does not. What is wrong with a file
    is a ReadError; of several files, one whose content is in none of the formats is reported as skipped.
    """
    return joined(stretches(path, format=format))


def stretches(path: Path | str, *, format: str | None = None) -> Iterator[Reading]:
    """Read as `read` does, bit by bit: formats of one record a line some thousand at a time, others file by file.

    What there is to read is settled at once; an error that lies further on comes behind what was good before it.
    """
    if str(path) != "-":
        if Path(path).is_dir():
            return _several([(p, "") for p in _folder(Path(path))], format, str(path), "in this folder")
        if _WILD & set(str(path)) and not Path(path).exists():
            return _several([(p, "") for p in _matching(str(path))], format, str(path), "of this pattern")
        inside = members(path)
        if inside is not None:
            return _several([(path, name) for name in inside], format, str(path), "in this archive")
    return _one(path, "", format)


def _one(path: Path | str, member: str, format: str | None) -> Iterator[Reading]:
    with opened(path, member) as source:
        head, lines = _peeked(source.lines)
        place = named(path, member)
        if not head.strip() and len(head) + 1 < _HEAD:
            raise ReadError("an empty file", where=place)
        reader = _named(format) if format else recognised(head, Path(member or place))
        if reader is None:
            raise ReadError("no paper found, in any known format", where=place, hint=_choices())
        lines = lines if reader.pieces else whole(lines, place)
        yield from reader.stretches(lines, place) if reader.stretches else (reader.read(lines, place),)
        if notes := _garbled(source, place):
            yield Reading(papers=(), skipped=(), lines=0, used=0, notes=notes)


def _garbled(source: Source, place: str) -> tuple[str, ...]:
    if not source.garbled:
        return ()
    first, count = source.garbled[0], len(source.garbled)
    more = f" and {count - 1} more" if count > 1 else ""
    return (f"{place}: line {first}{more} held bytes that are no UTF-8; they show as \ufffd",)


def _folder(folder: Path) -> list[Path]:
    try:
        return [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith(".")]
    except OSError as error:
        raise ReadError(f"cannot read: {(error.strerror or str(error)).lower()}", where=str(folder)) from None


def _matching(pattern: str) -> list[Path]:
    from glob import glob

    return sorted(p for p in map(Path, glob(pattern, recursive=True)) if p.is_file())  # noqa: PTH207 — any path


def _several(files: Sequence[tuple[Path | str, str]], format: str | None, whole: str, where: str) -> Iterator[Reading]:
    found = False
    for path, member in files:
        readings: Iterable[Reading]
        try:
            if not member and (inside := members(path)) is not None:
                readings = _several([(path, name) for name in inside], format, str(path), "in this archive")
            elif format is not None or _known(path, member):
                readings = _one(path, member, format)
            else:
                readings = (_unknown(path, member, "in no known format"),)
        except _NotTextError as error:
            readings = (_unknown(path, member, error.what),)
        for reading in readings:
            found = found or bool(reading.papers)
            yield reading
    if not found:
        what = f"no file of the {len(files)} {where} is in a known format" if files else f"no file {where}"
        raise ReadError(what, where=whole, hint=_choices())


class _NotTextError(ReadError):
    """A file of several that is no text at all."""


def _known(path: Path | str, member: str) -> bool:
    """Whether a reader exists for the file; what is no readable text raises _NotTextError."""
    try:
        with opened(path, member) as source:
            head, _ = _peeked(source.lines)
    except ReadError as error:
        raise _NotTextError(error.what, where=error.where, hint=error.hint) from None
    reader = recognised(head, Path(member or path)) if head.strip() else None
    return reader is not None and reader.recognises(head)


def _unknown(path: Path | str, member: str, reason: str) -> Reading:
    """Account for a file that no reader takes as for one line that was not understood."""
    return Reading(papers=(), skipped=(skip(named(path, member), 1, "", reason),), lines=1, used=0)


def _peeked(lines: Iterator[tuple[int, str]]) -> tuple[str, Iterator[tuple[int, str]]]:
    """Return the beginning of the text, as far as recognition needs it, and all lines."""
    head: list[tuple[int, str]] = []
    parts: list[str] = []
    size = 0
    for number, piece in lines:
        if head and head[-1][0] != number:
            parts.append("\n")
        parts.append(piece[:_HEAD])
        head.append((number, piece))
        size += len(piece) + 1
        if size >= _HEAD:
            break
    return "".join(parts), chain(head, lines)


def recognised(head: str, path: Path) -> Reader | None:
    """Return the reader for a file that begins so."""
    readers: list[Reader] = [reader for _, reader in READERS.items()]
    suffixes = [s.lower() for s in path.suffixes if s.lower() not in _PACKED]
    by_content = [r for r in readers if r.recognises(head)]
    by_suffix = [r for r in readers if suffixes and suffixes[-1] in r.suffixes]
    both = [r for r in by_content if r in by_suffix]
    strong = [r for r in by_content if not r.weak]
    return next(iter(both + strong + by_suffix + by_content), None)


def _named(format: str) -> Reader:
    try:
        reader: Reader = READERS.get(format)
    except KGError as error:
        raise ReadError(f"unknown format {format!r}", hint=error.hint) from None
    return reader


def _choices() -> str:
    return "formats: " + ", ".join(READERS.names())
