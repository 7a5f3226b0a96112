from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from handmade import graph, put, saved

from kg import store
from kg.graph import KnowledgeGraph
from kg.lexicon import Decision, Lexicon
from kg.model import StoreError

GRAPH = graph((Decision(verb="drop", type="Technique", names=("QLoRA",), where="d:1"),))


def write(path: Path, made: KnowledgeGraph = GRAPH) -> None:
    saved(path, made)


def test_a_graph_comes_back_equal(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    assert store.load(tmp_path / "a.kg") == GRAPH


def test_the_file_is_plain_sqlite_with_one_row_an_edge(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    with sqlite3.connect(tmp_path / "a.kg") as connection:
        assert connection.execute("SELECT count(*) FROM edge").fetchone() == (len(GRAPH.edges),)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_extractions_are_known_by_their_hash(tmp_path: Path) -> None:
    first = GRAPH.extractions[0]
    with store.update(tmp_path / "a.kg") as file, file.transaction():
        file.keep([(b"1", store.packed(first, Lexicon()))])
        assert file.known([b"1", b"2"]) == {b"1"}
        ((content, _),) = file.packs([b"1"])
        assert store.extraction(first.paper, content) == first
        file.forget_extractions()
        assert file.known([b"1"]) == set()


def test_an_error_inside_leaves_the_old_graph(tmp_path: Path) -> None:
    write(tmp_path / "a.kg")
    with pytest.raises(RuntimeError), store.update(tmp_path / "a.kg") as file, file.transaction():
        put(file, graph())
        raise RuntimeError
    assert store.load(tmp_path / "a.kg") == GRAPH
    assert [p.name for p in tmp_path.iterdir()] == ["a.kg"]


def test_an_error_in_the_first_build_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), store.update(tmp_path / "a.kg"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_reader_is_not_disturbed_by_a_build_and_sees_one_state(tmp_path: Path) -> None:
    path = tmp_path / "a.kg"
    write(path)
    with store.read(path) as reader:
        assert reader.counts()[0]["Paper"] == 3
        with store.update(path) as file:
            with file.transaction():
                put(file, graph().without({"paper/arxiv-2401.00001"}))
                assert store.load(path) == GRAPH
            assert len(store.load(path).papers) == 2
        assert reader.graph() == GRAPH


def test_a_graph_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.kg")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert store.load(tmp_path / "a.kg") == GRAPH
    assert [p.name for p in tmp_path.iterdir()] == ["a.kg"]


def test_a_first_build_that_was_interrupted_is_told(tmp_path: Path) -> None:
    with store.update(tmp_path / "a.kg") as file, file.transaction():
        file.connection.execute("INSERT INTO record VALUES ('s', 'i', '')")
    with pytest.raises(StoreError, match="no graph yet: its first build was interrupted .say the same kg build again"):
        store.load(tmp_path / "a.kg")


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
        connection.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION}")
        connection.execute("DELETE FROM meta WHERE key = 'decisions'")
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
    monkeypatch.setattr(store, "_BUSY", 0.05)
    with (
        store.update(tmp_path / "a.kg") as file,
        file.transaction(),
        pytest.raises(StoreError, match="locked"),
    ):
        write(tmp_path / "a.kg")


@pytest.mark.slow
def test_kill_minus_nine_at_any_moment_leaves_a_whole_graph(tmp_path: Path) -> None:
    path = tmp_path / "a.kg"
    write(path)
    code = textwrap.dedent(f"""
        import sys
        sys.path[:0] = {[str(Path(__file__).parent), str(Path.cwd())]!r}
        from pathlib import Path
        from handmade import graph, saved
        full, less = graph(), graph().without({{"paper/arxiv-2401.00001"}})
        print("go", flush=True)
        while True:
            for g in (full, less):
                saved(Path({str(path)!r}), g)
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
