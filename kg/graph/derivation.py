"""What follows from one paper's claims: its main thing inherits its edges; what belongs to the main thing is a part.

The main things are those that the title names, before its colon if there is one; without any, the surest artefact.
Whatever else is introduced is a part if a sentence shows it (phrases: the ontology's `parts`), else it stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.memo import compiled
from kg.model import Claim, Evidence, Paper, Vote, fold, name_key
from kg.ontology import PART_SIDES, Cue, Ontology, Relation
from kg.sentences import sentences

_FIELDS = ("title", "abstract", "curated")
_FAR = 120  # characters between a whole and its part, beyond which a phrase between them joins other things
_PARENTHESIS = re.compile(r"\([^()]{1,30}\)")
_NEAR = 40  # the same, where the part comes first

_UNLIKELY = 0.5  # a main thing that is less sure than this share of its part may be no thing at all

Said = tuple[str, Claim]  # the id of an entity, and what the paper says of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """One edge that a paper's claims imply, with the claim that carries its evidence and votes.

    An `inherited` one repeats a claim of the paper; the others read how two of its claims hang together.
    """

    source: str
    relation: str
    target: str
    claim: Claim
    confidence: float
    inherited: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two edges the same statement."""
        return (self.source, self.relation, self.target)


def derived(paper: Paper, said: Sequence[Said], types: Mapping[str, str], ontology: Ontology) -> Iterator[Derived]:
    """Yield the edges that a paper's claims imply; `types` are those of the entities, evidence is placed already."""
    introduced = _introduced(said, ontology)
    mains = main_things(paper, introduced, types, ontology)
    for heir, introduction in mains:
        for target, claim in said:
            relation = ontology.relation(claim.relation)
            if relation.inherited and target != heir and relation.allows(types[heir], types[target]):
                confidence = introduction.confidence * claim.confidence
                yield _edge(heir, relation, target, claim, confidence, inherited=True)
    if len(introduced) > 1:
        yield from _parts(paper, mains, introduced, types, ontology)


def main_things(
    paper: Paper, introduced: Sequence[Said], types: Mapping[str, str], ontology: Ontology
) -> tuple[Said, ...]:
    """Return what the paper is about: the things named before the title's colon, else in the title, else the surest."""
    problems = {t.name for t in ontology.types_as("problem")}
    things = [(t, c) for t, c in introduced if types[t] not in problems]
    colon = paper.title.find(":") if ":" in paper.title else 0
    named = [(t, c) for t, c in things if any(e.field == "title" for e in c.evidence) or _in_title(c, paper.title)]
    before = [(t, c) for t, c in named if colon and _in_title(c, paper.title[:colon])]
    if named:
        return tuple(before or named)
    artefacts = {t.name for t in ontology.types_as("artefact")}
    first = sorted(
        (tc for tc in things if types[tc[0]] in artefacts),
        key=lambda tc: (_described(tc), -tc[1].confidence, _place(tc)),
    )
    return tuple(first[:1])


def _described(said: Said) -> bool:
    """Whether a thing has words for a name, not a name of its own."""
    return not any(c.isupper() for name in (said[1].name, *said[1].aliases) for c in name)


def _introduced(said: Sequence[Said], ontology: Ontology) -> list[Said]:
    contribution = ontology.relation_as("contribution").name
    return [(target, claim) for target, claim in said if claim.relation == contribution]


def _in_title(claim: Claim, title: str) -> bool:
    words = f" {fold(title)} "
    return any(f" {fold(name)} " in words or f" {fold(name)}:" in words for name in (claim.name, *claim.aliases))


def _edge(
    source: str, relation: Relation, target: str, claim: Claim, confidence: float, *, inherited: bool = False
) -> Derived:
    return Derived(
        source=source,
        relation=relation.name,
        target=target,
        claim=claim,
        confidence=confidence,
        inherited=inherited,
    )


def _place(said: Said) -> tuple[int, int, str]:
    first = said[1].evidence[0]
    return (_FIELDS.index(first.field), first.start, said[0])


# --- parts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """Words that show a part: how strongly, by which phrase, and where all that stands."""

    weight: float
    phrase: str
    field: str
    spans: tuple[tuple[int, int], ...]


