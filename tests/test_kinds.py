from __future__ import annotations

from pathlib import Path

import pytest
from handmade import ONTOLOGY, extraction, paper, saved
from hypothesis import given, settings
from hypothesis import strategies as st

import kg
from kg import lexicon, rdf, store
from kg.graph import KnowledgeGraph, assemble
from kg.graph.kinds import reached
from kg.lexicon import Decision, Kind, Lexicon, Name
from kg.model import Extraction
from kg.resolve import paper_id

KNOWN = Lexicon(
    names=(
        Name(name="LoRA", type="Technique", aliases=("low-rank adaptation", "LRA"), source="curated"),
        Name(name="long-range arena", type="Benchmark", aliases=("LRA",)),
        Name(name="NVIDIA H100", type="Hardware", aliases=("H100",), broader="NVIDIA GPU"),
        Name(name="NVIDIA GPU", type="Hardware", broader="GPU"),
        Name(name="GPU", type="Hardware", aliases=("graphics processing unit",)),
        Name(name="LLaMA", type="Model"),
        Name(name="LLaMA-2", type="Model", broader="LLaMA"),
        Name(name="object detection", type="Task"),
    ),
    kinds=(
        Kind(type="Technique", name="LoRA", broader="parameter-efficient fine-tuning"),
        Kind(type="Technique", name="parameter-efficient fine-tuning", broader="fine-tuning"),
    ),
)
NAMES = {
    "LoRA": "Technique", "Low-Rank Adaptation": "Technique", "LoRA+": "Technique",
    "H100": "Hardware", "GPUs": "Hardware",
    "LLaMA-2-7B": "Model", "LLaMA": "Model", "LLaMA-13B": "Model", "SWE-bench": "Benchmark",
    "SWE-bench Verified": "Benchmark", "3D object detection": "Task", "fine-tuning": "Technique",
}  # fmt: skip
USES = {"Technique": "uses", "Hardware": "targets", "Model": "uses", "Benchmark": "evaluatedOn", "Task": "addresses"}


def said(number: int, *names: str) -> Extraction:
    of = paper(f"Report {number} on {'; '.join(names)}", year=2024)
    return extraction(of, *((name, NAMES[name], USES[NAMES[name]]) for name in names))


def built(*found: Extraction, decisions: tuple[Decision, ...] = ()) -> KnowledgeGraph:
    return assemble(found, ontology=ONTOLOGY, decisions=decisions, lexicon=KNOWN)


def kin(graph: KnowledgeGraph) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (e.source, e.target): (e.relation, e.votes[0].rule)
        for e in graph.edges
        if e.source in graph.by_id and not graph.by_id[e.source].paper
    }


def test_a_device_stands_below_kinds_that_no_paper_names_up_to_the_root() -> None:
    graph = built(said(1, "H100"))
    assert kin(graph) == {
        ("hardware/nvidia-gpu", "hardware/gpu"): ("broader", "lexicon:broader"),
        ("hardware/h100", "hardware/nvidia-gpu"): ("broader", "lexicon:broader"),
    }
    assert (graph.by_id["hardware/gpu"].support, graph.by_id["hardware/gpu"].aliases) == (
        0,
        ("graphics processing unit",),
    )
    assert graph.by_id["hardware/gpu"].merges[0].reason.startswith("no paper here names it")
    assert graph.below("hardware/gpu") == ("hardware/nvidia-gpu", "hardware/h100")
    assert graph.above("hardware/h100") == ("hardware/nvidia-gpu", "hardware/gpu")
    assert graph.below("hardware/h100") == graph.below("nothing") == ()


def test_kinds_of_broader_tsv_need_no_row_of_the_names() -> None:
    graph = built(said(1, "Low-Rank Adaptation"), said(2, "fine-tuning"))
    assert graph.above("technique/low-rank-adaptation") == (
        "technique/parameter-efficient-fine-tuning",
        "technique/fine-tuning",
    )


def test_a_variant_is_found_by_its_name_and_by_the_lexicon() -> None:
    graph = built(said(1, "LLaMA-2-7B", "LLaMA-13B", "SWE-bench Verified"), said(2, "SWE-bench", "LLaMA"))
    assert kin(graph) == {
        ("model/llama-2-7b", "model/llama-2"): ("variantOf", "name:size"),
        ("model/llama-2", "model/llama"): ("variantOf", "lexicon:broader"),
        ("model/llama-13b", "model/llama"): ("variantOf", "name:size"),
        ("benchmark/swe-bench-verified", "benchmark/swe-bench"): ("variantOf", "name:qualifier"),
    }


def test_a_family_that_nobody_knows_is_not_invented() -> None:
    assert kin(built(said(1, "SWE-bench Verified"))) == {}


def test_a_name_of_several_words_is_a_kind_of_what_it_ends_in() -> None:
    graph = built(said(1, "3D object detection"))
    assert kin(graph) == {("task/3d-object-detection", "task/object-detection"): ("broader", "name:head")}


