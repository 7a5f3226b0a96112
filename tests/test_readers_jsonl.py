"""JSON Lines: what is kept, what is mended, what is skipped with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kg import readers
from kg.model import Fact, Paper, ReadError
from kg.readers import Reading
from kg.readers.jsonl import READER

GOOD = '{"title": "On Things"}'


def read(*lines: str) -> Reading:
    reading = READER.read(enumerate(lines, start=1), "x/papers.jsonl")
    assert reading.used + len(reading.skipped) == reading.lines == len(lines)
    return reading


def paper(**record: Any) -> Paper:
    (only,) = read(json.dumps({"title": "On Things", **record})).papers
    return only


def test_every_key_we_know_is_read_and_all_others_are_passed_over() -> None:
    assert paper(
        id="p1", abstract="Things.", year=2024, date="2024-05-01T10:00:00Z", venue="X",
        authors=["A B", {"name": "C D"}],
        url="https://example.org", keywords=["x", "y"], arxiv="arXiv:2405.00001v3", doi="doi:10.1000/1",
        other=[{"a": 1}],
    ) == Paper(
        id="p1", title="On Things", abstract="Things.", year=2024, date="2024-05-01", venue="X", authors=("A B", "C D"),
        author_count=2, url="https://example.org", keywords=("x", "y"), arxiv="2405.00001", doi="10.1000/1",
        source="papers.jsonl",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("record", "id_"),
    [
        ({"id": "s001"}, "s001"),
        ({"id": 0}, "0"),
        ({"arxiv": "2405.00001"}, "arxiv:2405.00001"),
        ({"doi": "10.1000/X"}, "doi:10.1000/x"),
        ({"id": ""}, Paper(id="", title="On Things").key()),
    ],
)
def test_the_id_is_kept_and_a_missing_one_derived(record: dict[str, Any], id_: str) -> None:
    assert paper(**record).id == id_


@pytest.mark.parametrize(
    ("record", "year", "date"),
    [
        ({"year": "2023"}, 2023, ""),
        ({"date": "2023-07"}, 2023, "2023-07"),
        ({"date": "last week", "year": None}, None, ""),
        ({"date": "2023-13-01"}, None, ""),
    ],
)
def test_years_and_dates(record: dict[str, Any], year: int | None, date: str) -> None:
    assert (paper(**record).year, paper(**record).date) == (year, date)


def test_names_in_one_string_are_parted() -> None:
    assert paper(authors="A B, C D and E F").authors == ("A B", "C D", "E F")
    assert paper(keywords="x; y").keywords == ("x", "y")


def test_null_is_the_same_as_missing() -> None:
    names = ("abstract", "date", "venue", "authors", "url", "keywords", "arxiv", "doi", "id", "year")
    assert paper(**dict.fromkeys(names)) == paper()


def test_an_abstract_keeps_its_characters_and_a_title_stands_on_one_line() -> None:
    given = paper(title=" On\n  Things ", abstract="  Two  spaces\n\tand a tab ")
    assert (given.title, given.abstract) == ("On Things", "  Two  spaces\n\tand a tab ")


def test_impossible_characters_are_mended() -> None:
    (given,) = read(r'{"title": "A \ud800 B\ufeff", "abstract": "e\u0301\u0000x\u0007\ufffe"}').papers
    assert (given.title, given.abstract) == ("A � B", "é x �")


def test_facts_are_checked_against_the_ontology() -> None:
    fact = {"relation": "introduces", "type": "Model", "name": "Snail-60M"}
    assert paper(facts=[fact, fact]).facts == (Fact(relation="introduces", type="Model", name="Snail-60M"),)
    bad = json.dumps({"title": "T", "facts": [fact | {"relation": "likes"}]})
    (skipped,) = read(GOOD, bad).skipped
    assert skipped.reason.startswith("unknown relation 'likes' (one of introduces, ")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "invalid JSON: "),
        ("nonsense", "invalid JSON: "),
        ('{"title": NaN}', "invalid JSON: "),
        ('{"title": "a", "x": "\\ud800", "y": NaN}', "invalid JSON: "),
        ('{"title": "a"} {"title": "b"}', "invalid JSON: "),
        ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "invalid JSON: nested too deeply"),
        ("[1]", "not a paper: "),
        ('{"title": 7}', "not a paper: "),
        ('{"title": "a", "year": [1]}', "not a paper: "),
        ('{"title": "a", "abstract": {"b": "\\ud800"}}', "not a paper: "),
        ("{}", "no title"),
        ('{"title": " \\n "}', "no title"),
        ('{"title": null, "abstract": "b"}', "no title"),
    ],
)
def test_a_bad_record_is_skipped_with_its_line_and_never_stops_the_run(line: str, reason: str) -> None:
    reading = read(GOOD, "", line, GOOD)
    assert len(reading.papers) == 2
    (skipped,) = reading.skipped
    assert (skipped.source, skipped.line) == ("x/papers.jsonl", 3)
    assert skipped.reason.startswith(reason)
    assert len(skipped.text) <= 500


def test_a_file_without_a_good_record_names_the_first_bad_line() -> None:
    with pytest.raises(
        ReadError, match=r"^x/papers.jsonl:2: no title \(one JSON object a line, with at least a title\)$"
    ):
        read("", "{}", "{")
    with pytest.raises(ReadError, match="papers.jsonl: no paper found"):
        read("", " ")


def test_a_first_line_that_is_broken_does_not_hide_the_format(tmp_path: Path) -> None:
    path = tmp_path / "papers"
    path.write_text(f"# exported\n{GOOD}\n{GOOD}\n", encoding="utf-8")
    assert [s.line for s in readers.read(path).skipped] == [1]
