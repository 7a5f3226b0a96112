"""Saved HTML: Hugging Face's papers pages (embedded data, else what they show) and pages with citation_* meta tags.

arXiv, the ACL Anthology, OpenReview and most publishers put such tags on the page of a paper.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from kg.model import Paper, ReadError
from kg.readers import clean, hf_api
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, collected, mapping, paper, person

_MAX_CHARACTERS = 64 << 20
_PAGE = re.compile(r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_PAPER = re.compile(r"/papers/(\d{4}\.\d{4,5})")
_HEADINGS = frozenset({"h1", "h2", "h3"})


def _recognises(head: str) -> bool:
    return bool(_PAGE.match(head))


def _read(lines: Lines, place: str) -> Reading:
    """Read a page; each paper that it embeds, shows or describes counts as a record."""
    page = _Page()
    size = last = 0
    try:
        for number, text in lines:
            size += len(text) + 1
            if size > _MAX_CHARACTERS:
                raise ReadError(f"a page of more than {_MAX_CHARACTERS >> 20} MiB", where=place)
            page.feed(f"\n{text}" if last and number != last else text)
            last = number
        page.close()
    except AssertionError as error:  # how html.parser tells of declarations it cannot follow
        raise ReadError(f"not HTML: {error}", where=place) from None
    return collected(
        page.found(),
        place,
        lambda entry: _papers(entry, place),
        hint="a saved papers page, or the page of a paper with citation_title in it",
    )


def _papers(entry: dict[str, Any], place: str) -> Iterator[Paper]:
    if "citation_title" in entry:
        yield _described(entry, place)
    else:
        yield from hf_api.papers(entry, place)


class _Page(HTMLParser):
    """What a page embeds (`props`), shows (`shown`) and says of itself (`meta`), each with its line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.props: list[tuple[int, str]] = []
        self.shown: list[tuple[int, dict[str, str]]] = []
        self.meta: dict[str, list[str]] = defaultdict(list)
        self._line = 1
        self._article: dict[str, str] | None = None
        self._field = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take attributes with data, and note where an article and its parts begin."""
        given = {key: value or "" for key, value in attrs}
        if "papers" in given.get("data-props", "") or '"paper"' in given.get("data-props", ""):
            self.props.append((self.getpos()[0], given["data-props"]))
        if tag == "meta" and (name := given.get("name") or given.get("property")):
            self.meta[name.lower()].append(given.get("content", ""))
        elif tag == "article":
            self._article = defaultdict(str)
            self.shown.append((self.getpos()[0], self._article))
        elif self._article is not None:
            if tag in _HEADINGS or tag == "p":
                self._field = "summary" if tag == "p" else "title"
            if number := _PAPER.search(given.get("href", "")):
                self._article.setdefault("id", number[1])

    def handle_endtag(self, tag: str) -> None:
        """Note where they end."""
        if tag == "article":
            self._article = None
        if tag in _HEADINGS or tag in ("p", "article"):
            self._field = ""

    def handle_data(self, data: str) -> None:
        """Keep the words of titles and summaries."""
        if self._article is not None and self._field:
            self._article[self._field] += data

    def found(self) -> Iterator[Record]:
        """Yield the papers of the page, each once: embedded ones say most."""
        known: set[str] = set()
        for line, props in self.props:
            try:
                data = json.loads(props)
            except (ValueError, RecursionError):
                yield Record(line=line, text=props[:500], error="embedded data that is no JSON")
                continue
            for entry in _entries(data):
                number = str(mapping(entry.get("paper")).get("id") or entry.get("id"))
                if number not in known:
                    known.add(number)
                    yield Record(line=line, text=json.dumps(entry)[:500], value=entry)
        for line, article in self.shown:
            if article.get("id", "") not in known and (article.get("id") or article.get("summary")):
                known.add(article.get("id", ""))
                entry = {key: clean.line(value) for key, value in article.items()}
                yield Record(line=line, text=article.get("title", ""), value=entry)
        if self.meta["citation_title"]:
            yield Record(line=1, text=self.meta["citation_title"][0], value=dict(self.meta))


def _entries(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects that are papers, wherever they stand, in order."""
    waiting: list[Any] = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            inner = mapping(value.get("paper"))
            if (inner.get("title") and inner.get("id")) or ("summary" in value and value.get("title")):
                yield value
            else:
                waiting.extend(reversed(list(value.values())))


def _described(meta: dict[str, list[str]], place: str) -> Paper:
    def first(*names: str) -> str:
        return next((meta[name][0] for name in names if meta.get(name)), "")

    return paper(
        place,
        title=first("citation_title"),
        abstract=first("citation_abstract", "dc.description", "og:description", "description"),
        date=first("citation_publication_date", "citation_date", "citation_online_date"),
        venue=first("citation_conference_title", "citation_journal_title"),
        authors=[person(name) for name in meta.get("citation_author", ())],
        keywords=[word for line in meta.get("citation_keywords", ()) for word in line.split(";")],
        arxiv=first("citation_arxiv_id"),
        doi=first("citation_doi"),
        url=first("og:url", "citation_abstract_html_url", "citation_pdf_url"),
    )


READER = Reader(name="html", suffixes=(".html", ".htm"), recognises=_recognises, read=_read, pieces=True)
