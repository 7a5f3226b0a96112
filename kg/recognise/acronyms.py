"""Acronyms and their full forms, by the letters they share."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SHORT = re.compile(r"\(\s*[*_\"“‘]*([A-Za-z0-9][\w$^+./&-]{0,14}[A-Za-z0-9+])[*_\"”’]*\s*(?=[),;])")
_LONG = re.compile(r"\(([A-Z][^()]{5,80})\)")
_WORD_BEFORE = re.compile(r"(?<![\w+-])([A-Za-z][\w+-]{1,14})\s\Z")
_BREAK = re.compile(r"[,;:.!?()](?=\s)|[()]")
_MAX_WORDS = 10


def definitions(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, end) of each full form and (start, end) of its acronym.

    >>> text = "We use Low-Rank Adaptation (LoRA) and RAG (Retrieval-Augmented Generation) (see Fig. 2)."
    >>> [(text[a:b], text[c:d]) for a, b, c, d in definitions(text)]
    [('Low-Rank Adaptation', 'LoRA'), ('Retrieval-Augmented Generation', 'RAG')]
    """
    if "(" not in text:
        return
    for match in _SHORT.finditer(text):
        short = match.group(1)
        if not _is_acronym(short):
            continue
        end = match.start()
        while end > 0 and text[end - 1] in " *_\"”’'":
            end -= 1
        begin = _begin(text, end, short)
        if begin is not None:
            yield begin, end, match.start(1), match.end(1)
    for match in _LONG.finditer(text):
        start, end = match.span(1)
        before = _WORD_BEFORE.search(text, max(0, start - 18), start - 1)
        if before is None or not _is_acronym(before.group(1)):
            continue
        if _begin(text, end, before.group(1), floor=start) == start:
            yield start, end, before.start(1), before.end(1)


def _is_acronym(short: str) -> bool:
    return sum(c.isupper() for c in short) >= 2 or (len(short) > 2 and any(c.isupper() for c in short[1:]))


def _begin(text: str, end: int, short: str, floor: int | None = None) -> int | None:
    """Return where the full form that ends at `end` begins: its words spell the acronym, the first its first letter.

    Letters are matched from the right; digits and signs of the acronym may be missing from the full form.
    """
    letters = [c.lower() for c in short if c.isalpha()]
    if len(letters) > 1 and letters[-1] == "s" and short[-1] == "s":
        letters.pop()
    window = _window(text, end, len(letters), floor)
    i, at = len(letters) - 1, end
    while i >= 0:
        at -= 1
        if at < window:
            return None
        if text[at].lower() == letters[i] and (i > 0 or at == 0 or not text[at - 1].isalnum()):
            i -= 1
    while at > window and not text[at - 1].isspace():
        at -= 1
    while at < end and text[at] in "*_\"“‘'(-":
        at += 1
    full = text[at:end]
    if " " not in full and "-" not in full:
        return None
    return at if len(full) > len(short) else None


def _window(text: str, end: int, letters: int, floor: int | None) -> int:
    """Return how far left a full form may reach: the clause, and about as many words as the acronym has letters."""
    left = max(floor or 0, end - 120)
    for match in _BREAK.finditer(text, left, end):
        left = match.end()
    words = [m.start() for m in re.finditer(r"\S+", text[left:end])]
    keep = min(len(words), letters + 4, _MAX_WORDS)
    return left + words[-keep] if words else end
