"""OpenAlex works: API answers and the snapshot; the abstract is rebuilt from its inverted index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kg.model import Paper
from kg.readers import jsonrecords
from kg.readers.reading import Lines, Reader, Reading, in_one
from kg.readers.records import MAX_ABSTRACT, UnreadableError, mapping, paper, stretches, text, texts, unmarked


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _stretches(lines: Lines, place: str) -> Iterator[Reading]:
    hint = "works with title and abstract_inverted_index"
    return stretches(jsonrecords.records(lines), place, lambda record: _papers(record, place), hint=hint)


def _papers(record: dict[str, Any], place: str) -> Iterator[Paper]:
    places = [mapping(record.get("primary_location")), *map(mapping, record.get("locations") or ())]
    landing = [text(p.get("landing_page_url")) for p in places if p.get("landing_page_url")]
    preprints = [url for url in landing if "arxiv.org/" in url]
    authors = [_author(mapping(a)) for a in record.get("authorships") or ()]
    doi = text(record.get("doi") or mapping(record.get("ids")).get("doi"), "doi")
    yield paper(
        place,
        id=text(record.get("id"), "id").rpartition("/")[2],
        title=unmarked(text(record.get("title") or record.get("display_name"), "title")),
        abstract=abstract(record.get("abstract_inverted_index")) or text(record.get("abstract"), "abstract"),
        date=text(record.get("publication_date"), "publication_date"),
        year=record.get("publication_year"),
        venue=next((v for v in map(_venue, places) if v), ""),
        authors=authors,
        author_count=len(authors),
        url=next(iter(landing), "") or doi,
        keywords=texts(record.get("keywords"), "display_name", "keyword")
        or texts(record.get("topics"), "display_name"),
        arxiv=preprints[0].partition("arxiv.org/")[2] if preprints else "",
        doi=doi,
    )


def abstract(index: Any) -> str:
    """Return the text of an inverted index (word -> positions); raise UnreadableError for one that is none.

    >>> abstract({"On": [0], "things": [1, 3], "and": [2]})
    'On things and things'
    """
    if not index:
        return ""
    if not isinstance(index, dict):
        raise UnreadableError("abstract_inverted_index is no object")
    placed: list[tuple[int, str]] = []
    for word, positions in index.items():
        for position in positions if isinstance(positions, list) else ():
            if not isinstance(position, int):
                raise UnreadableError("abstract_inverted_index: a position is no number")
            placed.append((position, word))
            if len(placed) > MAX_ABSTRACT:
                raise UnreadableError("abstract_inverted_index is too large")
    return unmarked(" ".join(word for _, word in sorted(placed)))


def _author(authorship: dict[str, Any]) -> str:
    return text(mapping(authorship.get("author")).get("display_name") or authorship.get("raw_author_name"))


def _venue(location: dict[str, Any]) -> str:
    return text(mapping(location.get("source")).get("display_name"))


READER = Reader(
    name="openalex",
    suffixes=(),
    recognises=_recognises,
    read=in_one(_stretches),
    stretches=_stretches,
    pieces=True,
)
