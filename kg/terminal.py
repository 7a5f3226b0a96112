"""How the command line talks: data to standard output, words and progress to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from kg.model import Skipped

_SHOWN = 5  # skipped stretches told one by one; the rest is counted


def out(text: str) -> None:
    """Write a line of data."""
    typer.echo(text)


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
def progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a progress bar with rate and time left on a terminal; nothing otherwise."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
