"""Coined names: what each pattern sees."""

from __future__ import annotations

import pytest

from kg import ontology
from kg.lexicon import Lexicon
from kg.model import Paper
from kg.recognise import acronyms, lists, patterns, shapes
from kg.recognise.candidate import Candidate
from kg.recognise.known import Matcher
from kg.recognise.table import table

ONTOLOGY = ontology.load()
NOTHING = Matcher(Lexicon())


def _votes(title: str = "", abstract: str = "") -> list[tuple[str, str, str]]:
    paper = Paper(id="p", title=title, abstract=abstract)
    votes = list(patterns.vote(paper, names=NOTHING, ontology=ONTOLOGY))
    assert all(isinstance(v, Candidate) and v.span.within(paper) for v in votes)
    return [(v.rule, v.type, v.name) for v in votes]


@pytest.mark.parametrize(
    ("title", "type_name", "name"),
    [
        ("TurboSort: Sorting Networks", "Technique", "TurboSort"),
        ("Wisp: A Model of Whispers", "Model", "Wisp"),
        ("Wisp: Taming Language Models", "Technique", "Wisp"),
        ("RiddleSet: A Benchmark for Machines", "Benchmark", "RiddleSet"),
        ("Llama Fort - Guarding Prompts", "Technique", "Llama Fort"),
    ],
)
def test_a_title_with_a_subtitle_coins_a_name(title: str, type_name: str, name: str) -> None:
    assert ("title", type_name, name) in _votes(title, f"{name} is here.")


@pytest.mark.parametrize(
    "title",
    [
        "Plain title",
        "NLP: A Survey",
        "7B: Enough",
        "The: Article",
        "Lost in the Middle of Nowhere at Night: A Study",
        "Two Words: A Study",
        "Learning to Rank: A Study",
        "-: nothing",
    ],
)
def test_other_titles_coin_nothing(title: str) -> None:
    assert not [v for v in _votes(title) if v[0] == "title"]


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("We propose FlowGate, a framework.", ("introduced", "Technique", "FlowGate")),
        ("We present a new model called Wisp.", ("introduced", "Technique", "Wisp")),
        ("We introduce MapQuiz, the first benchmark of maps.", ("introduced", "Benchmark", "MapQuiz")),
        ("We propose a simple yet fast TokenSieve module for text.", ("introduced:inside", "Technique", "TokenSieve")),
        ("We propose Relation Distillation to help.", ("introduced", "Technique", "Relation Distillation")),
        ("We develop a sparse mixture of roads (SMR) for maps.", ("introduced:acronym", "Technique", "SMR")),
        ("In short, we name the method Elm", ("introduced", "Technique", "Elm")),
    ],
)
def test_what_is_introduced_is_new(abstract: str, expected: tuple[str, str, str]) -> None:
    votes = _votes(abstract=abstract)
    if expected[2] == "Elm":
        assert expected not in votes  # "we name the method Elm": the name is not next to its cue
    else:
        assert expected in votes


@pytest.mark.parametrize(
    "abstract", ["We propose.", "We propose LLMs.", "We introduce The", "We propose a way to do it."]
)
def test_an_introduction_without_a_name_is_none(abstract: str) -> None:
    assert not [v for v in _votes(abstract=abstract) if v[0].startswith("introduced")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We use Low-Rank Adaptation (LoRA).", [("Low-Rank Adaptation", "LoRA")]),
        ("graph neural networks (GNNs)", [("graph neural networks", "GNNs")]),
        ("RAG (Retrieval-Augmented Generation)", [("Retrieval-Augmented Generation", "RAG")]),
        ("a **S**parse **R**outer (SR)", [("S**parse **R**outer", "SR")]),
        ("nothing (see Fig. 2), (a), (WXYZ)", []),
        ("Adam (Kingma and Ba)", []),
        ("the best; of (OF) all", []),
        ("XY (Unrelated Words Here)", []),
        ("no brackets", []),
    ],
)
def test_acronyms_find_their_full_form(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(text[a:b], text[c:d]) for a, b, c, d in acronyms.definitions(text)] == expected


