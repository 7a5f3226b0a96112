"""A build that is interrupted, however rudely: the graph is as it was, and the next one goes on with the work done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from kg import extracting, pipeline, store
from kg.model import KGError, StoreError

ROWS = [
    {"id": f"p{i}", "title": f"Gizmo{i}: parsing", "abstract": f"We propose Gizmo{i}, which uses LoRA on GSM8K. " * 9}
    for i in range(40)
]
BUILD = """
    import sys
    from pathlib import Path
    from kg import extracting, pipeline
    extracting._TOGETHER, pipeline._KEPT = 1, 5
    def tell(done, total):
        print(done, flush=True)
    pipeline.update(Path(sys.argv[1]), [sys.argv[2]], workers=1, progress=tell)
    print("built", flush=True)
    """


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Ten papers, and these with thirty more."""
    few, all_of_them = tmp_path_factory.mktemp("few") / "p.jsonl", tmp_path_factory.mktemp("all") / "p.jsonl"
    for path, rows in ((few, ROWS[:10]), (all_of_them, ROWS)):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return few, all_of_them


@pytest.fixture(scope="module")
def whole(sources: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> object:
    target = tmp_path_factory.mktemp("whole") / "g.kg"
    pipeline.update(target, [sources[1]])
    return store.load(target)


def killed(target: Path, source: Path, after: int) -> None:
    """Build in another process, and kill it with -9 when it has told of so many papers."""
    command = [sys.executable, "-c", textwrap.dedent(BUILD), str(target), str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() in (str(after), "built"):
                process.kill()
        assert process.wait() == -9


@pytest.mark.parametrize("after", [1, 13, 30])
def test_a_killed_build_leaves_the_old_graph_and_goes_on_where_it_was(
    sources: tuple[Path, Path], whole: object, tmp_path: Path, after: int
) -> None:
    target = tmp_path / "g.kg"
    pipeline.update(target, [sources[0]])
    before = store.load(target)
    killed(target, sources[1], after)
    assert store.load(target) == before
    report = pipeline.update(target, [sources[1]])
    assert report.extracted == 30 - after // 5 * 5
    assert store.load(target) == whole


def test_a_killed_first_build_is_told_and_goes_on(sources: tuple[Path, Path], whole: object, tmp_path: Path) -> None:
    target = tmp_path / "g.kg"
    killed(target, sources[1], 21)
    with pytest.raises(StoreError, match="its first build was interrupted"):
        store.load(target)
    assert pipeline.update(target, [sources[1]]).extracted == 20
    assert store.load(target) == whole


def test_what_was_added_by_an_interrupted_build_comes_with_the_next_one(
    sources: tuple[Path, Path], whole: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*papers: object, **more: object) -> Iterator[object]:
        raise KeyboardInterrupt

    target = tmp_path / "g.kg"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(pipeline, "packed", stopped)
        pipeline.update(target, [sources[1]])
    assert pipeline.update(target, [sources[0]]).extracted == 40
    assert store.load(target) == whole


def test_a_build_between_the_steps_of_another_is_told(
    sources: tuple[Path, Path], whole: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, real = tmp_path / "g.kg", extracting.packed

    def overtaken(*papers: object, **more: object) -> object:
        monkeypatch.setattr(pipeline, "packed", real)
        pipeline.update(target, [sources[1]])
        return real(*papers, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "packed", overtaken)
    with pytest.raises(KGError, match="another build has changed the graph meanwhile"):
        pipeline.update(target, [sources[0]])
    assert store.load(target) == whole


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        os.getuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("a small tmpfs can only be mounted as root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_loses_neither_the_graph_nor_the_work(
    sources: tuple[Path, Path], whole: object, small_disk: Path
) -> None:
    target = small_disk / "g.kg"
    size = ["mount", "-o", "remount,size=64m", str(small_disk)]
    with pytest.raises(StoreError, match=r"disk (is full|I/O error) .is it full. the graph is as it was"):
        pipeline.update(target, [sources[1]])
    assert not target.exists() or target.stat().st_size <= 1 << 20
    subprocess.run(size, check=True)
    pipeline.update(target, [sources[0]])
    before = store.load(target)
    filling = small_disk / "filling"
    filling.write_bytes(b"x" * ((64 << 20) - sum(f.stat().st_size for f in small_disk.iterdir()) - (16 << 10)))
    with pytest.raises(StoreError, match=r"disk (is full|I/O error) .is it full. the graph is as it was"):
        pipeline.update(target, [sources[1]])
    filling.unlink()
    assert store.load(target) == before
    pipeline.update(target, [sources[1]])
    assert store.load(target) == whole
