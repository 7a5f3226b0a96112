"""Sources of one record a line are read in stretches: all is as if they were read whole, and little of them is held."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from handmade import ONTOLOGY

from kg import pipeline, readers, resolve, store
from kg.lexicon import Lexicon, Name
from kg.model import Paper, ReadError
from kg.readers import READERS, Reader, Reading, jsonrecords, reading, window

SAMPLES = Path(__file__).parent / "samples"
LINEWISE = {"jsonl", "arxiv-snapshot", "openalex", "semantic-scholar", "openreview"}
FILES = sorted(path for path in SAMPLES.glob("*.json*") if any(path.name.startswith(name) for name in LINEWISE))
USING = pipeline.setup(ONTOLOGY, Lexicon(names=(Name(name="LoRA", type="Technique", source="test"),)))


def linewise(name: str) -> Reader:
    reader: Reader = READERS.get(name)
    assert reader.stretches
    return reader


def row(number: int, **more: object) -> str:
    return json.dumps({"id": f"p{number}", "title": f"Report {number}"} | more)


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    """Two files with records given twice far apart, bad lines, bytes that are no UTF-8, and one id in both."""
    rows = [row(n, abstract="We use LoRA." * (n % 3), arxiv=f"2401.{n:05}" if n % 4 else None) for n in range(40)]
    rows[7:7] = ["nonsense", "", '{"title": ""}']
    rows += [
        row(3, date="2024-05", keywords=["x"]),
        row(5, title="Report Five", abstract="Longer than LoRA. " * 3),
        "{",
    ]
    again = [row(n, venue="X") for n in (3, 80, 3)] + [row(3, year=2020, abstract="LoRA, once more.")]
    for name, lines in (("a.jsonl", rows), ("b.jsonl", again)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (tmp_path / "a.jsonl").open("ab") as file:
        file.write(row(90, title="Caf?").replace("?", "\xe9").encode("latin-1") + b"\n")
    return [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]


def records(target: Path) -> list[tuple[str, str, bytes]]:
    with store.read(target) as file:
        return file.connection.execute("SELECT * FROM record ORDER BY source, id").fetchall()


def test_the_formats_of_one_record_a_line_are_read_in_stretches() -> None:
    assert {reader.name for _, reader in READERS.items() if reader.stretches} == LINEWISE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("size", [1, 2])
def test_stretches_joined_are_the_whole(path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = readers.read(path)
    monkeypatch.setattr(reading, "STRETCH", size)
    parts = list(readers.stretches(path))
    assert len(parts) == -(-whole.lines // size)
    assert all(part.lines <= size and part.used + len(part.skipped) == part.lines for part in parts)
    assert readers.joined(parts) == readers.read(path) == whole


def test_lines_are_numbered_through_and_notes_are_told_once(
    sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = readers.read(sources[0])
    assert [s.line for s in whole.skipped] == [8, 10, 46]
    assert whole.used + len(whole.skipped) == whole.lines == 47
    (note,) = whole.notes
    assert note.endswith("line 47 held bytes that are no UTF-8; they show as \ufffd")
    monkeypatch.setattr(reading, "STRETCH", 5)
    assert readers.read(sources[0]) == whole


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_build_by_stretches_is_the_build_of_the_whole(
    sources: list[Path], size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = pipeline.reading(sources)
    wanted = {(p.source, p.id): store.encode(p) for p in resolve.one_each(found.papers)}
    assert len(wanted) == len(found.papers) - 4
    monkeypatch.setattr(reading, "STRETCH", size)
    for order in (sources, sources[::-1]):
        target = tmp_path / f"{order[0].stem}.kg"
        report = pipeline.update(target, order, using=USING)
        assert (report.read, len(report.skipped), report.notes) == (len(found.papers), 3, found.notes)
        assert [(*place, wanted[place]) for place in sorted(wanted)] == records(target)
        again = pipeline.update(target, order, using=USING)
        assert (again.read, again.extracted, again.skipped) == (report.read, 0, report.skipped)
        assert [(*place, wanted[place]) for place in sorted(wanted)] == records(target)
    assert store.load(tmp_path / "a.kg") == store.load(tmp_path / "b.kg")


def test_a_record_of_an_earlier_build_is_replaced_and_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STRETCH", 1)
    source, target, whole = tmp_path / "a.jsonl", tmp_path / "a.kg", tmp_path / "whole.kg"
    source.write_text(row(1, abstract="A long one about LoRA.", doi="10.1000/1") + "\n", encoding="utf-8")
    pipeline.update(target, [source], using=USING)
    lines = [row(1, abstract="Short."), row(2, abstract="LoRA."), row(1, year=2024)]
    source.write_text("\n".join(lines), encoding="utf-8")
    for path in (target, whole):
        pipeline.update(path, [source], using=USING)
    assert records(target) == records(whole)
    assert store.load(target) == store.load(whole)
    assert [(p.abstract, p.year, p.doi) for p in store.load(target).papers if p.id == "p1"] == [("Short.", 2024, "")]


@pytest.mark.parametrize("name", sorted(LINEWISE))
def test_reading_is_lazy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "STRETCH", 10)
    monkeypatch.setattr(window, "_STEP", 1000)
    monkeypatch.setattr(jsonrecords, "_LOOKED_INTO", 1000)
    (record, *_) = readers.read(next(SAMPLES.glob(f"{name}.*"))).papers
    line = {
        "openreview": {"id": "x", "content": {"title": record.title}},
        "openalex": {"id": "W1", "title": record.title, "abstract_inverted_index": {"On": [0]}},
    }.get(name, {"id": "1", "title": record.title, "abstract": "Of things."})
    taken = 0

    def endless() -> Iterator[tuple[int, str]]:
        nonlocal taken
        while True:
            taken += 1
            yield taken, json.dumps(line)

    stretches = linewise(name).stretches
    assert stretches
    parts = stretches(endless(), "x")
    for number in (10, 20, 30):
        assert len(next(parts).papers) == 10
        assert number <= taken <= number + 50


def lines(count: int) -> bytes:
    return "".join(row(n, abstract=f"LoRA {n * 7919} " * 9) + "\n" for n in range(count)).encode()


def cut_archive() -> bytes:
    return gzip.compress(lines(3000))[:-200]


BROKEN = {
    "a damaged archive": (cut_archive, "damaged archive"),
    "a bomb": (lambda: gzip.compress(lines(500) + b" " * (40 << 20)), "unpacks to more than"),
    "binary later on": (lambda: lines(500) + b"\xff\xfe\n" * 900, "not UTF-8 text"),
    "an endless line": (lambda: lines(500) + b"x" * (17 << 20), "a line longer than"),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("there", [True, False], ids=["graph", "no graph"])
def test_a_source_that_is_broken_further_on_leaves_the_graph_file_as_it_was(
    kind: str, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "STRETCH", 10)
    target, good, broken = tmp_path / "a.kg", tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    good.write_text(row(1, abstract="We use LoRA."), encoding="utf-8")
    make, message = BROKEN[kind]
    broken.write_bytes(make())
    if there:
        pipeline.update(target, [good], using=USING)
    before = target.read_bytes() if there else b""
    papers = 0
    with pytest.raises(ReadError, match=message):
        for part in readers.stretches(broken, format="jsonl"):
            papers += len(part.papers)
    assert papers >= 490
    with pytest.raises(ReadError, match=message):
        pipeline.update(target, [good, broken], using=USING, format="jsonl")
    assert [p.name for p in tmp_path.glob("a.kg*")] == ["a.kg"] * there
    assert not there or target.read_bytes() == before


def test_files_of_a_folder_are_read_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.jsonl", "c.jsonl"):
        (tmp_path / name).write_text(row(1) + "\n" + row(2) + "\n", encoding="utf-8")
    (tmp_path / "b.bin").write_bytes(b"\0")
    monkeypatch.setattr(reading, "STRETCH", 1)
    parts = readers.stretches(tmp_path)
    first = next(parts)
    (tmp_path / "c.jsonl").write_text(row(3) + "\n", encoding="utf-8")
    rest: list[Reading] = list(parts)
    assert titles([first]) == ["Report 1"]
    assert [titles([part]) for part in rest] == [["Report 2"], [], ["Report 3"]]
    assert [s.reason for part in rest for s in part.skipped] == ["a binary file"]


def test_the_graph_itself_is_no_source_of_the_folder_that_it_is_made_in(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(row(1) + "\n", encoding="utf-8")
    assert pipeline.update(tmp_path / "a.kg", [tmp_path], using=USING).skipped == ()


def titles(parts: list[Reading]) -> list[str]:
    papers: list[Paper] = [paper for part in parts for paper in part.papers]
    return [paper.title for paper in papers]
