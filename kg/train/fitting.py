"""Fitting: windows, the first and the second layer of names, the layer of relations, calibration and threshold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kg import scoring
from kg.linear import UNIT, Calibration, Linear, odds
from kg.model import KGError, Mention, Paper
from kg.ontology import Ontology
from kg.recognise import document, scorer, windows
from kg.recognise.scorer import Taught
from kg.recognise.standing import numbers
from kg.recognise.windows import Clusters, Windows
from kg.scoring import Labelled
from kg.scoring.matching import tokens
from kg.sentences import lowered, page
from kg.train.examples import Annotated, Example
from kg.trees import LEAVES, QUESTIONS, Trees

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

INNER = 4
STRENGTH = {"window": 0.2, "entity": 0.2, "relation": 0.12}  # inverse regularisation
RARE = {"window": 3, "entity": 2, "relation": 2}  # features of fewer candidates are left out
LEAST = 40  # thousandths; features with weights below all of these are left out
ROUNDS, PACE, SMALLEST, PULL = 45, 0.12, 30, 5.0  # of the trees: rounds, learning rate, papers a leaf, regularisation
LOOSE = 0.15  # what is looked at to choose the threshold
PRECISION, COST = 0.80, 0.01  # the threshold prefers this precision where it costs F1 less than that
SHOWN = 4  # occurrences of a window that teach
NEVER = -1_000 * UNIT  # log-odds of what is not to be proposed

Row = tuple[Sequence[str], str, float]  # features, label, weight
Shares = list[list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """All learned layers."""

    entity: Taught
    relation: Linear


def _table(kind: str, rows: Sequence[Row]) -> tuple[csr_matrix, dict[str, int]]:
    """Return rows of features as a matrix, and the column of each feature."""
    import numpy as np
    from scipy.sparse import csr_matrix

    counts = Counter(feature for row, _, _ in rows for feature in set(row))
    column = {feature: n for n, feature in enumerate(sorted(f for f, c in counts.items() if c >= RARE[kind]))}
    columns, ends = [], [0]
    for row, _, _ in rows:
        columns.extend(sorted({column[f] for f in row if f in column}))
        ends.append(len(columns))
    return csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(rows), len(column))), column


def fit_windows(papers: Sequence[Annotated], clusters: Clusters) -> Windows:
    """Fit what proposes windows: whether this very stretch is a spelling of an entity. No papers, no proposals."""
    if not papers:
        return Windows(clusters=clusters, base=NEVER, weights={})
    from sklearn.linear_model import LogisticRegression

    rows: list[Row] = []
    for paper, gold in ((row.paper, row.gold) for row in papers):
        wanted = {tokens(text): entity for entity in reversed(gold) for text in (entity.name, *entity.surface)}
        lower = lowered(paper.title), lowered(paper.abstract)
        shown: dict[str, list[list[str]]] = {}
        for field, text in (("title", paper.title), ("abstract", paper.abstract)):
            sheet = page(text)
            for window in windows.windows(sheet):
                key = text[sheet.starts[window.first] : sheet.ends[window.last - 1]].lower().removesuffix("s")
                shown.setdefault(key, []).append(windows.features(sheet, window, field[0], clusters))
        for key, found in shown.items():
            entity = wanted.get(tokens(key))
            if entity is None or not entity.optional:
                label, count = "" if entity is None else "y", windows.often(key, *lower)
                rows += [([*row, count], label, 1 / len(found[:SHOWN])) for row in found[:SHOWN]]
    table, column = _table("window", rows)
    model = LogisticRegression(C=STRENGTH["window"], max_iter=80, tol=1e-2)
    model.fit(table, [label for _, label, _ in rows], sample_weight=[share for _, _, share in rows])
    weights = {f: round(float(model.coef_[0][n]) * UNIT) for f, n in column.items()}
    return Windows(
        clusters=clusters,
        base=round(float(model.intercept_[0]) * UNIT),
        weights={f: w for f, w in weights.items() if abs(w) >= LEAST},
    )


def fit_linear(kind: str, rows: Sequence[Row], labels: Sequence[str]) -> Linear:
    """Fit a layer over short strings."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rows = [row for row in rows if row[2] > 0]
    table, column = _table(kind, rows)
    model = LogisticRegression(C=STRENGTH[kind], max_iter=150, tol=1e-3, fit_intercept=False)
    model.fit(table, [label for _, label, _ in rows], sample_weight=[share for _, _, share in rows])
    order = _order(kind, model.classes_, labels)
    whole = np.rint(model.coef_[order].T * UNIT).astype(int)
    weights = {f: tuple(map(int, whole[n])) for f, n in column.items() if np.abs(whole[n]).max() >= LEAST}
    return Linear(labels=tuple(labels), weights=weights)


def _order(kind: str, given: Sequence[str], labels: Sequence[str]) -> list[int]:
    missing = sorted(set(labels) - set(given))
    if missing:
        raise KGError(f"no annotated {kind} is {', '.join(map(repr, missing))}", hint="annotate more papers")
    return [list(given).index(label) for label in labels]


