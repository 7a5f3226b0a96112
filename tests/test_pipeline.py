from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from handmade import ONTOLOGY, paper

from kg import extracting, lexicon, pipeline, store
from kg.lexicon import Lexicon, Name
from kg.model import KGError

LISTINGS = sorted((Path(__file__).parents[1].parent / "shared" / "listings").glob("listing-*.txt"))
needs_listings = pytest.mark.skipif(
    len(LISTINGS) != 4, reason="../shared/listings is not there: no real pages to build from"
)

PAPERS = [
    paper(
        f"Gizmo{i}: a method for parsing",
        f"We propose Gizmo{i}, which uses LoRA and is evaluated on GSM8K. It outperforms method number {i}.",
        year=2000 + i % 25,
    )
    for i in range(30)
]


def test_workers_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "_PARALLEL_FROM", 10)
    monkeypatch.setattr(extracting, "_BATCH", 7)
    seen: list[tuple[int, int]] = []
    parallel = list(pipeline.extract(PAPERS, workers=2, progress=lambda done, total: seen.append((done, total))))
    assert parallel == list(pipeline.extract(PAPERS, workers=1))
    assert seen[-1] == (30, 30)


def test_progress_is_told_on_the_way_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "_TOGETHER", 1)
    seen: list[tuple[int, int]] = []
    list(pipeline.extract(PAPERS[:3], workers=1, progress=lambda done, total: seen.append((done, total))))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_building_in_batches_gives_the_file_of_one_build(tmp_path: Path) -> None:
    for name, papers in (("a.jsonl", PAPERS[:10]), ("b.jsonl", PAPERS[10:])):
        rows = [json.dumps({"id": p.id, "title": p.title, "abstract": p.abstract, "year": p.year}) for p in papers]
        (tmp_path / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    first = pipeline.update(tmp_path / "one.kg", [tmp_path / "b.jsonl", tmp_path / "a.jsonl"])
    assert (first.extracted, first.reused) == (30, 0)
    pipeline.update(tmp_path / "two.kg", [tmp_path / "a.jsonl"])
    second = pipeline.update(tmp_path / "two.kg", [tmp_path / "b.jsonl"])
    assert (second.extracted, second.reused) == (20, 10)
    assert store.load(tmp_path / "one.kg") == store.load(tmp_path / "two.kg")


def test_a_changed_lexicon_reads_the_papers_again(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a", "title": "Frobnication", "abstract": "We use Zorb."}\n', encoding="utf-8"
    )
    pipeline.update(tmp_path / "a.kg", [tmp_path / "a.jsonl"])
    names = Lexicon(names=(Name(name="Zorb", type="Technique", source="test"),))
    report = pipeline.update(tmp_path / "a.kg", [tmp_path / "a.jsonl"], using=pipeline.setup(ONTOLOGY, names))
    assert report.extracted == 1
    assert store.load(tmp_path / "a.kg").find("Zorb")


def test_a_record_given_twice_by_one_source_is_one_record(tmp_path: Path) -> None:
    rows = ['{"id": "a", "title": "On Things"}', '{"id": "a", "title": "On Things", "abstract": "We use LoRA."}']
    graphs = []
    for i, order in enumerate((rows, rows[::-1])):
        (tmp_path / "a.jsonl").write_text("\n".join(order), encoding="utf-8")
        pipeline.update(tmp_path / f"{i}.kg", [tmp_path / "a.jsonl"])
        graphs.append(store.load(tmp_path / f"{i}.kg"))
    assert graphs[0] == graphs[1]
    assert len(graphs[0].papers) == 1


def test_building_in_memory_takes_papers_and_files(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "a", "title": "Uses of LoRA", "abstract": "We use LoRA."}\n', encoding="utf-8"
    )
    assert len(pipeline.build(PAPERS[0], tmp_path / "a.jsonl").papers) == 2
    assert len(pipeline.build(PAPERS[0]).papers) == 1


def test_removing_an_unknown_paper_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "a", "title": "Uses of LoRA"}\n', encoding="utf-8")
    pipeline.update(tmp_path / "a.kg", [tmp_path / "a.jsonl"])
    before = store.load(tmp_path / "a.kg")
    with pytest.raises(KGError, match="no paper called 'b'"):
        pipeline.remove(tmp_path / "a.kg", ["a", "b"])
    assert store.load(tmp_path / "a.kg") == before
    assert pipeline.update(tmp_path / "a.kg", [tmp_path / "a.jsonl"]).extracted == 0


def test_the_setup_s_fingerprint_tells_lexicons_apart() -> None:
    full = pipeline.setup()
    assert full.fingerprint == pipeline.setup(ONTOLOGY, lexicon.load(ontology=ONTOLOGY)).fingerprint
    assert full.fingerprint != pipeline.setup(ONTOLOGY, Lexicon()).fingerprint


def test_the_bundled_seeds_build_the_466_papers_with_all_their_facts() -> None:
    graph = pipeline.build()
    nodes, edges = graph.counts()
    assert nodes["Paper"] == 466
    assert min(nodes[t.name] for t in ONTOLOGY.types) > 50
    assert edges["introduces"] > 600
    facts = {(p.key(), f.name) for p in graph.papers for f in p.facts}
    assert len(facts) > 2900
    assert graph.unmatched == ()


@pytest.mark.parametrize(
    ("modules", "told"),
    [("kg.increment.intake", pipeline._ASSEMBLING), ("kg.recognise, kg.relate, kg.resolve", extracting._EXTRACTING)],
)
def test_a_change_of_what_runs_is_noticed(modules: str, told: tuple[str, ...]) -> None:
    code = f"import sys, {modules}; print(*sorted({{m.split('.')[1] for m in sys.modules if m[:3] == 'kg.'}}))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert tuple(loaded) == told


@needs_listings
def test_the_four_listings_give_466_papers(tmp_path: Path) -> None:
    report = pipeline.update(tmp_path / "map.kg", LISTINGS)
    assert report.read == 87 + 117 + 216 + 121
    assert report.nodes["Paper"] == report.extracted == 466
    assert report.skipped == ()
    assert pipeline.update(tmp_path / "map.kg", LISTINGS).extracted == 0


@needs_listings
@pytest.mark.slow
def test_order_and_hash_seed_change_no_byte_of_the_export(tmp_path: Path) -> None:
    code = (
        "import sys; from kg import pipeline, exporters\nexporters.export(pipeline.build(*sys.argv[2:]), sys.argv[1])"
    )
    outputs = []
    for seed, order in (("0", LISTINGS[:2]), ("7", LISTINGS[1::-1])):
        target = tmp_path / f"{seed}.nq"
        command = [sys.executable, "-c", code, str(target), *map(str, order)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        outputs.append(target.read_bytes())
    assert outputs[0] == outputs[1]
