"""What one paper says + who is who -> its edges and refusals: the step from extractions to a graph, paper by paper.

`read` is a pure function of one paper, so that it may run anywhere and again for the papers alone whose entities have
changed. `Statements` puts the results of many together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from kg import resolve
from kg.graph import derivation
from kg.graph.corrections import Rulings, lost
from kg.model import Claim, Edge, Evidence, Extraction, Merge, Node, Paper, Rejection, Vote
from kg.ontology import Ontology
from kg.resolve import Entity, Meant

EdgeKey = tuple[str, str, str]  # source, relation, target
Place = tuple[float, Evidence]  # how surely a thing is named somewhere
_DIGITS = 4  # of confidences
_FIELDS = ("title", "abstract", "curated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """All that one paper adds to a graph: edges in its own name, what they imply, and what was refused.

    `gone` are refusals of implied edges that hold only while no other paper implies the same edge.
    """

    paper: str
    said: tuple[tuple[str, Claim], ...]
    implied: tuple[derivation.Derived, ...]
    rejections: tuple[Rejection, ...]
    gone: Mapping[EdgeKey, Rejection]


def read(
    extraction: Extraction,
    meant: Sequence[Meant],
    names: Mapping[str, tuple[str, str]],
    rulings: Rulings,
    ontology: Ontology,
) -> Statement:
    """Return what a paper states; `meant` tells for each claim what it means, `names` (type, name) by entity.

    Evidence gets the paper's node id.
    """
    source = resolve.paper_id(extraction.paper)
    resolved, refused = _resolved(extraction, source, meant)
    types = {target: names[target][0] for target in resolved}
    said, overruled, impossible = _claims(resolved, source, types, rulings, ontology)
    implied = tuple(derivation.derived(extraction.paper, said, types, ontology))
    gone: Mapping[EdgeKey, Rejection] = {}
    if overruled:
        whole, _, _ = _claims(resolved, source, types, Rulings((), ()), ontology)
        before = {d.key: d.claim for d in derivation.derived(extraction.paper, whole, types, ontology)}
        gone = lost(before, [d.key for d in implied], overruled, names)
    return Statement(
        paper=source,
        said=tuple(said),
        implied=implied,
        rejections=(*extraction.rejections, *refused, *overruled, *impossible),
        gone=gone,
    )


def direct(statement: Statement) -> Iterator[Edge]:
    """Yield the edges that a paper states in its own name: no other paper has a part in them."""
    for target, claim in statement.said:
        yield Edge(
            source=statement.paper,
            relation=claim.relation,
            target=target,
            confidence=round(claim.confidence, _DIGITS),
            evidence=claim.evidence,
            votes=claim.votes,
        )


class Statements:
    """The statements of many papers, put together."""

    def __init__(self) -> None:
        self.supporters: Counter[str] = Counter()
        self._parts: dict[EdgeKey, list[tuple[Claim, bool, float]]] = defaultdict(list)
        self._places: dict[str, list[Place]] = defaultdict(list)
        self._rejections: list[tuple[str, Rejection]] = []
        self._gone: dict[EdgeKey, list[tuple[str, Rejection]]] = defaultdict(list)

    def add(self, statement: Statement) -> None:
        """Add what one paper states."""
        for target, claim in statement.said:
            self._parts[statement.paper, claim.relation, target].append((claim, False, claim.confidence))
            self._places[target] += places(claim)
            self.supporters[target] += 1
        for made in statement.implied:
            self._parts[made.key].append((made.claim, made.inherited, made.confidence))
        self._rejections += [(statement.paper, rejection) for rejection in statement.rejections]
        for key, rejection in statement.gone.items():
            self._gone[key].append((statement.paper, rejection))

    def edges(self) -> Iterator[Edge]:
        """Yield the edges, in no order."""
        for key, parts in self._parts.items():
            yield merged(key, parts)

    def places(self) -> Mapping[str, Sequence[Place]]:
        """Return where each entity is named."""
        return self._places

    def rejections(self) -> list[tuple[str, Rejection]]:
        """Return what was refused, by paper, in no order."""
        told = (refusal for key, refusals in self._gone.items() if key not in self._parts for refusal in refusals)
        return [*self._rejections, *told]


def refusal_order(refused: tuple[str, Rejection]) -> tuple[object, ...]:
    """Order refusals by paper, name, type, reason and evidence."""
    paper, rejection = refused
    return (paper, rejection.name, rejection.type, rejection.reason, msgspec.json.encode(rejection.evidence))


def places(claim: Claim) -> list[Place]:
    """Return the first place of a claim, as sure as its edge is."""
    return [(round(claim.confidence, _DIGITS), evidence) for evidence in claim.evidence[:1]]


def paper_node(paper: Paper, ontology: Ontology) -> Node:
    """Return the node of a paper."""
    document = ontology.type_as("document").name
    return Node(id=resolve.paper_id(paper), type=document, name=paper.title, support=1, paper=paper)


def entity_node(entity: Entity, support: int) -> Node:
    """Return the node of an entity that so many papers claim."""
    return Node(
        id=entity.id,
        type=entity.type,
        name=entity.name,
        aliases=entity.aliases,
        support=support,
        merges=tuple(sorted(set(entity.merges), key=_merge_order)),
    )


def _resolved(
    extraction: Extraction, source: str, meant: Sequence[Meant]
) -> tuple[dict[str, list[Claim]], list[Rejection]]:
    """Return a paper's claims by entity, their evidence placed in the paper; what a decision dropped is refused."""
    by_target: dict[str, list[Claim]] = defaultdict(list)
    refused: list[Rejection] = []
    for claim, (target, reason) in zip(extraction.claims, meant, strict=True):
        if target is None:
            refused.append(Rejection(name=claim.name, type=claim.type, reason=reason, evidence=claim.evidence))
            continue
        placed = [
            Evidence(paper=source, field=e.field, start=e.start, end=e.end, text=e.text) for e in set(claim.evidence)
        ]
        placed.sort(key=_place)
        by_target[target].append(replace(claim, evidence=tuple(placed)))
    return by_target, refused


