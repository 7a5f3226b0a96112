"""Which role a paper gives a name, as annotated papers taught: the cues' opinions weighed with all that stands around.

A multinomial logistic regression over short strings. Without fitted weights the cues decide alone. A relation that may
not point at the mention's type is never chosen.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path

from kg.linear import Linear, load, taught
from kg.model import Mention, Paper, Span, Vote, fold
from kg.ontology import Ontology
from kg.relate import cues
from kg.relate.judgement import Judgement
from kg.sentences import Page, page

_STUDY = re.compile(
    r"survey|review|overview|tutorial|benchmark|evaluat|analy|study|empirical|investigat|understanding", re.I
)
SELDOM = frozenset(("sizes", "shared"))  # annotated papers show too few of these to learn from
CUES = 0.1  # the say of the cues
_OPENING = 3  # first words of a sentence that are looked at


def weights() -> Linear | None:
    """Return the weights that ship, if any."""
    return load(Path(__file__).with_name("weights.json"), Linear)


def judgements(paper: Paper, mentions: Sequence[Mention], ontology: Ontology) -> tuple[Judgement, ...]:
    """Judge every mention; by the cues alone without weights for this ontology, or where the text is too short."""
    fitted = weights()
    if fitted is None or not taught(paper) or not {r.name for r in ontology.relations}.issuperset(fitted.labels):
        return cues.judgements(paper, mentions, ontology)
    return judged(paper, mentions, ontology, fitted)


def judged(paper: Paper, mentions: Sequence[Mention], ontology: Ontology, fitted: Linear) -> tuple[Judgement, ...]:
    """Judge every mention by these weights."""
    table = cues.table(ontology)
    relations = {relation.name: relation for relation in table.relations}
    result = []
    shown = features(paper, mentions, ontology)
    probabilities = fitted.probabilities([row for row, _ in shown])
    for mention, (_, told), row in zip(mentions, shown, probabilities, strict=True):
        shares = dict(zip(fitted.labels, row, strict=True))
        allowed = {r: p for r, p in shares.items() if relations[r].allows(table.document, mention.type)}
        if not allowed or any(vote.rule in SELDOM for vote in mention.votes):
            result.append(told)
            continue
        whole = sum(allowed.values())
        allowed = {r: (1 - CUES) * p / whole for r, p in allowed.items()}
        if told.relation in allowed:
            allowed[told.relation] += CUES * told.score
        chosen = min(allowed, key=lambda r: (-allowed[r], relations[r].priority))
        score = allowed[chosen] / sum(allowed.values())
        votes = told.votes if told.relation == chosen else ()
        result.append(
            Judgement(
                relation=chosen,
                score=score,
                votes=(*votes, Vote(rule="learned", score=round(score, 4))),
                impossible=tuple(r for r in shares if r not in allowed and shares[r] > shares[chosen])
                or told.impossible,
                calibrated=True,
            )
        )
    return tuple(result)


def features(paper: Paper, mentions: Sequence[Mention], ontology: Ontology) -> list[tuple[list[str], Judgement]]:
    """Return what the paper shows of each mention, and what the cues say of it."""
    table = cues.table(ontology)
    spans: dict[str, list[Span]] = {"title": [], "abstract": []}
    for mention in mentions:
        for span in mention.spans[: cues.MOST]:
            spans[span.field].append(span)
    pages = {field: cues.Page(paper.text(field), found, table) for field, found in spans.items()}
    words = {field: page(paper.text(field)) for field in spans}
    own = cues.own_work(pages["abstract"], table)
    survey = _STUDY.search(paper.title) is not None
    result = []
    for mention in mentions:
        told = cues.judge(mention, pages, own, table)
        row = _shown(mention, told, survey)
        row += _standing(mention, words["abstract"], own)
        row += _heard(mention, pages, table)
        row += _around(mention, words)
        result.append((row, told))
    return result


def _shown(mention: Mention, told: Judgement, survey: bool) -> list[str]:
    """Return what is known of the mention whatever stands around it."""
    kind = mention.type[:2]
    given = {vote.rule for vote in mention.votes}
    known, new = "known" in given, "new" in given
    name = fold(mention.name)
    capital = any(c.isupper() for c in mention.name[1:])
    row = [
        f"b:{kind}",
        f"j:{told.relation}{int(told.score * 5)}",
        f"jt:{told.relation}{kind}",
        f"k:{kind}{known}{new}",
        f"kc:{kind}{known}{capital}",
        f"sv:{survey}{kind}",
        f"svk:{survey}{kind}{known}{new}",
        f"h:{name.split()[-1] if name else ''}",
        f"e:{name}",
    ]
    row += [f"g:{rule}{kind}" for rule in sorted(given)]
    return row


def _standing(mention: Mention, page: Page, own: int) -> list[str]:
    """Return where the mention stands in the paper."""
    kind = mention.type[:2]
    known = any(vote.rule == "known" for vote in mention.votes)
    title = [s for s in mention.spans if s.field == "title"]
    body = [page.line(s.start) for s in mention.spans if s.field == "abstract"]
    where = "t" if title else "-"
    row = [f"ti:{where}{kind}{known}", f"n:{min(len(mention.spans), 4)}{kind}{known}{where}"]
    if title:
        row.append(f"t0:{title[0].start == 0}{kind}{known}")
    if body:
        last = max(1, len(page.lines))
        when = "<" if body[0] < own else "=" if body[0] == own else ">"
        then = "<" if body[-1] < own else "=" if body[-1] == own else ">"
        row += [
            f"w:{when}{then}{kind}",
            f"wk:{when}{then}{known}{where}{kind}",
            f"p:{int(4.99 * body[0] / last)}{kind}",
        ]
        row += [f"q:{int(4.99 * body[-1] / last)}{kind}", f"p0:{min(body[0], 2)}{kind}"]
    else:
        row.append(f"w-:{kind}{known}")
    return row


def _heard(mention: Mention, pages: Mapping[str, cues.Page], table: cues.Table) -> list[str]:
    """Return what the cues around it say."""
    kind = mention.type[:2]
    best: dict[int, float] = {}
    row: dict[str, None] = {}
    for span in mention.spans[: cues.MOST]:
        page = pages[span.field]
        if page.is_example(span):
            row["ex"] = row[f"ex:{kind}"] = None
        for opinion in page.opinions(span):
            best[opinion.relation] = max(best.get(opinion.relation, 0.0), opinion.score)
            row[f"r:{opinion.rule}"] = row[f"rs:{opinion.rule}{int(opinion.score * 4)}"] = None
    for number, score in best.items():
        row[f"c:{number}{int(score * 5)}"] = row[f"ct:{number}{int(score * 5)}{kind}"] = None
    return list(row)


def _around(mention: Mention, words: Mapping[str, Page]) -> list[str]:
    """Return the words around it."""
    row: dict[str, None] = {}
    kind = mention.type[:2]
    for span in mention.spans[: cues.MOST]:
        page = words[span.field]
        z = "T" if span.field == "title" else ""
        w, n = page.words, len(page.words)
        a, b = bisect_left(page.ends, span.start + 1), bisect_left(page.starts, span.end)
        l1, l2 = (w[a - 1] if a > 0 else "^"), (w[a - 2] if a > 1 else "^")
        r1, r2 = (w[b] if b < n else "$"), (w[b + 1] if b + 1 < n else "$")
        row[f"{z}l1:{l1}"] = row[f"{z}r1:{r1}"] = row[f"l2:{l2}"] = row[f"r2:{r2}"] = None
        row[f"lt:{l1}{kind}"] = row[f"rt:{r1}{kind}"] = None
        low = page.lines[page.line(span.start)] if page.lines else 0
        first = bisect_left(page.starts, low)
        for q in range(first, min(n, first + _OPENING)):
            row[f"S:{w[q]}"] = None
    return list(row)
