"""The shape of a name: capitals and digits where English words have none."""

from __future__ import annotations

import re
from functools import lru_cache

from kg.model import fold
from kg.recognise.words import CLASSES, GENERIC, STOP

_SIZE = re.compile(r"[-~<>=]?\d+(?:[.,]\d+)*(?:\.\d+)?(?:[a-zA-Z%×]{0,2}|[a-z]{0,4})(?:[-/]\d*[a-z]*)*$")
_PART = re.compile(r"[-‐‑–/_.]")
_ROMAN = re.compile(r"[IVX]+$")
_SPELT = re.compile(r"[A-Z]{2}[a-z]{3,}$")  # "LArge", where a full form shows its acronym
_APART = frozenset(' \t\n\r,;:()[]{}"“”!?*`|<>\xa0\u2003\u2009')
# A capital or digit where words have none. It begins with a class and not with what stands before: ten times as fast.
_INNER = re.compile(r"[A-Z](?<=[\w.^$@/+‐‑–-][A-Z])|[0-9](?:(?<=[\w.^$@/+‐‑–-][0-9])|(?=\w))")
_AROUND = re.compile(r"[^\s,;:()\[\]{}\"“”!?*`|<>]+")
_ADDRESS = re.compile(r"://|www\.|\.(?:com|org|io|net|ai|co|edu|gov|cn|top|github)(?:/|$)", re.I)
_TRAILING = ".'’‘"
GRAMMAR = re.compile(
    r"[-‐‑](?:based|like|style|driven|guided|enhanced|powered|inspired|specific|level|free|only|oriented|assisted|equipped|generated"
    r"|trained|tuned|aware|type|family|friendly|compatible|related|centric|side|enabled|optimized|accelerated|augmented|agnostic"
    r"|shot|wise|step|stage|scale|time|end|task|bit|rank|in|of|the|art|to|as|by|and|for|on|pre|dependent|centered)s?(?![\w])"
)


def is_name(word: str) -> bool:
    """Whether a word has the shape of a name.

    >>> words = "LoRA GPT-4 vLLM CodeT5+ A^2FM End-to-End Pre-Training 7B 4-bit Model F1 3DGS LLMs"
    >>> [word for word in words.split() if is_name(word)]
    ['LoRA', 'GPT-4', 'vLLM', 'CodeT5+', 'A^2FM', '3DGS']
    """
    if len(word) < 2 or _SIZE.match(word) or (word.isalpha() and word[1:].islower()):
        return False
    if is_generic(word):
        return False
    for part in _PART.split(word):
        if len(part) > 1 and any(c.isupper() for c in part[1:]) and not _ROMAN.match(part) and not _SPELT.match(part):
            return True
    return any(c.isdigit() for c in word) and any(c.isupper() for c in word)


@lru_cache(maxsize=1 << 15)
def is_generic(word: str) -> bool:
    """Whether a name is a class, field, metric, company or language: never an entity."""
    folded = fold(word)
    return (
        folded in GENERIC or folded.rstrip("s") in GENERIC or folded in CLASSES or folded.replace(" ", "-") in GENERIC
    )


def is_size(word: str) -> bool:
    """Whether a word is a number with or without a unit: 7B, 4-bit, 99.5%."""
    return _SIZE.match(word) is not None


def trimmed(word: str, start: int) -> tuple[str, int]:
    """Return a word without the signs around it, and where it starts."""
    latex = "" if word.count("$") > 1 else "$"
    bare = word.lstrip(_TRAILING + "-–—/&=+~" + latex)
    start += len(word) - len(bare)
    bare = bare.rstrip(_TRAILING + "-–—/&=~" + latex)
    for ending in ("'s", "’s"):
        bare = bare.removesuffix(ending)
    grammar = GRAMMAR.search(bare)
    return (bare[: grammar.start()] if grammar else bare), start


def names(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Return the stretches of a text that have the shape of a name."""
    found = []
    stop = len(text) if end is None else end
    at = start
    while (sign := _INNER.search(text, at, stop)) is not None:
        match = _AROUND.match(text, max(start, _left(text, sign.start())), stop)
        at = max(match.end(), sign.end()) if match else sign.end()
        if match is None or _ADDRESS.search(match.group()):
            continue
        bare, begin = trimmed(match.group(), match.start())
        if is_name(bare):
            found.append((begin, begin + len(bare)))
    return found


def _left(text: str, at: int) -> int:
    """Return where the word begins that holds this letter."""
    while at > 0 and text[at - 1] not in _APART:
        at -= 1
    return at


def is_common(word: str) -> bool:
    """Whether a word is grammar or academic filler."""
    return word.lower() in STOP
