"""Annotated papers -> the weights of the learned layer, and how good they are on papers not seen.

    python -m kg.train GOLD... [--extra MORE...] [--cv]

GOLD and MORE name pairs of files, `X-papers.jsonl:X-entities.jsonl`. Deterministic; needs scikit-learn (the extra
`train`). `--cv` fits nothing that ships: it splits the papers of GOLD into five, fits weights, calibration and
threshold anew without each fifth (MORE always helps to fit and is never scored), and prints what score.py counts.
"""

from __future__ import annotations

import argparse
import lzma
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kg import files, lexicon, ontology, recognise, relate, scoring
from kg.linear import UNIT, Linear
from kg.model import KGError, Mention, Paper
from kg.ontology import Ontology
from kg.recognise import document, scorer
from kg.recognise.candidate import Candidate
from kg.recognise.known import Matcher
from kg.relate import learned
from kg.scoring import Labelled

FOLDS, INNER, SEED = 5, 3, 7
STRENGTH = {"entity": 0.2, "relation": 0.06}  # inverse regularisation
RARE = 2  # features of fewer candidates are left out
LEAST = 25  # thousandths; features with weights below all of these are left out
LOOSE = 0.15  # what is looked at to choose the threshold
NEAR_MISS = 0.5  # weight of a candidate that shares words with an entity which a better one took
PRECISION, COST = 0.80, 0.01  # the threshold prefers this precision where it costs F1 less than that


class _Text(msgspec.Struct):
    id: str
    title: str
    abstract: str = ""


