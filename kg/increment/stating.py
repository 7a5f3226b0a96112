"""What papers state, as rows of a graph file: pure functions of portions, so that any process may run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from kg import store
from kg.graph import assembly
from kg.graph.assembly import EdgeKey
from kg.graph.corrections import Rulings
from kg.increment.rules import Rules
from kg.model import Claim, Paper
from kg.resolve import Meant
from kg.store import EdgeRows, Row, encode

Part = bytes  # one paper's part in an edge that several may imply: claim, whether inherited, confidence
_paper = msgspec.json.Decoder(Paper)
_part = msgspec.json.Decoder(tuple[Claim, bool, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Some papers and what they say, each with what its claims mean; `names` has (type, name) of the entities."""

    papers: Sequence[tuple[bytes, bytes, Sequence[Meant]]]
    names: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What some papers add: edges in their own name, refusals, what they point at, their parts in implied edges."""

    papers: int
    edges: EdgeRows
    refusals: Sequence[Row]
    targets: frozenset[str]
    implied: Sequence[tuple[EdgeKey, Part]]


def stated(rules: Rules, told: Told) -> Stated:
    """Return what papers state."""
    rulings, ontology = Rulings((), ()), rules.ontology
    statements = [
        assembly.read(store.extraction(_paper.decode(paper), content), meant, told.names, rulings, ontology)
        for paper, content, meant in told.papers
    ]
    return Stated(
        papers=len(statements),
        edges=store.edge_rows([edge for statement in statements for edge in assembly.direct(statement)]),
        refusals=store.refusal_rows((s.paper, rejection) for s in statements for rejection in s.rejections),
        targets=frozenset(target for statement in statements for target, _ in statement.said),
        implied=[
            (made.key, encode((made.claim, made.inherited, made.confidence)))
            for statement in statements
            for made in statement.implied
        ],
    )


def merged(_: Rules, implied: Sequence[tuple[EdgeKey, Sequence[Part]]]) -> EdgeRows:
    """Return the edges that papers imply together."""
    return store.edge_rows([assembly.merged(key, list(map(_part.decode, parts))) for key, parts in implied])
