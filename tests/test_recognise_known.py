"""Known names in text: whole words, longest first, exact offsets, guards."""

from __future__ import annotations

import pickle

import pytest

from kg import ontology
from kg.lexicon import Lexicon, Name
from kg.model import Paper
from kg.recognise import known
from kg.recognise.known import Matcher

ONTOLOGY = ontology.load()


def _matcher(*names: Name | str) -> Matcher:
    rows = [n if isinstance(n, Name) else Name(name=n, type="Technique") for n in names]
    return Matcher(Lexicon(names=tuple(rows)))


def _found(matcher: Matcher, text: str) -> list[str]:
    return [text[f.start : f.end] for f in matcher.find(text)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("chain-of-thought", "Chain of Thought, CHAIN-OF-THOUGHT", ["Chain of Thought", "CHAIN-OF-THOUGHT"]),
        ("pre-training", "Pretraining and pre training", ["Pretraining", "pre training"]),
        ("quantization", "quantisation or quantizations", ["quantisation", "quantizations"]),
        ("policy", "two policies", ["policies"]),
        ("regex", "some regexes", ["regexes"]),
        ("GPT-4", "GPT4 is not GPT-4o but GPT 4.", ["GPT4", "GPT 4"]),
        ("Llama 2", "Llama2 beats Llama-2", ["Llama2", "Llama-2"]),
        ("GPT-3", "GPT-3.5 is not GPT-3.", ["GPT-3"]),
        ("C++", "C++ and C, C+", ["C++"]),
        ("CodeT5+", "CodeT5+ over CodeT5", ["CodeT5+"]),
        ("CodeT5", "CodeT5+ over CodeT5", ["CodeT5"]),
        ("A*", "A* is a search", ["A*"]),
        ("GPT-3.5", "GPT-3.5, GPT-3 5", ["GPT-3.5"]),
        (".NET", "on .NET or net", [".NET"]),
        ("beam search", "beam, search; beam/search", ["beam/search"]),
        ("beam search", "beam.search", []),
        ("RAG", "a rag, a RAG, many RAGs", ["RAG", "RAGs"]),
        ("Natural Questions", "a natural question; Natural Questions", ["Natural Questions"]),
        ("naïve Bayes", "Naïve Bayes", ["Naïve Bayes"]),
        ("λ-ECLIPSE", "the λ-ECLIPSE prior", ["λ-ECLIPSE"]),
        ("LoRA", "“LoRA”—a 𝛼 LoRA‑like", ["LoRA", "LoRA"]),
        ("???", "what???", []),
    ],
)
def test_a_name_is_found_as_it_may_be_written(name: str, text: str, expected: list[str]) -> None:
    assert _found(_matcher(name), text) == expected


def test_offsets_count_characters_whatever_the_script() -> None:
    text = "日本語 😀 naïve – LoRA"
    (found,) = _matcher("LoRA").find(text)
    assert text[found.start : found.end] == "LoRA"


def test_the_longest_name_wins_and_names_do_not_overlap() -> None:
    matcher = _matcher("knowledge distillation", "distillation loss", "knowledge")
    assert _found(matcher, "knowledge distillation loss, knowledge") == ["knowledge distillation", "knowledge"]


def test_a_longer_name_with_a_sign_wins_over_the_plain_one() -> None:
    assert _found(_matcher("CodeT5", "CodeT5+"), "CodeT5+ and CodeT5") == ["CodeT5+", "CodeT5"]


def test_where_the_longest_does_not_fit_a_shorter_one_may() -> None:
    matcher = _matcher(Name(name="Lion King", type="Technique", guard="case"), "lion")
    assert _found(matcher, "the lion king") == ["lion"]


def test_guard_case_asks_for_the_exact_casing() -> None:
    assert _found(_matcher(Name(name="Lion", type="Technique", guard="case")), "Lion lion LION Lions") == [
        "Lion",
        "Lions",
    ]


def test_no_names_find_nothing() -> None:
    assert _found(_matcher(), "anything") == []


def test_a_matcher_survives_pickling() -> None:
    matcher = pickle.loads(pickle.dumps(_matcher("LoRA")))
    assert _found(matcher, "LoRA") == ["LoRA"]


def test_votes_tell_name_type_and_guard() -> None:
    matcher = _matcher(
        Name(name="retrieval-augmented generation", type="Technique", aliases=("RAG",)),
        Name(name="Orbit", type="Benchmark", guard="context"),
    )
    paper = Paper(id="p", title="RAG", abstract="Retrieval augmented generation in Orbit.")
    votes = list(known.vote(paper, names=matcher, ontology=ONTOLOGY))
    assert [(v.span.field, v.name, v.weak) for v in votes] == [
        ("title", "retrieval-augmented generation", False),
        ("abstract", "retrieval-augmented generation", False),
        ("abstract", "Orbit", True),
    ]
    assert votes[0].score < votes[1].score


def test_a_name_of_two_types_tells_neither_surely() -> None:
    matcher = _matcher("Coral", Name(name="CORAL", type="Benchmark"))
    votes = list(known.vote(Paper(id="p", title="On Coral", abstract=""), names=matcher, ontology=ONTOLOGY))
    assert {v.type for v in votes} == {"Technique"}
    votes = list(known.vote(Paper(id="p", title="On CORAL", abstract=""), names=matcher, ontology=ONTOLOGY))
    assert {v.type for v in votes} == {"Technique", "Benchmark"}
    assert all(v.told < v.score for v in votes)
