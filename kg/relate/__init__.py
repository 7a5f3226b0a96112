"""Mentions -> Claims: the role that a paper gives to what it names.

Relaters judge each mention; the surest judgement counts. What a curator says of the paper comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kg.model import Claim, Evidence, Fact, Mention, Paper, Rejection, Span, Vote, name_key
from kg.ontology import Ontology
from kg.registry import Registry
from kg.relate.judgement import Judgement

RELATERS = Registry(kind="relater", builtin=(("learned", "kg.relate.learned:judgements"),))
CURATED = Vote(rule="curated", score=1.0)


def claims(
    paper: Paper, mentions: Sequence[Mention], ontology: Ontology
) -> tuple[tuple[Claim, ...], tuple[Rejection, ...]]:
    """Return what the paper says of each mention and each curated fact, and the pairs that cannot be, with the reason.

    A fact and a textual claim of one name become one claim: the curator's type and relation, the evidence of both.
    """
    key = paper.key()
    told: list[Claim] = []
    refused: list[Rejection] = []
    opinions = [relater(paper, mentions, ontology) for _, relater in RELATERS.items()]
    for number, mention in enumerate(mentions):
        evidence = tuple(_evidence(paper, key, span) for span in mention.spans)
        judgement = max((o[number] for o in opinions), key=lambda j: j.score)
        for relation in judgement.impossible:
            reason = f"{relation} cannot point at a {mention.type}"
            refused.append(Rejection(name=mention.name, type=mention.type, reason=reason, evidence=evidence))
        if judgement.relation:
            told.append(_claim(mention, judgement, evidence))
    if not paper.facts:
        return tuple(told), tuple(refused)
    curated, impossible = _curated(paper, key, told, ontology)
    return curated, (*refused, *impossible)


def _claim(mention: Mention, judgement: Judgement, evidence: tuple[Evidence, ...]) -> Claim:
    votes = {vote.rule: vote for vote in (*mention.votes, *judgement.votes)}
    sized = "sizes" in votes  # "LLaMA 7B and 13B" is where LLaMA-13B stands, not what it is called
    return Claim(
        name=mention.name,
        type=mention.type,
        relation=judgement.relation,
        confidence=round(float(mention.confidence * judgement.score ** (1 if judgement.calibrated else 0.5)), 4),
        evidence=evidence,
        votes=tuple(votes.values()),
        aliases=() if sized else _aliases(mention.name, (e.text for e in evidence)),
    )


def _aliases(name: str, spellings: Iterable[str]) -> tuple[str, ...]:
    """Return the spellings that are more than another case or plural of the name, one of each."""
    own = name_key(name)
    found: dict[str, str] = {}
    for spelling in spellings:
        if (key := name_key(spelling)) != own:
            found.setdefault(key, spelling)
    return tuple(sorted(found.values()))


def _evidence(paper: Paper, key: str, span: Span) -> Evidence:
    return Evidence(paper=key, field=span.field, start=span.start, end=span.end, text=span.within(paper))


# --- curated facts --------------------------------------------------------------------------------------------------


def _curated(
    paper: Paper, key: str, told: Sequence[Claim], ontology: Ontology
) -> tuple[tuple[Claim, ...], tuple[Rejection, ...]]:
    """Put the curator's facts before what the text says, and unite the evidence of both."""
    document = ontology.type_as("document").name
    by_name: dict[str, list[Claim]] = defaultdict(list)
    for claim in told:
        for name in (claim.name, *claim.aliases):
            by_name[name_key(name)].append(claim)
    used: set[int] = set()
    facts: list[Claim] = []
    refused: list[Rejection] = []
    at = 0
    for fact in paper.facts:
        line = Span(field="curated", start=at, end=at + len(str(fact)))
        at = line.end + 1
        proof = _evidence(paper, key, line)
        if not ontology.relation(fact.relation).allows(document, fact.type):
            reason = f"{fact.relation} cannot point at a {fact.type}"
            refused.append(Rejection(name=fact.name, type=fact.type, reason=reason, evidence=(proof,)))
            continue
        same = by_name.get(name_key(fact.name), [])
        used.update(map(id, same))
        facts.append(_united(paper, key, fact, proof, same))
    return (*facts, *(claim for claim in told if id(claim) not in used)), tuple(refused)


def _united(paper: Paper, key: str, fact: Fact, proof: Evidence, same: Sequence[Claim]) -> Claim:
    """Return a fact as a claim, with the evidence of the textual claims of that name."""
    evidence = dict.fromkeys(e for claim in same for e in claim.evidence)
    for start in _standing(paper.title, fact.name):
        evidence.setdefault(_evidence(paper, key, Span(field="title", start=start, end=start + len(fact.name))))
    votes = {vote.rule: vote for claim in same for vote in claim.votes}
    spellings = [s for claim in same for s in (claim.name, *claim.aliases)]
    made = Claim(
        name=fact.name,
        type=fact.type,
        relation=fact.relation,
        confidence=1.0,
        evidence=(*evidence, proof),
        votes=(CURATED, *votes.values()),
    )
    return replace(made, aliases=_aliases(fact.name, spellings))


def _standing(text: str, name: str) -> Iterable[int]:
    """Yield where a name stands in a text as whole words, in any case."""
    low, wanted = text.lower(), name.lower()
    if len(low) != len(text) or not wanted:
        return
    at = low.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not (low[at - 1 : at].isalnum() or low[end : end + 1].isalnum()):
            yield at
        at = low.find(wanted, end)
