"""XML -> records: each is cut out by its tags and parsed alone, so that a broken one costs nothing but itself.

Entities and document types are refused (defusedxml): a few hundred bytes of them can fill the memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, ParseError

from kg.model import ReadError
from kg.readers.records import Record
from kg.readers.window import MAX_RECORD, Window

_NAMESPACE = re.compile(r"""\sxmlns(?::[\w.-]+)?\s*=\s*(?:"[^"<>]*"|'[^'<>]*')""")
_DOCTYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_OUTERMOST = re.compile(
    r"\s*(?:<\?[^>]{0,500}>\s*|<!--(?:[^-]|-(?!->)){0,5000}-->\s*|<!DOCTYPE[^<>\[]{0,2000}(?:\[[^\]]{0,9000}\]\s*)?>\s*){0,20}"
    r"<([\w:.-]+)"
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def records(pieces: Iterable[tuple[int, str]], tags: tuple[str, ...], place: str) -> Iterator[Record]:
    """Yield every element with one of the tags, whatever its prefix; none of them may stand in one of its kind."""
    opening = re.compile(rf"<((?:[\w.-]+:)?(?:{'|'.join(map(re.escape, tags))}))(?=[\s/>])")
    window = Window(pieces)
    declared = ""
    while (start := _found(window, opening)) is not None:
        before = window.text[window.pos : start.start()]
        if not declared:
            if _DOCTYPE.search(before):
                raise ReadError("a document type in XML is refused", where=place, hint="remove the <!DOCTYPE ...>")
            declared = " ".join(dict.fromkeys(m.group().strip() for m in _NAMESPACE.finditer(before))) or " "
        window.advance(start.start())
        end, error = _end(window, start[1], opening)
        text = window.text[window.pos : end]
        line = window.line
        window.advance(end)
        yield _parsed(text, declared, line) if not error else Record(line=line, text=text[:500], error=error)
    if not declared and _DOCTYPE.search(window.text, window.pos):
        raise ReadError("a document type in XML is refused", where=place, hint="remove the <!DOCTYPE ...>")


def _found(window: Window, pattern: re.Pattern[str]) -> re.Match[str] | None:
    while not (found := pattern.search(window.text, window.pos)):
        tail = window.text.rfind("<", window.pos)
        if len(window.text) - window.pos > MAX_RECORD:
            window.advance(tail if tail > window.pos else len(window.text))
        if not window.grow():
            return None
    return found


def _end(window: Window, name: str, opening: re.Pattern[str]) -> tuple[int, str]:
    """Return where the element that begins here ends, and what is wrong with it."""
    closing = re.compile(rf"</{re.escape(name)}\s*>|<{re.escape(name)}(?=[\s/>])")
    while True:
        head = window.text.find(">", window.pos)
        if head > 0 and window.text[head - 1] == "/":
            return head + 1, ""
        if found := closing.search(window.text, window.pos + 1):
            whole = found.group().startswith("</")
            return (found.end(), "") if whole else (found.start(), f"<{name}> is not closed")
        if not window.grow():
            return len(window.text), f"<{name}> is not closed"


def _parsed(text: str, declared: str, line: int) -> Record:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    plain = _CONTROLS.sub(" ", text) if not text.isprintable() else text
    try:
        root = fromstring(f"<kg {declared}>{plain}</kg>".encode("utf-8", "replace"), forbid_dtd=True)
        element = root[0]
    except (ParseError, DefusedXmlException, IndexError, ValueError) as error:
        reason = "invalid XML: " + str(error).partition(": line")[0].partition(":")[0]
        return Record(line=line, text=text[:500], error=reason)
    for inner in element.iter():
        inner.tag = _local(inner.tag)
        for key in [k for k in inner.attrib if "}" in k]:
            inner.attrib[_local(key)] = inner.attrib.pop(key)
    return Record(line=line, text=text[:500], value=element, tag=str(element.tag))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def content(element: Element | None) -> str:
    """Return all text inside an element, on one line."""
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def child(element: Element, path: str) -> str:
    """Return the text of the first element at a path of tags, or nothing."""
    return content(element.find(path))


def children(element: Element, path: str) -> list[str]:
    """Return the texts of all elements at a path of tags."""
    return [content(found) for found in element.findall(path)]


def opens(head: str, *tags: str) -> bool:
    """Say whether a text is XML whose outermost element has one of the tags."""
    start = _OUTERMOST.match(head)
    return start is not None and start[1].rpartition(":")[2] in tags
