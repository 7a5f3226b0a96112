"""Triples of large graph files are kept for SPARQL, and give the answers that loaded triples give."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import question_bank
from handmade import graph, saved

from kg import lookup
from kg.graph import KnowledgeGraph
from kg.lexicon import Decision
from kg.model import QueryError
from kg.queries import answer, engine, shelf, sparql, worker
from kg.queries.standby import Engine, RefusedQueryError
from kg.store import stored
from kg.view import View

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "LARGE", 0)
    return tmp_path / "cache"


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in home.iterdir())


def view_of(tmp_path: Path, made: KnowledgeGraph, name: str = "a.kg") -> Iterator[View]:
    saved(tmp_path / name, made)
    with stored.view(tmp_path / name) as seen:
        yield seen


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[View]:
    yield from view_of(tmp_path, graph())


def test_all_questions_of_the_bank_have_the_same_rows_in_sparql(home: Path, tmp_path: Path) -> None:
    whole = question_bank.graph()
    saved(tmp_path / "a.kg", whole)
    with stored.view(tmp_path / "a.kg") as seen:
        folder = shelf.store_of(seen)
        assert folder is not None
        import pyoxigraph

        store = pyoxigraph.Store.read_only(str(folder))
        for case in question_bank.cases():
            found = answer(seen, case.ask, limit=7, edges=False)  # test_questions has them equal to loaded triples'
            assert question_bank.same(question_bank.selected(store, found.sparql), found.rows), case.ask
        found = answer(seen, "techniques evaluated on MMLU")
        assert question_bank.same(sparql(seen, found.sparql).rows, found.rows)


def test_the_store_is_made_once_and_told_in_one_line(home: Path, seen: View) -> None:
    lines: list[str] = []
    first = sparql(seen, COUNT, tell=lines.append)
    assert [line.partition(",")[0] for line in lines] == [f"keeping the graph's triples in {home}"]
    assert sparql(seen, COUNT, tell=lines.append) == first == sparql(graph(), COUNT)
    assert len(lines) == 1
    assert [name[:8] for name in kept(home)] == ["triples-"]


def test_the_same_content_in_another_file_has_the_same_store_and_other_content_another(
    home: Path, seen: View, tmp_path: Path
) -> None:
    sparql(seen, COUNT)
    names = kept(home)
    for again in view_of(tmp_path, graph(), "b.kg"):
        sparql(again, COUNT)
    assert kept(home) == names
    for other in view_of(
        tmp_path, graph((Decision(verb="drop", type="Technique", names=("QLoRA",), where="d:1"),)), "c.kg"
    ):
        assert sparql(other, COUNT) != sparql(seen, COUNT)
    assert len(kept(home)) == 2


@pytest.mark.parametrize("large", [False, True])
def test_small_graphs_loaded_graphs_and_whoever_says_off_keep_nothing(
    large: bool, home: Path, seen: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setenv("KG_CACHE", "off")
    else:
        monkeypatch.setattr(stored, "LARGE", len(seen.edges))
    assert sparql(seen, COUNT) == sparql(graph(), COUNT)
    assert not home.exists()


def test_what_nobody_asked_for_longest_and_what_was_never_finished_goes(home: Path, seen: View) -> None:
    home.mkdir()
    for age in range(5):
        (home / f"triples-{age}").mkdir()
        os.utime(home / f"triples-{age}", (1000 - age, 1000 - age))
    (home / ".making-old").mkdir()
    os.utime(home / ".making-old", (1000, 1000))
    (home / ".making-new").mkdir()
    sparql(seen, COUNT)
    assert kept(home)[:3] == [".making-new", "triples-0", "triples-1"]
    assert len(kept(home)) == 4


def test_who_makes_it_at_the_same_time_as_another_takes_what_is_there(
    home: Path, seen: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shelf._make

    def twice(graph: View, target: Path) -> None:
        made(graph, target)
        made(graph, target)

    monkeypatch.setattr(shelf, "_make", twice)
    assert sparql(seen, COUNT) == sparql(graph(), COUNT)
    assert len(kept(home)) == 1


def test_where_nothing_can_be_kept_the_triples_are_loaded(home: Path, seen: View) -> None:
    home.write_text("in the way")
    lines: list[str] = []
    assert sparql(seen, COUNT, tell=lines.append) == sparql(graph(), COUNT)
    assert lines[-1].startswith("cannot keep the triples, and load them instead: ")


def test_an_error_while_it_is_made_leaves_nothing(home: Path, seen: View, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    lines: list[str] = []
    assert sparql(seen, COUNT, tell=lines.append) == sparql(graph(), COUNT)
    assert "no space left" in lines[-1]
    assert kept(home) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "SELECT * FROM <a:b> {}",
    ],
)
def test_a_kept_store_is_guarded_as_loaded_triples_are(text: str, home: Path, seen: View) -> None:
    with pytest.raises(QueryError, match="not allowed"):
        sparql(seen, text)


def test_limits_hold_for_a_kept_store(home: Path, tmp_path: Path) -> None:
    for seen in view_of(tmp_path, question_bank.graph()):
        sparql(seen, COUNT)
        with pytest.raises(QueryError, match="longer than"):
            sparql(seen, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", timeout_s=1)
        with pytest.raises(QueryError, match="memory"):
            sparql(seen, "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?f ?c ?a", max_bytes=2**29)


def test_a_server_opens_what_is_kept_for_each_query_under_the_same_guard(home: Path, tmp_path: Path) -> None:
    saved(tmp_path / "a.kg", graph())
    with stored.served(tmp_path / "a.kg") as seen, Engine(seen) as waiting, Engine(graph()) as loaded:
        assert isinstance(seen, stored.Stored)
        for text in (COUNT, "ASK { ?x a kg:Technique }", "CONSTRUCT WHERE { ?x kg:uses ?y }"):
            assert waiting.query(text) == loaded.query(text)
        with pytest.raises(RefusedQueryError):
            waiting.query("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }")
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda node: lookup.describe(seen, node), seen.by_id))
        assert found == [lookup.describe(graph(), node) for node in graph().by_id]
    assert len(kept(home)) == 1


def test_a_server_loads_a_small_graph(tmp_path: Path) -> None:
    saved(tmp_path / "a.kg", graph())
    with stored.served(tmp_path / "a.kg") as seen:
        assert seen == graph()


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/paperatlas"),
        ("linux", {"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/paperatlas"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/paperatlas"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/paperatlas/cache"),
    ],
)
def test_the_folder_is_that_of_the_system(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KG_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    assert str(shelf.folder()) == expected


@pytest.mark.parametrize("off", [False, True])
def test_a_query_that_can_depend_on_a_part_keeps_nothing(
    off: bool, home: Path, seen: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    if off:
        monkeypatch.setenv("KG_CACHE", "off")
    lines: list[str] = []
    text = "SELECT ?n { ?p kg:uses ?t . ?t rdfs:label ?n FILTER(?n != 'nothing') }"
    assert sparql(seen, text, tell=lines.append) == sparql(graph(), text)
    assert not lines
    assert not home.exists()


@pytest.mark.parametrize(
    "text",
    [
        COUNT,
        "BASE <https://w3id.org/paperatlas/id/> SELECT * { <technique/lora> rdfs:label ?n }",
        "SELECT * { ?p kg:\\u0075ses ?t }",
        "SELECT * { ?p kg:u\\-ses ?t }",
        "SELECT * { ?p <https://w3id.org/paperatlas/ontology#uses> ?t } # <https://w3id.org/x#y>",
    ],
)
def test_a_query_that_may_depend_on_all_has_the_same_answer(text: str, home: Path, seen: View) -> None:
    try:
        expected = sparql(graph(), text)
    except QueryError as error:
        with pytest.raises(QueryError, match=re.escape(error.what)):
            sparql(seen, text)
    else:
        assert sparql(seen, text) == expected


def test_a_file_that_the_child_cannot_read_is_no_obstacle(
    home: Path, seen: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored.Stored, "path", Path("/nowhere"))
    text = "SELECT ?n { ?p kg:uses ?t . ?t rdfs:label ?n }"
    assert sparql(seen, text) == sparql(graph(), text)
    assert len(kept(home)) == 1
    assert sparql(seen, text) == sparql(graph(), text)  # from what is kept


def test_the_child_opens_the_file_before_it_gives_up_its_rights(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "a.kg", graph())
    monkeypatch.setattr(worker, "confine", lambda **_: (tmp_path / "a.kg").unlink(missing_ok=True))

    def answered(text: str) -> dict[str, object]:
        request = {"text": text, "prefixes": dict(graph().ontology.prefixes), "max_rows": 9, "max_bytes": 1}
        request |= {"seconds": 1, "graph": str(tmp_path / "a.kg"), "code": engine.CODE}
        target = io.BytesIO()
        worker.main(io.BytesIO(json.dumps(request).encode()), target)
        found: dict[str, object] = json.loads(target.getvalue())
        return found

    assert answered("ASK { ?x a kg:Technique }")["rows"] == [[True]]
    assert answered("ASK { ?x a kg:Technique }") == {"unbounded": True}  # it is gone