class _Entities(msgspec.Struct):
    id: str
    entities: list[Labelled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One annotated paper made ready: candidates, their features, and what they should have been."""

    group: str
    extra: bool
    paper: Paper
    gold: tuple[Labelled, ...]
    votes: tuple[Candidate, ...]
    rows: tuple[list[str], ...]
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    roles: tuple[tuple[list[str], str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Both layers."""

    entity: Linear
    relation: Linear


def read(pair: str) -> list[tuple[str, Paper, tuple[Labelled, ...]]]:
    """Read a pair of files, papers and entities; errors name the file."""
    papers, _, entities = pair.partition(":")
    try:
        rows = [msgspec.json.decode(line, type=_Entities) for line in Path(entities).read_bytes().splitlines()]
        texts = [msgspec.json.decode(line, type=_Text) for line in _bytes(Path(papers)).splitlines()]
    except (OSError, lzma.LZMAError, msgspec.MsgspecError) as error:
        raise KGError(f"cannot read: {error}", where=pair, hint="PAPERS.jsonl:ENTITIES.jsonl") from None
    gold = {row.id: tuple(row.entities) for row in rows}
    group = Path(papers).stem.removesuffix("-papers")
    return [(group, Paper(id=t.id, title=t.title, abstract=t.abstract), gold[t.id]) for t in texts if t.id in gold]


def _bytes(path: Path) -> bytes:
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def prepare(
    group: str, paper: Paper, gold: tuple[Labelled, ...], names: Matcher, onto: Ontology, extra: bool = False
) -> Example:
    """Find the candidates of a paper, and which gold entity each one is."""
    votes = recognise.votes(paper, names=names, ontology=onto)
    drafts = document.drafts_of(paper, votes, onto)
    spelt = [
        Labelled(name=m[0].name, type="", surface=sorted({x for c in m for x in (c.name, c.span.within(paper))}))
        for _, _, m in drafts
    ]
    scored = []
    for i, entity in enumerate(gold):
        wanted = sorted(entity.spellings())
        for j, (confidence, _, _) in enumerate(drafts):
            like = scoring.similarity(spelt[j].spellings(), wanted)
            if like >= 0.5:
                scored.append((-like, entity.optional, -confidence, i, j))
    taken: dict[int, int] = {}
    near: dict[int, int] = {}
    used: set[int] = set()
    for _, _, _, i, j in sorted(scored):
        near.setdefault(j, i)
        if i not in used and j not in taken:
            used.add(i)
            taken[j] = i
    labels, shares = [], []
    for j in range(len(drafts)):
        at = taken.get(j, near.get(j))
        match = None if at is None else gold[at]
        labels.append(match.type if match is not None and j in taken else "")
        shares.append(1.0 if match is None else 0.0 if match.optional else 1.0 if j in taken else NEAR_MISS)
    mentions = [document.mention(c, gold[taken[j]].type, m) for j, (c, _, m) in enumerate(drafts) if j in taken]
    right = [gold[i] for j, i in sorted(taken.items())]
    shown = learned.features(paper, mentions, onto)
    roles = [(row, e.relation, 0.5 if e.optional else 1.0) for (row, _), e in zip(shown, right, strict=True)]
    return Example(
        group=group,
        extra=extra,
        paper=paper,
        gold=gold,
        votes=tuple(votes),
        rows=tuple(scorer.features(paper, drafts)),
        labels=tuple(labels),
        shares=tuple(shares),
        roles=tuple(roles),
    )


def fit(kind: str, rows: Sequence[tuple[Sequence[str], str, float]], labels: Sequence[str]) -> Linear:
    """Fit one layer to (features, label, weight)."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    rows = [row for row in rows if row[2] > 0]
    counts = Counter(feature for row, _, _ in rows for feature in set(row))
    known = {feature: n for n, feature in enumerate(sorted(f for f, c in counts.items() if c >= RARE))}
    columns, ends = [], [0]
    for row, _, _ in rows:
        columns.extend(sorted({known[f] for f in row if f in known}))
        ends.append(len(columns))
    shown = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(known)))
    model = LogisticRegression(C=STRENGTH[kind], max_iter=150, tol=1e-3, fit_intercept=False)
    model.fit(shown, [label for _, label, _ in rows], sample_weight=[share for _, _, share in rows])
    missing = sorted(set(labels) - set(model.classes_))
    if missing:
        raise KGError(f"no annotated {kind} is {', '.join(map(repr, missing))}", hint="annotate more papers")
    order = [list(model.classes_).index(label) for label in labels]
    table = np.rint(model.coef_[order].T * UNIT).astype(int)
    weights = {f: tuple(map(int, table[n])) for f, n in known.items() if np.abs(table[n]).max() >= LEAST}
    return Linear(labels=tuple(labels), weights=weights)


def fit_both(examples: Sequence[Example], onto: Ontology) -> Fitted:
    """Fit both layers; calibration and threshold come from papers that an inner fit has not seen."""
    types, relations = _labels(onto)
    sure: list[tuple[float, bool]] = []
    parts = [examples[k::INNER] for k in range(INNER)]
    total = 0
    for k, part in enumerate(parts):
        inner = _entity([e for j, other in enumerate(parts) if j != k for e in other], types)
        loose = replace(inner, threshold=LOOSE)
        for example in part:
            if not example.extra:
                mentions, _ = document.consolidate(example.paper, example.votes, onto, loose)
                sure += [(mention.confidence, hit) for mention, hit in _hits(example, mentions)]
                total += sum(not g.optional for g in example.gold)
    slope, shift = _calibration(sure)
    entity = replace(_entity(examples, types), slope=slope, shift=shift)
    threshold = _threshold([(entity.calibrated(p), hit) for p, hit in sure], total)
    relation = fit("relation", [role for e in examples for role in e.roles], relations)
    return Fitted(entity=replace(entity, threshold=threshold), relation=relation)


def _labels(onto: Ontology) -> tuple[tuple[str, ...], tuple[str, ...]]:
    document_type = onto.type_as("document").name
    types = tuple(t.name for t in onto.types if t.name != document_type)
    goals = [r.name for r in onto.relations if any(r.allows(document_type, t) for t in types)]
    return ("", *types), tuple(goals)


def _entity(examples: Sequence[Example], types: Sequence[str]) -> Linear:
    rows = [row for e in examples for row in zip(e.rows, e.labels, e.shares, strict=True)]
    return fit("entity", rows, types)


def _hits(example: Example, mentions: Sequence[Mention]) -> Iterable[tuple[Mention, bool]]:
    """Yield each mention that counts, and whether it is right."""
    given = [_labelled(example.paper, m, "") for m in mentions]
    pairs = {j: i for i, j in scoring.match(example.gold, given)}
    for j, mention in enumerate(mentions):
        if j not in pairs or not example.gold[pairs[j]].optional:
            yield mention, j in pairs


def _labelled(paper: Paper, mention: Mention, relation: str) -> Labelled:
    spelt: list[str] = [span.within(paper) for span in mention.spans]
    return Labelled(name=mention.name, type=mention.type, relation=relation, surface=spelt)


def _calibration(sure: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    odds = [[log(p / (1 - p))] for p in (min(max(p, 1e-6), 1 - 1e-6) for p, _ in sure)]
    model = LogisticRegression(C=1e3).fit(odds, [hit for _, hit in sure])
    return round(float(model.coef_[0][0]), 4), round(float(model.intercept_[0]), 4)


def _threshold(sure: Sequence[tuple[float, bool]], total: int) -> float:
    """Return the threshold of the best F1; of one with the wanted precision, if that costs little."""
    best: list[tuple[float, float, float]] = []
    for step in range(20, 80):
        at = step / 100
        shown = [hit for p, hit in sure if p >= at]
        right = sum(shown)
        precision = right / len(shown) if shown else 1.0
        recall = right / total
        best.append((2 * precision * recall / (precision + recall) if right else 0.0, precision, at))
    top = max(best)
    precise = [row for row in best if row[1] >= PRECISION and row[0] > top[0] - COST]
    return max(precise)[2] if precise else top[2]


# --- cross-validation -----------------------------------------------------------------------------------------------


def predicted(example: Example, fitted: Fitted, onto: Ontology) -> list[tuple[Labelled, float, float]]:
    """Return what the extractor says of a paper: entity with relation, and the confidence of each."""
    mentions, _ = document.consolidate(example.paper, example.votes, onto, fitted.entity)
    judgements = learned.judged(example.paper, mentions, onto, fitted.relation)
    return [
        (_labelled(example.paper, m, j.relation), m.confidence, m.confidence * j.score)
        for m, j in zip(mentions, judgements, strict=True)
    ]


def cross_validate(examples: Sequence[Example], extra: Sequence[Example], onto: Ontology) -> str:
    """Fit without each fifth of the papers and score it there; return the report."""
    order = list(range(len(examples)))
    random.Random(SEED).shuffle(order)  # noqa: S311
    fold = {i: n % FOLDS for n, i in enumerate(order)}
    given: dict[int, list[tuple[Labelled, float, float]]] = {}
    thresholds = []
    for k in range(FOLDS):
        fitted = fit_both([*(e for i, e in enumerate(examples) if fold[i] != k), *extra], onto)
        thresholds.append(fitted.entity.threshold)
        given.update({i: predicted(e, fitted, onto) for i, e in enumerate(examples) if fold[i] == k})
    lines = [f"thresholds {thresholds}"]
    for group in ("all", *sorted({e.group for e in examples})):
        chosen = {str(i): i for i, e in enumerate(examples) if group in ("all", e.group)}
        score = scoring.score(
            {key: [row[0] for row in given[i]] for key, i in chosen.items()},
            {key: examples[i].gold for key, i in chosen.items()},
            ontology=onto,
        )
        lines.append(f"{group}: {len(chosen)} papers")
        for row, f in score.rows:
            lines.append(
                f"  {row:24} P {f.precision:.3f}  R {f.recall:.3f}  F1 {f.f1:.3f}   tp {f.tp} fp {f.fp} fn {f.fn}"
            )
    for what, at in (("entity", 1), ("edge", 2)):
        told = [pair for i, rows in given.items() for pair in _right(examples[i], rows, at, onto)]
        lines += scoring.reliability(told).lines(what)
    return "\n".join(lines)


def _right(
    example: Example, rows: Sequence[tuple[Labelled, float, float]], at: int, onto: Ontology
) -> Iterable[tuple[float, bool]]:
    pairs = {j: i for i, j in scoring.match(example.gold, [row[0] for row in rows])}
    for j, row in enumerate(rows):
        wanted = example.gold[pairs[j]] if j in pairs else None
        if wanted is None or not wanted.optional:
            right = wanted is not None and (at == 1 or wanted.relation == row[0].relation)
            yield (row[1] if at == 1 else row[2]), right


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m kg.train", description=__doc__.split("\n", 1)[0] if __doc__ else ""
    )
    parser.add_argument("gold", nargs="+", metavar="PAPERS:ENTITIES")
    parser.add_argument("--extra", nargs="*", default=[], metavar="PAPERS:ENTITIES")
    parser.add_argument("--cv", action="store_true")
    options = parser.parse_args(arguments)
    onto = ontology.load()
    names = Matcher(lexicon.load(ontology=onto))
    examples = [prepare(*row, names, onto) for pair in options.gold for row in read(pair)]
    extra = [prepare(*row, names, onto, extra=True) for pair in options.extra for row in read(pair)]
    if options.cv:
        sys.stdout.write(cross_validate(examples, extra, onto) + "\n")
        return 0
    fitted = fit_both([*examples, *extra], onto)
    for part, weights in ((recognise, fitted.entity), (relate, fitted.relation)):
        target = Path(part.__file__ or "").with_name("weights.json")
        files.write_bytes(target, msgspec.json.encode(weights) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
