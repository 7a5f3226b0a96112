"""A curator's word on single edges: confirmed ones are sure, rejected ones are gone, and both say by whose decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from kg import resolve
from kg.decisions import CONFIRM, Decision
from kg.model import Claim, Edge, Extraction, Paper, Rejection, Vote, name_key, title_key

Key = tuple[str, str, str]
Refused = tuple[str, Rejection]  # the node id of a paper, and what was refused of it


class Rulings:
    """The decisions about edges, made ready for one set of extractions; it remembers which of them had an effect."""

    def __init__(self, extractions: Sequence[Extraction], decisions: Iterable[Decision]) -> None:
        self.decisions = tuple(decisions)
        self.about_names = tuple(d for d in self.decisions if not d.relation)
        self.extractions = tuple(extractions)
        self._about_edges = tuple(d for d in self.decisions if d.relation)
        self._papers: Mapping[str, set[str]] = {}
        self._by_key: dict[Key, Decision] = {}
        self._confirmed: dict[tuple[str, str], Decision] = {}
        self._used: set[Decision] = set()
        if self._about_edges:
            self._papers = _called(self.extractions)
            self.extractions = tuple(map(self._admitted, self.extractions))

    def _admitted(self, extraction: Extraction) -> Extraction:
        """Return an extraction in which refused candidates that a decision confirms are claims."""
        paper = resolve.paper_id(extraction.paper)
        for decision in self._about_edges:
            if decision.verb == CONFIRM and not decision.source_type and paper in self._sources(decision):
                extraction = _with_candidate(extraction, decision)
        return extraction

    def _sources(self, decision: Decision) -> Iterable[str]:
        return sorted(self._papers.get(decision.source, self._papers.get(title_key(decision.source), set())))

    def meet(self, who: resolve.Resolution) -> None:
        """Learn who is who, so that the names of the decisions stand for entities."""
        if not self._about_edges:
            return
        things: dict[tuple[str, str], set[str]] = defaultdict(set)
        for entity in who.entities:
            for name in (entity.name, *entity.aliases, entity.id):
                things[entity.type, name_key(name)].add(entity.id)
        for (type_name, key), entity_id in who.index.items():
            things[type_name, key].add(entity_id)
        for decision in self._about_edges:
            ends = things.get((decision.type, name_key(decision.names[0])), set())
            sources: Iterable[str] = (
                sorted(things.get((decision.source_type, name_key(decision.source)), set()))
                if decision.source_type
                else self._sources(decision)
            )
            for source in sources:
                for target in sorted(ends):
                    self._by_key.setdefault((source, decision.relation, target), decision)
                    if decision.verb == CONFIRM:
                        self._confirmed.setdefault((source, target), decision)

    def heard(
        self, source: str, target: str, claims: Iterable[Claim], *, possible: Callable[[str], bool]
    ) -> tuple[list[Claim], list[Rejection]]:
        """Return what a paper says of one entity after the decisions: what stays, and what they refuse.

        What is not `possible` to the entity, whose type another decision may have changed, cannot be confirmed.
        """
        claims = list(claims)
        if not self._by_key:
            return claims, []
        confirmed = self._confirmed.get((source, target))
        if confirmed is not None and possible(confirmed.relation):
            beaten = (self._by_key.get((source, claim.relation, target)) for claim in claims)
            self._used |= {confirmed, *(d for d in beaten if d is not None)}
            return [_sure(replace(claim, relation=confirmed.relation), confirmed) for claim in claims], []
        kept: list[Claim] = []
        refused: list[Rejection] = []
        for claim in claims:
            decision = self._by_key.get((source, claim.relation, target))
            if decision is None or decision.verb == CONFIRM:
                kept.append(claim)
                continue
            self._used.add(decision)
            reason = f"{claim.relation} rejected by {_told(decision)}"
            refused.append(Rejection(name=claim.name, type=claim.type, reason=reason, evidence=claim.evidence))
        return kept, refused

    def settle(self, edges: Iterable[Edge], names: Mapping[str, tuple[str, str]]) -> tuple[list[Edge], list[Refused]]:
        """Return the edges after the decisions about those between entities; `names` are (type, name) by node id."""
        kept: list[Edge] = []
        refused: list[Refused] = []
        for edge in edges:
            decision = self._by_key.get(edge.key)
            if decision is None or not decision.source_type:
                kept.append(edge)
                continue
            self._used.add(decision)
            if decision.verb == CONFIRM:
                kept.append(replace(edge, confidence=1.0, votes=(*edge.votes, _vote(decision))))
                continue
            type_name, name = names[edge.target]
            for paper in edge.papers:
                evidence = tuple(e for e in edge.evidence if e.paper == paper)
                reason = f"{names[edge.source][1]} {edge.relation} it, rejected by {_told(decision)}"
                refused.append((paper, Rejection(name=name, type=type_name, reason=reason, evidence=evidence)))
        return kept, refused

    def unmatched(self, names: Iterable[Decision]) -> tuple[Decision, ...]:
        """Return the decisions without effect in their order; `names` are those about names."""
        dead = {*names, *(d for d in self._about_edges if d not in self._used)}
        return tuple(d for d in self.decisions if d in dead)


def lost(
    before: Mapping[Key, Claim], kept: Iterable[Key], refused: Sequence[Rejection], names: Mapping[str, tuple[str, str]]
) -> dict[Key, Rejection]:
    """Return a refusal for each edge that one paper's claims implied `before` decisions took some of them away."""
    where = refused[0].reason.partition(" by ")[2] if refused else ""
    gone = {key: claim for key, claim in before.items() if key not in set(kept)}
    return {
        (source, relation, target): Rejection(
            name=names[target][1],
            type=names[target][0],
            reason=f"{names[source][1]} {relation} it, which rests on what is rejected by {where}",
            evidence=claim.evidence,
        )
        for (source, relation, target), claim in gone.items()
    }