def test_definitions_are_typed_by_their_last_noun_and_generic_ones_are_left_out() -> None:
    votes = _votes(
        abstract="Multi-Road Attention (MRA), Large Language Models (LLMs), odd green thing (OGT), Big Blue (BB)."
    )
    defined = {v for v in votes if v[0] == "definition"}
    assert ("definition", "Technique", "Multi-Road Attention") in defined
    assert not [v for v in defined if "Language" in v[2]]


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("the QuizBowlX dataset", ("shape:noun", "Benchmark", "QuizBowlX")),
        ("the QuizBowlX data set", ("shape:noun", "Benchmark", "QuizBowlX")),
        ("the QuizBowlX question dataset", ("shape:noun", "Benchmark", "QuizBowlX")),
        ("the QuizBowlX, a thing", ("shape", "Technique", "QuizBowlX")),
        ("with Falcata-40B now", ("shape:size", "Model", "Falcata-40B")),
        ("with Zephyrus-2.7 now", ("shape:version", "Model", "Zephyrus-2.7")),
        ("on EvalThing 2.0.", ("shape:version", "Model", "EvalThing 2.0")),
        ("on QuizBench Verified only", ("shape", "Technique", "QuizBench Verified")),
        ("Pythia-X (1.4B and 6.9B)", ("sizes", "Model", "Pythia-X-6.9B")),
        ("on WMT'14 En-De and En-Fr", ("sizes", "Benchmark", "WMT'14 En-Fr")),
        ("for NVIDIA and AMD GPUs", ("shared", "Hardware", "NVIDIA GPU")),
        ("tasks (GSM8K, ArcTwo)", ("list", "Benchmark", "ArcTwo")),
        ("datasets such as Cora and Citeseer.", ("list", "Benchmark", "Citeseer")),
        ("the Cora, Citeseer and PubMed datasets", ("list", "Benchmark", "Cora")),
        ("methods such as token pruning and layer skipping", ("list:nouns", "Technique", "token pruning")),
        ("methods such as token pruning and layer skipping for speed", ("list:nouns", "Technique", "layer skipping")),
        ("we evaluate it with results on Cora", ("result", "Benchmark", "Cora")),
        ("with sparse knowledge distillation", ("phrase", "Technique", "sparse knowledge distillation")),
    ],
)
def test_each_pattern_sees_its_phrase(abstract: str, expected: tuple[str, str, str]) -> None:
    assert expected in _votes(abstract=abstract)


@pytest.mark.parametrize(
    "abstract", ["We have The 7B and 13B.", "an LLM 7B", "on the network", "the distillation", "machine learning"]
)
def test_grammar_and_classes_are_no_names(abstract: str) -> None:
    assert _votes(abstract=abstract) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A1x, B2y and C3z.", ["A1x", "B2y", "C3z"]),
        ("GSM8K (math), HumanEval; then more", ["GSM8K", "HumanEval"]),
        ("lower case", []),
        ("Cora. Next", ["Cora"]),
        ("Wikipedia of Things and 2.5", ["Wikipedia of Things"]),
    ],
)
def test_lists_of_names(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in lists.names_from(text, 0)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pruning, quantization and distillation.", ["pruning", "quantization", "distillation"]),
        ("token pruning or the like", []),
        ("pruning and layer skipping for speed", ["pruning", "layer skipping"]),
        ("alone", []),
        ("", []),
        ("pruning, 7", []),
    ],
)
def test_lists_of_nouns(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in lists.nouns_from(text, 0)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on A1x, B2y and C3z ", ["C3z", "B2y", "A1x"]),
        ("on the plain ", []),
        ("and well, Cora ", ["Cora"]),
        ("End. Visual Genome ", ["Visual Genome"]),
    ],
)
def test_lists_before_their_noun(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in lists.names_before(text, len(text))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(vLLM), GPT-4's and 3DGS.", ["vLLM", "GPT-4", "3DGS"]),
        ("LoRA-based, RoBERTa-style", ["LoRA", "RoBERTa"]),
        ("see https://x.org/FastTool2 and github.com/A/B1", []),
        ("top-1 at 99.5% of 128K in 2D, LArge III", []),
        ("", []),
        ("plain words only", []),
    ],
)
def test_names_are_known_by_their_shape(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in shapes.names(text)] == expected


@pytest.mark.parametrize(
    ("phrase", "type_name"),
    [
        ("a novel framework for models", "Technique"),
        ("the first dataset of models", "Benchmark"),
        ("of a model", "Model"),
        ("a walk, in models", ""),
        ("", ""),
    ],
)
def test_a_description_tells_the_type_by_its_head(phrase: str, type_name: str) -> None:
    assert table(ONTOLOGY).head(phrase) == type_name
