"""OpenReview notes, of both versions of its API: plain values, or values wrapped as {"value": ...}."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading, in_one
from kg.readers.records import mapping, paper, stretches, text, texts


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _stretches(lines: Lines, place: str) -> Iterator[Reading]:
    hint = "notes with content.title"
    return stretches(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    """Yield the paper of a submission; reviews, decisions and comments are notes without a paper."""
    content = mapping(record.get("content"))
    forum = text(record.get("forum") or record.get("id"), "forum")
    if record.get("replyto") or (record.get("id") and record.get("forum") not in (None, record["id"])):
        return
    yield paper(
        place,
        id=forum,
        title=text(content.get("title"), "title"),
        abstract=text(content.get("abstract"), "abstract"),
        date=_date(record),
        venue=text(content.get("venue"), "venue"),
        authors=texts(content.get("authors"), "fullname"),
        keywords=texts(content.get("keywords")),
        url=f"https://openreview.net/forum?id={forum}" if forum else "",
        doi=text(content.get("doi"), "doi"),
    )


def _date(record: dict[str, Any]) -> str:
    """Return the day of publication or submission; the site counts milliseconds."""
    stamp = record.get("pdate") or record.get("cdate") or record.get("tcdate")
    if not isinstance(stamp, int) or not 0 < stamp < 1 << 43:
        return ""
    return datetime.fromtimestamp(stamp // 1000, UTC).date().isoformat()


READER = Reader(
    name="openreview",
    suffixes=(),
    recognises=_recognises,
    read=in_one(_stretches),
    stretches=_stretches,
    pieces=True,
)
