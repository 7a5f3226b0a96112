"""Phrases that no rule proposes: every stretch of a noun phrase, weighed word by word, the likeliest kept.

A logistic regression whose sums are put together from what is known of single words and pairs, so that a hundred
windows cost little. It only proposes: what it finds goes to the same judges as the votes of the rules.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from math import exp, log
from typing import NamedTuple

import msgspec

from kg.linear import UNIT
from kg.model import Paper, Span
from kg.recognise.words import STOP
from kg.sentences import Page, page

LONGEST = 5  # words
MOST = 7  # windows proposed for a paper
LEAST = 0.17  # probability from which one is proposed
WINDOW = "window"  # the rule that its votes go by
UNKNOWN = -1  # the cluster of words that the corpus has not shown
_STRANGE = (UNKNOWN, UNKNOWN)
_EDGE = "^"
Proposal = tuple[float, str]  # probability, spelling in lower case


class Clusters(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Words that stand in like places: of each word its cluster, of each cluster the wider one that holds it."""

    fine: Mapping[str, int]
    coarse: tuple[int, ...]

    def of(self, word: str) -> tuple[int, int]:
        """Return the cluster of a word and the wider one; unknown words have their own."""
        return self._both.get(word, _STRANGE)

    @cached_property
    def _both(self) -> dict[str, tuple[int, int]]:
        return {word: (fine, self.coarse[fine]) for word, fine in self.fine.items()}


