from __future__ import annotations

import io
import sys

import pytest

from kg import terminal
from kg.model import Skipped


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_only_the_first_skipped_stretches_are_told_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    skipped = tuple(Skipped(source="a.txt", line=n, text="?", reason="odd", record=n % 2) for n in range(7))
    terminal.say_skipped(skipped)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[1] == "not understood: a.txt:1 (record 1): odd: '?'"
    assert told.err.splitlines()[-1] == "not understood: 2 more"
    assert len(told.err.splitlines()) == 6


@pytest.mark.parametrize(("number", "told"), [(0, "0 papers"), (1, "1 paper"), (2, "2 papers")])
def test_things_are_counted_in_words(number: int, told: str) -> None:
    assert terminal.count(number, "paper") == told


def test_progress_is_shown_on_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal.progress("reading") as seen:
        assert seen is None
    monkeypatch.setattr(sys, "stderr", Screen())
    with terminal.progress("reading") as seen:
        assert seen is not None
        seen(1, 2)