def _parts(
    paper: Paper, mains: Sequence[Said], introduced: Sequence[Said], types: Mapping[str, str], ontology: Ontology
) -> Iterator[Derived]:
    relation = ontology.relation_as("component")
    procedures = {t.name for t in ontology.types_as("procedure")}
    heads = {target for target, _ in mains}
    others = [claim for _, claim in introduced]
    signs: dict[tuple[str, str], _Sign] = {}
    for whole, main in mains:
        possible = [(p, c) for p, c in introduced if p not in heads and relation.allows(types[p], types[whole])]
        apart = [(p, c) for p, c in possible if not _one_name(main, c)]
        for part, claim in apart:
            sign = _sign(paper, main, claim, others, relation, elaborates=types[part] in procedures)
            if sign is not None:
                signs[part, whole] = sign
        for part, claim in apart:  # what is listed beside a part is one too
            beside = [(c, signs[p, whole]) for p, c in apart if (p, whole) in signs and types[p] == types[part]]
            listed = [s for c, s in beside if _listed(paper, c, claim, s, relation)]
            if listed and (part, whole) not in signs:
                signs[part, whole] = listed[0]
    rank = {target: number for number, (target, _) in enumerate(mains)}
    for part, claim in introduced:
        found = [(sign, whole) for (p, whole), sign in signs.items() if p == part]
        if found:
            sign, whole = min(found, key=lambda f: (-f[0].weight, rank[f[1]]))
            confidence = dict(mains)[whole].confidence * claim.confidence * sign.weight
            yield _edge(part, relation, whole, _shown(claim, sign, paper, relation), confidence)


def _one_name(whole: Claim, part: Claim) -> bool:
    """Whether one name holds the other, as that of a variant holds its family's, or is its capitals."""
    one, other = name_key(whole.name), name_key(part.name)
    capitals = "".join(c for c in whole.name if c.isupper() or c.isdigit()).casefold()
    return one in other or other in one or capitals == other.replace("-", "").replace(" ", "")


def _listed(paper: Paper, part: Claim, other: Claim, sign: _Sign, relation: Relation) -> bool:
    """Whether another name stands in one list with the part that a sign shows."""
    text = paper.text(sign.field)
    ours = [s for s in sign.spans if any((e.start, e.end) == s for e in part.evidence if e.field == sign.field)]
    theirs = [(e.start, e.end) for e in other.evidence if e.field == sign.field]
    pairs = (sorted((a, b)) for a in ours for b in theirs)
    return any(a[1] <= b[0] and _lists(_PARENTHESIS.sub("", text[a[1] : b[0]]), relation) for a, b in pairs)


def _shown(claim: Claim, sign: _Sign, paper: Paper, relation: Relation) -> Claim:
    """Return a claim of the part's relation to the whole, with the words that show it as evidence."""
    text = paper.text(sign.field)
    node = claim.evidence[0].paper
    evidence = tuple(
        Evidence(paper=node, field=sign.field, start=a, end=b, text=text[a:b]) for a, b in sorted(set(sign.spans))
    )
    return Claim(
        name=claim.name,
        type=claim.type,
        relation=relation.name,
        confidence=sign.weight,
        evidence=evidence,
        votes=(Vote(rule=f"part:{sign.phrase}", score=sign.weight),),
    )


def _sign(
    paper: Paper, main: Claim, part: Claim, introduced: Sequence[Claim], relation: Relation, *, elaborates: bool
) -> _Sign | None:
    """Return the strongest sign in any sentence that names the part."""
    signs: list[_Sign] = []
    titled = any(e.field == "title" for e in main.evidence)
    surer = [c for c in introduced if c not in (main, part) and c.confidence > part.confidence]
    for field in ("title", "abstract"):
        text = paper.text(field)
        spans = [(e.start, e.end) for e in part.evidence if e.field == field]
        mains = [(e.start, e.end) for e in main.evidence if e.field == field]
        rivals = [(e.start, e.end) for c in surer for e in c.evidence if e.field == field]
        for left, right in sentences(text) if spans else ():
            here = [s for s in spans if left <= s[0] < right and not any(m[0] <= s[0] and s[1] <= m[1] for m in mains)]
            whole = [m for m in mains if left <= m[0] < right]
            last = max((s[1] for s in (*here[:1], *whole)), default=left)
            if not here or _found(relation, "against", text[left:last]):
                continue
            known = field == "abstract" and (titled or any(m[0] < left for m in mains))
            stand_ins = _stand_ins(text, left, right, relation) if known and not whole else []
            signs += _between(text, field, whole or stand_ins, here[:1], relation)
            signs += _leading(text, field, left, here[0], whole, relation)
            likely = main.confidence > _UNLIKELY * part.confidence
            if elaborates and known and likely and not any(_side_by_side(text, w, here[0], relation) for w in whole):
                signs += _elaboration(text, field, left, here[0], rivals, relation)
    return min(signs, key=lambda s: (-s.weight, _FIELDS.index(s.field), s.spans), default=None)


