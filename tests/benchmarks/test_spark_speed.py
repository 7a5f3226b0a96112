"""Building by Spark beside building on this machine: the same graph, what it costs more, what a second worker saves.

Ratios of one run on one machine; `SOURCE=FILE` names another JSONL file than the first papers of the shared corpus,
`NUMBER` how many.
"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from sparked import rows, triples

from kg import pipeline, resolve, store
from kg.disjoint import Disjoint
from kg.exporters import exporter
from kg.graph import kinds
from kg.model import Claim
from kg.resolve import blocks

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "conference-papers.jsonl.xz"


def papers(number: int) -> Iterator[str]:
    given = os.environ.get("SOURCE")
    if given is None and not CORPUS.is_file():
        pytest.skip(f"{CORPUS} is absent")
    with Path(given).open(encoding="utf-8") if given else lzma.open(CORPUS, "rt", encoding="utf-8") as file:
        yield from islice(file, number)


def kg(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from kg.cli import main; main()", *arguments], check=True, env=os.environ)
    return time.perf_counter() - start


def test_spark_builds_the_graph_of_one_machine(tmp_path: Path) -> None:
    number = int(os.environ.get("NUMBER", "5000"))
    source = tmp_path / "papers.jsonl"
    source.write_text("".join(papers(number)), encoding="utf-8")
    took = {"here": kg("build", str(source), "-o", str(tmp_path / "g.kg"), "--workers", "2")}
    for workers in ("1", "2"):
        target = str(tmp_path / f"spark{workers}")
        took[f"local[{workers}]"] = kg("build", str(source), "-o", target, "--engine", "spark", "--workers", workers)
    graph = store.load(tmp_path / "g.kg")
    for workers in ("1", "2"):
        folder = tmp_path / f"spark{workers}"
        assert triples(folder) == exporter("x.nt")(graph).decode().removesuffix("\n").split("\n")
        assert {row["id"] for row in rows(folder, "edges")} == {edge.id for edge in graph.edges}
        found = sorted((r["paper"], r["name"], r["type"], r["reason"]) for r in rows(folder, "rejections"))
        assert found == sorted((paper, r.name, r.type, r.reason) for paper, r in graph.rejections)
    print(f"\n{number} papers: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items()))
    print("of Spark's seconds, one worker to two: %.2f" % (took["local[1]"] / took["local[2]"]))
    for path in sorted((tmp_path / "spark2").iterdir()):
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        print(f"{path.name}: {size / number:.0f} bytes a paper")


def test_what_the_driver_holds() -> None:
    """Tell the memory and time of who is who, and of the blocks that could be resolved apart, by number of papers."""
    using = pipeline.setup()
    number = int(os.environ.get("NUMBER", "5000"))
    folder = os.environ.get("EXTRACTIONS")  # a table that Spark has written; else they are made here
    if folder:
        claims = [msgspec.convert(row["claims"], tuple[Claim, ...]) for row in rows(Path(folder), "extractions")]
    else:
        found, _ = pipeline.read([os.environ.get("SOURCE", str(CORPUS))])
        claims = [e.claims for e in pipeline.extract(found[:number], using=using, workers=1)]
    for part in (number // 4, number // 2, number):
        start = time.perf_counter()
        tally, who, sizes = settled(claims[:part], using)
        seconds = time.perf_counter() - start
        del tally, who
        tracemalloc.start()
        tally, who, _ = settled(claims[:part], using)
        held, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"{part} papers: {len(tally)} sayings, {len(who.entities)} entities in {seconds:.1f} s; "
            f"{held >> 20} MB held, {most >> 20} MB at most; {len(sizes)} blocks, the largest of {max(sizes.values())}"
        )


def settled(
    claims: list[tuple[Claim, ...]], using: pipeline.Setup
) -> tuple[Counter[resolve.Saying], resolve.Resolution, Counter[str]]:
    """Return what the driver makes: all sayings, who is who; and how many sayings are in each block."""
    known = using.lexicon.undecided
    tally = Counter(saying for some in claims for saying in {resolve.saying(claim, known) for claim in some})
    who = resolve.entities(tally, using.lexicon.decisions, lexicon=known, ontology=using.ontology)
    kinds.taxonomy(who, {e.id: () for e in who.entities}, lexicon=known, ontology=using.ontology)
    reach, sets = blocks.Reach(known, using.ontology), Disjoint[str]()
    for saying in tally:
        sets.join(reach.keys(saying))
    return tally, who, Counter(sets.find(reach.keys(saying)[0]) for saying in tally)
