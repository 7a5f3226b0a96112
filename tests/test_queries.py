"""Questions in words: the grammar, exact answers on the atlas of twelve papers, and what is said when there is none."""

from __future__ import annotations

from dataclasses import replace

import atlas
import pytest
from handmade import ONTOLOGY, extraction, paper

from kg.graph import KnowledgeGraph, assemble
from kg.model import Paper, QueryError, fold
from kg.queries import answer, grammar, meaning, words

GRAPH = atlas.graph()
TITLES = {name: value.title for name, value in vars(atlas).items() if isinstance(value, Paper)}

# question -> rows in order: name/type/support/confidence; @NAME is the title of a paper of the atlas
BANK = [
    ("techniques evaluated-on GSM8K", "TinyTune/Technique/1/0.81; SlimMoE/Technique/1/0.63"),
    ("Techniques evaluated on gsm-8k?", "TinyTune/Technique/1/0.81; SlimMoE/Technique/1/0.63"),
    ('which methods are evaluated on "GSM8K"', "TinyTune/Technique/1/0.81; SlimMoE/Technique/1/0.63"),
    ("models that use LoRA and target edge devices", "MobileCoder/Model/1/0.72; PocketLM/Model/1/0.72"),
    ("models that use low rank adaptation and target edge device", "MobileCoder/Model/1/0.72; PocketLM/Model/1/0.72"),
    ("benchmarks of papers introducing Technique", "GSM8K/Benchmark/2/0.9; MMLU/Benchmark/2/0.9; GLUE/Benchmark/1/0.9"),
    ("hardware targeted by quantization", "edge devices/Hardware/2/0.81; FPGA/Hardware/1/0.81; A100/Hardware/1/0.54"),
    (
        "papers that use LoRA or QLoRA",
        "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @POCKETLM/Paper/1/0.9; @QLORA/Paper/1/0.9; "
        "@TINYTUNE/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    ("papers that use LoRA and QLoRA", "@SURVEY/Paper/1/0.9"),
    (
        "papers that use LoRA but not quantization",
        "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @TINYTUNE/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    ("techniques that use MoE but not evaluated-on MMLU", "SlimMoE/Technique/1/0.81"),
    ("techniques that use MoE but are not evaluated on MMLU", "SlimMoE/Technique/1/0.81"),
    (
        "models",
        "GPT-3/Model/2/0.9; GPT-4/Model/1/0.9; Guanaco/Model/1/0.9; MobileCoder/Model/1/0.9; PocketLM/Model/1/0.9",
    ),
    ("top 2 benchmarks", "GLUE/Benchmark/3/0.9; GSM8K/Benchmark/3/0.9"),
    (
        "top benchmarks by papers",
        "GLUE/Benchmark/3/0.9; GSM8K/Benchmark/3/0.9; MMLU/Benchmark/3/0.9; CodeBench/Benchmark/2/0.9; "
        "HumanEval/Benchmark/1/0.9; ImageNet/Benchmark/1/0.9",
    ),
    (
        "benchmarks used by most papers",
        "GSM8K/Benchmark/3/0.9; MMLU/Benchmark/3/0.9; GLUE/Benchmark/2/0.9; CodeBench/Benchmark/1/0.9; "
        "HumanEval/Benchmark/1/0.9; ImageNet/Benchmark/1/0.9",
    ),
    (
        "benchmarks of most papers",
        "GSM8K/Benchmark/3/0.9; MMLU/Benchmark/3/0.9; CodeBench/Benchmark/2/0.9; GLUE/Benchmark/2/0.9; "
        "HumanEval/Benchmark/1/0.9; ImageNet/Benchmark/1/0.9",
    ),
    (
        "papers that use LoRA since 2024",
        "@STUDY/Paper/1/0.9; @POCKETLM/Paper/1/0.9; @TINYTUNE/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    (
        "techniques since 2024",
        "LoRA/Technique/4/0.9; MoE/Technique/2/0.9; quantization/Technique/2/0.9; TinyTune/Technique/2/0.9; "
        "QLoRA/Technique/1/0.9; SlimMoE/Technique/1/0.9",
    ),
    ("models in 2023", "GPT-4/Model/1/0.9; Guanaco/Model/1/0.9"),
    (
        "papers between 2020 and 2022",
        "@GATEMOE/Paper/1/1.0; @FPGA/Paper/1/1.0; @LORA/Paper/1/1.0; @SERVING/Paper/1/1.0",
    ),
    ("papers from 2020 to 2021", "@LORA/Paper/1/1.0; @SERVING/Paper/1/1.0"),
    ("papers introducing a Benchmark for code generation", "@CODEBENCH/Paper/1/0.9"),
    ("papers introducing a Technique that target edge devices", "@SLIMMOE/Paper/1/0.81; @TINYTUNE/Paper/1/0.81"),
    ("baselines of PocketLM", "TinyTune/Technique/1/0.81"),
    ("techniques used by models that target edge devices", "LoRA/Technique/2/0.72; quantization/Technique/1/0.72"),
    ("papers about quantization", "@FPGA/Paper/1/0.9; @POCKETLM/Paper/1/0.9; @QLORA/Paper/1/0.9; @SLIMMOE/Paper/1/0.9"),
    ("tasks addressed by models", "code generation/Task/1/0.81; question answering/Task/1/0.81"),
    (
        "models not evaluated on MMLU",
        "GPT-3/Model/2/0.9; GPT-4/Model/1/0.9; Guanaco/Model/1/0.9; MobileCoder/Model/1/0.9",
    ),
    (
        "papers that use LoRA, QLoRA or MoE",
        "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @GATEMOE/Paper/1/0.9; @POCKETLM/Paper/1/0.9; "
        "@QLORA/Paper/1/0.9; @SLIMMOE/Paper/1/0.9; @TINYTUNE/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    ("papers that use LoRA or MoE and evaluated on GLUE", "@STUDY/Paper/1/0.9"),
    (
        "papers that use quantization or target A100 but not evaluated-on MMLU",
        "@FPGA/Paper/1/0.9; @SERVING/Paper/1/0.9; @SLIMMOE/Paper/1/0.9",
    ),
    ("benchmarks linked to LoRA", "GLUE/Benchmark/1/0.81"),
    ("hardware", "edge devices/Hardware/4/0.9; A100/Hardware/3/0.9; FPGA/Hardware/1/0.9"),
    ("LoRA", "LoRA/Technique/7/0.9"),
    (
        "papers sorted by name",
        "@SURVEY/Paper/1/1.0; @CODEBENCH/Paper/1/1.0; @STUDY/Paper/1/1.0; @GATEMOE/Paper/1/1.0; "
        "@FPGA/Paper/1/1.0; @LORA/Paper/1/1.0; @MOBILECODER/Paper/1/1.0; @POCKETLM/Paper/1/1.0; "
        "@QLORA/Paper/1/1.0; @SERVING/Paper/1/1.0; @SLIMMOE/Paper/1/1.0; @TINYTUNE/Paper/1/1.0",
    ),
    (
        "techniques used in papers that target edge devices",
        "LoRA/Technique/3/0.9; quantization/Technique/2/0.9; MoE/Technique/1/0.9",
    ),
    ("techniques targeting edge devices after 2023", "SlimMoE/Technique/1/0.81; TinyTune/Technique/1/0.81"),
    ("papers compared with QLoRA", "@TINYTUNE/Paper/1/0.9"),
    ("models compared with techniques evaluated on GSM8K", "PocketLM/Model/1/0.81"),
    (
        "what are the most used techniques",
        "LoRA/Technique/7/0.9; quantization/Technique/4/0.9; MoE/Technique/3/0.9; QLoRA/Technique/3/0.9; "
        "TinyTune/Technique/2/0.9; GateMoE/Technique/1/0.9; SlimMoE/Technique/1/0.9",
    ),
    ("techniques used by PocketLM", "LoRA/Technique/1/0.81; quantization/Technique/1/0.81"),
    ("papers evaluated on GSM8K and MMLU", "@POCKETLM/Paper/1/0.9"),
    (
        "papers evaluated on GSM8K or HumanEval, and target edge devices",
        "@MOBILECODER/Paper/1/0.9; @TINYTUNE/Paper/1/0.9; @POCKETLM/Paper/1/0.8; @SLIMMOE/Paper/1/0.7",
    ),
    ("models for question answering", "PocketLM/Model/1/0.81"),
    ("hardware of papers that use MoE", "A100/Hardware/1/0.9; edge devices/Hardware/1/0.9"),
    (
        "papers that do not use LoRA",
        "@CODEBENCH/Paper/1/1.0; @GATEMOE/Paper/1/1.0; @FPGA/Paper/1/1.0; @LORA/Paper/1/1.0; "
        "@SERVING/Paper/1/1.0; @SLIMMOE/Paper/1/1.0",
    ),
    ("techniques introduced by papers that use LoRA since 2023", "QLoRA/Technique/1/0.9; TinyTune/Technique/1/0.9"),
    ("systems that run on edge devices", "SlimMoE/Technique/1/0.81; TinyTune/Technique/1/0.81"),
    (
        "datasets used by papers",
        "GSM8K/Benchmark/3/0.9; MMLU/Benchmark/3/0.9; GLUE/Benchmark/2/0.9; CodeBench/Benchmark/1/0.9; "
        "HumanEval/Benchmark/1/0.9; ImageNet/Benchmark/1/0.9",
    ),
    ("papers mentioning GLUE", "@SURVEY/Paper/1/0.5"),
    ("top 3 papers that use LoRA", "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @POCKETLM/Paper/1/0.9"),
    (
        "papers that use LoRA by confidence",
        "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @POCKETLM/Paper/1/0.9; @QLORA/Paper/1/0.9; "
        "@TINYTUNE/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    ("Guanaco", "Guanaco/Model/1/0.9"),
    (
        "Which techniques don't use LoRA?",
        "LoRA/Technique/7/0.9; quantization/Technique/4/0.9; MoE/Technique/3/0.9; GateMoE/Technique/1/0.9; "
        "SlimMoE/Technique/1/0.9",
    ),
    ("techniques that use quantization and MoE", "SlimMoE/Technique/1/0.81"),
    ("models compared with TinyTune", "PocketLM/Model/1/0.81"),
    (
        "models targeting A100 or edge devices",
        "GPT-3/Model/1/0.81; MobileCoder/Model/1/0.81; PocketLM/Model/1/0.72; Guanaco/Model/1/0.54",
    ),
    ("technique/lora", "LoRA/Technique/7/0.9"),
    ("hardware used by papers", "edge devices/Hardware/4/0.9; A100/Hardware/3/0.9; FPGA/Hardware/1/0.9"),
    (
        "papers that do not use GSM8K but use LoRA",
        "@SURVEY/Paper/1/0.9; @STUDY/Paper/1/0.9; @QLORA/Paper/1/0.9; @MOBILECODER/Paper/1/0.8",
    ),
    ("papers that use LoRA until 2023", "@QLORA/Paper/1/0.9"),
    ("papers in 2023", "@CODEBENCH/Paper/1/1.0; @QLORA/Paper/1/1.0"),
    ("techniques that are compared with QLoRA or TinyTune", "TinyTune/Technique/1/0.81"),
    ("papers about benchmarks introduced by papers", "@CODEBENCH/Paper/1/0.9; @MOBILECODER/Paper/1/0.9"),
    ("models evaluated on benchmarks introduced by papers that use GPT-4", "MobileCoder/Model/1/0.81"),
    ("tasks of models", "code generation/Task/1/0.81; question answering/Task/1/0.81"),
    ("papers proposing a method that uses MoE", "@GATEMOE/Paper/1/0.81; @SLIMMOE/Paper/1/0.81"),
    ('articles using "mixture of experts"', "@STUDY/Paper/1/0.9; @GATEMOE/Paper/1/0.9; @SLIMMOE/Paper/1/0.9"),
    (
        "papers that use LoRA and target edge devices and are evaluated on GSM8K",
        "@TINYTUNE/Paper/1/0.9; @POCKETLM/Paper/1/0.8",
    ),
    ("Serving One Large Model", "@SERVING/Paper/1/1.0"),
    ("techniques introduced by TinyTune: Cheap Adapters for Phones", "TinyTune/Technique/1/0.9"),
    ("papers that use QLoRA or use MoE and target A100", "@SURVEY/Paper/1/0.9; @GATEMOE/Paper/1/0.9"),
    ("top 1 papers sorted by confidence", "@SURVEY/Paper/1/1.0"),
    (
        "techniques by name",
        "GateMoE/Technique/1/0.9; LoRA/Technique/7/0.9; MoE/Technique/3/0.9; QLoRA/Technique/3/0.9; "
        "quantization/Technique/4/0.9; SlimMoE/Technique/1/0.9; TinyTune/Technique/2/0.9",
    ),
]

NOTES = [
    ("hardware targeted by quantization", "no edge says 'quantization targets it' outright: read through the papers"),
    ("models targeting A100 or edge devices", "no edge says 'targets A100' outright"),
    ("top 2 benchmarks", "the first 2 of 6 rows"),
    ("benchmarks used by most papers", "evaluated-on counts as uses"),
    ("hardware used by papers", "targets counts as uses"),
    ("papers that use LoRA since 2024", "papers without a year are left out: 1"),
]

EMPTY = [
    ("papers that use LoRA before 2023", "no result among papers for 'uses LoRA' until 2022; of any year there are 6"),
    ("models that use MoE", "no result among models for 'uses MoE'; papers for which it holds: 3"),
    ("techniques that use LoRA and MoE", "every part has results, but nothing among techniques fulfils 'uses LoRA and"),
    (
        "techniques evaluated-on LoRA",
        "evaluated-on goes from Paper, Technique or Model to Benchmark, and LoRA is a Tech",
    ),
    ("benchmarks that target edge devices", "targets goes from Paper, Technique or Model to Hardware"),
    ("papers used by LoRA", "uses goes from Paper, Technique or Model to"),
    ("models since 2030", "the graph has no Model"),
    ("baselines of GateMoE", "no result among all nodes for 'GateMoE compares-with it'"),
    ("models used by models that use MoE", "no result among models for 'uses MoE'"),
    ("models about GLUE", "no result among models for 'linked to GLUE'"),
]

ERRORS = [
    ("techniques evaluated-on GSM9K", "do not know 'GSM9K' (did you mean 'GSM8K' (Benchmark)?)"),
    ("tecniques evaluated-on GSM8K", "do not know 'tecniques' (did you mean techniques?)"),
    ("techniques evaluatd on GSM8K", "do not know 'evaluatd' (did you mean evaluates, evaluated-on or evaluating?)"),
    ("papers that use Low-Rank Adaptatoin", "(did you mean 'Low-Rank Adaptation' (Technique LoRA)?)"),
    ("papers that use adaptation", "did you mean 'Low-Rank Adaptation' (Technique LoRA)"),
    ("papers that use LoRA and Foo", "do not know 'Foo' (relations are introduces, evaluated-on, targets,"),
    ("models that target GSM9K", "do not know 'GSM9K' (did you mean 'GSM8K' (Benchmark)?)"),
    ("techniques GSM8K", "no relation stands before 'GSM8K' (for example introduces, evaluated-on, targets"),
    ("papers that use LoRA and", "the question ends after 'and' (for example \"techniques evaluated-on NAME\")"),
    ("papers that use", "the question ends after 'use'"),
    ('papers that use "LoRA', "a quotation mark is not closed"),
    ('papers that use "LoRA " and "GSM9K" or QLoRA', "do not know 'GSM9K'"),
    ("zebra", "do not know 'zebra' (for example \"techniques evaluated-on NAME\")"),
    ("", "the question is empty"),
    ("show me the", "the question is empty"),
    ("papers that use LoRA by colour", "cannot sort by 'colour' (by support, confidence, name or year)"),
    ("papers since 2024 before 2020", "no year is both 2024 or later and 2019 or earlier"),
    ("papers that use LoRA from here", "do not know 'here'"),
]


def _expected(rows: str) -> list[tuple[str, str, int, float]]:
    found = []
    for row in rows.split("; "):
        name, kind, support, confidence = row.rsplit("/", 3)
        found.append((TITLES[name[1:]] if name[0] == "@" else name, kind, int(support), float(confidence)))
    return found


@pytest.mark.parametrize(("question", "rows"), BANK)
def test_a_question_has_exactly_these_rows(question: str, rows: str) -> None:
    assert list(answer(GRAPH, question).rows) == _expected(rows)


@pytest.mark.parametrize(("question", "note"), NOTES)
def test_a_note_tells_how_the_rows_were_found(question: str, note: str) -> None:
    found = answer(GRAPH, question)
    assert found.rows
    assert note in found.note


@pytest.mark.parametrize(("question", "note"), EMPTY)
def test_an_empty_answer_tells_which_part_has_no_result(question: str, note: str) -> None:
    found = answer(GRAPH, question)
    assert found.rows == ()
    assert note in found.note


@pytest.mark.parametrize(("question", "message"), ERRORS)
def test_what_is_not_understood_is_an_error_that_says_what_was_perhaps_meant(question: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        answer(GRAPH, question)
    assert message in str(error.value)


def test_at_most_three_candidates_are_shown() -> None:
    with pytest.raises(QueryError) as error:
        answer(GRAPH, "papers that use GPT-33")
    assert "'GPT-3' (Model)" in error.value.hint
    assert error.value.hint.count("(") <= 3


@pytest.mark.parametrize(
    ("question", "reading"),
    [
        ("papers that use LoRA or MoE and evaluated on GLUE", "Paper [(uses LoRA or uses MoE) and evaluated-on GLUE]"),
        ("papers that use QLoRA or use MoE and target A100", "Paper [uses QLoRA or (uses MoE and targets A100)]"),
        ("papers that use LoRA or MoE but not QLoRA", "Paper [(uses LoRA or uses MoE) and not (uses QLoRA)]"),
        ("papers not using LoRA or MoE", "Paper [not (uses LoRA or uses MoE)]"),
        ("papers using LoRA, MoE and QLoRA", "Paper [uses LoRA and uses MoE and uses QLoRA]"),
        ("papers using LoRA, targeting A100 or using MoE", "Paper [uses LoRA or targets A100 or uses MoE]"),
        (
            "papers introducing a Benchmark for code generation",
            "Paper [introduces Benchmark and addresses code generation]",
        ),
        (
            "papers introducing a Technique for code generation",
            "Paper [introduces Technique [addresses code generation]]",
        ),
        ("models compared with techniques used by papers", "Model [compares-with Technique [Paper uses it]]"),
        ("techniques used with MoE", "Technique [uses MoE]"),
        ("baselines of PocketLM or LoRA", "anything [PocketLM compares-with it or LoRA compares-with it]"),
        ("LoRA used by models", "LoRA [Model uses it]"),
        ("papers since 2021, since 2023 and until 2024", "Paper since 2023 until 2024"),
        ("models before 2025 before 2024", "Model until 2023"),
    ],
)
def test_a_question_is_read_by_the_precedence_of_the_grammar(question: str, reading: str) -> None:
    assert answer(GRAPH, question).reading == reading


def test_every_row_comes_with_its_id_and_the_edges_it_rests_on() -> None:
    found = answer(GRAPH, "techniques evaluated-on GSM8K")
    assert found.ids == ("technique/tinytune", "technique/slimmoe")
    assert found.edges[0] == (("technique/tinytune", "evaluatedOn", "benchmark/gsm8k"),)
    through = answer(GRAPH, "hardware targeted by quantization")
    assert (through.ids[1], len(through.edges[1])) == ("hardware/fpga", 2)


def test_the_limit_truncates_and_says_so_and_top_does_not_count_as_truncation() -> None:
    found = answer(GRAPH, "papers", limit=5)
    assert (len(found.rows), found.truncated) == (5, True)
    assert found.note == "the first 5 of 12 rows, --limit shows more"
    assert not answer(GRAPH, "top 5 papers", limit=5).truncated
    assert answer(GRAPH, "top 7 papers", limit=5).truncated
    assert len(answer(GRAPH, "top 99999999999999999999 papers").rows) == 12


def test_answers_do_not_depend_on_the_order_of_the_extractions() -> None:
    shuffled = assemble(atlas.EXTRACTIONS[::-1], ontology=ONTOLOGY)
    for question, _ in BANK:
        assert answer(shuffled, question) == answer(GRAPH, question)


def _ambiguous() -> KnowledgeGraph:
    one = paper("Aria: A System", "Aria (Ar) runs.", year=2024)
    other = paper("Arrow: A Set", "Arrow (Ar) is measured by Aria.", year=2024)
    claims = (
        extraction(one, ("Aria", "Technique", "introduces")),
        extraction(
            other,
            ("Arrow", "Benchmark", "introduces"),
            ("Aria", "Technique", "uses"),
        ),
    )
    graph = assemble(claims, ontology=ONTOLOGY)
    nodes = (replace(n, aliases=("Ar",)) if n.name in ("Aria", "Arrow") else n for n in graph.nodes)
    return replace(graph, nodes=tuple(nodes))


def test_a_name_of_several_nodes_means_all_of_them_and_the_note_says_so() -> None:
    found = answer(_ambiguous(), "papers about Ar")
    assert len(found.rows) == 2
    assert "'Ar' names 2 nodes, all are meant: " in found.note


def test_a_name_means_first_what_the_relation_can_point_at() -> None:
    found = answer(_ambiguous(), "papers using Ar")
    assert found.reading == "Paper [uses Ar]"
    assert [row[0] for row in found.rows] == ["Arrow: A Set"]


def test_a_quoted_name_is_never_a_type_word() -> None:
    source = paper("Techniques", "Work on work.", year=2024)
    graph = assemble([extraction(source)], ontology=ONTOLOGY)
    assert [row[0] for row in answer(graph, '"Techniques"').rows] == ["Techniques"]
    assert answer(graph, "techniques").rows == ()


def test_words_of_the_ontology_are_all_understood() -> None:
    known = words.Words(graph=GRAPH)
    for node_type in ONTOLOGY.types:
        for word in (node_type.name, node_type.plural, *node_type.synonyms):
            assert grammar.parse(word, known).subject.types == (node_type.name,)
    for relation in ONTOLOGY.relations:
        for inverse, phrases in ((False, (relation.label, *relation.phrases)), (True, relation.inverse)):
            for phrase in phrases:
                if fold(phrase.split()[0]) in known.types:
                    continue  # "benchmarks of LoRA": a type word and a link
                asked = grammar.parse(f"{phrase} LoRA", known)
                assert asked.subject.condition == meaning.Clause(
                    relation=relation.name,
                    inverse=inverse,
                    object=meaning.Subject(text="LoRA", ids=("technique/lora",)),
                ), phrase


def test_an_empty_graph_is_told_apart_from_a_wrong_question() -> None:
    empty = assemble([], ontology=ONTOLOGY)
    assert answer(empty, "models").note == "the graph has no Model"
    with pytest.raises(QueryError, match="do not know 'LoRA'"):
        answer(empty, "papers that use LoRA")
