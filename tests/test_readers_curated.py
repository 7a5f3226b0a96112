"""Curated facts: what a person may write, and how the file says what is wrong with it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from kg import lexicon, ontology, readers
from kg.files import bundled
from kg.model import Fact, Paper, ReadError, title_key
from kg.readers import curated
from kg.readers.curated import READER

SHARED = Path(__file__).parents[1].parent / "shared"
SEEDS = bundled("seeds")
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the gold standard lies in ../shared, which is not here")


def read(text: str) -> tuple[Paper, ...]:
    return READER.read(enumerate(text.split("\n"), start=1), "facts.yaml").papers


def test_a_paper_with_everything() -> None:
    text = """
papers:
- title: On  Things
  id: p1
  date: 2024-05
  arxiv: https://arxiv.org/abs/2405.00001v2
  doi: doi:10.1000/1
  venue: ICLR
  url: https://example.org
  authors: [A B, C D]
  keywords: [x]
  introduces: {Model: [Thing-1]}
  uses:
    Technique:
    - "first: thing"
    - NO
    - 1.0
"""
    assert read(text) == (
        Paper(
            id="p1", title="On Things", date="2024-05", year=2024, arxiv="2405.00001", doi="10.1000/1", venue="ICLR",
            url="https://example.org", authors=("A B", "C D"), author_count=2, keywords=("x",), source="facts.yaml",
            facts=(
                Fact(relation="introduces", type="Model", name="Thing-1"),
                Fact(relation="uses", type="Technique", name="first: thing"),
                Fact(relation="uses", type="Technique", name="NO"),
                Fact(relation="uses", type="Technique", name="1.0"),
            ),
        ),
    )  # fmt: skip


def test_a_year_alone_and_a_paper_without_facts_are_fine() -> None:
    (paper,) = read("papers:\n- {title: On Things, year: 2021}")
    assert (paper.year, paper.date, paper.facts, paper.id) == (2021, "", (), paper.key())


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "1: expected a mapping (papers: [{title: ...}])"),
        ("- a", "1: expected a mapping (papers: [{title: ...}])"),
        ("paper: []", "1: unknown key or relation 'paper' (one of papers)"),
        ("papers: []\npapers: []", "2: 'papers' stands twice (put the values together)"),
        ("papers: text", "1: papers must be a list (- title: ...)"),
        ("papers:\n- text", "2: expected a mapping (key: value)"),
        ("papers:\n- date: 2024", "2: a paper without a title (title: ...)"),
        ("papers:\n- title: {}", "2: expected a single value (quote what has commas or colons)"),
        ("papers:\n- title: A\n  date: May 3", "3: 'May 3' is no date (YYYY-MM-DD, YYYY-MM or YYYY)"),
        ("papers:\n- title: A\n  date: 2024-02-30", "3: '2024-02-30' is no date (YYYY-MM-DD, YYYY-MM or YYYY)"),
        ("papers:\n- title: A\n  year: soon", "3: 'soon' is no year (YYYY)"),
        ("papers:\n- title: A\n  arxiv: none", "3: 'none' is no arXiv id (2401.00001)"),
        ("papers:\n- title: A\n  doi: none", "3: 'none' is no DOI (10.1000/182)"),
        ("papers:\n- title: A\n  likes: {Model: [B]}", "3: unknown key or relation 'likes' (one of id, title, "),
        ("papers:\n- title: A\n  broader: {Task: [B]}", "3: unknown key or relation 'broader' (one of id, title, "),
        ("papers:\n- title: A\n  uses: [B]", "3: expected a mapping ({Technique: [name, ...]})"),
        ("papers:\n- title: A\n  uses:\n    Thing: [B]", "4: unknown type 'Thing' (one of Technique, Model, "),
        ("papers:\n- title: A\n  uses:\n    Task: [B]", "4: uses never points to Task (only to Technique, Model, "),
        ("papers:\n- title: A\n  uses: {Model: B}", "3: expected a list ([first name, second name])"),
        ("papers:\n- title: A\n  uses: {Model: []}", "3: expected a list ([first name, second name])"),
        ("papers:\n- title: A\n  uses: {Model: [[B]]}", "3: expected a single value (quote what has commas or colons)"),
        ("papers:\n- title: A\n  uses: {Model: ['']}", "3: empty name (a Model needs one)"),
        (
            "papers:\n- title: A\n  uses: {Model: [GPT 4]}\n  mentions:\n    Model:\n    - B\n    - GPT-4",
            "7: Model 'GPT-4' stands twice (one relation each)",
        ),
        ("papers:\n- title: A\n  uses: {Model: [B", "3: invalid YAML: did not find expected ',' or ']'"),
        ("papers:\n- title: A\n\tb: c", "3: invalid YAML: found"),
        ("papers: &a\n- title: A\n- *a", "3: YAML aliases are not allowed"),
        ("papers:\n- title: A\n---\npapers: []", "4: more than one YAML document (one a file)"),
        ("papers:\n" + "- " * 100_000, "2: invalid YAML: nested too deeply"),
        ("papers:\n  " + "[" * 100_000, "2: invalid YAML: nested too deeply"),
        ("papers: " + "{a: " * 100_000, "1: invalid YAML: nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_the_choices(text: str, error: str) -> None:
    with pytest.raises(ReadError) as caught:
        read(text)
    assert str(caught.value).startswith(f"facts.yaml:{error}")


def test_an_empty_list_of_papers_is_refused() -> None:
    with pytest.raises(ReadError, match="facts.yaml: a file with no paper"):
        read("papers: []")


def test_a_huge_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curated, "_MAX_CHARACTERS", 20)
    with pytest.raises(ReadError, match="facts.yaml: more than 20 characters"):
        read("papers:\n- title: On Things")


# --- the bundled facts ----------------------------------------------------------------------------------------------


def test_the_bundled_facts_are_466_papers_and_read_at_once() -> None:
    ontology.load()
    start = time.perf_counter()
    reading = readers.read(SEEDS / "papers")
    assert time.perf_counter() - start < 2  # 0.1 s on a quiet machine
    assert len({title_key(p.title) for p in reading.papers}) == len(reading.papers) == 466
    assert reading.skipped == ()
    assert sum(bool(p.date) for p in reading.papers) == 113
    assert not any(p.abstract for p in reading.papers)


@pytest.mark.parametrize("path", sorted((SEEDS / "papers").glob("*.yaml")), ids=lambda p: p.name)
def test_the_bundled_files_say_what_they_are_and_are_sorted(path: Path) -> None:
    assert "CC0" in path.read_text(encoding="utf-8").split("\npapers:")[0]
    titles = [title_key(p.title) for p in readers.read(path).papers]
    assert [t.replace("+", "") for t in titles] == sorted(t.replace("+", "") for t in titles)


@needs_shared
def test_the_bundled_facts_are_the_gold_standard_without_what_is_optional() -> None:
    papers = {title_key(p.title): p for p in readers.read(SEEDS / "papers").papers}
    lines = {
        n: (SHARED / "gold" / f"listing-{n}.jsonl").read_text("utf-8").splitlines() for n in ("papers", "entities")
    }
    gold = {e["id"]: e["entities"] for e in map(json.loads, lines["entities"])}
    onto = ontology.load()
    document = onto.type_as("document").name
    refused = 0
    for record in map(json.loads, lines["papers"]):
        wanted = {(e["relation"], e["type"], e["name"]) for e in gold[record["id"]] if not e.get("optional")}
        allowed = {w for w in wanted if onto.relation(w[0]).allows(document, w[1])}
        refused += len(wanted - allowed)
        assert {(f.relation, f.type, f.name) for f in papers[title_key(record["title"])].facts} == allowed
    assert refused == 1  # a paper that "uses" a task


@needs_shared
def test_the_bundled_facts_hold_no_nine_words_of_any_abstract() -> None:
    known: set[tuple[str, ...]] = set()
    for line in (SHARED / "gold" / "listing-papers.jsonl").read_text("utf-8").splitlines():
        known.update(runs(json.loads(line)["abstract"]))
    for path in sorted(SEEDS.rglob("*.yaml")):
        text = re.sub(r"(?m)^- title: .*$", "- title", path.read_text(encoding="utf-8"))
        assert not known & set(runs(text)), path.name


def runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return [tuple(words[i : i + 9]) for i in range(len(words) - 8)]


def test_the_bundled_decisions_are_sound_and_say_why() -> None:
    decisions = lexicon.read_decisions(SEEDS / "decisions.yaml", ontology=ontology.load())
    assert len(decisions) >= 12
    assert all(d.why for d in decisions)
