"""Paper -> Mentions: recognisers vote on stretches of text, the document decides."""

from __future__ import annotations

from collections.abc import Sequence

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


Found = tuple[tuple[Mention, ...], tuple[Rejection, ...]]  # the entities that a paper names, and what was refused


def mentions(paper: Paper, *, names: Matcher, ontology: Ontology) -> Found:
    """Return the entities that title and abstract name, and the candidates that were refused."""
    return mentions_of([paper], names=names, ontology=ontology)[0]


def mentions_of(papers: Sequence[Paper], *, names: Matcher, ontology: Ontology) -> list[Found]:
    """Return what `mentions` does, for each of some papers.

    All papers go through one step before the next begins: what a step needs stays in the processor's caches, which
    makes it twice as fast.
    """
    fitted = scorer.weights()
    if fitted is not None and not {t.name for t in ontology.types}.issuperset(fitted.second.labels[1:]):
        fitted = None  # taught on other types
    ballots = votes(papers, names=names, ontology=ontology)
    by_rules = [fitted is None or not taught(paper) for paper in papers]
    found: dict[int, Found] = {}
    for judge, wanted in ((fitted, False), (None, True)):
        some = [i for i, alone in enumerate(by_rules) if alone is wanted]
        said = consolidate([papers[i] for i in some], [ballots[i] for i in some], ontology, judge)
        found.update(zip(some, said, strict=True))
    return [found[i] for i in range(len(papers))]


def votes(papers: Sequence[Paper], *, names: Matcher, ontology: Ontology) -> list[list[Candidate]]:
    """Return what every recogniser says of each paper."""
    said = [[list(vote(paper, names=names, ontology=ontology)) for paper in papers] for _, vote in RECOGNISERS.items()]
    return [[candidate for told in of_paper for candidate in told] for of_paper in zip(*said, strict=True)]
