"""How the command line talks: data to standard output, words and progress to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from kg.model import Skipped

_SHOWN = 5  # skipped stretches told one by one; the rest is counted


def out(text: str) -> None:
    """Write a line of data; that nobody reads on is no error."""
    try:
        typer.echo(text)
    except BrokenPipeError:  # what is left in the buffer must go somewhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str) -> None:
    """Tell the person something."""
    typer.echo(text, err=True)


def say_skipped(skipped: tuple[Skipped, ...]) -> None:
    """Tell what of the sources was not understood."""
    for item in skipped[:_SHOWN]:
        which = f" (record {item.record})" if item.record else ""
        say(f"not understood: {item.source}:{item.line}{which}: {item.reason}: {item.text[:80]!r}")
    if len(skipped) > _SHOWN:
        say(f"not understood: {len(skipped) - _SHOWN} more")


def count(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


@contextmanager
def progress(*stages: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar with rate and time left on a terminal, nothing otherwise; counting anew is the next stage."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = ("[progress.description]{task.description}", BarColumn(), MofNCompleteColumn())
    rate = TextColumn("{task.fields[rate]}")
    with Progress(*columns, rate, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        labels = iter(stages)
        task = bar.add_task(next(labels), total=None, rate="")

        def tell(done: int, total: int) -> None:
            if done < bar.tasks[0].completed:
                bar.reset(task, description=next(labels, stages[-1]))
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield tell
