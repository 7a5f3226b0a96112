"""The five laws on real papers: `just laws` runs them on all listing papers and on 5,000 of the corpus, one line a law.

Not part of the suite. SHARED (default: ../shared) holds `listings` and `corpora`. What the papers say is read once, and
graphs are assembled from that; that workers, hash seeds and changed files leave no trace is tried for real.
"""

from __future__ import annotations

import json
import lzma
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from lawful import confused, outputs, unheeded, unproved

from kg import pipeline, store
from kg.decisions import CONFIRM, REJECT, Decision, add, lint, read_decisions
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction, Paper, name_key
from kg.resolve import paper_id, works

USING = pipeline.setup()
# A script that builds the papers of a file, with so many workers, and prints the digests of what it gives.
_APART = """
import sys; sys.path[:0] = sys.argv[3:]
from lawful import outputs
from hashlib import sha256
from kg import extracting, pipeline
if __name__ == "__main__":
    extracting._PARALLEL_FROM = 1
    graph = pipeline.build(sys.argv[1], workers=int(sys.argv[2]))
    print(*(sha256(part).hexdigest() for part in outputs(graph)))
"""


def listing(shared: Path) -> list[Paper]:
    return list(works(pipeline.read(sorted((shared / "listings").glob("*.txt")))[0]))


def corpus(shared: Path, count: int) -> list[Paper]:
    with lzma.open(shared / "corpora" / "conference-papers.jsonl.xz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, count)]
    return list(works(_paper(row) for row in rows))


def _paper(row: dict[str, str]) -> Paper:
    return Paper(id=row["id"], title=row["title"], abstract=row["abstract"], source="papers.jsonl")


def built(found: Sequence[Extraction], decisions: tuple[Decision, ...] | None = None) -> KnowledgeGraph:
    names = USING.lexicon
    decided = names.decisions if decisions is None else decisions
    return assemble(found, ontology=USING.ontology, decisions=decided, lexicon=names)


def same(what: str, one: object, other: object) -> None:
    if one != other:
        raise SystemExit(f"broken: {what}")


def none(what: str, found: Iterator[str]) -> None:
    broken = list(found)
    if broken:
        raise SystemExit("\n".join([f"broken: {what}: {len(broken)} times", *broken[:20]]))


def written(papers: Sequence[Paper], folder: Path) -> Path:
    """A source file of these papers, in a folder of its own so that it has the same name as all others."""
    path = folder / str(len(list(folder.iterdir()))) / "papers.jsonl"
    path.parent.mkdir()
    rows = ({"id": p.id, "title": p.title, "abstract": p.abstract} for p in papers)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def law_1(papers: Sequence[Paper], found: Sequence[Extraction], whole: KnowledgeGraph, chance: random.Random) -> str:
    """Order, batches, splits, workers, hash seeds."""
    expected = outputs(whole)
    for _ in range(3):
        same("another order", outputs(built(chance.sample(found, len(found)))), expected)
    mixed = chance.sample(found, len(found))
    third = len(found) // 3
    one, two = built(mixed[:third]), built(mixed[third:])
    same("two graphs merged", outputs(one | two), expected)
    same("two graphs merged the other way", outputs(two | one), expected)
    parts = [built(mixed[start::4]) for start in range(4)]
    same("four batches", outputs(parts[2] | parts[0] | parts[3] | parts[1]), expected)
    digests = set()
    trials = ((1, "0"), (2, "1"), (2, "4242")) if len(papers) < 1000 else ((2, "7"), (3, "0"))
    with TemporaryDirectory() as name:
        for workers, seed in trials:
            source = written(chance.sample(papers, len(papers)), Path(name))
            digests.add(_apart(source, workers, seed))
        plain = Path(name) / "whole" / "papers.jsonl"
        plain.parent.mkdir()
        plain.write_bytes(source.read_bytes())
        expected_there = outputs(pipeline.build(plain, using=USING, workers=1)) if len(papers) < 1000 else None
    same("workers and hash seeds", len(digests), 1)
    if expected_there:
        same("a process of its own", digests, {" ".join(sha256(part).hexdigest() for part in expected_there)})
    return f"3 orders, 2 merges of 2 parts, 4 batches, {len(trials)} processes with other workers and hash seeds"


def _apart(source: Path, workers: int, seed: str) -> str:
    script = source.with_name("apart.py")
    script.write_text(_APART, encoding="utf-8")
    here = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
    command = [sys.executable, str(script), str(source), str(workers), *here]
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}
    )
    return run.stdout.strip()