def _stand_ins(text: str, left: int, right: int, relation: Relation) -> list[tuple[int, int]]:
    """Return "our framework" and the like."""
    return [(left + a, left + b) for a, b, _ in _found(relation, "wholes", text[left:right])]


def _between(
    text: str, field: str, wholes: Sequence[tuple[int, int]], parts: Sequence[tuple[int, int]], relation: Relation
) -> Iterator[_Sign]:
    """Yield the signs that stand between a whole and a part of one sentence; a mere list of both is none."""
    for whole in wholes:
        for part in parts:
            first, second = sorted((whole, part))
            gap = text[first[1] : second[0]]
            if first[1] > second[0] or len(gap) > (_FAR if first == whole else _NEAR) or _lists(gap, relation):
                continue
            for a, b, cue in _found(relation, "whole-first" if first == whole else "part-first", gap):
                spans = (whole, (first[1] + a, first[1] + b), part)
                yield _Sign(weight=cue.weight, phrase=cue.phrase, field=field, spans=spans)


def _leading(
    text: str, field: str, left: int, part: tuple[int, int], wholes: Sequence[tuple[int, int]], relation: Relation
) -> Iterator[_Sign]:
    """Yield the signs of "Through the PART, WHOLE does ...": they begin the sentence, and the whole comes later."""
    after = [w for w in wholes if w[0] >= part[1]]
    for a, b, cue in _found(relation, "leading", text[left : part[0]]) if after else ():
        if not text[left : left + a].strip():
            yield _Sign(weight=cue.weight, phrase=cue.phrase, field=field, spans=((left + a, left + b), part, after[0]))


def _elaboration(
    text: str, field: str, left: int, part: tuple[int, int], rivals: Sequence[tuple[int, int]], relation: Relation
) -> Iterator[_Sign]:
    """Yield the signs that a sentence goes on about the main thing: what stands before the part in it."""
    before = text[left : part[0]]
    if any(left <= r[0] < part[0] and not _found(relation, "listing", text[r[1] : part[0]]) for r in rivals):
        return
    for a, b, cue in _found(relation, "elaborating", before):
        lead = before[:a].strip(" ,(0123456789)")
        if cue.weight > 0.7 or not lead:
            yield _Sign(weight=cue.weight, phrase=cue.phrase, field=field, spans=((left + a, left + b), part))


def _side_by_side(text: str, one: tuple[int, int], other: tuple[int, int], relation: Relation) -> bool:
    first, second = sorted((one, other))
    return first[1] < second[0] and _lists(text[first[1] : second[0]], relation)


def _lists(gap: str, relation: Relation) -> bool:
    """Whether there is nothing between two names but what lists them side by side."""
    rest = gap
    for a, b, _ in sorted(_found(relation, "listing", gap), reverse=True):
        rest = rest[:a] + rest[b:]
    return not re.search(r"\w", rest)


def _found(relation: Relation, side: str, text: str) -> list[tuple[int, int, Cue]]:
    """Return every phrase of one side in a text, the longest at each place."""
    pattern, cues = _compiled(relation)[side]
    return [(m.start(), m.end(), cues[" ".join(m.group().lower().split())]) for m in pattern.finditer(text)]


@compiled
def _compiled(relation: Relation) -> Mapping[str, tuple[re.Pattern[str], Mapping[str, Cue]]]:
    """Return by side what finds its phrases, and which cue each one is."""
    found = {}
    for side in PART_SIDES:
        cues = {cue.phrase.lower(): cue for cue in relation.parts if cue.side == side}
        longest = sorted(cues, key=lambda phrase: (-len(phrase), phrase))
        words = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in longest) or "(?!)"
        found[side] = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.I), cues
    return found
