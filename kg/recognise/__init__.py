"""Paper -> Mentions: recognisers vote on stretches of text, the document decides."""

from __future__ import annotations

from kg.model import Mention, Paper, Rejection
from kg.ontology import Ontology
from kg.recognise.candidate import Candidate
from kg.recognise.document import consolidate
from kg.recognise.known import Matcher
from kg.registry import Registry

RECOGNISERS = Registry(
    kind="recogniser",
    builtin=(("known", "kg.recognise.known:vote"), ("patterns", "kg.recognise.patterns:vote")),
)


def mentions(paper: Paper, *, names: Matcher, ontology: Ontology) -> tuple[tuple[Mention, ...], tuple[Rejection, ...]]:
    """Return the entities that title and abstract name, and the candidates that were refused."""
    votes: list[Candidate] = []
    for _, vote in RECOGNISERS.items():
        votes.extend(vote(paper, names=names, ontology=ontology))
    return consolidate(paper, votes, ontology)
