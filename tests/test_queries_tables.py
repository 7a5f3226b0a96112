"""Answers as text."""

from __future__ import annotations

import csv
import io
import json

import atlas
import pytest

from kg.model import QueryError
from kg.queries import FORMATS, Answer, answer, format_answer
from kg.queries.tables import columns_of

SMALL = Answer(
    columns=("name", "support", "sure", "new"),
    rows=(('=SUM("a,b")', 12, 0.5, True), ("line\nbreak | <b> *x*", 3, 1.0, None), ("学習\x1b[31m", 100, 0.25, False)),
    note="a note",
    truncated=True,
)


def test_a_table_aligns_text_left_and_numbers_right() -> None:
    assert format_answer(SMALL) == (
        "name                  support  sure  new\n"
        "────────────────────  ───────  ────  ─────\n"
        '=SUM("a,b")                12   0.5  true\n'
        "line break | <b> *x*        3     1  –\n"
        "学習\ufffd[31m                 100  0.25  false"
    )


def test_numbers_stay_right_beside_what_is_unknown() -> None:
    text = format_answer(Answer(columns=("year", "count"), rows=((2023, 1), (None, 14))))
    assert text.splitlines()[2:] == ["2023      1", "   –     14"]


@pytest.mark.parametrize("width", [30, 40, 50, 60, 80, 200])
def test_a_table_is_never_wider_than_asked_for(width: int) -> None:
    text = format_answer(answer(atlas.graph(), "papers"), width=width)
    assert max(columns_of(line) for line in text.splitlines()) <= max(width, 8 * 4 + 6)
    assert len(text.splitlines()) == 14
    assert ("…" in text) == (width < 70)


def test_two_wide_columns_give_way_together() -> None:
    wide = Answer(columns=("a", "b", "c"), rows=(("x" * 60, "y" * 50, "z"),))
    first, second, third = format_answer(wide, width=64).splitlines()[2].split()
    assert (len(first), len(second), third) == (29, 30, "z")


def test_an_empty_table_is_its_header() -> None:
    assert format_answer(Answer(columns=("a", "bc"), rows=())) == "a  bc\n─  ──"


def test_csv_is_quoted_and_its_values_are_unchanged() -> None:
    rows = list(csv.reader(io.StringIO(format_answer(SMALL, "csv"))))
    assert rows[0] == list(SMALL.columns)
    assert rows[1:] == [
        ['=SUM("a,b")', "12", "0.5", "true"],
        ["line\nbreak | <b> *x*", "3", "1.0", ""],
        ["学習\x1b[31m", "100", "0.25", "false"],
    ]


def test_json_keeps_types_ids_note_and_truncation() -> None:
    loaded = json.loads(format_answer(SMALL, "json"))
    assert loaded["rows"][0] == {"name": '=SUM("a,b")', "support": 12, "sure": 0.5, "new": True}
    assert (loaded["truncated"], loaded["note"], loaded["columns"]) == (True, "a note", list(SMALL.columns))
    found = json.loads(format_answer(answer(atlas.graph(), "models since 2024"), "json"))
    assert found["rows"][0]["id"] == "model/mobilecoder"


def test_markdown_cells_stay_text() -> None:
    assert format_answer(SMALL, "md").splitlines()[3] == r"| line break \| \<b\> \*x\* | 3 | 1 | – |"


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(QueryError, match=r"no format called 'xml' \(one of table, csv, json, md\)"):
        format_answer(SMALL, "xml")
    assert all(format_answer(SMALL, name) for name in FORMATS)
