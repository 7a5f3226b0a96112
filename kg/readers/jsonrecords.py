"""JSON of any shape -> records: a list, a list inside an object, one object a line, or objects one after the other.

A record that is no JSON is reported and passed over: in a list up to where its brackets close, else up to the next
record that opens with the same key; between lines up to the next line that opens an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from kg.readers.records import Record
from kg.readers.window import Window

CONTAINERS = frozenset({"results", "data", "notes", "items", "papers", "dailyPapers", "recommendedPapers"})
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}:,]', re.DOTALL)
_FIRST_KEY = re.compile(r'\{\s*("[^"\\\n]{1,80}")\s*:')
_LOOKED_INTO = 1 << 16  # characters of an object in which its list of records begins
_OPENING = 200  # characters in which a record and its first key open
_PROBED = 5  # records whose keys tell the format


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decode = json.JSONDecoder(parse_constant=_refused).raw_decode


def records(pieces: Iterable[tuple[int, str]]) -> Iterator[Record]:
    """Yield every record of a JSON text, the broken ones too."""
    window = Window(pieces)
    wrapped = True  # one object a line is looked into for a list only until the first has none
    while first := window.peek():
        start = _container(window) if first == "{" and wrapped else None
        if first == "[":
            window.advance(window.pos + 1)
            yield from _list(window)
        elif start is not None:
            window.advance(start)
            yield from _list(window)
            yield from _left(window)
        elif first == "{":
            wrapped = False
            yield _element(window, listed=False)
        else:
            yield _broken(window, _line_end(window), "invalid JSON: an object is expected")


def _list(window: Window) -> Iterator[Record]:
    while first := window.peek():
        if first in ",]":
            window.advance(window.pos + 1)
            if first == "]":
                return
        else:
            yield _element(window, listed=True)
    yield Record(line=window.line, text="", error="the source ends inside a list")


def _element(window: Window, *, listed: bool) -> Record:
    while True:
        try:
            value, end = _decode(window.text, window.pos)
        except RecursionError:
            at, reason = window.pos, "invalid JSON: nested too deeply"
        except ValueError as error:
            at, reason = getattr(error, "pos", window.pos), f"invalid JSON: {str(error).partition(':')[0].lower()}"
        else:
            if end < len(window.text) or not window.grow():
                return _whole(window, end, value)
            continue  # a number may go on behind what is held
        resumed = _resumed(window, at) if listed else _next_line(window)
        if resumed is not None:
            return _broken(window, resumed, reason)
        if not window.grow():
            end = len(window.text)
            if listed and (found := _like_it(window)):
                end = found
            elif not listed:
                end = _line_end(window)
            return _broken(window, end, reason)


def _whole(window: Window, end: int, value: object) -> Record:
    line, text = window.line, window.text[window.pos : min(end, window.pos + 500)]
    window.advance(end)
    error = "" if isinstance(value, dict) else "not an object"
    return Record(line=line, text=text, value=value, error=error)


def _broken(window: Window, end: int, reason: str) -> Record:
    line, text = window.line, window.text[window.pos : min(end, window.pos + 500)]
    window.advance(max(end, window.pos + 1))
    return Record(line=line, text=text, error=reason)


def _resumed(window: Window, at: int) -> int | None:
    """Return where the brackets of a broken element of a list close, if the list goes on there.

    A string that does not end is noticed `at` the first word behind the next quote: in the record that follows.
    """
    following = _like_it(window)
    if following is not None and following < at <= following + _OPENING:
        return following
    depth = 0
    for token in _TOKEN.finditer(window.text, window.pos):
        if token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
        if depth <= 0 and token[0] != ":":
            end = token.start() if depth < 0 or token[0] == "," else token.end()
            after = window.text[end : end + 80].lstrip()[:1]
            return end if after and after in ",]" else _like_it(window)
    return None


def _like_it(window: Window) -> int | None:
    """Return where the next record begins that opens with the key of the broken one."""
    if key := _FIRST_KEY.match(window.text, window.pos):
        again = re.compile(r",\s*\{\s*" + re.escape(key[1]) + r"\s*:")
        if found := again.search(window.text, key.end()):
            return found.start()
    return None


def _next_line(window: Window) -> int | None:
    found = window.text.find("\n{", window.pos)
    return found if found >= 0 else None


def _line_end(window: Window) -> int:
    while (end := window.text.find("\n", window.pos)) < 0:
        if not window.grow():
            return len(window.text)
    return end


def _container(window: Window) -> int | None:
    """Return where the list of records inside the object begins, or None when the object is a record."""
    while len(window.text) - window.pos < _LOOKED_INTO and window.grow():
        pass
    depth, key, colon = 0, "", False
    for token in _TOKEN.finditer(window.text, window.pos):
        sign = token[0]
        if depth == 1 and colon and sign == "[" and key in CONTAINERS:
            return token.end()
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
            if depth == 0:
                return None
        elif depth == 1 and sign[0] == '"' and not colon:
            key = sign[1:-1]
        colon = sign == ":" and depth == 1
    return None


def _left(window: Window) -> Iterator[Record]:
    """Pass over what follows the list in its object."""
    while True:
        depth = 1
        for token in _TOKEN.finditer(window.text, window.pos):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth == 0:
                window.advance(token.end())
                return
        if not window.grow():
            yield _broken(window, len(window.text), "the source ends inside an object")
            return


# --- which format ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the head of a JSON text shows: the keys of its first records, and whether these are not one a line."""

    listed: bool = False
    keys: tuple[frozenset[str], ...] = ()


