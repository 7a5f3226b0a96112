"""How good the learned layers are on papers that they have not seen: cross-validation by paper."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from kg import scoring
from kg.ontology import Ontology
from kg.recognise import document, scorer
from kg.recognise.windows import Windows
from kg.relate import learned
from kg.scoring import Labelled
from kg.train.examples import Example
from kg.train.fitting import Fitted, fit_both, labelled

FOLDS, SEED = 5, 7
Said = dict[str, list[Labelled]]  # by paper


def predicted(example: Example, fitted: Fitted, onto: Ontology) -> list[Labelled]:
    """Return what the extractor says of a paper."""
    (judged,) = scorer.judge([example.paper], [example.drafts], fitted.entity)
    mentions, _ = document.settle(example.paper, judged, fitted.entity.threshold, learned=True)
    judgements = learned.judged(example.paper, mentions, onto, fitted.relation)
    return [
        labelled(example.paper, m, j.relation, sure=m.confidence, edge=m.confidence * j.score)
        for m, j in zip(mentions, judgements, strict=True)
    ]


def cross_validate(
    examples: Sequence[Example], extra: Sequence[Example], proposing: Windows, onto: Ontology, seed: int = SEED
) -> Said:
    """Return what is said of each paper by layers fitted without it and the rest of its fifth."""
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)  # noqa: S311
    said: Said = {}
    for k in range(FOLDS):
        held = set(order[k::FOLDS])
        fitted = fit_both([*(e for i, e in enumerate(examples) if i not in held), *extra], proposing, onto)
        said |= {examples[i].key: predicted(examples[i], fitted, onto) for i in sorted(held)}
    return said


def report(examples: Sequence[Example], said: Said, onto: Ontology) -> Iterator[str]:
    """Yield what `kg score --calibration` would tell, of all papers and of each group alone."""
    for group in ("", *sorted({e.group for e in examples})):
        gold = {e.key: list(e.gold) for e in examples if group in ("", e.group)}
        yield f"{group or 'all'}: {len(gold)} papers"
        yield from scoring.report(scoring.score(said, gold, ontology=onto))
        yield from ("", *scoring.calibration(scoring.sureness(said, gold)), "")
