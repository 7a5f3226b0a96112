from __future__ import annotations

import pytest
from handmade import ONTOLOGY

from kg import lexicon
from kg.model import name_key
from kg.naming import core, cores, families, heads, versions_apart

TYPES = {t.name: t for t in ONTOLOGY.types}
DEVICE, METHOD, MODEL, DATASET = (TYPES[t] for t in ("Hardware", "Technique", "Model", "Benchmark"))


@pytest.mark.parametrize(
    ("name", "type_name", "left"),
    [
        ("GSM8K benchmark", "Benchmark", "GSM8K"),
        ("the Pile", "Benchmark", "Pile"),
        ("FooBench benchmark dataset", "Benchmark", "FooBench"),
        ("ARC Challenge", "Benchmark", ""),
        ("NVIDIA A100 GPU", "Hardware", "A100"),
        ("Meta-Llama-3-8B", "Model", "Llama-3-8B"),
        ("OpenAI's GPT-4", "Model", "GPT-4"),
        ("NVIDIA GPU", "Hardware", ""),
        ("edge device", "Hardware", ""),
        ("Apple CPU", "Hardware", ""),
        ("language model", "Model", ""),
        ("method", "Technique", ""),
        ("the 4090", "Hardware", "4090"),
        ("NVIDIA 4090 GPU", "Hardware", "NVIDIA 4090"),
        ("", "Technique", ""),
    ],
)
def test_generic_words_and_makers_are_left_out_where_a_name_remains(name: str, type_name: str, left: str) -> None:
    assert core(name, TYPES[type_name]) == left
    assert cores(name, TYPES[type_name]) >= bool(left)


def test_one_small_word_remains_only_when_it_is_known() -> None:
    assert core("dropout method", METHOD) == ""
    assert core("dropout method", METHOD, {"dropout"}) == "dropout"
    assert core("Google Gemini", MODEL) == ""
    assert core("Google Gemini", MODEL, {"gemini"}) == "Gemini"


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("LLaMA-2-7B-Chat", ["llama 2 7b", "llama 2", "llama"]),
        ("SWE-bench Verified", ["swe bench"]),
        ("GPT-4o", ["gpt"]),
        ("ResNet50", ["resnet"]),
        ("VOC2012", ["voc"]),
        ("Mixtral-8x7B", ["mixtral"]),
        ("HumanEval+", ["humaneval"]),
        ("tiny ImageNet", ["imagenet"]),
        ("A100 80GB", ["a100"]),
        ("S4", []),
        ("word2vec", []),
        ("7B", []),
        ("knowledge distillation", []),
        ("", []),
    ],
)
def test_families_drop_size_version_and_qualifier_from_the_right(name: str, bases: list[str]) -> None:
    assert [base for base, _, _ in families(name)] == bases


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        ("LLaMA-7B", "LLaMA", True),
        ("LLaMA-7B", "LLaMA-13B", True),
        ("GPT-4", "gpt4", False),
        ("S4", "structured state space sequence model", False),
        ("3DGS", "3D Gaussian Splatting", False),
    ],
)
def test_variants_of_one_family_are_known_apart(left: str, right: str, apart: bool) -> None:
    assert versions_apart(left, right) is apart


def test_what_is_negated_is_no_kind_of_it() -> None:
    assert list(heads("sparse non-local attention")) == ["non local attention"]
    assert list(heads("LoRA")) == []


def test_no_rule_makes_two_rows_of_the_lexicon_one_that_differ_in_a_digit() -> None:
    known = lexicon.load(ontology=ONTOLOGY)
    wrong = []
    for row in known.names:
        left = core(row.name, TYPES[row.type], known.known[row.type])
        if left and [c for c in name_key(left) if c.isdigit()] != [c for c in name_key(row.name) if c.isdigit()]:
            wrong.append((row.name, left))
    assert wrong == []