@lru_cache(maxsize=4)
def shape(head: str) -> Shape:
    """Return the shape of a JSON text; no keys for what is none."""
    opening = re.search(r"^[ \t]*[\[{]", head, re.MULTILINE)
    if not opening:
        return Shape()
    start = opening.end() - 1
    if head[start] == "{":
        window = Window(())
        window.text, window.pos = head, start
        inside = _container(window)
        if inside is None:
            lines = [line.strip() for line in head[start:].split("\n") if line.strip()][:_PROBED]
            if len(lines) > 1 and not lines[0].endswith("}") and not lines[1].startswith("{"):
                return Shape(listed=True, keys=_keys(head[start:], 1))
            return Shape(keys=tuple(keys for line in lines for keys in _keys(line, 1)))
        return Shape(listed=True, keys=_keys("[" + head[inside:], 2))
    return Shape(listed=True, keys=_keys(head[start:], 2))


def _keys(text: str, level: int) -> tuple[frozenset[str], ...]:
    """Return the keys of each of the first objects at a depth; the last may be cut."""
    found: list[set[str]] = [set()]
    depth = 0
    last = ""
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
            if depth == level - 1:
                found.append(set())
            if len(found) > _PROBED or depth <= 0:
                break
        elif sign == ":" and depth == level and last:
            found[-1].add(last)
        last = sign[1:-1] if sign[0] == '"' else ""
    return tuple(frozenset(keys) for keys in found if keys)


def kind(head: str) -> str:
    """Return the format of a JSON text, by the keys of its records; nothing for what is no known JSON.

    The order matters: what is told by a rare key comes first.
    """
    for keys in shape(head).keys:
        for name, told in _KINDS:
            if any(need <= keys and (not some or some & keys) for need, some in told):
                return name
    return ""


def _told(need: str, some: str = "") -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(need.split()), frozenset(some.split())


_KINDS = (  # (format, any of (all of these keys, one of these))
    ("openalex", (_told("abstract_inverted_index"), _told("authorships"))),
    ("openreview", (_told("content", "invitation invitations forum"),)),
    ("zotero-json", (_told("itemType"), _told("key version data"))),
    (
        "papers-with-code",
        (
            _told("paper_url title abstract"),
            _told("paper_url repo_url"),
            _told("task datasets", "subtasks categories description"),
            _told("name full_name paper"),
            _told("name full_name", "introduced_year source_title source_url homepage introduced_date"),
        ),
    ),
    (
        "hf-api",
        (_told("paper publishedAt"), _told("title summary", "upvotes ai_summary publishedAt submittedOnDailyAt")),
    ),
    ("arxiv-snapshot", (_told("id title abstract categories", "update_date authors_parsed submitter versions"),)),
    (
        "semantic-scholar",
        (
            _told("", "paperId corpusid corpusId paperAbstract s2Url"),
            _told("paper_id title", "has_pdf_parse mag_id s2_url pdf_parse"),
        ),
    ),
    (
        "conference-list",
        (
            _told("name abstract", "event_type eventtype virtualsite_url uid decision paper_url"),
            _told("title track status", "abstract keywords author primary_area"),
        ),
    ),
    ("csl-json", (_told("type title", "issued container-title DOI citation-key author title-short"),)),
)