class Windows(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Fitted weights in thousandths, by feature; `clusters` are those of the corpus."""

    clusters: Clusters
    base: int
    weights: Mapping[str, int]

    @cached_property
    def finder(self) -> Finder:
        """Return what looks for windows with these weights."""
        return Finder(self)


class Window(NamedTuple):
    """Words `first` to `last` (left out) of a page; whether the noun phrase begins and ends with them."""

    first: int
    last: int
    begins: bool
    ends: bool


def runs(sheet: Page) -> Iterator[tuple[int, int]]:
    """Yield where words follow each other with neither a stop word nor a sign between them."""
    words, starts, ends = sheet.words, sheet.starts, sheet.ends
    count, at = len(words), 0
    while at < count:
        word = words[at]
        if word in STOP or len(word) < 2 or not word[0].isalpha():
            at += 1
            continue
        stop = at + 1
        while stop < count and starts[stop] - ends[stop - 1] == 1:
            word = words[stop]
            if word in STOP or len(word) < 2 or not word[0].isalpha():
                break
            stop += 1
        yield at, stop
        at = stop


def windows(sheet: Page) -> Iterator[Window]:
    """Yield every stretch of two to five words of every run, and runs of one word.

    Single words of longer runs are seldom names, and the rules know those that are.
    """
    for at, stop in runs(sheet):
        if stop - at == 1:
            yield Window(at, stop, True, True)
        for last in range(at + 2, stop + 1):
            for first in range(max(at, last - LONGEST), last - 1):
                yield Window(first, last, first == at, last == stop)


def features(sheet: Page, window: Window, where: str, clusters: Clusters) -> list[str]:
    """Return what a page shows of a window, but for how often it comes: the same that `Finder` adds up."""
    first, last, begins, ends = window
    words = sheet.words
    head, opening = words[last - 1], words[first]
    left = words[first - 1] if first else _EDGE
    before = words[first - 2] if first > 1 else _EDGE
    right = words[last] if last < len(words) else _EDGE
    several = last - first > 1
    fine, coarse = clusters.of(head)
    own, wide = clusters.of(opening)
    row = [f"h{head}", f"s{head[-4:]}", f"C{fine}", f"D{coarse}{ends:d}", f"f{opening}", f"F{own}{several:d}"]
    row += [f"x{opening} {head}" if several else f"u{head}", f"K{wide}:{coarse}", f"l{left}", f"r{right}", f"v{before}"]
    row += [f"A{clusters.of(left)[0]}", f"B{clusters.of(right)[0]}", f"n{last - first}{begins:d}{ends:d}"]
    return [*row, f"z{where}{begins:d}{ends:d}"]


def often(phrase: str, title: str, abstract: str) -> str:
    """Return the feature that says how often a phrase comes, and whether in the title; all in lower case."""
    return f"c{min(title.count(phrase) + abstract.count(phrase), 3)}{phrase in title:d}{' ' in phrase:d}"


class _Word(NamedTuple):
    """What a word adds at each place of a window, and its wider cluster."""

    head: tuple[int, int]  # last word, inside the noun phrase and at its end
    opening: int  # first of several words
    only: int
    left: int
    right: int
    before: int
    wide: int


class Finder:
    """Finds the likely windows of a paper."""

    def __init__(self, fitted: Windows) -> None:
        self._fitted = fitted
        self._get = fitted.weights.get
        self._word = lru_cache(maxsize=1 << 17)(self._weighed)
        pairs = range(UNKNOWN, max(fitted.clusters.coarse, default=UNKNOWN) + 1)
        self._wide = {a: {b: self._get(f"K{a}:{b}", 0) for b in pairs} for a in pairs}
        self._pairs: dict[str, dict[str, int]] = {}
        for feature, weight in fitted.weights.items():
            if feature[0] == "x":
                opening, head = feature[1:].split(" ")
                self._pairs.setdefault(opening, {})[head] = weight
        self._shape = {
            (where, length, begins, ends): fitted.base
            + self._get(f"n{length}{begins:d}{ends:d}", 0)
            + self._get(f"z{where}{begins:d}{ends:d}", 0)
            for where in "ta"
            for length in range(1, LONGEST + 1)
            for begins in (False, True)
            for ends in (False, True)
        }
        # By field: shapes by length, of windows inside their noun phrase, at its beginning, at its end, and all of it.
        self._shapes = {
            where: tuple(
                [0, *(self._shape[where, length, begins, ends] for length in range(1, LONGEST + 1))]
                for ends in (False, True)
                for begins in (False, True)
            )
            for where in "ta"
        }
        bonus = max((weight for feature, weight in fitted.weights.items() if feature[0] == "c"), default=0)
        self._floor = log(LEAST / (1 - LEAST)) * UNIT - max(bonus, 0)

    def _weighed(self, word: str) -> _Word:
        get = self._get
        fine, wide = self._fitted.clusters.of(word)
        head = get(f"h{word}", 0) + get(f"s{word[-4:]}", 0) + get(f"C{fine}", 0)
        opening = get(f"f{word}", 0)
        return _Word(
            head=(head + get(f"D{wide}0", 0), head + get(f"D{wide}1", 0)),
            opening=opening + get(f"F{fine}1", 0),
            only=opening + get(f"F{fine}0", 0) + get(f"u{word}", 0),
            left=get(f"l{word}", 0) + get(f"A{fine}", 0),
            right=get(f"r{word}", 0) + get(f"B{fine}", 0),
            before=get(f"v{word}", 0),
            wide=wide,
        )

    def find(self, paper: Paper) -> list[Proposal]:
        """Return the likely windows, the likeliest first."""
        title, abstract = page(paper.title), page(paper.abstract)
        best: dict[str, int] = {}
        for sheet, where in ((title, "t"), (abstract, "a")):
            for score, first, last in self.scores(sheet, where):
                if score > self._floor:
                    key = sheet.lower[sheet.starts[first] : sheet.ends[last - 1]].removesuffix("s")
                    if score > best.get(key, self._floor):
                        best[key] = score
        result = []
        for key, most in best.items():
            sums = most + self._get(often(key, title.lower, abstract.lower), 0)
            probability = 1 / (1 + exp(-sums / UNIT))
            if probability >= LEAST:
                result.append((probability, key))
        return sorted(result, key=lambda row: (-row[0], row[1]))

    def scores(self, sheet: Page, where: str) -> Iterator[tuple[int, int, int]]:
        """Yield (log-odds in thousandths, first word, word after the last); how often a window comes is left out."""
        texts, pairs, wide = sheet.words, self._pairs, self._wide
        edge = self._word(_EDGE)
        words = [edge, edge, *map(self._word, texts), edge]  # word n stands at n + 2
        for at, stop in runs(sheet):
            if stop - at == 1:
                before, left, word, right = words[at : at + 4]
                sums = self._shape[where, 1, True, True] + word.head[True] + word.only + wide[word.wide][word.wide]
                yield sums + right.right + left.left + before.before, at, stop
                continue
            inside, opening, closing, whole = self._shapes[where]
            openings = [
                (word.opening + left.left + before.before, wide[word.wide], texts[first] in pairs)
                for first, (before, left, word) in enumerate(
                    zip(words[at : stop - 1], words[at + 1 : stop], words[at + 2 : stop + 1], strict=True), at
                )
            ]
            for last in range(at + 2, stop + 1):
                word = words[last + 1]
                after, above = word.head[last == stop] + words[last + 2].right, word.wide
                inner, outer = (closing, whole) if last == stop else (inside, opening)
                for first in range(max(at, last - LONGEST), last - 1):
                    start, row, paired = openings[first - at]
                    sums = start + after + (outer if first == at else inner)[last - first] + row[above]
                    if paired:
                        sums += pairs[texts[first]].get(texts[last - 1], 0)
                    yield sums, first, last


def spans(paper: Paper, phrase: str) -> list[Span]:
    """Return where a phrase in lower case stands as whole words, singular or plural."""
    result = []
    for field in ("title", "abstract"):
        sheet = page(paper.text(field))
        text = sheet.lower
        start = text.find(phrase)
        while start >= 0:
            end = start + len(phrase)
            at = bisect_left(sheet.starts, start)
            if at < len(sheet.starts) and sheet.starts[at] == start:
                last = sheet.ends[bisect_left(sheet.ends, end)]
                if text[end:last] in ("", "s"):
                    result.append(Span(field=field, start=start, end=last))
            start = text.find(phrase, start + 1)
    return result
