"""More ways to ask: what names share, paths, families and kinds, counts; and the sentences behind the rows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import atlas
import pytest
from handmade import ONTOLOGY, extraction, paper

from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Lexicon, Name
from kg.model import QueryError
from kg.queries import FORMATS, answer, format_answer, grammar, meaning, proven, routes, words

GRAPH = atlas.graph()


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        ("what do TinyTune and PocketLM share", "anything [linked to TinyTune and linked to PocketLM]"),
        ("techniques TinyTune, PocketLM and SlimMoE share", "Technique [linked to TinyTune and linked to PocketLM and"),
        ("benchmarks that TinyTune and PocketLM have in common since 2024", "PocketLM] since 2024"),
        ("techniques shared by TinyTune and PocketLM", "Technique [linked to TinyTune and linked to PocketLM]"),
        ("path from LoRA to FPGA", "shortest paths from LoRA to FPGA"),
        ("shortest paths between LoRA and FPGA since 2022", "shortest paths from LoRA to FPGA since 2022"),
        ("how are LoRA and FPGA connected?", "shortest paths from LoRA to FPGA"),
        ("how is LoRA related to FPGA", "shortest paths from LoRA to FPGA"),
        ("how many papers use LoRA", "number of Paper [uses LoRA]"),
        ("what is the number of models that use LoRA?", "number of Model [uses LoRA]"),
        ("how many models are there in 2023", "number of Model since 2023 until 2023"),
        ("papers per year", "number in each year of Paper"),
        ("how many papers use LoRA by year", "number in each year of Paper [uses LoRA]"),
        ("hardware targeted by quantization or below", "Hardware [quantization or below targets it]"),
        ("papers that use LoRA and its variants", "Paper [uses LoRA or below]"),
        ("papers that use LoRA or any kind of it or MoE", "Paper [uses LoRA or below or uses MoE]"),
        ("papers that use LoRA or anything below it since 2024", "Paper [uses LoRA or below] since 2024"),
        ("papers that use LoRA or variants of QLoRA", "Paper [uses LoRA or variant-of QLoRA]"),
        ("What techniques does PocketLM use?", "Technique [PocketLM uses it]"),
        ("which benchmarks are TinyTune evaluated on since 2024", "Benchmark [TinyTune evaluated-on it] since 2024"),
        ("what is used by PocketLM", "anything [PocketLM uses it]"),
        ("papers without LoRA", "Paper [not (uses LoRA)]"),
        ("newest 3 papers published before 2024", "Paper until 2023"),
        ("kinds of LoRA", "anything [broader LoRA]"),
        ("types of hardware", "Hardware"),
        ("models or techniques that target A100", "Model or Technique [targets A100]"),
        ("papers and models since 2024", "Paper or Model since 2024"),
        ("papers introducing both a model and a technique", "Paper [introduces Model and introduces Technique]"),
        ("techniques not evaluated on anything", "Technique [not (evaluated-on anything)]"),
        ("everything about LoRA", "anything [linked to LoRA]"),
        ("models each year", "each year of Model"),
        ("top five papers", "Paper"),
        ("benchmarks for code generation", "Benchmark [addresses code generation]"),
        ("papers that use LoRA or target A100 but not quantization", "(uses LoRA or targets A100) and not (targets"),
    ],
)
def test_more_ways_to_ask_are_understood(question: str, reading: str) -> None:
    assert reading in answer(GRAPH, question).reading


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("path from papers to LoRA", "a path joins two names, and 'papers' is a type"),
        ("path from LoRA to low-rank adaptation", "a path joins two nodes, and these are one"),
        ("path from LoRA to Zyxw", "do not know 'Zyxw'"),
        ("path from LoRA", "the question ends after 'LoRA'"),
        ("what does LoRA share", "'LoRA' alone shares nothing"),
        ("what do LoRA and Zyxw share", "do not know 'Zyxw'"),
        ("what do LoRA MoE share", "no relation stands before 'MoE'"),
        ("how many", "do not know 'how many'"),
        ("what does LoRA and use", "do not know"),
        ("papers that use LoRA limit x", "do not know 'limit x'"),
    ],
)
def test_and_what_is_wrong_with_them_is_said(question: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        answer(GRAPH, question)
    assert message in str(error.value)


def test_a_path_shows_every_link_with_its_direction_and_its_weakest_support() -> None:
    found = answer(GRAPH, "path from GPT-3 to quantization")
    assert found.columns[:3] == ("from", "link1", "via1")
    assert found.columns[-3:] == ("to", "support", "confidence")
    assert [row[0] for row in found.rows] == ["GPT-3"] * len(found.rows)
    for row, keys in zip(found.rows, found.edges, strict=True):
        edges = [next(e for e in GRAPH.edges if e.key == key) for key in keys]
        assert row[-2:] == (min(e.support for e in edges), min(e.confidence for e in edges))
    assert [row[-1] for row in found.rows] == sorted((float(row[-1] or 0) for row in found.rows), reverse=True)


def test_a_path_through_a_paper_is_not_told_again_through_what_it_introduces() -> None:
    alpha, gamma = paper("Alpha: a Title", "Alpha, Beta and ChipOne."), paper("Gamma: a Title", "Beta and ChipOne.")
    both = (("Beta", "Technique", "uses"), ("ChipOne", "Hardware", "targets"))
    own = ("Alpha", "Technique", "introduces")
    graph = assemble([extraction(alpha, own, *both), extraction(gamma, *both)], ontology=ONTOLOGY)
    assert [row[2] for row in answer(graph, "path from Beta to ChipOne").rows] == [alpha.title, gamma.title]
    assert [row[:-2] for row in answer(graph, "path from Alpha to ChipOne").rows] == [("Alpha", "targets →", "ChipOne")]


def test_paths_are_cut_at_the_limit_and_absent_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = answer(GRAPH, "path from LoRA to FPGA", limit=1)
    assert (len(found.rows), found.truncated) == (1, True)
    assert "paths, --limit shows more" in found.note
    assert not answer(GRAPH, "top 1 path from LoRA to FPGA").truncated
    none = answer(GRAPH, "path from LoRA to FPGA in 2021")
    assert none.rows == ()
    assert "no path of up to 6 links" in none.note
    monkeypatch.setattr(routes, "_MOST_PATHS", 1)
    many = answer(GRAPH, "path from LoRA to FPGA")
    assert many.truncated
    assert "1 of more than 1 paths" in many.note


def test_what_is_below_is_listed_and_offered_when_there_is_nothing_else() -> None:
    graph = _family()
    found = answer(graph, "papers that use LoRA or below")
    assert found.note == "below LoRA: QLoRA"
    assert len(found.rows) == 1
    empty = answer(graph, "papers that use LoRA")
    assert empty.rows == ()
    assert "with what is below the names there are 1: ask for 'LoRA or below'" in empty.note
    assert answer(graph, "papers that use QLoRA or below").note == "below QLoRA: nothing"
    assert answer(graph, "LoRA").rows == (("LoRA", "Technique", 0, 0.0),)
    assert "named by no paper, only above others, so left out: 1" in answer(graph, "techniques").note


def _family() -> KnowledgeGraph:
    one = paper("Adapters", "We use QLoRA.", year=2024)
    names = Lexicon(names=(Name(name="LoRA", type="Technique"), Name(name="QLoRA", type="Technique", broader="LoRA")))
    return assemble([extraction(one, ("QLoRA", "Technique", "uses"))], ontology=ONTOLOGY, lexicon=names)


def test_every_row_can_show_its_sentences() -> None:
    found = proven(GRAPH, answer(GRAPH, "techniques evaluated-on GSM8K"))
    assert found.evidence[0] == (
        "TinyTune evaluated-on GSM8K: “It beats QLoRA on «GSM8K» and runs on edge devices.” "
        "(TinyTune: Cheap Adapters for Phones)",
    )
    assert [len(lines) for lines in proven(GRAPH, answer(GRAPH, "LoRA")).evidence] == [4]
    assert "and 4 more" in proven(GRAPH, answer(GRAPH, "LoRA")).evidence[0]
    for name in FORMATS:
        assert "«GSM8K»" in format_answer(found, name)
    lines = format_answer(found).splitlines()
    assert (len(lines), lines[3][:13]) == (6, "    TinyTune ")


def test_only_what_is_shared_is_asked_about_above_and_a_negation_is_never_widened() -> None:
    known = words.Words(graph=GRAPH)
    plain = grammar.parse("papers that use LoRA", known)
    assert meaning.raised(plain) == plain
    without = grammar.parse("papers that use LoRA but not QLoRA", known).subject
    assert meaning.widened(without).condition == meaning.Both(
        parts=(
            meaning.Clause(relation="uses", inverse=False, object=replace(_name("LoRA"), below=True)),
            meaning.Without(part=meaning.Clause(relation="uses", inverse=False, object=_name("QLoRA"))),
        )
    )
    assert [s.text for s in meaning.names_in(without.condition)] == ["LoRA", "QLoRA"]


def _name(name: str) -> meaning.Subject:
    return meaning.Subject(text=name, ids=(f"technique/{name.casefold()}",))


def test_a_question_needs_no_heavy_library() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests'); import atlas; from kg.queries import answer;"
        "answer(atlas.graph(), 'path from LoRA to FPGA'); answer(atlas.graph(), 'techniques evaluated-on GSM8K');"
        "print(sorted({'rdflib', 'networkx', 'pyoxigraph', 'pyvis', 'igraph', 'rich'} & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent
    child = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert child.stdout == "[]\n"
