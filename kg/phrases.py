"""Phrases found in text at exact character offsets: what the recognisers and relaters stand on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import daachorse

# Letters outside Latin-1 that names use; one byte each, so that byte offsets are character offsets.
_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψω"
_TO_BYTE = {ord(c): 0x80 + i for i, c in enumerate(_GREEK)}
_TO_BYTE |= {ord(c.upper()): 0x80 + i for i, c in enumerate(_GREEK) if c != "ς"}


def _class(code: int) -> int:
    char = chr(code)
    if code < 0x80:
        return ord(char.lower()) if char.isalnum() else 0x20
    if code < 0x80 + len(_GREEK):
        return code
    lower = char.lower()
    return ord(lower) if char.isalpha() and len(lower) == 1 and ord(lower) < 256 else 0x20


_TABLE = bytes(map(_class, range(256)))


@lru_cache(maxsize=8)
def plain(text: str) -> bytes:
    r"""Return one byte a character: letters in lower case, digits, and a space for everything else.

    Matching on it needs no offset table: byte n is character n, whatever the script.

    >>> plain("GPT‑3.5, λ-Éclair").decode("latin-1")
    'gpt 3 5  \x8a éclair'
    """
    if not text.isascii():
        text = text.translate(_TO_BYTE)
    return text.encode("latin-1", "replace").translate(_TABLE)


class Phrases:
    """A set of phrases in one automaton: whole words, any case, one sign between words."""

    def __init__(self, patterns: Iterable[bytes]) -> None:
        padded = [b" %b " % p for p in patterns]
        self._automaton = daachorse.DoubleArrayAhoCorasick(padded, daachorse.MATCH_KIND_STANDARD) if padded else None

    def find(self, folded: bytes) -> list[tuple[int, int, int]]:
        """Return (start, end, number of the phrase) of every occurrence in `plain` text, overlapping ones too.

        >>> Phrases([b"we propose", b"propose"]).find(plain("Here we propose it."))
        [(5, 15, 0), (8, 15, 1)]
        """
        if self._automaton is None:
            return []
        return [(start, end - 2, which) for start, end, which in self._automaton.find_overlapping(b" %b " % folded)]
