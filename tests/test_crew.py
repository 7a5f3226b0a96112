"""Work shared out to processes."""

from __future__ import annotations

import operator
import os
import signal
from collections.abc import Iterator
from multiprocessing import current_process

import pytest

from kg.crew import Crew
from kg.model import KGError


def test_results_come_in_the_order_of_the_portions() -> None:
    with Crew(2, int, "5") as crew:
        assert list(crew.map(operator.add, range(40))) == list(range(5, 45))
        assert list(crew.map(operator.mul, [3, 1, 2])) == [15, 5, 10]


def test_portions_are_made_ready_only_a_few_ahead() -> None:
    made: list[int] = []

    def portions() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    with Crew(2, int, "1") as crew:
        first = next(crew.map(operator.add, portions()))
    assert first == 1
    assert len(made) < 10


def test_without_work_no_process_is_started() -> None:
    with Crew(2, int, "not a number") as crew:
        assert crew.workers == 2
    assert Crew(None, int).workers == os.cpu_count()


def test_a_process_that_dies_is_told() -> None:
    with Crew(1, os.getpid) as crew, pytest.raises(KGError, match="a worker process has died"):
        list(crew.map(os.kill, [signal.SIGKILL]))


def test_an_error_of_the_work_is_the_callers() -> None:
    with Crew(1, int, "1") as crew, pytest.raises(ZeroDivisionError):
        list(crew.map(operator.truediv, [0]))


def test_a_program_that_workers_would_start_again_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_process(), "_inheriting", True, raising=False)
    with Crew(1, int, "1") as crew, pytest.raises(KGError, match="__main__"):
        list(crew.map(operator.add, [0]))
