"""Paper -> Mentions: recognisers vote on stretches of text, the document decides."""

from __future__ import annotations

from kg.linear import taught
from kg.model import Mention, Paper, Rejection
from kg.ontology import Ontology
from kg.recognise import scorer
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
    fitted = scorer.weights() if taught(paper) else None
    if fitted is not None and not {t.name for t in ontology.types}.issuperset(fitted.second.labels[1:]):
        fitted = None  # taught on other types
    return consolidate(paper, votes(paper, names=names, ontology=ontology), ontology, fitted)


def votes(paper: Paper, *, names: Matcher, ontology: Ontology) -> list[Candidate]:
    """Return what every recogniser says."""
    return [c for _, vote in RECOGNISERS.items() for c in vote(paper, names=names, ontology=ontology)]
