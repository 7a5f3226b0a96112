"""Which role a paper gives a name, told by the phrases around it: the cues of the ontology's relations.

The nearest phrase in the sentence counts most. Names in one list share their cues: in "on A, B and C" all three follow
"on", and in "outperforms models such as A and B" both follow "outperforms". What the paper presents as new is a
contribution; everything else falls back on the usual role of its type.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple

from kg.memo import compiled
from kg.model import Mention, Paper, Span, Vote
from kg.ontology import Ontology, Relation
from kg.phrases import Phrases, plain
from kg.relate.judgement import Judgement
from kg.sentences import sentences

# Chosen on the annotated papers; few, so that they carry over.
REACH = 110  # characters between a cue and a name
PER_WORD = 0.93
PER_COMMA = 0.7
EXAMPLE = 0.95  # per word, where "such as" leads from the phrase to the name
USUAL = {"problem": 0.95, "measure": 0.8, "device": 0.65, "system": 0.3, "procedure": 0.45}
EARLY = {"problem": 0.0, "measure": 0.45, "device": 0.35, "system": 0.3, "procedure": 0.5}
EARLY_EXAMPLE = 0.4
COINED = 0.75  # an unknown procedure or system that is defined or comes again
KNOWN_NEW = 0.5  # what the cues of contribution count for a known name

MOST = 5  # occurrences that are weighed; a name that comes often is described where it comes first

_LIGHT = frozenset(
    b"a an the our its their this that these both various several many novel new existing other such".split()
)
_STAR = rb"(?: +[^ ]+){1,3} +"
_AND = re.compile(
    r"\s*(?:\([^()]{1,40}\)\s*)?(?:,|;|/|&|\band\b|\bor\b|\bas well as\b|,\s*(?:and|or)\b)\s*(?:the\s+|e\.g\.,?\s+)?",
    re.I,
)
_MARKER = re.compile(
    r"(?:,\s*|\(\s*)?(?:\b(?:such as|including|like|e\.g\.,?|i\.e\.,?|namely)|:|\()\s*(?:the\s+)?[\"“'*_]*$", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cue:
    relation: int
    before: bool
    weight: float
    rule: str
    rest: re.Pattern[bytes] | None  # what follows the words before a star


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The ontology's cues compiled, and the relations by role."""

    phrases: Phrases
    cues: tuple[tuple[_Cue, ...], ...]
    relations: tuple[Relation, ...]
    roles: Mapping[str, int]
    document: str
    kinds: Mapping[str, str]  # the role of each type
    usual: Mapping[str, int]  # by type: the relation it has when nothing else speaks


_USUAL_RELATION = {"problem": "goal", "measure": "result", "device": "platform"}


@compiled
def table(ontology: Ontology) -> Table:
    """Compile the cues, once for each ontology."""
    by_phrase: dict[bytes, list[_Cue]] = {}
    for number, relation in enumerate(ontology.relations):
        for cue in relation.cues:
            head, star, tail = cue.phrase.partition("*")
            rest = re.compile(_STAR + re.escape(plain(tail).strip()) + rb"(?= |$)") if star else None
            by_phrase.setdefault(b" ".join(plain(head).split()), []).append(
                _Cue(
                    relation=number,
                    before=cue.side == "before",
                    weight=cue.weight,
                    rule=f"cue:{cue.phrase}",
                    rest=rest,
                )
            )
    roles = {relation.role: number for number, relation in enumerate(ontology.relations)}
    kinds = {t.name: next((r for r in t.roles if r in USUAL), "") for t in ontology.types}
    return Table(
        phrases=Phrases(by_phrase),
        cues=tuple(map(tuple, by_phrase.values())),
        relations=ontology.relations,
        roles=roles,
        document=ontology.type_as("document").name,
        kinds=kinds,
        usual={name: roles[_USUAL_RELATION.get(kind, "means")] for name, kind in kinds.items()},
    )


class Opinion(NamedTuple):
    """What one cue says of one stretch: the relation's number, the strength at this distance, and the rule."""

    relation: int
    score: float
    rule: str


class Page:
    """One field of a paper made ready: its sentences, cues and lists of names."""

    def __init__(self, text: str, spans: Sequence[Span], table: Table) -> None:
        self.text = text
        self.folded = plain(text)
        self._starts = [start for start, _ in sentences(text)]
        self._ends = [*self._starts[1:], len(text)]
        self.lists = _lists(text, spans)
        self.cues: list[tuple[int, int, _Cue]] = []
        for start, end, which in table.phrases.find(self.folded):
            for cue in table.cues[which]:
                if cue.rest is None:
                    self.cues.append((start, end, cue))
                else:
                    more = cue.rest.match(self.folded, end)
                    if more:
                        self.cues.append((start, more.end(), cue))
        self.cues.sort(key=itemgetter(0, 1))
        self._told: dict[tuple[int, int, bool], list[Opinion]] = {}
        self._cue_starts = [c[0] for c in self.cues]

    def sentence(self, at: int) -> int:
        """Return the number of the sentence at an offset."""
        return max(0, bisect_right(self._starts, at) - 1)

    def is_example(self, span: Span) -> bool:
        """Whether a name stands in a list of examples."""
        return self.lists[span.start, span.end][2]

    def opinions(self, span: Span) -> list[Opinion]:
        """Return what the cues around a stretch say, by relation the strongest."""
        place = self.lists[span.start, span.end]
        if place in self._told:  # the rest of the list hears the same
            return self._told[place]
        first, last, example = place
        number = self.sentence(span.start)
        left, right = self._starts[number], self._ends[number]
        limit = min(right, last + REACH)
        best: dict[int, Opinion] = {}
        for a, b, cue in self.cues[bisect_right(self._cue_starts, max(left - 1, first - REACH)) :]:
            if a >= limit:
                break
            found = best.get(cue.relation)
            if found is not None and found.score >= cue.weight:
                continue
            if cue.before:
                if b > first:
                    continue
                near = self._near(b, first, EXAMPLE if example else PER_WORD)
            elif a < last:
                continue
            else:
                near = self._near(last, a, PER_WORD)
            score = cue.weight * near
            if score > 0.05 and (found is None or found.score < score):
                best[cue.relation] = Opinion(relation=cue.relation, score=score, rule=cue.rule)
        self._told[place] = told = list(best.values())
        return told

    def _near(self, start: int, end: int, per_word: float) -> float:
        if end - start < 2:
            return 1.0
        words = sum(w not in _LIGHT for w in self.folded[start:end].split())
        gap = self.text[start:end]
        breaks = gap.count(",") + 2 * (gap.count(";") + gap.count(":")) + gap.count("(")
        return float(per_word**words * PER_COMMA**breaks)