def law_2(papers: Sequence[Paper], found: Sequence[Extraction], whole: KnowledgeGraph, chance: random.Random) -> str:
    """Removing, in memory and in a file; changing one paper of a file."""
    for count in (1, 10, len(found) // 10):
        gone = {paper_id(e.paper) for e in chance.sample(found, count)}
        kept = [e for e in found if paper_id(e.paper) not in gone]
        same(f"{count} papers taken out", outputs(whole.without(gone)), outputs(built(kept)))
    doomed = chance.sample(papers, 5)
    number = chance.randrange(len(papers))
    changed = list(papers)
    changed[number] = replace(papers[number], abstract="We use LoRA and GPT-4 on GSM8K. " + papers[0].abstract)
    with TemporaryDirectory() as name:
        folder = Path(name)

        def file(called: str, *batches: Sequence[Paper]) -> Path:
            target = folder / called / "map.kg"
            target.parent.mkdir()
            for batch in batches:
                pipeline.update(target, [written(batch, folder)], using=USING)
            return target

        one = file("one", papers, changed)
        fresh = file("fresh", changed)
        same("a changed paper", outputs(store.load(one)), outputs(store.load(fresh)))
        pipeline.remove(one, [changed[papers.index(p)].id for p in doomed], using=USING)
        rest = [p for p in changed if p.id not in {d.id for d in doomed}]
        same("a file without 5 papers", outputs(store.load(one)), outputs(store.load(file("rest", rest))))
    return f"1, 10 and {len(found) // 10} papers out of the graph, 5 out of its file, 1 changed in its file"


def law_3(papers: Sequence[Paper], found: Sequence[Extraction], whole: KnowledgeGraph, chance: random.Random) -> str:
    """Evidence, slices, nothing dropped."""
    none("evidence", unproved(whole))
    same("papers", {paper_id(p) for p in papers}, {n.id for n in whole.nodes if n.paper})
    quotes = sum(len(e.evidence) for e in whole.edges)
    claims = sum(len(e.claims) for e in found)
    return f"{len(whole.edges)} edges, {quotes} quotes, {claims} claims, {len(whole.rejections)} rejections"


def law_4(papers: Sequence[Paper], found: Sequence[Extraction], whole: KnowledgeGraph, chance: random.Random) -> str:
    """Versions apart, spellings together."""
    none("names", confused(whole))
    things = [n for n in whole.nodes if n.paper is None]
    for node in things:
        for other in (node.name.replace("-", " "), node.name.replace(" ", "-"), node.name.replace("-", "\u2011")):
            if node not in whole.find(other):
                raise SystemExit(f"broken: {node.id} is not found as {other!r}")
    keys = {(n.type, name_key(n.name)) for n in things}
    same("one name, one node", len(keys), len(things))
    return f"{len(things)} nodes, {sum(len(n.aliases) for n in things)} aliases, {3 * len(things)} spellings"


def law_5(papers: Sequence[Paper], found: Sequence[Extraction], whole: KnowledgeGraph, chance: random.Random) -> str:
    """Decisions through a rebuild in another order and without some papers; dead and contradicting ones told."""
    with TemporaryDirectory() as name:
        path = Path(name) / "decisions.yaml"
        made = list(_made(whole, chance))
        add(path, made, ontology=USING.ontology)
        decided = read_decisions(path, ontology=USING.ontology)
        nonsense = replace(made[0], verb="keep-apart", to="")
        broken = lint([*decided, replace(nonsense, where="decisions.yaml:9999")])
    graph = built(found, decided)
    gone = {paper_id(e.paper) for e in chance.sample(found, len(found) // 20)}
    again = built(chance.sample(found, len(found)), decided)
    same("decisions in another order", outputs(again), outputs(graph))
    for one in (graph, graph.without(gone)):
        none("decisions", (str(d) for d in decided if unheeded(one, d)))
        none("evidence after decisions", unproved(one))
    dead = [d for d in decided if d.names[0].startswith("nothing of the name")]
    same("dead decisions", set(dead) - set(graph.unmatched), set())
    same("contradictions", len(broken), 1)
    effective = len(decided) - len(graph.unmatched)
    return (
        f"{len(decided)} decisions, {effective} with effect, {len(graph.unmatched)} told as dead, 1 contradiction told"
    )


def _made(graph: KnowledgeGraph, chance: random.Random) -> Iterator[Decision]:
    """Decisions of every kind about things that share no name with others, and some about nothing."""
    types = {t.name for t in graph.ontology.types_as("artefact")}
    lone = [n for n in graph.nodes if n.type in types and n.support and not n.aliases and len(graph.find(n.name)) == 1]
    chosen = iter(chance.sample(lone, 70))
    for _ in range(10):
        one = next(chosen)
        other = next(n for n in chosen if n.type == one.type)
        yield Decision(verb="merge", type=one.type, names=(one.name, other.name), to=one.name)
    for verb in ("rename", "drop"):
        for _ in range(5):
            node = next(chosen)
            yield Decision(
                verb=verb, type=node.type, names=(node.name,), to="New " + node.name if verb == "rename" else ""
            )
    stated = [e for e in graph.edges if graph.by_id[e.source].paper and graph.by_id[e.target].type in types]
    for verb, edges in ((CONFIRM, chance.sample(stated[::2], 15)), (REJECT, chance.sample(stated[1::2], 30))):
        for edge in {(e.source, e.target): e for e in edges}.values():
            target = graph.by_id[edge.target]
            yield Decision(
                verb=verb, type=target.type, names=(target.name,), source=edge.source, relation=edge.relation
            )
    for kind in sorted(types):
        yield Decision(verb="drop", type=kind, names=(f"nothing of the name {kind}",))


LAWS: tuple[Callable[[Sequence[Paper], Sequence[Extraction], KnowledgeGraph, random.Random], str], ...] = (
    law_1,
    law_2,
    law_3,
    law_4,
    law_5,
)


def main() -> None:
    shared = Path(os.environ.get("SHARED", "../shared"))
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    for called, papers in (("listing", listing(shared)), ("corpus", corpus(shared, count))):
        start = time.perf_counter()
        found = list(pipeline.extract(papers, using=USING))
        whole = built(found)
        print(f"{called}: {len(papers)} papers read and assembled in {time.perf_counter() - start:.0f} s", flush=True)
        for number, law in enumerate(LAWS, start=1):
            start = time.perf_counter()
            told = law(papers, found, whole, random.Random(number))
            print(f"law {number} holds: {told}; {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