def _claims(
    by_target: Mapping[str, Sequence[Claim]],
    source: str,
    types: Mapping[str, str],
    rulings: Rulings,
    ontology: Ontology,
) -> tuple[list[tuple[str, Claim]], list[Rejection], list[Rejection]]:
    """Settle a paper's claims: one relation a target (the guide's first that applies), its evidence united.

    Return them, what decisions overrule, and what the ontology does not allow or a stronger relation makes needless.
    """
    overruled: list[Rejection] = []
    impossible: list[Rejection] = []
    document = ontology.type_as("document").name
    result: list[tuple[str, Claim]] = []
    for target in sorted(by_target):
        kept, refused = rulings.heard(
            source,
            target,
            by_target[target],
            possible=_possible(ontology, document, types[target]),
        )
        overruled += refused
        allowed = []
        for claim in kept:
            if ontology.relation(claim.relation).allows(document, types[target]):
                allowed.append(claim)
            else:
                reason = f"{claim.relation} cannot point at a {types[target]}"
                impossible.append(
                    Rejection(name=claim.name, type=types[target], reason=reason, evidence=claim.evidence)
                )
        if allowed:
            first = min(allowed, key=lambda c: (ontology.relation(c.relation).priority, -c.confidence, c.name))
            same = [c for c in allowed if c.relation == first.relation]
            result.append((target, replace(first, evidence=_united(same), votes=_votes(same))))
            for claim in allowed:
                if claim.relation != first.relation:
                    reason = f"{claim.relation} gives way to {first.relation}, which the paper also claims of it"
                    impossible.append(
                        Rejection(name=claim.name, type=types[target], reason=reason, evidence=claim.evidence)
                    )
    return result, overruled, impossible


def _possible(ontology: Ontology, source: str, target: str) -> Callable[[str], bool]:
    """Return what tells whether a relation may stand between two types."""
    return lambda relation: ontology.relation(relation).allows(source, target)


def merged(key: EdgeKey, parts: Sequence[tuple[Claim, bool, float]]) -> Edge:
    """Merge the claims behind one edge. More evidence never lowers its confidence."""
    source, relation, target = key
    return Edge(
        source=source,
        relation=relation,
        target=target,
        confidence=round(max(confidence for _, _, confidence in parts), _DIGITS),
        evidence=_united([claim for claim, _, _ in parts]),
        votes=_votes([claim for claim, _, _ in parts]),
        derived=all(derived for _, derived, _ in parts),
    )


def _united(claims: Sequence[Claim]) -> tuple[Evidence, ...]:
    """Return the places of some claims, each once, in order; those of a single claim are that already."""
    if len(claims) == 1:
        return claims[0].evidence
    return tuple(sorted({e for claim in claims for e in claim.evidence}, key=_place))


def _votes(claims: Iterable[Claim]) -> tuple[Vote, ...]:
    """Return the rules behind some claims, each with the highest score that it gave."""
    best: dict[str, Vote] = {}
    for claim in claims:
        for vote in claim.votes:
            if vote.rule not in best or vote.score > best[vote.rule].score:
                best[vote.rule] = vote
    return tuple(best[rule] for rule in sorted(best))


def _merge_order(merge: Merge) -> tuple[str, str]:
    return (merge.name, merge.reason)


def _place(evidence: Evidence) -> tuple[str, int, int, int]:
    """Order evidence by paper, and in a paper title before abstract before curated facts."""
    return (evidence.paper, _FIELDS.index(evidence.field), evidence.start, evidence.end)
