"""What `kg review` asks, in which order, what it never asks, and what answers become."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import atlas
import pytest
from handmade import ONTOLOGY, claim, extraction, paper

from kg import review
from kg.decisions import CONFIRM, REJECT, Decision, read_decisions
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction, LexiconError
from kg.review import Question, duplicates, questions

GRAPH = atlas.graph()


def landscape(*names: tuple[str, str], papers: int = 1) -> KnowledgeGraph:
    """A graph in which every name is used by so many papers."""
    found = []
    for number, (name, kind) in enumerate(names):
        for copy in range(papers):
            of = paper(f"Paper {number} {copy}", f"We use {name} here.", year=2024)
            relation = {"Hardware": "targets", "Task": "addresses"}.get(kind, "uses")
            found.append(extraction(of, claim(of, name, kind, relation, confidence=1.0)))
    return assemble(found, ontology=ONTOLOGY)


def uncertain(*confidences: float) -> KnowledgeGraph:
    found = []
    for number, confidence in enumerate(confidences):
        of = paper(f"Paper {number}", f"It uses Thing{number}.", year=2024)
        found.append(
            Extraction(paper=of, claims=(claim(of, f"Thing{number}", "Model", "uses", confidence=confidence),))
        )
    return assemble(found, ontology=ONTOLOGY)


def test_the_more_open_question_comes_first_and_sure_edges_are_not_asked() -> None:
    asked = questions(uncertain(0.9, 0.5, 0.2, 1.0, 0.99))
    assert [q.text for q in asked] == [
        "Paper 1 -- uses -- Thing1 (Model)",
        "Paper 2 -- uses -- Thing2 (Model)",
        "Paper 0 -- uses -- Thing0 (Model)",
    ]


def test_of_two_equally_open_questions_the_one_on_which_more_hangs_comes_first() -> None:
    of = paper("Mixo: Routing", "We propose Mixo. It uses Adam, SGD and GPT-4.")
    other = paper("Some Notes", "We use Zorn.")
    graph = assemble(
        [
            Extraction(
                paper=of,
                claims=(
                    claim(of, "Mixo", "Technique", "introduces", confidence=0.5),
                    *(claim(of, n, "Technique", "uses", confidence=1.0) for n in ("Adam", "SGD")),
                ),
            ),
            Extraction(paper=other, claims=(claim(other, "Zorn", "Technique", "uses", confidence=0.5),)),
        ],
        ontology=ONTOLOGY,
    )
    assert [q.text for q in questions(graph)] == [
        "Mixo: Routing -- introduces -- Mixo (Technique)",
        "Some Notes -- uses -- Zorn (Technique)",
    ]


def test_a_question_shows_the_quote_with_its_words_marked() -> None:
    graph = uncertain(0.5)
    (question,) = questions(graph)
    assert review.to_text(question, graph) == (
        "Paper 0 -- uses -- Thing0 (Model) ?\n"
        f"    confidence 0.5; id {question.id}, usefulness 2.00\n"
        "    Paper 0: abstract: It uses «Thing0»."
    )


def test_derived_edges_are_not_asked_for_they_follow() -> None:
    asked = [q for q in questions(GRAPH) if q.kind == "edge"]
    assert asked
    assert not [q for q in asked if q.yes.source_type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("grouped-query attention", "group query attention"),
        ("continual pre-training", "continuous pre-training"),
        ("structural pruning", "structured pruning"),
        ("sequence parallelism", "sequence level parallelism"),
        ("learning rate schedule", "learning rate scheduler"),
        ("scaling test-time", "test-time scaling"),
        ("retrieval augmented generation", "RAG"),
    ],
)
def test_names_that_may_be_one_are_asked(one: str, other: str) -> None:
    (question,) = questions(landscape((one, "Technique"), (other, "Technique")))
    assert question.kind == "duplicate"
    assert set(question.yes.names) == {one, other}
    assert (question.yes.verb, question.no.verb) == ("merge", "keep-apart")
    assert question.yes.to == question.yes.names[0]
    assert len(question.evidence) == 2


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("text-to-image generation", "text-to-video generation", "Task"),
        ("CPU memory", "GPU memory", "Hardware"),
        ("structured sparsity", "unstructured sparsity", "Technique"),
        ("ToolBank", "ToolBench", "Benchmark"),
        ("AffineQuant", "FineQuant", "Technique"),
        ("BERT", "RoBERTa", "Model"),
    ],
)
def test_names_with_another_word_in_them_are_not_asked(one: str, other: str, kind: str) -> None:
    assert questions(landscape((one, kind), (other, kind))) == ()


def test_versions_and_sizes_are_asked_only_when_there_is_nothing_else() -> None:
    versions = (("Zeta model 7B", "Model"), ("Zeta 13B model", "Model"), ("2 stage tuned", "Technique"))
    pairs = duplicates.pairs(landscape(*versions, ("3 stage tuning", "Technique")))
    assert all(pair.versions for pair in pairs)
    alike = (("structural pruning", "Technique"), ("structured pruning", "Technique"))
    assert not [p for p in duplicates.pairs(landscape(*versions, *alike)) if p.versions]


def test_things_of_different_types_and_things_already_linked_are_not_asked() -> None:
    assert questions(landscape(("structural pruning", "Technique"), ("structured pruning", "Task"))) == ()


def test_two_nodes_that_share_an_alias_are_asked() -> None:
    graph = landscape(("general matter", "Technique"), ("gray mass", "Technique"))
    assert questions(graph) == ()
    shared = replace(graph, nodes=tuple(n if n.paper else replace(n, aliases=("GM2",)) for n in graph.nodes))
    (question,) = questions(shared)
    assert question.reason.startswith("both are called GM2")


def test_the_better_supported_name_is_proposed() -> None:
    rare = landscape(("Zorn", "Task"), ("structural pruning", "Technique"))
    often = landscape(("structured pruning", "Technique"), papers=3)
    (question,) = questions(often | rare.without({"paper/" + e.paper.key() for e in often.extractions}))
    assert question.yes.to == "structured pruning"


def _both(question: Question) -> tuple[Decision, Decision]:
    return question.yes, question.no


def test_what_is_decided_is_never_asked_again() -> None:
    graph = assemble(
        [
            *uncertain(0.5).extractions,
            *landscape(("structural pruning", "Technique"), ("structured pruning", "Technique")).extractions,
        ],
        ontology=ONTOLOGY,
    )
    asked = questions(graph)
    assert {q.kind for q in asked} == {"edge", "duplicate"}
    for question in asked:
        for decision in _both(question):
            assert question not in questions(graph, [decision])
            rebuilt = assemble(graph.extractions, ontology=ONTOLOGY, decisions=(decision,))
            assert question.id not in {q.id for q in questions(rebuilt)}
            assert rebuilt.unmatched == ()


def test_a_pair_decided_under_other_names_is_not_asked_again() -> None:
    graph = landscape(("structural pruning", "Technique"), ("structured pruning", "Technique"))
    apart = Decision(verb="keep-apart", type="Technique", names=("Structured-Pruning", "structural prunings"))
    assert questions(graph, [apart]) == ()


def test_answers_become_decisions(tmp_path: Path) -> None:
    asked = questions(uncertain(0.5, 0.4, 0.3, 0.2))
    file = tmp_path / "answers.txt"
    file.write_text(
        f"# mine\n{asked[0].id} y\n{asked[1].id} NO  # surely\n\n{asked[2].id} skip\nx q\n{asked[3].id} y\n"
        .replace("x q", f"{asked[3].id} quit"),
        encoding="utf-8",
    )  # fmt: skip
    made = review.answers(file, asked, by="Ada")
    assert [(d.verb, d.names[0], d.by) for d in made] == [(CONFIRM, "Thing0", "Ada"), (REJECT, "Thing1", "Ada")]
    target = tmp_path / "decisions.yaml"
    target.write_text("# settled\n", encoding="utf-8")
    assert review.record(target, made, ONTOLOGY) == 2
    assert target.read_text(encoding="utf-8").startswith("# settled\n\nconfirm-edge:\n- source: Paper 0\n")
    assert [d.verb for d in read_decisions(target, ontology=ONTOLOGY)] == [CONFIRM, REJECT]
    with pytest.raises(LexiconError, match="repeats"):
        review.record(target, made, ONTOLOGY)
    assert review.record(target, (), ONTOLOGY) == 0
    assert len(review.decided(target, ONTOLOGY)) == 2
    assert review.decided(tmp_path / "none.yaml", ONTOLOGY) == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ID", "answers.txt:1: expected an id and an answer"),
        ("ID perhaps", "answers.txt:1: 'perhaps' is no answer (y, n, skip or quit)"),
        ("0000 y", "answers.txt:1: no open question 0000"),
        ("ID y\nID y", "answers.txt:2: no open question"),
    ],
)
def test_a_bad_answer_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    asked = questions(uncertain(0.5))
    file = tmp_path / "answers.txt"
    file.write_text(line.replace("ID", asked[0].id), encoding="utf-8")
    with pytest.raises(review.ReviewError) as error:
        review.answers(file, asked)
    assert message in str(error.value)


def test_answers_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(review.ReviewError, match="cannot read"):
        review.answers(tmp_path / "none.txt", ())


def test_json_holds_what_is_needed_to_answer_elsewhere() -> None:
    graph = uncertain(0.5)
    rows = json.loads(review.to_json(questions(graph), graph))
    assert rows[0]["names"] == ["Thing0"]
    assert rows[0]["quotes"] == [{"paper": "Paper 0", "field": "abstract", "text": "It uses «Thing0»."}]


def test_a_paper_without_a_title_to_speak_of_is_named_by_its_id() -> None:
    of = paper("???", "It uses Zorn.", arxiv="2401.00009")
    graph = assemble(
        [Extraction(paper=of, claims=(claim(of, "Zorn", "Model", "uses", confidence=0.5),))], ontology=ONTOLOGY
    )
    (question,) = questions(graph)
    assert question.yes.source == "paper/arxiv-2401.00009"
    assert not assemble(graph.extractions, ontology=ONTOLOGY, decisions=(question.no,)).edges


def test_questions_do_not_depend_on_the_order_of_the_papers() -> None:
    turned = assemble(atlas.EXTRACTIONS[::-1], ontology=ONTOLOGY)
    assert questions(turned) == questions(GRAPH)
