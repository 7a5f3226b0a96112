"""The bank of questions on the bundled landscape: exact rows, and two other ways to the same answer."""

from __future__ import annotations

import random
from functools import cache

import atlas
import pyoxigraph
import pytest
import question_bank
import test_queries
from question_bank import Case

from kg.model import QueryError
from kg.queries import answer, sparql

ATLAS = atlas.graph()
CASES = question_bank.cases()
RENEW = "python tests/question_bank.py renews the rows, where seeds/ changed and all ways agree"


@cache
def _store(of: str) -> pyoxigraph.Store:
    return question_bank.exported(question_bank.graph() if of == "bank" else ATLAS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ask)
def test_a_question_of_the_bank_has_exactly_these_rows(case: Case) -> None:
    found = answer(question_bank.graph(), case.ask, limit=question_bank.EVERY)
    assert len(found.rows) == case.total, RENEW
    assert question_bank.same(found.rows[: question_bank.SHOWN], case.rows), RENEW
    assert case.note in found.note
    assert found.rows or found.note


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ask)
def test_it_means_what_was_written_by_hand(case: Case) -> None:
    assert question_bank.disagreement(case, question_bank.graph(), _store("bank")) == ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ask)
def test_its_sparql_has_the_same_rows_on_the_exported_graph(case: Case) -> None:
    found = answer(question_bank.graph(), case.ask, limit=7)
    assert question_bank.same(question_bank.selected(_store("bank"), found.sparql), found.rows)


@pytest.mark.parametrize("question", [q for q, _ in (*test_queries.BANK, *test_queries.EMPTY)])
def test_the_same_holds_where_confidences_and_years_differ(question: str) -> None:
    found = answer(ATLAS, question)
    assert question_bank.same(question_bank.selected(_store("atlas"), found.sparql), found.rows)


@pytest.mark.parametrize(
    "question",
    [
        "path from QLoRA to FPGA since 2022",
        "how many papers use LoRA or use MoE and target A100",
        "papers that use LoRA or use MoE and target A100 per year",
        "papers that use LoRA or use MoE and target A100 sorted by year",
        "papers that use LoRA or use MoE and not target A100 and evaluated on GSM8K, MMLU or GLUE sorted by year",
        "papers that do not use LoRA or do not use MoE",
        "what do TinyTune and PocketLM share",
        "QLoRA sorted by year",
        "LoRA or below since 2024",
        "models that use techniques that use LoRA or target edge devices and use quantization",
    ],
)
def test_nested_conditions_are_translated_exactly(question: str) -> None:
    found = answer(ATLAS, question)
    assert question_bank.same(question_bank.selected(_store("atlas"), found.sparql), found.rows)


def test_the_bank_is_large_and_every_way_to_ask_is_in_it() -> None:
    assert len(CASES) >= 60
    assert len({case.ask for case in CASES}) == len(CASES)
    text = " ".join(case.ask for case in CASES)
    for word in ("share", "path", "or below", "since", "how many", "per year", "top", "sorted by", "limit", "but not"):
        assert word in text


def test_the_guarded_engine_runs_it_as_it_is_shown() -> None:
    found = answer(question_bank.graph(), "hardware targeted by quantization or below")
    assert question_bank.same(sparql(question_bank.graph(), found.sparql).rows, found.rows)
    assert found.sparql.startswith("# Hardware [quantization or below targets it]\nPREFIX kg: ")


SUBJECTS = (
    "papers",
    "models",
    "techniques",
    "benchmarks",
    "hardware",
    "models or techniques",
    "anything",
    "LoRA",
    "tasks",
)
RELATIONS = ("use", "used by", "target", "evaluated on", "introducing", "compared with", "about", "for", "without")
OBJECTS = ("LoRA", "QLoRA", "MoE or below", "quantization", "GSM8K", "MMLU", "A100", "papers", "models", "anything")
CONNECTORS = ("and", "or", "but not", "but", ", ")
ENDS = ("", "", "since 2023", "before 2024", "per year", "sorted by year", "limit 3")


def _random_question(chance: random.Random) -> str:
    said = [chance.choice(("", "", "how many", "top 2", "newest")), chance.choice(SUBJECTS)]
    for part in range(chance.randint(1, 3)):
        said += [chance.choice(CONNECTORS)] * (part > 0) + [chance.choice(RELATIONS), chance.choice(OBJECTS)]
        said += [chance.choice(CONNECTORS), chance.choice(OBJECTS)] * (chance.random() < 0.3)
    return " ".join(word for word in (*said, chance.choice(ENDS)) if word)


def test_two_hundred_random_questions_have_the_rows_of_their_sparql_and_are_never_empty_in_silence() -> None:
    chance, answered = random.Random(0), 0
    while answered < 200:
        question = _random_question(chance)
        try:
            found = answer(ATLAS, question, limit=20)
        except QueryError:
            continue
        answered += 1
        assert question_bank.same(question_bank.selected(_store("atlas"), found.sparql), found.rows), question
        assert found.rows or found.note, question
