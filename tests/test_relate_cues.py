"""The role that the words around a name give it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg import ontology
from kg.model import Mention, Paper, Span, Vote
from kg.relate import cues
from kg.relate.judgement import Judgement

ONTOLOGY = ontology.load()


def _mention(paper: Paper, name: str, type_name: str = "Technique", *rules: str) -> Mention:
    spans = []
    for field in ("title", "abstract"):
        at = paper.text(field).find(name)
        while at >= 0:
            spans.append(Span(field=field, start=at, end=at + len(name)))
            at = paper.text(field).find(name, at + 1)
    votes = tuple(Vote(rule=rule, score=0.8) for rule in rules or ("known",))
    return Mention(name=name, type=type_name, spans=tuple(spans), votes=votes, confidence=0.8)


def _judged(text: str, *mentions: tuple[str, str] | tuple[str, str, str], title: str = "A Title") -> list[Judgement]:
    paper = Paper(id="p", title=title, abstract=text)
    return list(cues.judgements(paper, [_mention(paper, *m) for m in mentions], ONTOLOGY))


@pytest.mark.parametrize(
    ("text", "name", "type_name", "relation"),
    [
        ("We propose X1, a way.", "X1", "Technique", "introduces"),
        ("In this paper we train. It outperforms X1.", "X1", "Technique", "comparesWith"),
        ("We train. It outperforms X1.", "X1", "Model", "comparesWith"),
        ("We train. Results on X1 are good.", "X1", "Benchmark", "evaluatedOn"),
        ("We train. It is trained on X1 alone.", "X1", "Benchmark", "uses"),
        ("We train. It is deployed on X1.", "X1", "Hardware", "targets"),
        ("We train. We tackle the task of X1.", "X1", "Task", "addresses"),
        ("X1 is old. We train.", "X1", "Technique", "mentions"),
        ("We train. Unlike X1, it learns.", "X1", "Technique", "mentions"),
        ("We train. It works without X1.", "X1", "Technique", "mentions"),
        ("We train. X1 outperforms all.", "X1", "Technique", "uses"),
        ("We train. Filler words here. X1 stands alone.", "X1", "Technique", "uses"),
    ],
)
def test_a_cue_tells_the_role(text: str, name: str, type_name: str, relation: str) -> None:
    (judgement,) = _judged(text, (name, type_name))
    assert judgement.relation == relation


def test_what_is_new_is_a_contribution() -> None:
    (judgement,) = _judged("We train. X1 is here.", ("X1", "Technique", "new"))
    assert judgement.relation == "introduces"
    assert "new" in {v.rule for v in judgement.votes}


def test_an_unknown_name_that_is_defined_or_comes_again_is_a_contribution() -> None:
    (defined,) = _judged("We train. X1 is here.", ("X1", "Technique", "definition"))
    (again,) = _judged("We train. X1 is here. X1 is there.", ("X1", "Technique", "shape"))
    (once,) = _judged("We train. X1 is here.", ("X1", "Technique", "shape"))
    assert (defined.relation, again.relation, once.relation) == ("introduces", "introduces", "uses")


def test_names_in_a_list_share_their_cue() -> None:
    mentions = [("A1", "Technique"), ("B1", "Technique"), ("C1", "Technique")]
    assert {j.relation for j in _judged("We train. It beats A1, B1 (old) and C1.", *mentions)} == {"comparesWith"}


def test_a_star_stands_for_a_few_words() -> None:
    text = "We train. It outperforms all the others on X1. Then it stops."
    (judgement,) = _judged(text, ("X1", "Benchmark"))
    assert judgement.relation == "evaluatedOn"
    assert "cue:outperforms * on" in {v.rule for v in judgement.votes}
    (judgement,) = _judged("We train. It outperforms on X1.", ("X1", "Benchmark"))
    assert "cue:outperforms * on" not in {v.rule for v in judgement.votes}


def test_a_cue_does_not_reach_over_the_end_of_its_sentence() -> None:
    (judgement,) = _judged("We train. It outperforms. X1 follows.", ("X1", "Technique"))
    assert judgement.relation == "uses"


def test_the_nearer_cue_wins() -> None:
    text = "We train. It outperforms the other methods that were tried, using X1."
    (judgement,) = _judged(text, ("X1", "Technique"))
    assert judgement.relation == "uses"


def test_examples_before_the_papers_own_work_are_background() -> None:
    text = "Models such as X1 and X2 are known. We propose more."
    assert {j.relation for j in _judged(text, ("X1", "Model"), ("X2", "Model"))} == {"mentions"}


def test_without_an_own_sentence_the_first_one_is_background() -> None:
    (judgement,) = _judged("X1 is known. More follows.", ("X1", "Technique"))
    assert judgement.relation == "mentions"


def test_a_name_in_the_title_is_no_background() -> None:
    (judgement,) = _judged("X1 is known. We train.", ("X1", "Technique"), title="On X1")
    assert judgement.relation == "uses"


def test_a_pair_that_cannot_be_is_told() -> None:
    (judgement,) = _judged("We train. We report results on X1.", ("X1", "Model"))
    assert judgement.relation == "uses"
    assert "evaluatedOn" in judgement.impossible


def test_where_no_relation_may_point_there_is_none() -> None:
    nothing = replace(ONTOLOGY, relations=tuple(replace(r, range=()) for r in ONTOLOGY.relations))
    paper = Paper(id="p", title="t", abstract="We use X1.")
    (judgement,) = cues.judgements(paper, [_mention(paper, "X1")], nothing)
    assert (judgement.relation, judgement.score, judgement.votes) == ("", 0.0, ())
    assert judgement.impossible


def test_an_empty_abstract_is_no_trouble() -> None:
    (judgement,) = _judged("", ("X1", "Technique"), title="X1")
    assert judgement.relation == "uses"
