from __future__ import annotations

import pytest
from handmade import claim, extraction, paper
from hypothesis import given
from hypothesis import strategies as st

from kg.lexicon import Decision, Lexicon
from kg.model import Extraction, Fact, Paper
from kg.resolve import entities, entity_id, groups, join, paper_id, saying, slug, tally, works


def test_records_of_one_work_join_by_any_shared_identifier() -> None:
    by_title = Paper(id="a", title="On Things", abstract="long abstract", source="page.txt")
    by_arxiv = Paper(id="b", title="On things", arxiv="2401.1", date="2024-01-02", year=2024, source="api.json")
    by_doi = Paper(id="c", title="On Things (extended)", arxiv="2401.1", doi="10.1/x", venue="ACL", year=2025)
    (work,) = works([by_title, by_arxiv, by_doi])
    assert (work.abstract, work.arxiv, work.doi, work.date, work.venue) == (
        "long abstract", "2401.1", "10.1/x", "2024-01-02", "ACL",
    )  # fmt: skip
    assert work.source == "api.json + page.txt"
    assert paper_id(work) == "paper/arxiv-2401.1"


def test_different_titles_stay_different_works() -> None:
    assert len(works([Paper(id="a", title="CodeT5"), Paper(id="b", title="CodeT5+")])) == 2


def test_papers_without_any_letter_in_the_title_stay_apart() -> None:
    assert len(groups([Paper(id="a", title="?"), Paper(id="b", title="!")])) == 2


RECORDS = [
    Paper(id=f"r{i}", title=title, abstract=abstract, year=year, arxiv=arxiv, facts=facts, source=f"s{i}")
    for i, (title, abstract, year, arxiv, facts) in enumerate(
        [
            ("One", "short", 2020, "", ()),
            ("ONE", "longer one", None, "1", (Fact(relation="uses", type="Technique", name="LoRA"),)),
            ("Two", "", 2021, "1", ()),
            ("Three", "x", None, "", ()),
            ("three", "y", 2019, "", (Fact(relation="uses", type="Technique", name="Adam"),)),
        ]
    )
]


@given(st.permutations(RECORDS))
def test_joining_is_free_of_order_and_idempotent(records: list[Paper]) -> None:
    assert works(records) == works(RECORDS)
    assert works([*records, *records]) == works(RECORDS)
    assert join(records) == join(RECORDS)


def named(*claims: tuple[str, str], aliases: tuple[str, ...] = (), title: str = "") -> Extraction:
    text = " ; ".join([*(name for name, _ in claims), *aliases])
    of = paper(title or text, text)
    return extraction(of, *(claim(of, name, kind, "uses", aliases=aliases) for name, kind in claims))


def names(found: list[Extraction], *decisions: Decision) -> dict[str, str]:
    return {e.id: e.name for e in entities(tally(found, Lexicon()), decisions).entities}


def test_spelling_variants_become_one_entity_named_as_most_papers_do() -> None:
    found = [named(("Chain-of-Thought", "Technique")), named(("chain of thought", "Technique"), title="b"),
             named(("chain of thought", "Technique"), title="c")]  # fmt: skip
    assert names(found) == {"technique/chain-of-thought": "chain of thought"}


def test_an_acronym_joins_its_full_form_when_all_definitions_agree() -> None:
    found = [named(("low-rank adaptation", "Technique"), aliases=("LoRA",)), named(("LoRA", "Technique")),
             named(("LoRA", "Technique"), title="again")]  # fmt: skip
    resolution = entities(tally(found, Lexicon()))
    (entity,) = resolution.entities
    assert entity.name == "LoRA"
    assert entity.aliases == ("low-rank adaptation",)
    assert [m.reason for m in entity.merges] == ["defined as an acronym or alias, and all definitions agree"]


def test_an_acronym_with_two_definitions_stays_apart() -> None:
    found = [
        named(("mixture of experts", "Technique"), aliases=("ME",)),
        named(("maximum entropy", "Technique"), aliases=("ME",)),
        named(("ME", "Technique")),
    ]
    assert len(entities(tally(found, Lexicon())).entities) == 3


def test_the_majority_decides_between_two_types() -> None:
    found = [named(("CLIP", "Model")), named(("CLIP", "Model"), title="b"), named(("CLIP", "Technique"), title="c")]
    resolution = entities(tally(found, Lexicon()))
    (entity,) = resolution.entities
    assert entity.type == "Model"
    assert entity.merges[0].reason == "1 of 3 papers say Technique, the majority Model"
    assert resolution.says(saying(found[2].claims[0], Lexicon())) == ("model/clip", "")


def decision(verb: str, *names: str, type_name: str = "Technique", to: str = "") -> Decision:
    return Decision(verb=verb, type=type_name, names=names, to=to, where="decisions.yaml:1", why="because")


def test_a_merge_decision_joins_and_names() -> None:
    found = [named(("KD", "Technique")), named(("knowledge distillation", "Technique"))]
    merged = entities(
        tally(found, Lexicon()), [decision("merge", "knowledge distillation", "KD", to="knowledge distillation")]
    )
    (entity,) = merged.entities
    assert (entity.name, entity.aliases) == ("knowledge distillation", ("KD",))
    assert entity.merges[0].reason == "merged by decisions.yaml:1"


def test_a_keep_apart_decision_stops_an_acronym() -> None:
    found = [named(("low-rank adaptation", "Technique"), aliases=("LoRA",)), named(("LoRA", "Technique"))]
    assert len(entities(tally(found, Lexicon()), [decision("keep-apart", "LoRA", "low-rank adaptation")]).entities) == 2


def test_rename_retype_and_drop_decisions_apply() -> None:
    found = [named(("pytorch", "Model"), ("method", "Technique"), ("adam", "Technique"))]
    resolution = entities(
        tally(found, Lexicon()),
        [decision("retype", "PyTorch", type_name="Model", to="Technique"), decision("drop", "method"),
         decision("rename", "adam", to="Adam")],
    )  # fmt: skip
    assert {e.id: e.name for e in resolution.entities} == {"technique/pytorch": "pytorch", "technique/adam": "Adam"}
    assert resolution.says(saying(found[0].claims[1], Lexicon()))[0] is None
    assert resolution.dropped == {("Technique", "method"): "dropped by decisions.yaml:1: because"}


def test_a_decision_that_matches_nothing_is_reported() -> None:
    dead = decision("drop", "nothing")
    assert entities(tally([named(("LoRA", "Technique"))], Lexicon()), [dead]).unmatched == (dead,)


@pytest.mark.parametrize("name", ["λ-ECLIPSE", "C++", "A" * 300, "日本語", "x/y", "a b", "é"])
def test_ids_are_unreserved_ascii(name: str) -> None:
    made = entity_id("Technique", name)
    assert made.isascii()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789.+-/")
    assert len(made) < 90


@given(st.text(min_size=1), st.text(min_size=1))
def test_slugs_are_distinct_for_distinct_texts(left: str, right: str) -> None:
    assert (slug(left) == slug(right)) is (left == right)
