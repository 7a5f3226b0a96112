"""The example notebook: executed, its kept outputs are those of now, and nothing of a machine is in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import notebook
import pytest

KEPT = notebook.NOTEBOOK.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def code() -> list[Any]:
    cells = nbformat.reads(KEPT, as_version=4).cells  # type: ignore[no-untyped-call]
    return [cell for cell in cells if cell.cell_type == "code"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")  # of the kernel's client
def test_the_outputs_are_those_of_now(tmp_path: Path) -> None:
    made = notebook.written(notebook.executed(notebook.NOTEBOOK, tmp_path))
    assert made == KEPT, "make them anew: just notebook"


def test_every_cell_shows_something_and_none_failed(code: list[Any]) -> None:
    assert len(code) >= 10
    for cell in code:
        assert cell.outputs, cell.source
        assert all(output.output_type != "error" for output in cell.outputs)


def test_it_shows_what_a_reader_wants_to_see(code: list[Any]) -> None:
    source = "\n".join(cell.source for cell in code)
    wanted = ("kg.build()", "kg.query(", "graph.find(", "queries.proven(", "why(", "to_networkx()", "kg.export(")
    assert [word for word in wanted if word not in source] == []
    assert KEPT.count("<table>") >= 5


def test_it_is_small_and_holds_no_path_no_time_and_no_version(code: list[Any]) -> None:
    assert len(KEPT.encode()) < 300_000
    outputs = re.sub(r"paperatlas \d+\.\d+\.\d+", "", "\n".join(str(cell.outputs) for cell in code))
    assert not re.search(r"/(home|root|tmp|work|usr|Users)/|[A-Z]:\\\\|\d\d:\d\d:\d\d|object at 0x|stderr", outputs)
    assert "language_info" not in KEPT
