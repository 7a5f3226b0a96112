"""Enumerations: what stands in one list is of one kind, and the noun before or behind it says which."""

from __future__ import annotations

import re

from kg.recognise import shapes
from kg.recognise.words import STOP

_OPENING = re.compile(
    r"\s*(?:(?P<mark>(?:,|\(|:|—|–)?\s*"
    r"(?:such as|including|includes?|namely|like|e\.?g\.?,?|i\.?e\.?,?|called|named|are)\s)|\(|:)\s*(?:the\s)?",
    re.I,
)
_NAME = re.compile(
    r"[*_\"“‘']{0,3}((?:[A-Z0-9][^\s,;:()\[\]{}\"“”]*|[a-z]+[A-Z0-9_][^\s,;:()\[\]{}\"“”]*|[a-z]+-(?=\w*[A-Z0-9])\w+)"
    r"(?:(?<![.!?])[ ](?:[A-Z0-9][^\s,;:()\[\]{}\"“”]*|of(?= [A-Z]))){0,4})"
)
_NOUN = re.compile(r"((?:[A-Za-z][\w-]*[ ]){0,3}[A-Za-z][\w-]*)")
_NEXT = re.compile(
    r"[*_\"”’']{0,3}(?:\s*\([^()]{1,40}\))?\s*"
    r"(?:,\s*(?:and|or|as well as)?|;|/|&|\band\b|\bor\b|\bas well as\b)\s*(?:the\s|on\s)?"
)
_BEFORE = re.compile(r"[*_\"”’']{0,3}\s*(?:,\s*(?:and|or)?|/|&|\band\b|\bor\b)\s*\Z")
_MOST = 14


def opening(text: str, end: int) -> tuple[int, int] | None:
    """Return where a list begins after its noun, and how many names it needs: one after "such as", two after "("."""
    match = _OPENING.match(text, end)
    return (match.end(), 1 if match["mark"] else 2) if match else None


def names_from(text: str, at: int) -> list[tuple[int, int]]:
    """Return the names of a list that begins here: words with capitals or digits, parted by commas and "and"."""
    found: list[tuple[int, int]] = []
    while len(found) < _MOST:
        match = _NAME.match(text, at)
        if match is None:
            break
        bare, start = shapes.trimmed(match.group(1), match.start(1))
        if bare and is_proper(bare):
            found.append((start, start + len(bare)))
        if (
            start + len(bare) < match.end()
            and text[start + len(bare)] == "."
            and not text[start + len(bare) :][1:2].isalnum()
        ):
            break
        following = _NEXT.match(text, match.end())
        if following is None:
            break
        at = following.end()
    return found


def nouns_from(text: str, at: int) -> list[tuple[int, int]]:
    """Return the noun phrases of a list that begins here; a list of one is none."""
    found: list[tuple[int, int]] = []
    while len(found) < _MOST:
        match = _NOUN.match(text, at)
        if match is None or any(w.lower() in STOP and w.lower() != "and" for w in match.group().split()):
            cut = _cut(text, at)
            if cut is None or not found:
                break
            found.append(cut)
            break
        begin, end = match.span()
        inner = re.search(r" (?:and|or) ", match.group())
        if inner:
            end = begin + inner.start()
        found.append((begin, end))
        following = _NEXT.match(text, end)
        if following is None:
            break
        at = following.end()
    return found if len(found) > 1 else []


def _cut(text: str, at: int) -> tuple[int, int] | None:
    """Return the words up to the first word of grammar: the last item runs on into the sentence."""
    end = at
    for match in re.finditer(r"[A-Za-z][\w-]*", text[at : at + 60]):
        if match.group().lower() in STOP or text[end : at + match.start()].strip():
            break
        end = at + match.end()
    return (at, end) if end > at else None


def names_before(text: str, start: int, *, makers: bool = False) -> list[tuple[int, int]]:
    """Return the names of a list that ends here, before its noun: "A, B and C datasets"; `makers` lets in companies."""
    last = _last_name(text, start, makers)
    if last is None:
        return []
    found = [last]
    while len(found) < _MOST:
        at = found[-1][0]
        match = _BEFORE.search(text, max(0, at - 9), at)
        if match is None:
            break
        item = _last_name(text, match.start(), makers)
        if item is None:
            break
        found.append(item)
    return found


def _last_name(text: str, end: int, makers: bool) -> tuple[int, int] | None:
    """Return the name that ends here: as many words with capitals or digits as stand together."""
    while end > 0 and text[end - 1] in " *_\"”’'":
        end -= 1
    begin = end
    low = max(0, end - 60)
    if text[text.rfind(" ", low, end) + 1 : end].islower():
        return None
    for match in reversed(list(re.finditer(r"[^\s,;:()\[\]{}\"“”]+", text[low:end]))):
        word = match.group()
        if text[low + match.end() : begin].strip() or not (
            word[:1].isupper() or shapes.is_name(word) or (begin < end and word[:1].isdigit())
        ):
            break
        if word.lower() in STOP or (begin < end and word[-1] in ".!?"):
            break
        begin = low + match.start()
    bare, start = shapes.trimmed(text[begin:end], begin)
    return (start, start + len(bare)) if bare and (is_proper(bare) or (makers and bare.isalpha())) else None


def is_proper(name: str) -> bool:
    """Whether a list item can be a name: not a class, not a word of grammar, and with a letter."""
    return (
        any(c.isalpha() for c in name)
        and len(name) > 1
        and not shapes.is_generic(name)
        and name.lower() not in STOP
        and not shapes.is_size(name)
    )
