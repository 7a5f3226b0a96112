"""The learned layer: weights as data, what they overrule, and how they are fitted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from kg import linear, ontology, recognise, relate, train
from kg.lexicon import Lexicon, Name
from kg.linear import Linear
from kg.model import KGError, Paper
from kg.recognise import document, scorer
from kg.recognise.known import Matcher
from kg.relate import learned

ONTOLOGY = ontology.load()
NAMES = Matcher(Lexicon(names=(Name(name="Heronet", type="Model"), Name(name="GridQA", type="Benchmark"))))
PAPER = Paper(
    id="p",
    title="Lapwing: Smaller Nets",
    abstract="Nets grow, such as Heronet and GridQA. We propose Lapwing. It beats Heronet on GridQA.",
)
TYPES = ("", *(t.name for t in ONTOLOGY.types if t.name != ONTOLOGY.type_as("document").name))


def _only(type_name: str, threshold: float = 0.5) -> Linear:
    """Weights that take every candidate for one type."""
    return Linear(labels=TYPES, weights={"b": tuple(3000 * (t == type_name) for t in TYPES)}, threshold=threshold)


def test_missing_weights_are_none(tmp_path: Path) -> None:
    assert linear.load(tmp_path / "none.json") is None


def test_damaged_weights_name_their_file(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text("{}")
    with pytest.raises(KGError, match=r"w\.json"):
        linear.load(tmp_path / "w.json")


def test_probabilities_of_nothing_known_are_even_and_calibration_bends_them() -> None:
    even = Linear(labels=("a", "b"), weights={}, slope=2.0)
    assert even.probabilities(["x"]) == [0.5, 0.5]
    assert even.calibrated(0.5) == 0.5
    assert even.calibrated(0.8) > 0.9
    assert 0 < even.calibrated(0.0) < even.calibrated(1.0) < 1


def test_fitted_weights_overrule_the_rules_type_and_threshold() -> None:
    votes = recognise.votes(PAPER, names=NAMES, ontology=ONTOLOGY)
    mentions, refused = document.consolidate(PAPER, votes, ONTOLOGY, _only("Hardware"))
    assert {m.type for m in mentions} == {"Hardware"}
    assert not document.consolidate(PAPER, votes, ONTOLOGY, _only("Hardware", threshold=1.0))[0]
    assert all(r.reason for r in refused)


@pytest.mark.parametrize("part", [scorer, learned])
def test_an_ontology_of_other_labels_is_left_to_the_rules(part: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer, "weights", lambda: None)
    monkeypatch.setattr(learned, "weights", lambda: None)
    expected = relate.claims(PAPER, recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)[0], ONTOLOGY)
    monkeypatch.setattr(part, "weights", lambda: Linear(labels=("", "Foreign"), weights={}))
    assert expected == relate.claims(PAPER, recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)[0], ONTOLOGY)


def test_a_relation_that_the_type_forbids_is_never_chosen() -> None:
    mentions, _ = recognise.mentions(PAPER, names=NAMES, ontology=ONTOLOGY)
    forbidden = ONTOLOGY.relation_as("goal").name
    allowed = ONTOLOGY.relation_as("background").name
    fitted = Linear(labels=(forbidden, allowed), weights={f"b:{t[:2]}": (9000, 0) for t in TYPES[1:]})
    judged = learned.judged(PAPER, [m for m in mentions if m.type == "Model"], ONTOLOGY, fitted)
    assert [(j.relation, j.impossible, j.calibrated) for j in judged] == [(allowed, (forbidden,), True)]


@pytest.mark.parametrize("part", [recognise, relate])
def test_shipped_weights_fit_the_ontology_and_are_small(part: object) -> None:
    path = Path(str(part.__file__)).with_name("weights.json")  # type: ignore[attr-defined]
    fitted = linear.load(path)
    assert fitted is not None
    assert path.stat().st_size < 5_000_000
    known = {t.name for t in ONTOLOGY.types} | {r.name for r in ONTOLOGY.relations} | {""}
    assert known.issuperset(fitted.labels)
    assert all(len(row) == len(fitted.labels) for row in fitted.weights.values())


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


def test_candidates_are_labelled_by_the_gold(tmp_path: Path) -> None:
    examples = [train.prepare(*row, NAMES, ONTOLOGY) for row in train.read(_pair(tmp_path))]
    assert len(examples) == 20
    assert {"Technique", "Model", "Benchmark"} <= {label for e in examples for label in e.labels}
    assert {"comparesWith", "evaluatedOn"} <= {role for e in examples for _, role, _ in e.roles}


def test_unreadable_gold_is_told() -> None:
    with pytest.raises(KGError, match="cannot read"):
        train.read("nowhere.jsonl:nothing.jsonl")


def test_gold_without_every_type_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    examples = [train.prepare(*row, NAMES, ONTOLOGY) for row in train.read(_pair(tmp_path))]
    with pytest.raises(KGError, match="no annotated entity is"):
        train.cross_validate(examples, (), ONTOLOGY)
