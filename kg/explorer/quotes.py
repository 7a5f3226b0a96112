"""Evidence -> quotes: the sentence around the words, cut from the paper's text and safe to show."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.model import Evidence, Paper
from kg.sentences import sentences
from kg.view import View

NAME, QUOTED = 200, 720  # how long a name and a quote may be
_PIECE = QUOTED // 2
# C0 and C1 controls, embeddings, overrides and isolates (they reorder what is around them), lone surrogates
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_LINK = re.compile(
    r"https?://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One stretch of a paper with the words that count marked; `marks` are pairs of positions in `text`.

    `field` tells where it stands: a curated statement is no quotation and must not look like one.
    """

    paper: str
    field: str
    text: str
    marks: tuple[tuple[int, int], ...]


def plain(text: str, limit: int = 400) -> str:
    r"""Return `text` on one line, with nothing in it that a screen would not show, and not longer than `limit`.

    >>> plain("a\tb\u202ec", 20), plain("abcdef", 4)
    ('a b\ufffdc', 'abc…')
    """
    text = _UNSAFE.sub(_mark, text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _mark(match: re.Match[str]) -> str:
    """Keep the length, so that positions stay true."""
    return " " if match[0] in "\t\n\v\f\r\x85" else "\ufffd"


def link(paper: Paper) -> str:
    """Return an http(s) address of the paper, or '' when it has none: nothing else may become a link.

    >>> link(Paper(id="p", title="T", url="javascript:alert(1)")), link(Paper(id="p", title="T", arxiv="2401.00001"))
    ('', 'https://arxiv.org/abs/2401.00001')
    """
    arxiv = f"https://arxiv.org/abs/{paper.arxiv}" if paper.arxiv else ""
    doi = f"https://doi.org/{paper.doi}" if paper.doi else ""
    return next((u for u in (paper.url, arxiv, doi) if len(u) <= 2000 and _LINK.fullmatch(u)), "")


def quotes(graph: View, evidence: Iterable[Evidence]) -> tuple[Quote, ...]:
    """Return each place once, in the order of the evidence; words of one sentence are marked in one quote."""
    marks: dict[tuple[str, str, int, int, str], list[tuple[int, int]]] = defaultdict(list)
    for item in evidence:
        node = graph.by_id.get(item.paper)
        text = node.paper.text(item.field) if node and node.paper else ""
        if item.field == "curated" or text[item.start : item.end] != item.text:  # without its text, the words alone
            marks[item.paper, item.field, 0, len(item.text), item.text].append((0, len(item.text)))
            continue
        first, last = marked(stretches(text, item.field), item.start, item.end)
        marks[item.paper, item.field, first, last, text[first:last]].append((item.start - first, item.end - first))
    return tuple(
        Quote(paper=paper, field=field, text=plain(text, QUOTED), marks=units(text, spans))
        for (paper, field, _, _, text), spans in marks.items()
    )


def stretches(text: str, field: str) -> tuple[tuple[int, int], ...]:
    r"""Return where the pieces of a field begin and end that are quoted whole: sentences, cut where one is very long.

    >>> stretches("We like it. LoRA works.", "abstract"), stretches("a b\nc d", "curated")
    (((0, 11), (12, 23)), ((0, 3), (4, 7)))
    """
    if field == "curated":
        ends = [i for i, c in enumerate(text) if c == "\n"] + [len(text)]
        return tuple(zip([0, *(e + 1 for e in ends[:-1])], ends, strict=True))
    if field == "title" and len(text) <= _PIECE:
        return ((0, len(text)),)
    found: list[tuple[int, int]] = []
    for first, last in sentences(text):
        while first < last and text[first].isspace():
            first += 1
        while last - first > QUOTED:
            cut = text.rfind(" ", first + _PIECE // 2, first + _PIECE)
            cut = cut if cut > 0 else first + _PIECE
            found.append((first, cut))
            first = cut
        found.append((first, last))
    return tuple(found) or ((0, len(text)),)


def marked(bounds: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Return the piece, or the pieces as one, in which a span lies.

    >>> marked(((0, 11), (12, 23)), 12, 16), marked(((0, 11), (12, 23)), 8, 14)
    ((12, 23), (0, 23))
    """
    first = max(0, bisect_left(bounds, (start + 1,)) - 1)
    if end <= bounds[first][1]:
        return bounds[first]
    last = max(first, bisect_left(bounds, (end,)) - 1)
    return bounds[first][0], max(bounds[last][1], end)


def units(text: str, spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Count in UTF-16 code units, as the browser does; overlapping marks become one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(set(spans)):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    if text.isascii() and len(text) <= QUOTED:
        return tuple(joined)
    return tuple((_utf16(text, min(a, QUOTED - 1)), _utf16(text, min(b, QUOTED - 1))) for a, b in joined)


def _utf16(text: str, position: int) -> int:
    return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2
