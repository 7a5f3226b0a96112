"""Timings, not tests: run with `just bench`. Ratios of one run compare; absolute numbers depend on the machine.

Uses the corpus in ../shared when it is there, else papers made up on the spot.
"""

from __future__ import annotations

import json
import lzma
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from kg import extracting, pipeline, resolve
from kg.model import Paper
from kg.recognise.known import Matcher

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "conference-papers.jsonl.xz"
NUMBER, STEP = 1000, 80


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    return list(_corpus() if CORPUS.exists() else _made_up())


def _corpus() -> Iterator[Paper]:
    """Yield papers from all of the corpus: its first thousand have abstracts a fifth longer than the rest."""
    with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in islice(lines, 0, NUMBER * STEP, STEP):
            row = json.loads(line)
            yield Paper(id=row["id"], title=row["title"], abstract=row["abstract"])


def _made_up() -> Iterator[Paper]:
    for number in range(NUMBER):
        text = f"We propose Gizmo{number}, which builds on LoRA and outperforms QLoRA on GSM8K. " * 12
        yield Paper(id=str(number), title=f"Gizmo{number}: a method", abstract=text)


def timed(work: Callable[[], object]) -> float:
    """Return the least CPU seconds of three runs."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


def test_extraction_beside_plain_matching(papers: list[Paper]) -> None:
    using = pipeline.setup()
    matcher = Matcher(using.lexicon)
    from kg.recognise import known

    matching = timed(lambda: [list(known.vote(p, names=matcher, ontology=using.ontology)) for p in papers])
    whole = timed(lambda: extracting.extract_papers(papers, matcher, using.ontology))
    print(f"\nabstracts/s a core: matching {NUMBER / matching:,.0f}, extraction {NUMBER / whole:,.0f}")
    assert whole > 0


def test_assembling(papers: list[Paper]) -> None:
    from kg import graph

    using = pipeline.setup()
    extractions = list(pipeline.extract(resolve.works(papers), using=using, workers=1))
    spent = timed(lambda: graph.assemble(extractions, ontology=using.ontology))
    print(f"\nassembling {len(extractions) / spent:,.0f} papers/s")
    assert spent > 0
