"""How sure a name is one, and of which type: what a paper shows of it, weighed by what annotated papers taught.

Two layers. A multinomial logistic regression over short strings, each of which says one thing that the document shows
of a candidate: which rules voted, its head word and shape, the words around it, where it stands, what it is listed
with. Then boosted trees over how the candidate stands among the others (`kg.recognise.standing`). Weights are data
(`weights.json`, written by `python -m kg.train`); without them the rules decide alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

import msgspec

from kg.linear import Calibration, Linear, load
from kg.model import Paper, fold
from kg.recognise.candidate import Candidate, Draft
from kg.recognise.standing import nested, numbers, places
from kg.recognise.windows import LEAST, WINDOW, Clusters, Windows
from kg.sentences import page
from kg.trees import Trees

SHARING = frozenset(("sizes", "shared"))  # these names lie over each other: "LLaMA 7B and 13B", "NVIDIA and AMD GPUs"
MOST = 3  # occurrences whose surroundings are looked at
_JOINS = frozenset((",", "and", "or", "/", "&", "as", "well"))
_SHAPE = str.maketrans(
    {
        **dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A"),
        **dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a"),
        **dict.fromkeys("0123456789", "0"),
    }
)
_SAME = re.compile(r"(.)\1+")


class Taught(msgspec.Struct, frozen=True, kw_only=True):
    """All that annotated papers taught of names: what proposes more of them, both layers, what their figures mean."""

    windows: Windows
    first: Linear
    second: Trees
    calibration: Calibration
    threshold: float


def features(paper: Paper, drafts: Sequence[Draft], clusters: Clusters) -> list[list[str]]:
    """Return what the paper shows of each draft."""
    pages = {"title": page(paper.title), "abstract": page(paper.abstract)}
    abstract = pages["abstract"]
    found = [places(members) for _, _, members in drafts]
    at_start = {(f, s): i for i, spans in enumerate(found) for f, s, _ in spans}
    at_end = {(f, e): i for i, spans in enumerate(found) for f, _, e in spans}
    outer, inner = nested(found)
    order = sorted(range(len(drafts)), key=lambda i: (found[i][0][0] != "title", found[i][0][1:], drafts[i][1]))
    rank: dict[int, int] = {}
    seen: dict[str, int] = {}
    for i in order:
        confidence, kind, _ = drafts[i]
        rank[i] = seen.get(kind, 0)
        if confidence >= 0.4 and i not in outer:
            seen[kind] = rank[i] + 1
    result: list[list[str]] = []
    for i, (confidence, kind, members) in enumerate(drafts):
        spans = found[i]
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
        (fine, wide), (opening, wide_opening) = clusters.of(head), clusters.of(words[0])
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
            f"f:{words[0]}",
            f"fh:{words[0]} {head}" if len(words) > 1 else "w1",
            f"w:{min(len(words), 5)}{t}",
            f"s:{_shape(text)}",
            f"st:{_shape(text)}{ks}",
            f"ti:{title}{t}{count}",
            f"n:{count}{ks}",
            f"e:{folded}",
            f"Ch:{fine}",
            f"Cf:{opening}",
            f"Cp:{wide_opening}:{wide}",
            f"Cc:{wide}{ks}",
            f"rk:{t}{min(rank[i], 4)}",
            f"rk:{t}{min(rank[i], 4)}{ks}",
        ]
        f += [f"rt:{key}" for key in told]
        if new:
            f.append(f"new:{t}{bool(known)}")
        if title:
            f += [f"t0:{t}{spans[0][1] == 0}"]
        body = [s for s in spans if s[0] == "abstract"]
        if body:
            first = abstract.line(body[0][1])
            when = "<" if first < abstract.own else "=" if first == abstract.own else ">"
            f += [
                f"o:{when}{t}",
                f"p0:{min(first, 3)}{title}{t}",
                f"ok:{when}{ks}{title}",
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
            near[f"ll:{l2} {l1}"] = near[f"rr:{r1} {r2}"] = near[f"rw:{r1}{t}"] = None
            near[f"lr:{l1} {r1}"] = None
            (left, wide_left), (right, wide_right) = clusters.of(l1), clusters.of(r1)
            near[f"Cl:{left}"] = near[f"Cr:{right}"] = near[f"Clr:{wide_left}:{wide_right}"] = None
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


@lru_cache(maxsize=1 << 14)
def _shape(text: str) -> str:
    return _SAME.sub(r"\1", text.translate(_SHAPE))[:10]


def weights() -> Taught | None:
    """Return the weights that ship, if any."""
    return load(Path(__file__).with_name("weights.json"), Taught)


def judge(papers: Sequence[Paper], drafts: Sequence[Sequence[Draft]], fitted: Taught) -> Iterator[list[Draft]]:
    """Yield the drafts of each paper with how sure each is an entity at all, and the type it most likely has."""
    both = list(zip(papers, drafts, strict=True))
    shown = [row for paper, found in both for row in features(paper, found, fitted.windows.clusters)]
    first = iter(fitted.first.probabilities(shown))
    standing = [
        row
        for paper, found in both
        for row in numbers(paper, found, [places(members) for _, _, members in found], [*islice(first, len(found))])
    ]
    second = iter(fitted.second.probabilities(standing))
    for found in drafts:
        yield judged(found, [*islice(second, len(found))], fitted.second.labels, fitted.calibration)


def judged(
    drafts: Sequence[Draft], shares: Sequence[Sequence[float]], labels: Sequence[str], calibration: Calibration
) -> list[Draft]:
    """Return the drafts with what the probabilities of the second layer say.

    Windows that turn out unlikely were never proposed: every paper has dozens, and none is worth a word.
    """
    result: list[Draft] = []
    for (told, kind, members), (none, *rest) in zip(drafts, shares, strict=True):
        sure = calibration.of(1 - none)
        if any(c.rule in SHARING for c in members):
            result.append((max(sure, told), kind, members))
        else:
            if members[0].rule == WINDOW and sure < LEAST:
                continue
            best = max(range(len(rest)), key=rest.__getitem__)
            result.append((sure, labels[best + 1], members))
    return result


@lru_cache(maxsize=1 << 15)
def _fold(text: str) -> str:
    return fold(text)
