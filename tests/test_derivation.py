"""Main things and their parts: what inherits, what is a part, and what stands alone. The papers are invented."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from handmade import ONTOLOGY, claim, extraction, paper

from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Paper


def built(of: Paper, *claims: tuple[str, str, str] | Claim) -> KnowledgeGraph:
    made = (c if isinstance(c, Claim) else everywhere(of, claim(of, *c)) for c in claims)
    return assemble([extraction(of, *made)], ontology=ONTOLOGY)


def everywhere(of: Paper, made: Claim) -> Claim:
    """Give a claim every place of its name, as the recognisers do."""
    places = [
        Evidence(paper=of.key(), field=field, start=m.start(), end=m.end(), text=m.group())
        for field in ("title", "abstract")
        for m in re.finditer(rf"\b{re.escape(made.name)}\b", of.text(field))
    ]
    return replace(made, evidence=tuple(places))


def parts(graph: KnowledgeGraph) -> dict[str, str]:
    return {graph.by_id[e.source].name: graph.by_id[e.target].name for e in graph.edges if e.relation == "partOf"}


def heirs(graph: KnowledgeGraph) -> set[str]:
    return {graph.by_id[e.source].name for e in graph.edges if e.derived}


SHOWN = {
    "consists of": "We propose Mixo. Mixo consists of a gate called Gato.",
    "comprises two modules": "Mixo is new. Mixo comprises two essential modules: Gato and another one.",
    "possessive": "We propose Mixo. Mixo's Gato picks the way.",
    "stand-in": "We propose Mixo. Our framework is equipped with Gato, which picks the way.",
    "component of": "We propose Mixo. Gato is a component of Mixo.",
    "within": "We propose Mixo. Gato within Mixo picks the way.",
    "leading": "We propose Mixo. Through the fast Gato, Mixo picks the way.",
    "specifically": "We propose Mixo. Specifically, we introduce Gato to pick the way.",
    "numbered": "We propose Mixo. (2) Second, we design Gato to pick the way.",
    "to improve": "We propose Mixo. To improve routing, we design Gato.",
    "a novel module": "We propose Mixo. We also route well by a novel module, Gato.",
    "key component": "We propose Mixo. Here the key component is Gato.",
}


@pytest.mark.parametrize("abstract", SHOWN.values(), ids=SHOWN)
def test_a_sentence_shows_that_a_procedure_is_a_part_of_the_main_thing(abstract: str) -> None:
    graph = built(
        paper("Mixo: Routing Made Easy", abstract),
        ("Mixo", "Technique", "introduces"),
        ("Gato", "Technique", "introduces"),
    )
    assert parts(graph) == {"Gato": "Mixo"}
    (edge,) = (e for e in graph.edges if e.relation == "partOf")
    assert not edge.derived
    assert "Gato" in {e.text for e in edge.evidence}
    assert edge.votes[0].rule.startswith("part:")
    assert edge.confidence < 0.9 * 0.9


ALONE = {
    "a list": "We propose Mixo and Gato, both fast.",
    "a longer list": "We present Mixo as well as Gato.",
    "a sentence of its own": "We propose Mixo. We present Gato.",
    "an example of use": "We propose Mixo. To illustrate Mixo with data, we write Gato.",
    "a rival": "We propose Mixo. Mixo outperforms Gato with ease.",
    "another thing's part": "We propose Mixo. Mixo wins. It is far from all that is done by others in the field. "
    "Some more words stand here. Gato is another thing.",
    "named too early": "Gato is ours. Mixo too.",
}


@pytest.mark.parametrize("abstract", ALONE.values(), ids=ALONE)
def test_without_such_a_sentence_a_thing_stands_alone(abstract: str) -> None:
    graph = built(
        paper("Mixo: Routing Made Easy", abstract),
        ("Mixo", "Technique", "introduces"),
        ("Gato", "Technique", "introduces"),
    )
    assert parts(graph) == {}


def test_what_is_listed_beside_a_part_is_one_too() -> None:
    graph = built(
        paper("Mixo: Routing", "We propose Mixo. Mixo includes Gato (GT) and Luka."),
        ("Mixo", "Technique", "introduces"),
        ("Gato", "Technique", "introduces"),
        ("Luka", "Technique", "introduces"),
    )
    assert parts(graph) == {"Gato": "Mixo", "Luka": "Mixo"}


@pytest.mark.parametrize(
    ("whole", "part", "allowed"),
    [
        ("Model", "Technique", True),
        ("Technique", "Model", True),
        ("Benchmark", "Benchmark", True),
        ("Hardware", "Technique", True),
        ("Model", "Benchmark", False),
        ("Benchmark", "Technique", False),
        ("Benchmark", "Model", False),
    ],
)
def test_types_decide_what_can_be_a_part(whole: str, part: str, allowed: bool) -> None:
    graph = built(
        paper("Mixo: Routing", "We propose Mixo. Mixo consists of Gato."),
        ("Mixo", whole, "introduces"),
        ("Gato", part, "introduces"),
    )
    assert parts(graph) == ({"Gato": "Mixo"} if allowed else {})


def test_only_procedures_are_parts_by_elaboration() -> None:
    graph = built(
        paper("Mixo: Routing", "We propose Mixo. Additionally, we release Gato."),
        ("Mixo", "Model", "introduces"),
        ("Gato", "Model", "introduces"),
    )
    assert parts(graph) == {}


def test_a_variant_is_no_part_of_its_family() -> None:
    graph = built(
        paper("Mixo: Routing", "We propose Mixo. The Mixo family is made, including Mixo-Chat."),
        ("Mixo", "Model", "introduces"),
        ("Mixo-Chat", "Model", "introduces"),
    )
    assert parts(graph) == {}


def test_the_main_thing_inherits_and_its_part_does_not() -> None:
    of = paper("Mixo: Routing", "We propose Mixo. Specifically, we introduce Gato. Mixo uses Adam and leads on GSM8K.")
    graph = built(
        of,
        ("Mixo", "Model", "introduces"),
        ("Gato", "Technique", "introduces"),
        ("Adam", "Technique", "uses"),
        ("GSM8K", "Benchmark", "evaluatedOn"),
    )
    assert heirs(graph) == {"Mixo"}
    assert {e.relation for e in graph.edges if e.source == "model/mixo"} == {"uses", "evaluatedOn"}


def test_a_benchmark_beside_the_model_inherits_nothing() -> None:
    of = paper("Mixo: Routing", "We propose Mixo and release MixoBench. Mixo uses Adam on GSM8K.")
    graph = built(
        of,
        ("Mixo", "Model", "introduces"),
        ("MixoBench", "Benchmark", "introduces"),
        ("Adam", "Technique", "uses"),
        ("GSM8K", "Benchmark", "evaluatedOn"),
    )
    assert heirs(graph) == {"Mixo"}
    assert parts(graph) == {}


def test_in_a_paper_about_a_benchmark_a_tool_on_the_side_inherits_nothing() -> None:
    of = paper("MixoBench: Riddles", "We propose MixoBench. We also write Gato. GPT-4 is run on GSM8K.")
    graph = built(
        of,
        ("MixoBench", "Benchmark", "introduces"),
        ("Gato", "Technique", "introduces"),
        ("GPT-4", "Model", "uses"),
        ("GSM8K", "Benchmark", "evaluatedOn"),
    )
    assert heirs(graph) == set()


def test_what_stands_before_the_colon_is_the_main_thing() -> None:
    of = paper("Mixo: Routing with Gato", "We propose Mixo. It uses Adam.")
    graph = built(
        of, ("Mixo", "Model", "introduces"), ("Gato", "Technique", "introduces"), ("Adam", "Technique", "uses")
    )
    assert heirs(graph) == {"Mixo"}
    assert parts(graph) == {"Gato": "Mixo"}


def test_two_things_before_the_colon_are_two_main_things() -> None:
    of = paper("Mixo & Gato: Routing and Mixing", "We propose Mixo and Gato. They use Adam.")
    graph = built(of, ("Mixo", "Model", "introduces"), ("Gato", "Model", "introduces"), ("Adam", "Technique", "uses"))
    assert heirs(graph) == {"Mixo", "Gato"}
    assert parts(graph) == {}


def test_without_a_name_in_the_title_the_surest_introduction_is_the_main_thing() -> None:
    of = paper("Routing Made Easy", "We use Gato. We propose Mixo. It uses Adam.")
    sure = claim(of, "Mixo", "Technique", "introduces", confidence=0.9)
    unsure = claim(of, "Gato", "Technique", "introduces", confidence=0.4)
    assert heirs(built(of, unsure, sure, ("Adam", "Technique", "uses"))) == {"Mixo"}
    equal = claim(of, "Gato", "Technique", "introduces", confidence=0.9)
    assert heirs(built(of, sure, equal, ("Adam", "Technique", "uses"))) == {"Gato"}


def test_a_task_of_the_title_is_no_main_thing() -> None:
    of = paper("Riddle Solving with Ease", "We introduce riddle solving. We propose Mixo. It uses Adam.")
    graph = built(
        of,
        claim(of, "Riddle Solving", "Task", "introduces"),
        ("Mixo", "Technique", "introduces"),
        ("Adam", "Technique", "uses"),
    )
    assert heirs(graph) == {"Mixo"}


def test_every_part_quotes_the_paper() -> None:
    for abstract in SHOWN.values():
        of = paper("Mixo: Routing Made Easy", abstract)
        graph = built(of, ("Mixo", "Technique", "introduces"), ("Gato", "Technique", "introduces"))
        for edge in graph.edges:
            assert edge.evidence
            assert all(of.text(e.field)[e.start : e.end] == e.text for e in edge.evidence)
