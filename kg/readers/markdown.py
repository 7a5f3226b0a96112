"""Markdown: headings are titles, the text below them abstracts; or a note with front matter that names its title."""

from __future__ import annotations

import re

from kg.model import ReadError
from kg.readers import clean, curated
from kg.readers.plain import Entry, Numbered, account
from kg.readers.reading import Lines, Reader, Reading
from kg.yamltree import Node, parse

_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_SIGNS = re.compile(r"[^\w\s,.'’-]")
_CODE = 0.04  # of the characters are signs in code, tables and lists rather than in prose
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
_FENCE = "---"
_SHORTEST = 40  # characters of an abstract from which a text is taken for a list of papers
_MAX_MATTER = 200  # lines
_TITLE = re.compile(r"^title\s*:", re.MULTILINE | re.IGNORECASE)


def _recognises(head: str) -> bool:
    lines = head.lstrip("\ufeff").lstrip("\n").split("\n")
    if lines[0].rstrip() == _FENCE:
        return _FENCE in (line.rstrip() for line in lines[1:_MAX_MATTER]) and bool(_TITLE.search(head))
    if curated.READER.recognises(head) or lines[0].lstrip().startswith(("{", "[", "<!", "<html", "<?", "@", "%", "\\")):
        return False
    entries, _ = _listed([(i, line.strip()) for i, line in enumerate(lines, start=1)])
    return bool(entries) and sum(map(_like_a_paper, entries)) * 2 > len(entries)


def _like_a_paper(entry: Entry) -> bool:
    """Whether a heading and what stands below it look like a title and an abstract, not like a manual."""
    words = " ".join(entry.words)
    if entry.title.count(" ") < 2 or len(words) < _SHORTEST or not (words[0].isalpha() or words[0] in "\"'$(“"):
        return False
    return len(_SIGNS.findall(words)) < len(words) * _CODE


def _read(lines: Lines, place: str) -> Reading:
    """Read a note or a list; a heading that only holds others together is no paper and needs no abstract."""
    raw = [(number, clean.text(text)) for number, text in lines]
    numbered = [(number, text.strip()) for number, text in raw]
    total = numbered[-1][0] if numbered else 0
    start = next((i for i, (_, text) in enumerate(numbered) if text), 0)
    if numbered and numbered[start][1] == _FENCE:
        ends = [i for i in range(start + 1, min(len(numbered), start + _MAX_MATTER)) if numbered[i][1] == _FENCE]
        if ends:
            entry = _note(raw[start + 1 : ends[0]], numbered[ends[0] + 1 :], place)
            entry.lines = [line for line in numbered if line[1]]
            return account([entry], (), total, place)
    entries, unknown = _listed(numbered)
    return account(entries, unknown, total, place)


def _listed(numbered: list[Numbered]) -> tuple[list[Entry], list[Numbered]]:
    entries: list[Entry] = []
    unknown: list[Numbered] = []
    levels: list[int] = []
    for number, text in numbered:
        heading = _HEADING.fullmatch(text)
        if heading:
            if entries and levels[-1] < len(heading[1]) and not entries[-1].words and not entries[-1].labels:
                entries.pop()  # it holds sections together
                levels.pop()
            entries.append(_titled(number, text, heading[2]))
            levels.append(len(heading[1]))
        elif text and entries:
            entries[-1].add(number, text)
        elif text:
            unknown.append((number, text))
    return entries, unknown


def _titled(number: int, text: str, title: str) -> Entry:
    """Return an entry for a heading, whose link is the paper's address."""
    link = _LINK.search(title)
    entry = Entry(title=_LINK.sub(r"\1", title).strip("*_ "), lines=[(number, text)])
    if link:
        entry.labels["url"] = link[2]
    return entry


def _note(matter: list[Numbered], body: list[Numbered], place: str) -> Entry:
    """Return the paper of a note: its front matter, and as abstract that of the front matter or what stands below."""
    above = "\n" * (matter[0][0] - 1 if matter else 0)  # so that errors name the line of the file
    tree = parse(above + "\n".join(text for _, text in matter), place)
    entry = Entry()
    for key, value in tree.pairs if tree is not None and tree.pairs else ():
        name, words = (key.text or "").casefold(), _flat(value)
        if name == "title":
            entry.title = words
        elif name in ("abstract", "summary", "description"):
            entry.words.append(words)
        else:
            entry.labels[name.rstrip("s")] = words
    if not entry.title:
        raise ReadError("front matter without a title", where=place, hint="title: ...")
    if not entry.words:
        entry.words = [text for _, text in body if text and not _HEADING.fullmatch(text)]
    return entry


def _flat(node: Node) -> str:
    if node.items is not None:
        return "; ".join(_flat(item) for item in node.items)
    if node.pairs is not None:
        return next((_flat(value) for key, value in node.pairs if key.text == "name"), "")
    return node.text or ""


READER = Reader(name="markdown", suffixes=(".md", ".markdown"), recognises=_recognises, read=_read, weak=True)
