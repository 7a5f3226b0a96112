"""How the command line talks: data to standard output, words and progress to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from kg.model import Skipped

if TYPE_CHECKING:
    from kg.decisions import Decision
    from kg.graph import KnowledgeGraph
    from kg.ontology import Ontology
    from kg.pipeline import Report
    from kg.review import Question

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


def say_decisions(report: Report) -> None:
    """Tell what one's own decisions meet, one line each; the bundled ones were made for other papers."""
    for note in report.notes:
        say(note)
    own = [d for d in report.unmatched if not d.where.startswith("seeds/")]
    for decision in own:
        say(decision.dead)
    bundled = [d.where for d in report.unmatched if d not in own]
    if bundled:
        say(f"{count(len(bundled), 'bundled decision')} without effect here: {', '.join(bundled)}")


def ask(asked: Sequence[Question], graph: KnowledgeGraph, *, by: str) -> Iterator[Decision]:
    """Ask the person and yield decisions as they come, so that what was answered is kept."""
    from kg import review

    for number, question in enumerate(asked, start=1):
        out(f"[{number}/{len(asked)}] {review.to_text(question, graph)}")
        given = ""
        while given not in review.ANSWERS:
            given = str(typer.prompt("  y, n, skip or quit", default="skip")).strip().casefold()
        if review.ANSWERS[given] == "quit":
            return
        decision = review.answer(question, given, by=by)
        if decision is not None:
            yield decision


def summary(
    nodes: Mapping[str, int], edges: Mapping[str, int], derived: int, *, ontology: Ontology | None = None
) -> list[str]:
    """Return how large a graph is, in three lines and in the words of its ontology, by default the bundled one."""
    from kg.ontology import load

    known = ontology or load()
    document = known.type_as("document").name
    types = [f"{nodes.get(t.name, 0)} {t.plural}" for t in known.types if t.name != document]
    relations = [f"{edges[r.name]} {r.label}" for r in known.relations if edges.get(r.name)]
    return [
        f"papers: {nodes.get(document, 0)}",
        f"nodes: {sum(nodes.values())} ({', '.join(types)})",
        f"edges: {sum(edges.values())} ({', '.join(relations)}; {derived} of them derived)",
    ]


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
