"""Semantic Scholar: Graph API answers, the Datasets' papers, S2ORC with its spans, and the older corpora."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading, in_one
from kg.readers.records import UnreadableError, mapping, paper, stretches, text, texts


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _stretches(lines: Lines, place: str) -> Iterator[Reading]:
    hint = "objects with title and paperId, corpusid or paper_id"
    return stretches(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    for wrapper in ("citedPaper", "citingPaper"):
        record = mapping(record.get(wrapper)) or record
    content = mapping(record.get("content") or record.get("body"))
    ids = {key.lower(): value for key, value in mapping(record.get("externalIds") or record.get("externalids")).items()}
    title = text(record.get("title"), "title") or _spanned(content, "title")
    if not title and record.get("abstract"):
        raise UnreadableError("an abstract without its title: join it with the papers dataset by corpusid")
    number = record.get("corpusid") or record.get("corpusId") or record.get("paper_id") or record.get("id")
    yield paper(
        place,
        id=text(record.get("paperId") or number, "id"),
        title=title,
        abstract=text(record.get("abstract") or record.get("paperAbstract"), "abstract")
        or _spanned(content, "abstract"),
        date=text(record.get("publicationDate") or record.get("publicationdate"), "publicationDate"),
        year=record.get("year"),
        venue=text(record.get("venue") or record.get("journalName")) or _journal(record.get("journal")),
        authors=_authors(record.get("authors")),
        url=text(record.get("url") or record.get("s2Url") or record.get("s2_url"), "url"),
        keywords=texts(record.get("fieldsOfStudy")),
        arxiv=text(ids.get("arxiv") or record.get("arxiv_id")),
        doi=text(ids.get("doi") or record.get("doi"), "doi"),
    )


def _journal(given: Any) -> str:
    return text(given.get("name")) if isinstance(given, dict) else text(given)


def _authors(given: Any) -> list[str]:
    """Return names: whole, or in the parts (first, middle, last) of the 2020 corpus."""
    names = []
    for author in given if isinstance(given, list) else ():
        parts = mapping(author)
        if parts.get("last"):
            names.append(" ".join(map(text, (parts.get("first"), *(parts.get("middle") or ()), parts["last"]))))
        else:
            names.append(text(parts.get("name") if parts else author))
    return names


def _spanned(content: dict[str, Any], name: str) -> str:
    """Return the text that the annotation `name` marks in a full text."""
    marked = mapping(content.get("annotations")).get(name)
    spans = json.loads(marked) if isinstance(marked, str) else marked
    whole = text(content.get("text"), "text")
    parts = (mapping(span) for span in spans if span) if isinstance(spans, list) else ()
    return " ".join(whole[int(span.get("start", 0)) : int(span.get("end", 0))] for span in parts)


READER = Reader(
    name="semantic-scholar",
    suffixes=(),
    recognises=_recognises,
    read=in_one(_stretches),
    stretches=_stretches,
    pieces=True,
)
