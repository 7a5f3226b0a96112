"""How a candidate stands among the others of its paper, in numbers: what the second layer judges by."""

from __future__ import annotations

from collections.abc import Sequence

from kg.model import Paper
from kg.recognise.candidate import Candidate, Draft
from kg.recognise.windows import WINDOW

Place = tuple[str, int, int]  # field, start, end
_RULES = ("phrase", "phrase:title", "shape", WINDOW, "list:nouns")
_AROUND, _INSIDE, _ACROSS = range(3)


def places(members: Sequence[Candidate]) -> list[Place]:
    """Return where candidates stand: the title first, then by offset."""
    spans = {(c.span.field, c.span.start, c.span.end) for c in members}
    return sorted(spans, key=lambda s: (s[0] != "title", s[1], s[2]))


def nested(found: Sequence[Sequence[Place]]) -> tuple[dict[int, int], dict[int, int]]:
    """Return for each draft one that lies around it, and one inside it."""
    outer: dict[int, int] = {}
    inner: dict[int, int] = {}
    spans = sorted((f, s, -e, i) for i, group in enumerate(found) for f, s, e in group)
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


def numbers(
    paper: Paper, drafts: Sequence[Draft], found: Sequence[Sequence[Place]], shares: Sequence[Sequence[float]]
) -> list[list[float]]:
    """Return a row a draft; `shares` are the first layer's probabilities: of no entity, then of each type."""
    sure = [1 - row[0] for row in shares]
    best = [max(range(1, len(row)), key=row.__getitem__) for row in shares]
    among = [0.0] * (len(shares[0]) - 1 if shares else 0)
    for s, b in zip(sure, best, strict=True):
        among[b - 1] += s
    every = sum(sure)
    ahead: dict[int, int] = {}
    ranks: dict[int, tuple[int, int]] = {}
    for rank, i in enumerate(sorted(range(len(sure)), key=lambda i: -sure[i])):
        ranks[i] = rank, ahead.get(best[i], 0)
        ahead[best[i]] = ranks[i][1] + 1
    rivals = _rivals(found, sure)
    length = len(paper.abstract)
    result = []
    for i, (told, _, members) in enumerate(drafts):
        field, start, end = found[i][0]
        title = field == "title"
        rules = {c.rule for c in members}
        known = [c for c in members if c.known]
        text = paper.text(field)[start:end]
        mine = sure[i]
        result.append(
            [
                *shares[i],
                mine,
                told,
                text.count(" ") + 1.0,
                float(len(found[i])),
                float(title),
                float(title and start == 0),
                start / max(length, 1) if not title else -0.2,
                length / 1000,
                *map(float, ranks[i]),
                among[best[i] - 1],
                *among,
                every,
                *rivals[i],
                max(rivals[i]) - mine,
                float(bool(known)),
                float(bool(known) and all(c.weak for c in known)),
                float(any(c.new for c in members)),
                float(any(map(str.isupper, text[1:]))),
                float(any(map(str.isdigit, text))),
                *[float(rule in rules) for rule in _RULES],
            ]
        )
    return result


def _rivals(found: Sequence[Sequence[Place]], sure: Sequence[float]) -> list[list[float]]:
    """Return how sure the surest is that lies around each draft, inside it, and across its edge."""
    result = [[0.0, 0.0, 0.0] for _ in found]
    spans = sorted((f, s, e, i) for i, group in enumerate(found) for f, s, e in group)
    for at, (field, start, end, i) in enumerate(spans):
        for field2, start2, end2, j in spans[at + 1 :]:
            if field2 != field or start2 >= end:
                break
            if i == j:
                continue
            if end2 <= end:
                mine, other = (_AROUND, _INSIDE) if (start, end) == (start2, end2) else (_INSIDE, _AROUND)
            else:
                mine, other = (_AROUND, _INSIDE) if start == start2 else (_ACROSS, _ACROSS)
            result[i][mine] = max(result[i][mine], sure[j])
            result[j][other] = max(result[j][other], sure[i])
    return result