def _lists(text: str, spans: Sequence[Span]) -> dict[tuple[int, int], tuple[int, int, bool]]:
    """Return for every stretch where its enumeration begins and ends, and whether it gives examples.

    An enumeration of examples begins at its "such as".
    """
    order = sorted({(s.start, s.end) for s in spans})
    result: dict[tuple[int, int], tuple[int, int, bool]] = {}
    run: list[tuple[int, int]] = []

    def close() -> None:
        first, last = run[0][0], run[-1][1]
        marker = _MARKER.search(text, max(0, first - 20), first)
        result.update(dict.fromkeys(run, (marker.start() if marker else first, last, marker is not None)))

    for stretch in order:
        if run and not (run[-1][1] <= stretch[0] < run[-1][1] + 60 and _AND.fullmatch(text, run[-1][1], stretch[0])):
            close()
            run = []
        run.append(stretch)
    if run:
        close()
    return result


def judgements(paper: Paper, mentions: Sequence[Mention], ontology: Ontology) -> tuple[Judgement, ...]:
    """Judge every mention of a paper by the cues around it."""
    compiled_table = table(ontology)
    spans: dict[str, list[Span]] = {"title": [], "abstract": []}
    for mention in mentions:
        for span in mention.spans[:MOST]:
            spans[span.field].append(span)
    pages = {field: Page(paper.text(field), found, compiled_table) for field, found in spans.items()}
    own = own_work(pages["abstract"], compiled_table)
    return tuple(judge(mention, pages, own, compiled_table) for mention in mentions)


def own_work(page: Page, table: Table) -> int:
    """Return the number of the first sentence that says what the paper itself does; before it is background."""
    contribution = table.roles["contribution"]
    for start, _, cue in page.cues:
        if cue.relation == contribution and cue.before and cue.weight >= 0.9:
            return page.sentence(start)
    return 1


def judge(mention: Mention, pages: Mapping[str, Page], own: int, table: Table) -> Judgement:
    """Weigh the cues around every occurrence of a mention."""
    scores: dict[int, float] = {}
    rules: dict[int, dict[str, float]] = {}

    def add(relation: int, rule: str, score: float) -> None:
        rules.setdefault(relation, {})[rule] = score
        scores[relation] = 1 - (1 - scores.get(relation, 0.0)) * (1 - score)

    contribution, kind = table.roles["contribution"], table.kinds[mention.type]
    given = {v.rule: v.score for v in mention.votes}
    known, new = "known" in given, given.get("new", 0.0)
    early, example = True, False
    for span in mention.spans[:MOST]:
        page = pages[span.field]
        early = early and span.field != "title" and page.sentence(span.start) < own
        example = example or page.is_example(span)
        for opinion in page.opinions(span):
            relation, score = opinion.relation, opinion.score
            if known and relation == contribution:
                score *= KNOWN_NEW
            if score > scores.get(relation, 0.0):
                scores[relation] = score
            told = rules.setdefault(relation, {})
            if score > told.get(opinion.rule, 0.0):
                told[opinion.rule] = score
    add(table.usual[mention.type], "usual for its type", USUAL[kind])
    if early:
        add(table.roles["background"], "before the paper's own work", EARLY[kind])
        if example:
            add(table.roles["background"], "an example in the background", EARLY_EXAMPLE)
    if new:
        add(contribution, "new", new)
    elif not known and kind in ("procedure", "system") and ("definition" in given or len(mention.spans) > 1):
        add(contribution, "coined", COINED)
    allowed = [r for r in scores if table.relations[r].allows(table.document, mention.type)]
    chosen = min(allowed, key=lambda r: (-round(scores[r], 6), table.relations[r].priority), default=None)
    score = 0.0 if chosen is None else scores[chosen]
    return Judgement(
        relation="" if chosen is None else table.relations[chosen].name,
        score=score,
        votes=()
        if chosen is None
        else tuple(Vote(rule=r, score=round(s, 4)) for r, s in sorted(rules[chosen].items())),
        impossible=tuple(table.relations[r].name for r in sorted(scores) if r not in allowed and scores[r] > score),
    )
