from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from handmade import EXTRACTIONS, graph

from kg import store
from kg.lexicon import Decision
from kg.model import StoreError

GRAPH = graph((Decision(verb="drop", type="Technique", names=("QLoRA",), where="d:1"),))
HASHES = {e.paper.key(): "h" for e in GRAPH.extractions}


def write(path: Path) -> None:
    with store.update(path) as file:
        file.add(GRAPH.papers)
        file.save(GRAPH, HASHES)


def test_a_graph_comes_back_equal(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    assert store.load(tmp_path / "a.kg") == GRAPH


def test_the_file_is_plain_sqlite_with_one_row_an_edge(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    with sqlite3.connect(tmp_path / "a.kg") as connection:
        assert connection.execute("SELECT count(*) FROM edge").fetchone() == (len(GRAPH.edges),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_records_and_extractions_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    with store.update(tmp_path / "a.kg") as file:
        assert set(file.records()) == set(GRAPH.papers)
        assert {key: value[0] for key, value in file.extractions().items()} == HASHES
        file.drop([EXTRACTIONS[0].paper])
        assert len(file.records()) == 2


def test_an_error_inside_leaves_the_old_graph(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    before = (tmp_path / "a.kg").read_bytes()
    with pytest.raises(RuntimeError), store.update(tmp_path / "a.kg") as file:
        file.save(graph(), HASHES)
        raise RuntimeError
    assert (tmp_path / "a.kg").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.kg"]


def test_an_error_in_the_first_build_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), store.update(tmp_path / "a.kg"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_missing_graph_is_told_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such graph .make one with: kg build -o a.kg"):
        store.load(tmp_path / "a.kg")


def test_foreign_files_are_never_touched(tmp_path: Path) -> None:
    text, database = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("my notes, not a graph " * 100, encoding="utf-8")
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(StoreError, match="not a graph file"):
            write(path)
        with pytest.raises(StoreError, match="not a graph file"):
            store.load(path)
        assert path.read_bytes() == before


def test_another_schema_version_and_a_damaged_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.kg"
    write(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"another version .schema 99"):
        store.load(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.execute("DELETE FROM meta")
    connection.close()
    with pytest.raises(StoreError, match="cannot use the graph file"):
        store.load(path)


def test_a_folder_or_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        write(tmp_path)
    with pytest.raises(StoreError, match="the folder does not exist"):
        write(tmp_path / "no" / "a.kg")


def test_a_locked_graph_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.kg")
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0.05}))
    with store.update(tmp_path / "a.kg"), pytest.raises(StoreError, match="locked"):
        write(tmp_path / "a.kg")


@pytest.mark.slow
def test_kill_minus_nine_at_any_moment_leaves_a_whole_graph(tmp_path: Path) -> None:
    path = tmp_path / "a.kg"
    write(path)
    code = textwrap.dedent(f"""
        import sys
        sys.path[:0] = {[str(Path(__file__).parent), str(Path.cwd())]!r}
        from pathlib import Path
        from handmade import graph
        from kg import store
        full, less = graph(), graph().without({{graph().extractions[0].paper.key(), "paper/arxiv-2401.00001"}})
        print("go", flush=True)
        while True:
            for g in (full, less):
                with store.update(Path({str(path)!r})) as file:
                    file.save(g, {{e.paper.key(): "h" for e in g.extractions}})
        """)
    full, less = graph(), graph().without({"paper/arxiv-2401.00001"})
    for delay in (0.0, 0.003, 0.007, 0.011, 0.016, 0.021, 0.03, 0.05):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(delay)
            except subprocess.TimeoutExpired:
                process.kill()
        assert store.load(path) in (GRAPH, full, less)


def test_what_a_killed_first_build_left_is_built_over(tmp_path: Path) -> None:
    (tmp_path / "a.kg").touch()
    write(tmp_path / "a.kg")
    assert store.load(tmp_path / "a.kg") == GRAPH
