"""How sure a name is one, and of which type: what a paper shows of it, weighed by what annotated papers taught.

A multinomial logistic regression over short strings. Each says one thing that the document shows of a candidate: which
rules voted, its head word and shape, the words around it, where it stands, what it is listed with. Weights are data
(`weights.json`, written by `python -m kg.train`); without them the rules decide alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from math import exp, log
from pathlib import Path

from kg.linear import Linear, load
from kg.model import Paper, fold
from kg.recognise.candidate import Candidate
from kg.sentences import page

Draft = tuple[float, str, Sequence[Candidate]]  # confidence and type by the rules alone, and the votes
SHARING = frozenset(("sizes", "shared"))  # these names lie over each other: "LLaMA 7B and 13B", "NVIDIA and AMD GPUs"
RULES = 0.2  # the say of the rules
MOST = 4  # occurrences whose surroundings are looked at
_JOINS = frozenset((",", "and", "or", "/", "&", "as", "well"))
_STUDY = re.compile(
    r"survey|review|overview|tutorial|benchmark|evaluat|analy|study|empirical|investigat|understanding", re.I
)
_FIELD = re.compile(r"language model|\bLLM|transformer", re.I)
_SHAPE = str.maketrans(
    {
        **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A"),
        **dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a"),
        **dict.fromkeys("0123456789", "0"),
    }
)
_SAME = re.compile(r"(.)\1+")


def features(paper: Paper, drafts: Sequence[tuple[float, str, Sequence[Candidate]]]) -> list[list[str]]:
    """Return what the paper shows of each draft: (confidence and type by the rules, its candidates)."""
    pages = {"title": page(paper.title), "abstract": page(paper.abstract)}
    abstract = pages["abstract"]
    survey = _STUDY.search(paper.title) is not None
    field = _FIELD.search(paper.title) is not None or _FIELD.search(paper.abstract) is not None
    places = [_places(members) for _, _, members in drafts]
    at_start = {(f, s): i for i, spans in enumerate(places) for f, s, _ in spans}
    at_end = {(f, e): i for i, spans in enumerate(places) for f, _, e in spans}
    outer, inner = _nested(places)
    order = sorted(range(len(drafts)), key=lambda i: (places[i][0][0] != "title", places[i][0][1:], drafts[i][1]))
    rank: dict[int, int] = {}
    seen: dict[str, int] = {}
    for i in order:
        confidence, kind, _ = drafts[i]
        rank[i] = seen.get(kind, 0)
        if confidence >= 0.4 and i not in outer:
            seen[kind] = rank[i] + 1
    result: list[list[str]] = []
    for i, (confidence, kind, members) in enumerate(drafts):
        spans = places[i]
        rules: dict[str, float] = {}
        known: dict[str, bool] = {}
        told: dict[str, float] = {}
        new = False
        for c in members:
            new = new or c.new
            if c.known:
                known[c.type] = known.get(c.type, True) and c.weak
            else:
                key = f"{c.rule}>{c.type}"
                rules[c.rule] = 1.0
                told[key] = max(told.get(key, 0.0), c.told)
        field0, start, end = max(spans, key=lambda s: s[2] - s[1])
        text = pages[field0].text[start:end]
        folded = _fold(text)
        words = folded.split()
        head = words[-1]
        title = spans[0][0] == "title"
        count = min(len(spans), 4)
        ks = "+".join(sorted(f"{t[0]}{'?' if w else ''}" for t, w in known.items()))
        rs = "+".join(sorted(rules))
        t = kind[0]
        f = [
            "b",
            f"k:{ks}",
            f"r:{rs}",
            f"kr:{ks}|{rs}|{t}",
            f"t:{t}{int(confidence * 8)}",
            f"h:{head}",
            f"h3:{head[-3:]}",
            f"f:{words[0]}",
            f"fh:{words[0]} {head}" if len(words) > 1 else "w1",
            f"w:{min(len(words), 5)}{t}",
            f"s:{_shape(text)}",
            f"st:{_shape(text)}{ks}",
            f"ti:{title}{t}{count}",
            f"n:{count}{ks}",
            f"e:{folded}",
            f"sv:{survey}{t}",
            f"l:{field}{t}",
            f"rk:{t}{min(rank[i], 4)}",
            f"rk:{t}{min(rank[i], 4)}{ks}",
        ]
        f += [f"rt:{key}" for key in told]
        if new:
            f.append(f"new:{t}{bool(known)}")
        if title:
            f += [f"t0:{t}{spans[0][1] == 0}", f"tk:{ks}{spans[0][1] == 0}"]
        body = [s for s in spans if s[0] == "abstract"]
        if body:
            first = abstract.line(body[0][1])
            when = "<" if first < abstract.own else "=" if first == abstract.own else ">"
            last = abstract.line(body[-1][1])
            f += [
                f"o:{when}{t}",
                f"p:{int(4.99 * first / max(1, len(abstract.lines)))}{t}",
                f"p0:{min(first, 3)}{title}{t}",
                f"ok:{when}{ks}{title}",
                f"lo:{(last > abstract.own) - (last < abstract.own)}{t}{title}",
            ]
        near: dict[str, None] = {}
        for fname, s, e in spans[:MOST]:
            sheet = pages[fname]
            a, b = bisect_left(sheet.ends, s + 1), bisect_left(sheet.starts, e)
            w, n = sheet.words, len(sheet.words)
            z = "T" if fname == "title" else ""
            l1 = w[a - 1] if a > 0 else "^"
            l2 = w[a - 2] if a > 1 else "^"
            r1 = w[b] if b < n else "$"
            r2 = w[b + 1] if b + 1 < n else "$"
            near[f"{z}l1:{l1}"] = near[f"{z}r1:{r1}"] = near[f"l2:{l2}"] = near[f"r2:{r2}"] = None
            near[f"ll:{l2} {l1}"] = near[f"rr:{r1} {r2}"] = near[f"lt:{l1}{t}"] = near[f"rt:{r1}{t}"] = None
            near[f"lr:{l1} {r1}"] = None
            line = sheet.line(s)
            for q in range(a - 3, max(-1, a - 7), -1):
                if q < 0 or sheet.starts[q] < (sheet.lines[line] if sheet.lines else 0):
                    break
                near[f"L:{w[q]}"] = None
            for q in range(b + 2, min(n, b + 5)):
                near[f"R:{w[q]}"] = None
            if r1 in _JOINS and b + 1 < n:
                for q in (b + 1, b + 2):
                    j = at_start.get((fname, sheet.starts[q])) if q < n else None
                    if j is not None:
                        near[f"pr:{_brief(drafts[j])}"] = None
                        break
                else:
                    near["pr:-"] = None
            if l1 in _JOINS and a > 1:
                for q in (a - 2, a - 3):
                    j = at_end.get((fname, sheet.ends[q])) if q >= 0 else None
                    if j is not None:
                        near[f"pl:{_brief(drafts[j])}"] = None
                        break
                else:
                    near["pl:-"] = None
        f += near
        if i in outer:
            f.append(f"in:{_brief(drafts[outer[i]])}")
            f.append(f"in:{ks}|{_brief(drafts[outer[i]])}")
        if i in inner:
            f.append(f"has:{_brief(drafts[inner[i]])}")
            f.append(f"has:{ks}{t}|{_brief(drafts[inner[i]])}")
        result.append(f)
    return result


def _brief(draft: tuple[float, str, Sequence[Candidate]]) -> str:
    confidence, kind, members = draft
    known = any(c.known for c in members)
    return f"{kind[0]}{int(confidence * 3)}{'k' if known else ''}"


def _places(members: Sequence[Candidate]) -> list[tuple[str, int, int]]:
    spans = {(c.span.field, c.span.start, c.span.end) for c in members}
    return sorted(spans, key=lambda s: (s[0] != "title", s[1], s[2]))


def _nested(places: Sequence[Sequence[tuple[str, int, int]]]) -> tuple[dict[int, int], dict[int, int]]:
    """Return for each draft one that lies around it, and one inside it."""
    outer: dict[int, int] = {}
    inner: dict[int, int] = {}
    spans = sorted((f, s, -e, i) for i, group in enumerate(places) for f, s, e in group)
    open_: list[tuple[str, int, int]] = []
    for f, s, e, i in spans:
        while open_ and (open_[-1][0] != f or open_[-1][1] <= s):
            open_.pop()
        for _, end, j in reversed(open_):
            if end >= -e and j != i:
                outer.setdefault(i, j)
                inner.setdefault(j, i)
                break
        open_.append((f, -e, i))
    return outer, inner


@lru_cache(maxsize=1 << 14)
def _shape(text: str) -> str:
    return _SAME.sub(r"\1", text.translate(_SHAPE))[:10]


def weights() -> Linear | None:
    """Return the weights that ship, if any."""
    return load(Path(__file__).with_name("weights.json"))


def judge(paper: Paper, drafts: Sequence[Draft], fitted: Linear) -> list[tuple[float, str]]:
    """Return how sure each draft is an entity at all, and the type it most likely has."""
    result = []
    for row, (told, kind, members) in zip(features(paper, drafts), drafts, strict=True):
        none, *rest = fitted.probabilities(row)
        best = max(range(len(rest)), key=rest.__getitem__)
        sure = fitted.calibrated(_blend(1 - none, told))
        if any(c.rule in SHARING for c in members):
            result.append((max(sure, told), kind))
        else:
            result.append((sure, fitted.labels[best + 1]))
    return result


def _blend(taught: float, told: float) -> float:
    """Return the odds of the weights, drawn towards those of the rules: what annotated papers seldom show is theirs."""
    return 1 / (1 + exp(-(1 - RULES) * _odds(taught) - RULES * _odds(told)))


def _odds(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return log(p / (1 - p))


@lru_cache(maxsize=1 << 15)
def _fold(text: str) -> str:
    return fold(text)
