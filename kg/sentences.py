"""Where a sentence begins and ends: the words around a span, for people to read."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s)|[。！？]+|\n[ \t]*\n")
_SHORT = (
    "al approx app apps cf ch chap def dept dr e.g ed eds eq eqs eqn esp ex fig figs i.e incl inc jr lem max min mr "
    "mrs ms no nos p pp prof prop ref refs resp sec secs sect sr st tab thm viz vol vs w.r.t wrt"
)
_ABBREVIATIONS = frozenset(_SHORT.split())
_NEXT = re.compile(r"\s*(\S+)")
_WORDS = re.compile(r"[^\W_][\w'’.+-]*(?<![.'’-])|[,.;:()/&]")
_OWN = re.compile(r"\b(?:we|this (?:paper|work|article|study)|our)\b", re.I)
AT_HAND = 128  # texts made ready that are kept
_OPENERS = "\"'“‘([{"


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence that holds `text[start:end]` begins and ends, without the spaces around it.

    A span over several sentences gets them all. Abbreviations, initials and decimals end no sentence.

    >>> text = "It is fast (cf. Fig. 2). LoRA, e.g. with r=4.5, beats Hu et al. and wins vs. GPT-4! Then it stops."
    >>> text[slice(*sentence_around(text, 25, 29))]
    'LoRA, e.g. with r=4.5, beats Hu et al. and wins vs. GPT-4!'
    """
    left, right = 0, len(text)
    for found in _END.finditer(text):
        if not _ends(text, found):
            continue
        if found.end() <= start:
            left = found.end()
        elif found.end() >= end:
            right = found.end()
            break
    while left < start and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


@lru_cache(maxsize=AT_HAND)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Return where every sentence begins and ends; together they cover the text.

    >>> text = "It is fast (cf. Fig. 2). LoRA wins vs. GPT-4. Then it stops"
    >>> [text[a:b] for a, b in sentences(text)]
    ['It is fast (cf. Fig. 2).', ' LoRA wins vs. GPT-4.', ' Then it stops']
    """
    ends = [found.end() for found in _END.finditer(text) if _ends(text, found)]
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    return tuple(zip([0, *ends[:-1]], ends, strict=True))


def _ends(text: str, found: re.Match[str]) -> bool:
    """Whether punctuation ends a sentence here: what stands before is no abbreviation, what follows is a beginning."""
    mark = found.group()
    if mark[0] in "\n。！？":
        return True
    following = _NEXT.match(text, found.end())
    if following is None:
        return True
    if not _begins(following.group(1)):
        return False
    if not mark.startswith(".") or mark.startswith(".."):
        return True
    left, at = max(0, found.start() - 40), found.start()
    word = text[max(text.rfind(" ", left, at), text.rfind("\n", left, at), left - 1) + 1 : at].lstrip(_OPENERS)
    initial = len(word) == 1 and word.isupper()
    return not initial and word.casefold() not in _ABBREVIATIONS


def _begins(word: str) -> bool:
    """Sentences begin with a capital, a digit, a caseless script, or a name such as vLLM."""
    bare = word.lstrip(_OPENERS)
    return any(c.isalnum() for c in bare) and (not bare[0].islower() or any(c.isupper() for c in bare))


def lowered(text: str) -> str:
    """Return a text in lower case, letter for letter: a few capitals have a lower case of two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


class Page:
    """One field of a paper made ready: in lower case, its words and where they stand, and its sentences."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = lowered(text)
        places = [match.span() for match in _WORDS.finditer(self.lower)]
        self.starts = [start for start, _ in places]
        self.ends = [end for _, end in places]
        self.words = list(map(self.lower.__getitem__, map(slice, self.starts, self.ends)))
        self.lines = [start for start, _ in sentences(text)] if text else []
        own = _OWN.search(text)
        self.own = self.line(own.start()) if own else 0

    def line(self, at: int) -> int:
        """Return the number of the sentence at an offset."""
        return max(0, bisect_right(self.lines, at) - 1)


@lru_cache(maxsize=AT_HAND)
def page(text: str) -> Page:
    """Return a field made ready; recognising and relating read the same one."""
    return Page(text)