def test_the_evidence_is_where_the_thing_below_is_named_and_no_surer_than_that() -> None:
    graph = built(said(1, "H100"), said(2, "H100"), said(3, "H100"), said(4, "H100"))
    named = {e.confidence for e in graph.edges if e.target == "hardware/h100"}
    for edge in (e for e in graph.edges if e.relation == "broader"):
        assert edge.derived
        assert edge.support == 3
        assert edge.confidence <= max(named)
        for quote in edge.evidence:
            assert graph.by_id[quote.paper].paper.text(quote.field)[quote.start : quote.end] == quote.text == "H100"  # type: ignore[union-attr]


def test_an_ambiguous_alias_merges_nothing_and_is_no_alias() -> None:
    assert KNOWN.meaning("Technique", "lra") is None
    (node,) = [n for n in built(said(1, "LoRA")).nodes if not n.paper and n.support]
    assert node.aliases == ("low-rank adaptation",)
    assert [(m.name, m.reason) for m in node.merges] == [
        ("low-rank adaptation", "alias in the lexicon (curated); no paper here spells it so")
    ]


def test_a_decision_keeps_an_alias_of_the_lexicon_apart() -> None:
    apart = Decision(verb="keep-apart", type="Technique", names=("LoRA", "low-rank adaptation"), where="d:1")
    graph = built(said(1, "LoRA"), said(2, "Low-Rank Adaptation"), decisions=(apart,))
    assert len([n for n in graph.nodes if n.support and not n.paper]) == 2


def test_a_dropped_parent_stays_away() -> None:
    drop = Decision(verb="drop", type="Hardware", names=("GPU",), where="d:1", why="no")
    graph = built(said(1, "H100"), said(2, "GPUs"), decisions=(drop,))
    assert graph.above("hardware/h100") == ("hardware/nvidia-gpu",)


def test_a_graph_file_keeps_the_lexicon_and_the_tree(tmp_path: Path) -> None:
    graph = built(said(1, "H100"), said(2, "LoRA"))
    saved(tmp_path / "a.kg", graph)
    again = store.load(tmp_path / "a.kg")
    assert again == graph
    assert again.without({paper_id(graph.papers[0])}) == graph.without({paper_id(graph.papers[0])})


@given(
    st.lists(st.lists(st.sampled_from(sorted(NAMES)), unique=True, max_size=4), max_size=5),
    st.randoms(),
    st.integers(0, 5),
)
@settings(max_examples=50, deadline=None)
def test_the_laws_hold_with_a_lexicon(papers: list[list[str]], random: st.DataObject, cut: int) -> None:
    found = [said(i, *names) for i, names in enumerate(papers)]
    whole = built(*found)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert built(*shuffled) == whole
    assert rdf.ntriples(rdf.triples(whole.nodes, whole.edges, ONTOLOGY)) == rdf.ntriples(
        rdf.triples(built(*shuffled).nodes, whole.edges, ONTOLOGY)
    )
    assert built(*found[:cut]) | built(*found[cut:]) == whole
    assert whole.without({paper_id(e.paper) for e in found[cut:]}) == built(*found[:cut])
    for node in whole.nodes:
        assert node.id not in whole.below(node.id)
        assert node.support or whole.below(node.id)


def test_steps_lead_to_each_thing_once() -> None:
    assert list(reached(["a"], {"a": ["b", "c"], "b": ["c", "a"]})) == ["a", "b", "c"]


@pytest.fixture(scope="module")
def bundled() -> KnowledgeGraph:
    return kg.build()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("low-rank adaptation", "LoRA"),
        ("CoT", "chain-of-thought prompting"),
        ("A100", "NVIDIA A100"),
        ("KD", "knowledge distillation"),
    ],
)
def test_the_bundled_map_is_asked_by_alias(bundled: KnowledgeGraph, asked: str, found: str) -> None:
    assert [n.name for n in bundled.find(asked)] == [found]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("quantization", "GPTQ"),
        ("GPU", "NVIDIA H100"),
        ("parameter-efficient fine-tuning", "LoRA"),
        ("LLaMA", "LLaMA-7B"),
        ("SWE-bench", "SWE-bench Verified"),
    ],
)
def test_the_bundled_map_knows_what_is_below(bundled: KnowledgeGraph, above: str, below: str) -> None:
    (top,), (bottom,) = bundled.find(above), bundled.find(below)
    assert bottom.id in bundled.below(top.id)
    assert top.id in bundled.above(bottom.id)


def test_nobody_stands_above_himself(bundled: KnowledgeGraph) -> None:
    assert [n.id for n in bundled.nodes if n.id in bundled.above(n.id)] == []


def test_the_bundled_kinds_are_many_and_without_circles() -> None:
    known = lexicon.load(ontology=ONTOLOGY)
    assert len(known.kinds) >= 400
    assert lexicon.lint_kinds(known) == []