def fit_trees(
    rows: Sequence[Sequence[float]], labels: Sequence[str], shares: Sequence[float], order: Sequence[str]
) -> Trees:
    """Fit the second layer."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=ROUNDS,
        learning_rate=PACE,
        max_depth=3,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=SMALLEST,
        l2_regularization=PULL,
        early_stopping=False,
        random_state=0,
    )
    kept = [n for n, share in enumerate(shares) if share > 0]
    model.fit(np.array([rows[n] for n in kept]), [labels[n] for n in kept], sample_weight=[shares[n] for n in kept])
    columns: list[int] = []
    limits: list[float] = []
    leaves: list[int] = []
    chosen = _order("entity", model.classes_, order)
    for round_ in model._predictors:  # scikit-learn offers no public way to read these trees
        for which in chosen:
            questions = [(0, 0.0)] * QUESTIONS
            ends = [0] * LEAVES
            _copy(round_[which].nodes, 0, 0, questions, ends)
            columns += [column for column, _ in questions]
            limits += [limit for _, limit in questions]
            leaves += ends
    base = np.rint(np.ravel(model._baseline_prediction)[chosen] * UNIT)
    return Trees(
        labels=tuple(order),
        base=tuple(map(int, base)),
        columns=tuple(columns),
        limits=tuple(limits),
        leaves=tuple(leaves),
    )


def _copy(nodes: Any, node: int, at: int, questions: list[tuple[int, float]], leaves: list[int]) -> None:
    """Write a tree into seven questions and eight leaves; a leaf above the last level fills all below it."""
    row = nodes[node]
    if at >= QUESTIONS:
        leaves[at - QUESTIONS] = round(float(row["value"]) * UNIT)
    elif row["is_leaf"]:
        for below in (2 * at + 1, 2 * at + 2):
            _copy(nodes, node, below, questions, leaves)
    else:
        questions[at] = (int(row["feature_idx"]), float(row["num_threshold"]))
        _copy(nodes, int(row["left"]), 2 * at + 1, questions, leaves)
        _copy(nodes, int(row["right"]), 2 * at + 2, questions, leaves)


def fit_both(examples: Sequence[Example], proposing: Windows, onto: Ontology) -> Fitted:
    """Fit all layers; the second one, calibration and threshold come from papers that an inner fit has not seen."""
    types, relations = _labels(onto)
    parts = [examples[k::INNER] for k in range(INNER)]
    shown: list[list[tuple[Example, list[list[float]]]]] = []
    for k, part in enumerate(parts):
        inner = _first([e for j, other in enumerate(parts) if j != k for e in other], types)
        shown.append([(e, _numbers(e, inner)) for e in part])
    sure: list[tuple[float, bool]] = []
    total = 0
    for k, held in enumerate(shown):
        trees = _second([row for j, other in enumerate(shown) if j != k for row in other], types)
        for example, rows in held:
            if not example.extra:
                judged = scorer.judged(example.drafts, trees.probabilities(rows), trees.labels, Calibration())
                mentions, _ = document.settle(example.paper, judged, LOOSE, learned=True)
                sure += [(mention.confidence, hit) for mention, hit in _hits(example, mentions)]
                total += sum(not g.optional for g in example.gold)
    calibration = _calibration(sure)
    entity = Taught(
        windows=proposing,
        first=_first(examples, types),
        second=_second([row for part in shown for row in part], types),
        calibration=calibration,
        threshold=_threshold([(calibration.of(p), hit) for p, hit in sure], total),
    )
    return Fitted(
        entity=entity, relation=fit_linear("relation", [role for e in examples for role in e.roles], relations)
    )


def _labels(onto: Ontology) -> tuple[tuple[str, ...], tuple[str, ...]]:
    document_type = onto.type_as("document").name
    types = tuple(t.name for t in onto.types if t.name != document_type)
    goals = [r.name for r in onto.relations if any(r.allows(document_type, t) for t in types)]
    return ("", *types), tuple(goals)


def _first(examples: Sequence[Example], types: Sequence[str]) -> Linear:
    return fit_linear("entity", [row for e in examples for row in zip(e.rows, e.labels, e.shares, strict=True)], types)


def _numbers(example: Example, first: Linear) -> list[list[float]]:
    return numbers(example.paper, example.drafts, example.places, first.probabilities(example.rows))


def _second(shown: Sequence[tuple[Example, list[list[float]]]], types: Sequence[str]) -> Trees:
    return fit_trees(
        [row for _, rows in shown for row in rows],
        [label for example, _ in shown for label in example.labels],
        [share for example, _ in shown for share in example.shares],
        types,
    )


def _hits(example: Example, mentions: Sequence[Mention]) -> Iterable[tuple[Mention, bool]]:
    """Yield each mention that counts, and whether it is right."""
    given = [labelled(example.paper, m, "") for m in mentions]
    pairs = {j: i for i, j in scoring.match(example.gold, given)}
    for j, mention in enumerate(mentions):
        if j not in pairs or not example.gold[pairs[j]].optional:
            yield mention, j in pairs


def labelled(
    paper: Paper, mention: Mention, relation: str, *, sure: float | None = None, edge: float | None = None
) -> Labelled:
    """Return a mention as gold is written."""
    spelt: list[str] = [span.within(paper) for span in mention.spans]
    return Labelled(
        name=mention.name,
        type=mention.type,
        relation=relation,
        surface=spelt,
        confidence=edge,
        entity_confidence=sure,
    )


def _calibration(sure: Sequence[tuple[float, bool]]) -> Calibration:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e3).fit([[odds(p)] for p, _ in sure], [hit for _, hit in sure])
    return Calibration(slope=round(float(model.coef_[0][0]), 4), shift=round(float(model.intercept_[0]), 4))


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
