"""What `kg score` tells beside the figures: intervals, kinds of mistakes, whether confidence means it."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from handmade import TINY, claim, extraction
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import lexicon, ontology, pipeline, recognise, scoring
from kg.model import Claim, Paper, Vote
from kg.recognise.known import Matcher
from kg.scoring import Figures, Labelled, Mistake

ONTOLOGY = ontology.load()


def entity(name: str, type_name: str = "Technique", relation: str = "uses", **more: object) -> Labelled:
    return Labelled(name=name, type=type_name, relation=relation, **more)  # type: ignore[arg-type]


def scored(*papers: tuple[list[Labelled], list[Labelled]]) -> scoring.Score:
    predicted = {str(n): row for n, (row, _) in enumerate(papers)}
    return scoring.score(predicted, {str(n): row for n, (_, row) in enumerate(papers)}, ontology=ONTOLOGY)


def mistakes(predicted: list[Labelled], gold: list[Labelled]) -> list[tuple[str, str, str]]:
    return [(m.kind, m.name, m.gold_name) for m in scored((predicted, gold)).mistakes]


# --- kinds of mistakes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predicted", "gold", "told"),
    [
        ([], [entity("A")], [("missed", "A", "")]),
        ([entity("A")], [], [("spurious", "A", "")]),
        ([entity("A")], [entity("B")], [("spurious", "A", ""), ("missed", "B", "")]),
        ([entity("A", "Model")], [entity("A")], [("type", "A", "A")]),
        ([entity("A")], [entity("A", relation="targets")], [("relation", "A", "A")]),
        ([entity("very deep sparse nets")], [entity("sparse")], [("longer", "very deep sparse nets", "sparse")]),
        ([entity("sparse")], [entity("very deep sparse nets")], [("shorter", "sparse", "very deep sparse nets")]),
        ([entity("big sparse nets")], [entity("nets of cells")], [("shifted", "big sparse nets", "nets of cells")]),
        ([entity("sparse coding of cats")], [entity("fast dense coding")],
         [("spurious", "sparse coding of cats", ""), ("missed", "fast dense coding", "")]),
        ([entity("A"), entity("A", "Model")], [entity("A")], [("duplicate", "A", "A")]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_kind(
    predicted: list[Labelled], gold: list[Labelled], told: list[tuple[str, str, str]]
) -> None:
    assert mistakes(predicted, gold) == told


def test_a_wrong_type_is_preferred_to_wrong_boundaries_and_required_gold_to_optional() -> None:
    gold = [entity("fast sparse nets of cells", "Task"), entity("sparse nets", "Model")]
    assert mistakes([entity("sparse nets")], gold) == [
        ("type", "sparse nets", "sparse nets"),
        ("missed", "fast sparse nets of cells", ""),
    ]
    both = [entity("A", "Model", optional=True), entity("A", "Task")]
    assert [m.gold_type for m in scored(([entity("A")], both)).mistakes] == ["Task"]


def test_optional_gold_explains_a_mistake_but_is_never_missed() -> None:
    assert mistakes([entity("A")], [entity("A", "Model", optional=True)]) == [("type", "A", "A")]
    assert mistakes([entity("A")], [entity("A", relation="targets", optional=True)]) == []


NAMES = st.sampled_from(["a", "b", "a b", "b c", "a b c d e", "c d e f g"])
ENTITIES = st.lists(
    st.builds(
        entity,
        NAMES,
        st.sampled_from(["Model", "Technique"]),
        st.sampled_from(["uses", "mentions"]),
        optional=st.booleans(),
    ),
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(ENTITIES, ENTITIES)
def test_kinds_account_for_every_wrong_prediction_and_every_missed_gold(
    predicted: list[Labelled], gold: list[Labelled]
) -> None:
    result = scored((predicted, gold))
    entities = dict(result.rows).get("entity", Figures(tp=0, fp=0, fn=0))
    kinds = [m.kind for m in result.mistakes]
    assert entities.fp == sum(kind not in ("missed", "relation") for kind in kinds)
    pairs = {"type", "longer", "shorter", "shifted"}
    assert kinds.count("missed") <= entities.fn <= kinds.count("missed") + sum(kind in pairs for kind in kinds)
    assert set(kinds) <= {kind for kind, _ in scoring.KINDS}


# --- confidence intervals -------------------------------------------------------------------------------------------


def test_papers_add_up_to_the_whole() -> None:
    result = scored(([entity("A")], [entity("A"), entity("B")]), ([entity("C")], [entity("D")]))
    whole = dict(result.rows)["entity"]
    parts = [dict(rows)["entity"] for rows in result.papers]
    assert [whole.tp, whole.fp, whole.fn] == [sum(getattr(p, k) for p in parts) for k in ("tp", "fp", "fn")]


def test_papers_that_agree_have_narrow_intervals_and_others_wide_ones() -> None:
    right, wrong = ([entity("A")], [entity("A")]), ([entity("A")], [entity("B")])
    same = dict(scoring.intervals(scored(*[right] * 20)))["entity"]
    assert (same.precision.low, same.f1.high) == (1.0, 1.0)
    few = dict(scoring.intervals(scored(*[right, wrong] * 5)))["entity"].recall
    many = dict(scoring.intervals(scored(*[right, wrong] * 50)))["entity"].recall
    assert few.low < many.low < 0.5 < many.high < few.high
    assert many.high - many.low == pytest.approx(2 * 1.96 * (0.25 / 100) ** 0.5, abs=0.03)  # the normal approximation


def test_whole_papers_are_drawn_and_not_entities() -> None:
    hits = [entity(f"n{i}") for i in range(20)]
    clumped = scored((hits, hits), ([], hits))  # each draw finds all, half or none
    recall = dict(scoring.intervals(clumped))["entity"].recall
    assert (recall.low, recall.high) == (0.0, 1.0)


def test_intervals_are_the_same_every_time_whatever_others_drew() -> None:
    papers = [([entity("A")], [entity("A" if n % 3 else "B")]) for n in range(30)]
    first = scoring.intervals(scored(*papers))
    random.random()
    assert scoring.intervals(scored(*papers)) == first


@pytest.mark.parametrize("papers", [[], [([entity("A")], [entity("A")])]])
def test_fewer_than_two_papers_have_no_intervals(papers: list[tuple[list[Labelled], list[Labelled]]]) -> None:
    assert scoring.intervals(scored(*papers)) == ()


def test_seven_hundred_papers_take_less_than_three_seconds() -> None:
    types = [t.name for t in ONTOLOGY.types]
    chance = random.Random(3)
    row = [entity(f"n{i}", types[i % len(types)]) for i in range(8)]
    result = scored(*[(row[: chance.randrange(8)], row[chance.randrange(8) :]) for _ in range(700)])
    start = time.process_time()
    assert scoring.intervals(result)
    assert time.process_time() - start < 3


# --- calibration ----------------------------------------------------------------------------------------------------


def test_the_table_compares_what_is_said_with_what_is_right() -> None:
    table = scoring.reliability([(0.95, True), (0.85, True), (0.85, False), (1.0, True), (0.0, False)])
    assert [(b.low, b.n) for b in table.bins] == [(0.0, 1), (0.8, 2), (0.9, 2)]
    assert table.error == pytest.approx((0 + 2 * 0.35 + 2 * 0.025) / 5)
    assert table.lines("entity")[2] == "  0.8: said 0.850  right 0.500  n 2"
    assert scoring.reliability([]).error == 0


def test_an_edge_is_right_when_entity_and_relation_are_and_optional_gold_does_not_count() -> None:
    predicted = [
        entity("A", confidence=0.6, entity_confidence=0.9),
        entity("B", relation="targets", confidence=0.5, entity_confidence=0.8),
        entity("C", confidence=0.4),
        entity("D", confidence=0.3),
    ]
    sure = scoring.sureness({"p": predicted}, {"p": [entity("A"), entity("B"), entity("D", optional=True)]})
    assert sure.entities == ((0.9, True), (0.8, True))
    assert sure.edges == ((0.6, True), (0.5, False), (0.4, False))
    assert (sure.entities_unsaid, sure.edges_unsaid) == (1, 0)
    assert '  left out: 1 without "entity_confidence"' in scoring.calibration(sure)


@pytest.mark.parametrize("stated", [None, "high", 85, -1, True, [0.5]])
def test_what_is_no_confidence_is_not_taken_for_one(stated: object) -> None:
    sure = scoring.sureness({"p": [entity("A", confidence=stated)]}, {"p": [entity("A")]})
    assert scoring.calibration(sure) == ["calibration: the predictions state no confidence from 0 to 1"]


def test_confidences_of_edges_alone_say_so() -> None:
    sure = scoring.sureness({"p": [entity("A", confidence=0.5)]}, {"p": [entity("A")]})
    assert (
        scoring.calibration(sure)[0]
        == 'entities: no prediction states how sure it is ("entity_confidence", from 0 to 1)'
    )
    assert scoring.calibration(sure)[2].startswith("edges: expected calibration error 0.500")


def _read_back(tmp_path: Path, *claims: Claim) -> list[Labelled]:
    (tmp_path / "p.jsonl").write_bytes(scoring.line(extraction(TINY, *claims)))
    return scoring.read(tmp_path / "p.jsonl")[TINY.id]


def test_the_confidence_of_an_entity_is_stated_where_it_is_known(tmp_path: Path) -> None:
    made = claim(TINY, "LoRA", "Technique", "uses", confidence=0.6)
    variants = [(), (Vote(rule="learned", score=0.75),), (Vote(rule="curated", score=1.0),)]
    told = [replace(made, votes=(*made.votes, *votes)) for votes in variants]
    assert [e.entity_confidence for e in _read_back(tmp_path, *told)] == [None, 0.8, 0.6]
    assert [e.confidence for e in _read_back(tmp_path, *told)] == [0.6] * 3


def test_the_stated_confidence_of_an_entity_is_that_of_its_mention(tmp_path: Path) -> None:
    paper = Paper(
        id="p",
        title="Fewer Heads for Machine Translation",
        abstract="Machine translation is slow when decoders are deep. We propose HeadShave, a pruning method for the "
        "Transformer that drops attention heads after training. Unlike knowledge distillation, HeadShave needs no "
        "second model. Experiments on WMT14 and IWSLT show that HeadShave outperforms structured pruning and runs "
        "twice as fast on an NVIDIA V100 GPU, with no loss of quality.",
    )
    (extracted,) = pipeline.extract([paper])
    mentions, _ = recognise.mentions(paper, names=Matcher(lexicon.load(ontology=ONTOLOGY)), ontology=ONTOLOGY)
    (tmp_path / "p.jsonl").write_bytes(scoring.line(extracted))
    stated = {e.name: e.entity_confidence for e in scoring.read(tmp_path / "p.jsonl")["p"]}
    known = {m.name: m.confidence for m in mentions}
    assert len([name for name, sure in stated.items() if sure is not None]) >= 3
    for name, sure in stated.items():
        assert sure is None or sure == pytest.approx(known[name], abs=0.002)


# --- the report -----------------------------------------------------------------------------------------------------


def test_the_report_has_figures_intervals_and_a_table_of_kinds_by_type() -> None:
    papers = [
        ([entity("A", "Model"), entity("B")], [entity("A"), entity("B", relation="targets")]),
        ([], [entity("C", "Task")]),
    ]
    lines = scoring.report(scored(*papers))
    assert "entity                   P 0.500  R 0.333  F1 0.400   tp 1 fp 1 fn 2" in lines
    assert "95% confidence intervals (1,000 bootstrap draws of 2 papers)" in lines
    assert any(row.startswith("entity                   P 0.") and "-0.500  R 0.000-" in row for row in lines)
    assert lines[lines.index("wrong type                    1      0          1") - 3].split() == [
        *("mistakes", "all", "Task", "Technique"),
    ]
    assert "  Model for Technique         1" in lines
    assert "  uses for targets            1" in lines
    assert all(len(row) <= 80 for row in lines)


def test_nothing_wrong_is_said_in_one_line() -> None:
    lines = scoring.report(scored(([entity("A")], [entity("A")])), examples=3)
    assert lines[-1] == "mistakes: none"
    assert "confidence intervals: they take at least two papers and one entity" in lines


def test_examples_come_by_kind_with_the_gold_entity() -> None:
    predicted = [entity("A", "Model"), entity("X1"), entity("X2"), entity("X3")]
    lines = scoring.report(scored((predicted, [entity("A")])), examples=2)
    assert lines[-6:] == [
        "spurious: 2 of 3",
        "0\tspurious\tTechnique\tX1\tuses",
        "0\tspurious\tTechnique\tX2\tuses",
        "",
        "wrong type: 1 of 1",
        "0\ttype\tModel\tA\tuses\tgold: Technique A",
    ]


def test_a_confusion_is_told_for_types_and_relations_only() -> None:
    made = Mistake(paper="p", kind="longer", type="Model", name="A B", relation="uses", gold_type="Task", gold_name="A")
    assert (made.confusion, made.about) == ("", "Task")
