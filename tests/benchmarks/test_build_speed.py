"""How long builds take and how much memory they need: whole processes on the corpus, as a person runs them.

`PAPERS=8000,80000 just bench -k building` builds graphs of so many papers (default 4,000 and 16,000; past the corpus's
82,695 they come again, titles and coined names changed) and prints seconds, bytes and what one paper costs beside the
first graph. Processor time is more telling than wall time where others share the machine.
"""

from __future__ import annotations

import json
import lzma
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import NamedTuple

import pytest

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "conference-papers.jsonl.xz"
SIZES = [int(n) for n in os.environ.get("PAPERS", "4000,16000").split(",")]
ADDED = 100

pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpora is not there: no papers to build from")


class Spent(NamedTuple):
    """Wall and processor seconds of a command and its children, and the most memory that they held at once (MB)."""

    wall: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return f"{self.wall:7.1f} s wall {self.processor:7.1f} s processor {self.memory:6.0f} MB"


def rows() -> Iterator[str]:
    """Yield the corpus's papers, then the same under changed titles and ids, without end."""
    for turn in count():
        with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if turn:
                    row |= renamed(row, str(turn + 1))
                yield json.dumps({name: row.get(name) for name in ("id", "title", "abstract", "year")}) + "\n"


def renamed(row: dict[str, str], mark: str) -> dict[str, str]:
    """Return id, title and abstract of a paper like this one; a name that it coins ("NAME: what it is") is another."""
    coined, colon, _ = row["title"].partition(":")
    new = f"{coined}{mark}" if colon and " " not in coined else coined
    title, abstract = (text.replace(coined, new) for text in (row["title"], row["abstract"] or ""))
    return {"id": f"{mark}-{row['id']}", "title": title if new != coined else f"{title} ({mark})", "abstract": abstract}


def kg(*arguments: object) -> Spent:
    """Run the command line and watch it."""
    start, before = time.monotonic(), os.times()
    command = [sys.executable, "-c", "from kg.cli import main; main()", *map(str, arguments)]
    most = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, _held(process.pid))
            time.sleep(0.2)
        assert process.returncode == 0, process.stderr and process.stderr.read()
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(time.monotonic() - start, spent, most)


def _held(process: int) -> float:
    """Return the memory of a process and all below it in megabytes, pages that they share counted once each."""
    total, queue = 0.0, [process]
    for pid in queue:
        try:
            told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            total += int(told.split("Pss:")[1].split()[0]) / 1024
            for task in Path(f"/proc/{pid}/task").iterdir():
                queue += map(int, (task / "children").read_text(encoding="ascii").split())
        except (OSError, IndexError):
            continue
    return total


def test_building_graphs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = [""]
    costs: list[float] = []
    for size in SIZES:
        source, more, target = tmp_path / f"{size}.jsonl", tmp_path / f"more-{size}.jsonl", tmp_path / f"{size}.kg"
        lines = rows()
        with source.open("w", encoding="utf-8") as file:
            file.writelines(islice(lines, size))
        more.write_text("".join(islice(lines, ADDED)), encoding="utf-8")
        gone = [json.loads(line)["id"] for line in more.read_text(encoding="utf-8").splitlines()]
        steps = {
            "from nothing": kg("build", source, "-o", target),
            "again, nothing changed": kg("build", source, "-o", target),
            f"{ADDED} papers added": kg("build", more, "-o", target),
            "1 removed": kg("remove", target, gone[0]),
            f"{ADDED - 1} removed": kg("remove", target, *gone[1:]),
            "a question, cold": kg("query", target, "techniques evaluated on ImageNet"),
            "Turtle": kg("export", target, tmp_path / "graph.ttl"),
        }
        costs.append(steps["from nothing"].processor / size)
        ratio = costs[-1] / costs[0]
        told.append(f"{size:,} papers, {target.stat().st_size / 1e6:,.0f} MB; a paper costs {ratio:.2f} times as much")
        told += [f"  {name:24}{spent}" for name, spent in steps.items()]
        target.unlink()
    with capsys.disabled():
        sys.stdout.write("\n".join(told) + "\n")
    assert steps["1 removed"].processor < steps["from nothing"].processor / 4
