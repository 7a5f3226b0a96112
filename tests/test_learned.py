"""The learned layer: weights as data, what they overrule, and how they are fitted."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from kg import linear, ontology, recognise, relate, train
from kg.lexicon import Lexicon, Name
from kg.linear import Calibration, Linear
from kg.model import KGError, Paper
from kg.recognise import document, scorer
from kg.recognise.known import Matcher
from kg.recognise.scorer import Taught
from kg.recognise.windows import Clusters, Windows, features, spans, windows
from kg.relate import learned
from kg.sentences import page
from kg.trees import LEAVES, QUESTIONS, Trees

ONTOLOGY = ontology.load()
NAMES = Matcher(Lexicon(names=(Name(name="Heronet", type="Model"), Name(name="GridQA", type="Benchmark"))))
PAPER = Paper(
    id="p",
    title="Lapwing: Smaller Nets",
    abstract="Nets grow, such as Heronet and GridQA. We propose Lapwing. It beats Heronet on GridQA.",
)
TYPES = ("", *(t.name for t in ONTOLOGY.types if t.name != ONTOLOGY.type_as("document").name))


def _taught(labels: tuple[str, ...], base: tuple[int, ...], threshold: float = 0.5, **phrases: int) -> Taught:
    """Weights that take every candidate for what `base` says, and propose these single words."""
    empty = [0] * len(labels)
    return Taught(
        windows=Windows(
            clusters=Clusters(fine={}, coarse=()),
            base=-9000,
            weights={f"u{word}": weight for word, weight in phrases.items()},
        ),
        first=Linear(labels=labels, weights={}),
        second=Trees(
            labels=labels,
            base=base,
            columns=tuple(empty * QUESTIONS),
            limits=(0.0,) * len(empty) * QUESTIONS,
            leaves=tuple(empty * LEAVES),
        ),
        calibration=Calibration(),
        threshold=threshold,
    )


def _only(type_name: str, threshold: float = 0.5, **phrases: int) -> Taught:
    return _taught(TYPES, tuple(9000 * (t == type_name) for t in TYPES), threshold, **phrases)


def test_missing_weights_are_none(tmp_path: Path) -> None:
    assert linear.load(tmp_path / "none.json", Linear) is None


def test_damaged_weights_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(KGError, match=r"w\.json"):
        linear.load(tmp_path / "w.json", Taught)


def test_nothing_known_is_even_and_calibration_bends_it() -> None:
    even = Linear(labels=("a", "b"), weights={})
    assert even.probabilities([["x"]]) == [[0.5, 0.5]]
    assert even.probabilities([]) == []
    bent = Calibration(slope=2.0)
    assert bent.of(0.5) == 0.5
    assert bent.of(0.8) > 0.9
    assert 0 < bent.of(0.0) < bent.of(1.0) < 1


def test_trees_without_rows_say_nothing() -> None:
    assert _only("Model").second.probabilities([]) == []


def test_trees_answer_like_questions_asked_one_by_one() -> None:
    chance = random.Random(5)
    count = 2 * len(TYPES)
    trees = Trees(
        labels=TYPES,
        base=tuple(chance.randrange(-500, 500) for _ in TYPES),
        columns=tuple(chance.randrange(3) for _ in range(count * QUESTIONS)),
        limits=tuple(chance.random() for _ in range(count * QUESTIONS)),
        leaves=tuple(chance.randrange(-900, 900) for _ in range(count * LEAVES)),
    )
    rows = [[chance.random() for _ in range(3)] for _ in range(5)]
    for row, given in zip(rows, trees.probabilities(rows), strict=True):
        sums = list(trees.base)
        for tree in range(count):
            at = 0
            while at < QUESTIONS:
                question = tree * QUESTIONS + at
                at = 2 * at + 1 + (row[trees.columns[question]] > trees.limits[question])
            sums[tree % len(TYPES)] += trees.leaves[tree * LEAVES + at - QUESTIONS]
        assert given == linear.shares(sums)


def test_a_window_is_found_as_whole_words_wherever_it_stands() -> None:
    paper = Paper(
        id="p", title="Graph matching losses", abstract="We study the graph matching loss. Hypergraph matching loss."
    )
    assert [s.within(paper) for s in spans(paper, "graph matching loss")] == ["graph matching loss"]
    assert [s.within(paper) for s in spans(paper, "graph matching")] == ["Graph matching", "graph matching"]
    odd = Paper(id="p", title="\u0130\u0130 nets", abstract="deep nets")
    assert [s.within(odd) for s in spans(odd, "net")] == ["nets", "nets"]


def test_the_finder_adds_up_what_the_features_say() -> None:
    fitted = scorer.weights()
    assert fitted is not None
    proposing = fitted.windows
    sheet = page(PAPER.abstract)
    told = {(w.first, w.last): features(sheet, w, "a", proposing.clusters) for w in windows(sheet)}
    assert told
    for score, first, last in proposing.finder.scores(sheet, "a"):
        row = told.pop((first, last))
        assert score == proposing.base + sum(proposing.weights.get(feature, 0) for feature in row)
    assert not told


def test_windows_that_are_likely_become_names_and_unlikely_ones_leave_no_trace() -> None:
    votes = recognise.votes([PAPER], names=NAMES, ontology=ONTOLOGY)
    assert "nets" not in {m.name.lower() for m in document.consolidate([PAPER], votes, ONTOLOGY, _only("Task"))[0][0]}
    found, _ = document.consolidate([PAPER], votes, ONTOLOGY, _only("Task", nets=12000))[0]
    nets = next(m for m in found if m.name.lower() == "nets")
    assert [v.rule for v in nets.votes] == ["window"]
    assert all(span.within(PAPER).lower() == "nets" for span in nets.spans)
    found, refused = document.consolidate([PAPER], votes, ONTOLOGY, _only("", nets=12000))[0]
    assert "nets" not in {m.name.lower() for m in found} | {r.name.lower() for r in refused}


def test_fitted_weights_overrule_the_rules_type_and_threshold() -> None:
    votes = recognise.votes([PAPER], names=NAMES, ontology=ONTOLOGY)
    mentions, refused = document.consolidate([PAPER], votes, ONTOLOGY, _only("Hardware"))[0]
    assert {m.type for m in mentions} == {"Hardware"}
    assert not document.consolidate([PAPER], votes, ONTOLOGY, _only("Hardware", threshold=1.0))[0][0]
    assert all(r.reason for r in refused)


@pytest.mark.parametrize("part", [scorer, learned])
def test_an_ontology_of_other_labels_is_left_to_the_rules(part: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "weights", lambda: None)
    monkeypatch.setattr(learned, "weights", lambda: None)
    expected = relate.claims(PAPER, recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)[0], ONTOLOGY)
    foreign = Linear(labels=("", "Foreign"), weights={})
    monkeypatch.setattr(part, "weights", lambda: _taught(foreign.labels, (0, 0)) if part is scorer else foreign)
    assert expected == relate.claims(PAPER, recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)[0], ONTOLOGY)


def test_a_relation_that_the_type_forbids_is_never_chosen() -> None:
    mentions, _ = recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)
    forbidden = ONTOLOGY.relation_as("goal").name
    allowed = ONTOLOGY.relation_as("background").name
    fitted = Linear(labels=(forbidden, allowed), weights={f"b:{t[:2]}": (9000, 0) for t in TYPES[1:]})
    judged = learned.judged(PAPER, [m for m in mentions if m.type == "Model"], ONTOLOGY, fitted)
    assert [(j.relation, j.impossible, j.calibrated) for j in judged] == [(allowed, (forbidden,), True)]


def test_shipped_weights_fit_the_ontology_and_are_small() -> None:
    entity, relation = scorer.weights(), learned.weights()
    assert entity is not None
    assert relation is not None
    assert {t.name for t in ONTOLOGY.types}.issuperset(entity.second.labels[1:])
    assert entity.first.labels == entity.second.labels
    assert {r.name for r in ONTOLOGY.relations}.issuperset(relation.labels)
    paths = [Path(str(part.__file__)).with_name("weights.json") for part in (recognise, relate)]
    assert sum(path.stat().st_size for path in paths) < 10_000_000
    for layer in (entity.first, relation):
        assert all(len(row) == len(layer.labels) for row in layer.weights.values())
    assert len(entity.second.columns) == len(entity.second.limits) == len(entity.second.leaves) // LEAVES * QUESTIONS


def _pair(folder: Path) -> str:
    papers, entities = [], []
    for n in range(20):
        text = PAPER.abstract.replace("Lapwing", f"Lapwing{n}X")
        papers.append({"id": str(n), "title": PAPER.title.replace("Lapwing", f"Lapwing{n}X"), "abstract": text})
        kinds = [(f"Lapwing{n}X", "Technique", "introduces"), ("Heronet", "Model", "comparesWith")]
        kinds += [
            ("GridQA", "Benchmark", "evaluatedOn"),
            ("nets", "Task", "addresses"),
            ("nets", "Hardware", "targets"),
        ]
        entities.append(
            {"id": str(n), "entities": [{"name": a, "surface": [a], "type": t, "relation": r} for a, t, r in kinds]}
        )
    for name, rows in (("made-papers", papers), ("made-entities", entities)):
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    return f"{folder / 'made-papers.jsonl'}:{folder / 'made-entities.jsonl'}"


def _examples(tmp_path: Path) -> list[train.Example]:
    proposing = _only("Task", nets=9000).windows
    return [train.prepare(row, NAMES, ONTOLOGY, proposing) for row in train.read(_pair(tmp_path))]


def test_candidates_are_labelled_by_the_gold(tmp_path: Path) -> None:
    examples = _examples(tmp_path)
    assert len(examples) == 20
    assert {"Technique", "Model", "Benchmark"} <= {label for e in examples for label in e.labels}
    assert {"comparesWith", "evaluatedOn"} <= {role for e in examples for _, role, _ in e.roles}


def test_unreadable_gold_is_told() -> None:
    with pytest.raises(KGError, match="cannot read"):
        train.read("nowhere.jsonl:nothing.jsonl")


def test_gold_without_every_type_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(KGError, match="no annotated entity is"):
        train.cross_validate(_examples(tmp_path), (), _only("Task").windows, ONTOLOGY)


def test_words_in_like_company_share_a_cluster() -> None:
    pytest.importorskip("sklearn")
    chance = random.Random(2)
    things, deeds = [f"thing{n}" for n in range(250)], [f"deed{n}" for n in range(250)]
    lines = [f"a {chance.choice(things)} does {chance.choice(deeds)} ." for _ in range(8000)]
    papers = [Paper(id=str(n), title="Made up", abstract=" ".join(lines[n::200])) for n in range(200)]
    clusters = train.clusters_of(papers)
    assert clusters == train.clusters_of(papers)
    kinds = [{clusters.of(word)[1] for word in words if word in clusters.fine} for words in (things, deeds)]
    assert not kinds[0] & kinds[1]
    assert clusters.of("unheard of") == (-1, -1)