def _with_candidate(extraction: Extraction, decision: Decision) -> Extraction:
    """Turn the refused candidate that a decision confirms into a claim, unless the paper claims that name anyway."""
    key = name_key(decision.names[0])
    if any(key in map(name_key, (c.name, *c.aliases)) for c in extraction.claims):
        return extraction
    found = [r for r in extraction.rejections if name_key(r.name) == key and r.evidence]
    if not found:
        return extraction
    chosen = min(found, key=lambda r: (r.type != decision.type, repr(r)))
    claim = Claim(
        name=chosen.name,
        type=decision.type,
        relation=decision.relation,
        confidence=1.0,
        evidence=chosen.evidence,
        votes=(),
    )
    kept = tuple(r for r in extraction.rejections if r not in found)
    return replace(extraction, claims=(*extraction.claims, claim), rejections=kept)


def _called(extractions: Iterable[Extraction]) -> Mapping[str, set[str]]:
    """Return the node ids of papers by everything that a decision may call them."""
    found: dict[str, set[str]] = defaultdict(set)
    for extraction in extractions:
        for name in _names(extraction.paper):
            found[name].add(resolve.paper_id(extraction.paper))
    return found


def _names(paper: Paper) -> set[str]:
    ids = (paper.id, paper.key(), resolve.paper_id(paper), paper.arxiv, paper.doi, title_key(paper.title))
    return {name for name in ids if name}


def _sure(claim: Claim, decision: Decision) -> Claim:
    return replace(claim, confidence=1.0, votes=(*claim.votes, _vote(decision)))


def _vote(decision: Decision) -> Vote:
    by = f" ({decision.by})" if decision.by else ""
    return Vote(rule=f"confirmed by {decision.where}{by}", score=1.0)


def _told(decision: Decision) -> str:
    by = f" ({decision.by})" if decision.by else ""
    return decision.where + by + (f": {decision.why}" if decision.why else "")
