"""SPARQL: right answers, refused forms, and queries that never end."""

from __future__ import annotations

import ctypes
import io
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atlas
import hostile_sparql
import pytest
from handmade import ONTOLOGY
from hostile_sparql import DENSE, HOSTILE, INERT, REFUSED

from kg.model import QueryError
from kg.queries import engine, sparql, worker

GRAPH = atlas.graph()
PREFIXES = dict(ONTOLOGY.prefixes)
XSD = "http://www.w3.org/2001/XMLSchema#"

IN_THE_TREE = [
    name for name in REFUSED if name.split()[0] in ("service", "from") and not name.endswith(("end", "hash"))
]


LIMIT = 0.7


def _run(text: str, triples: str = DENSE, **limits: Any) -> Any:
    return engine.run(triples, text, PREFIXES, **limits)


def test_select_counts_nodes_by_type_with_prefixes_declared() -> None:
    found = sparql(
        GRAPH,
        "SELECT ?type (COUNT(?s) AS ?n) { ?s a ?type FILTER(?type IN (kg:Model, kg:Technique)) }"
        " GROUP BY ?type ORDER BY ?type",
    )
    assert found.columns == ("type", "n")
    assert found.rows == ((PREFIXES["kg"] + "Model", 5), (PREFIXES["kg"] + "Technique", 7))
    assert (found.note, found.truncated) == ("", False)


def test_the_facts_are_those_of_the_graph() -> None:
    found = sparql(GRAPH, "SELECT ?s ?o { ?s kg:evaluatedOn ?o }")
    edges = [e for e in GRAPH.edges if e.relation == "evaluatedOn"]
    assert set(found.rows) == {(PREFIXES["kgr"] + e.source, PREFIXES["kgr"] + e.target) for e in edges}


def test_ask_is_one_row() -> None:
    assert sparql(GRAPH, "ASK { ?s a kg:Hardware }").rows == ((True,),)
    assert sparql(GRAPH, "ASK { ?s a kg:Nothing }").rows == ((False,),)


def test_construct_and_describe_are_rows_of_n_triples_terms() -> None:
    made = sparql(GRAPH, "CONSTRUCT { ?s rdfs:comment 'a \"b\"'@en } WHERE { ?s a kg:Model } ")
    assert made.columns == ("subject", "predicate", "object")
    assert made.rows[0] == (
        f"<{PREFIXES['kgr']}model/gpt-3>",
        f"<{PREFIXES['rdfs']}comment>",
        '"a \\"b\\""@en',
    )
    assert len(made.rows) == 5
    assert {row[0] for row in sparql(GRAPH, f"DESCRIBE <{PREFIXES['kgr']}model/gpt-3>").rows} == {
        f"<{PREFIXES['kgr']}model/gpt-3>"
    }


def test_values_are_numbers_truth_values_and_texts() -> None:
    text = (
        f"SELECT (1 AS ?a) (1.5 AS ?b) (2e0 AS ?c) (true AS ?d) ('x'@en AS ?e) ('2024'^^<{XSD}gYear> AS ?f)"
        f" ('NaN'^^<{XSD}double> AS ?g) ('?'^^<{XSD}integer> AS ?h) ('' AS ?i) ('z'^^<x:t> AS ?j) ?k {{}}"
    )
    values = (1, 1.5, 2.0, True, "x", "2024", "NaN", "?", "", "z", None)
    assert _run(text).rows == (values,)
    assert worker.run(text, b"", prefixes=PREFIXES, max_rows=1)["rows"] == [list(values)]


def test_rows_without_an_order_are_sorted_and_an_order_is_kept() -> None:
    names = [row[0] for row in _run("SELECT ?s { ?s <x:p1> ?o }").rows]
    assert names == sorted(names)
    assert [row[0] for row in _run("SELECT ?s { ?s <x:p1> ?o } # no ORDER BY").rows] == names
    backwards = [row[0] for row in _run("SELECT ?s { ?s <x:p1> ?o } ORDER BY DESC(?s)").rows]
    assert backwards == sorted(names, reverse=True)


@pytest.mark.parametrize(("rows", "truncated"), [(299, True), (300, False), (301, False)])
def test_rows_are_capped_and_it_is_said(rows: int, truncated: bool) -> None:
    every = "SELECT * { ?s ?p ?o }"
    assert len(_run(every).rows) == 300
    found = _run(every, max_rows=rows)
    assert (len(found.rows), found.truncated) == (min(rows, 300), truncated)
    assert found.note == (f"only the first {rows} rows: there are more" if truncated else "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT * { ?s ?p", "SPARQL: invalid SPARQL in line 1, column 17, at the end"),
        ("SELECT *\nWHERE { ?s ?p ?o ]", "SPARQL: invalid SPARQL in line 2, column "),
        ("SELECT * { ?s nope:p ?o }", "the prefix is not declared"),
        ("hello", "expected SELECT, ASK, CONSTRUCT or DESCRIBE"),
        ("SELEC * {}", "in line 1, column 1, near 'SELEC * {}': expected SELECT"),
        ("# a\nPREFIX x: <x:y>\n  SELEC * {}", "in line 3, column 3, near 'SELEC * {}': expected SELECT"),
        ("", "SPARQL: invalid SPARQL in line 1, column 1, at the end: expected SELECT, ASK, CONSTRUCT or DESCRIBE"),
        (
            "SELECT * { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }",
            "could not be finished (it is nested too deeply",
        ),
        ("SELECT (\ud800 AS ?x) {}", "SPARQL: invalid SPARQL in line 1, column "),
    ],
)
def test_an_error_is_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        _run(text, timeout_s=20)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[int, list[object]]]:
    with hostile_sparql.canary() as calls:
        yield calls


@pytest.mark.parametrize("form", REFUSED)
def test_forms_that_leave_the_graph_or_change_it_are_refused(form: str, canary: tuple[int, list[object]]) -> None:
    port, calls = canary
    with pytest.raises(QueryError, match="not allowed here: "):
        _run(REFUSED[form].replace("PORT", str(port)))
    assert calls == []


@pytest.mark.parametrize("form", REFUSED)
def test_the_words_of_a_query_alone_refuse_them(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_parsed", lambda *_: ())
    with pytest.raises(worker.RefusedError, match="not allowed here: "):
        worker.check(REFUSED[form].replace("PORT", "9"), PREFIXES)


@pytest.mark.parametrize("form", IN_THE_TREE)
def test_the_parse_tree_alone_refuses_them_too(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_WORD", re.compile(r"(?!)"))
    with pytest.raises(worker.RefusedError, match="not allowed here: "):
        worker.check(REFUSED[form].replace("PORT", "9"), PREFIXES)


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX from: <x:> SELECT ?service { ?service from:load 'SERVICE <http://x/>' } # FROM",
        'SELECT ?from { ?from <http://x/SERVICE> """LOAD\n"FROM" \'SERVICE\'"""@from }',
        "SELECT ?x { BIND('insert' AS ?x) FILTER(?x < 3 || ?x > 2) }",
        "PREFIX x: <x:> SELECT * { ?s x:insert-from ?o }",
    ],
)
def test_words_in_strings_names_and_comments_are_no_forms(text: str) -> None:
    worker.check(text, PREFIXES)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_query_without_end_is_killed_at_the_limit(name: str) -> None:
    took: list[float] = []
    while not took or (took[-1] > LIMIT + 0.5 and len(took) < 3):  # others work on this machine too
        began = time.monotonic()
        with pytest.raises(
            QueryError, match=r"SPARQL: the query (took longer than 0\.7 s \(narrow it|needs too much mem)"
        ):
            _run(HOSTILE[name], timeout_s=LIMIT)
        took.append(time.monotonic() - began)
    assert took[-1] < LIMIT + 0.5


def test_twenty_hostile_queries_are_tried() -> None:
    assert len(HOSTILE) >= 20


def test_a_product_without_end_is_capped_in_rows_and_says_so() -> None:
    found = _run("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", max_rows=1000, timeout_s=20)
    assert (len(found.rows), found.truncated) == (1000, True)
    assert found.note == "only the first 1000 rows: there are more"


@pytest.mark.parametrize("route", INERT)
def test_what_other_formats_would_fetch_is_plain_data_here(route: str, canary: tuple[int, list[object]]) -> None:
    port, calls = canary
    assert _run("DESCRIBE <x:a>", INERT[route].replace("PORT", str(port)), timeout_s=20).rows
    assert calls == []


def test_a_query_that_eats_memory_is_stopped_and_the_next_one_is_answered() -> None:
    greedy = f"SELECT (STRLEN(REPLACE('{'a' * 100_000}', 'a', '{'b' * 50_000}')) AS ?n) {{}}"
    with pytest.raises(QueryError, match="needs too much memory"):
        _run(greedy, max_bytes=600 * 2**20, timeout_s=20)
    assert len(_run("SELECT * { ?s ?p ?o }").rows) == 300


def test_one_answer_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_MAX_OUTPUT", 20)
    found = worker.run("SELECT ?s { ?s ?p ?o }", DENSE.encode(), prefixes={}, max_rows=1000)
    assert (len(found["rows"]), found["truncated"]) == (5, True)


# --- the child's program, run here ----------------------------------------------------------------------------------


def _request(text: str) -> io.BytesIO:
    request = {"text": text, "prefixes": PREFIXES, "max_rows": 10, "max_bytes": 2**32, "seconds": 5}
    return io.BytesIO(json.dumps(request).encode() + b"\n" + DENSE.encode())


def _answered(text: str) -> Any:
    target = io.BytesIO()
    worker.main(_request(text), target)
    return json.loads(target.getvalue())


def test_the_worker_confines_itself_before_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    confined: list[dict[str, int]] = []
    monkeypatch.setattr(worker, "confine", lambda **limits: confined.append(limits))
    assert _answered("ASK { ?s ?p ?o }") == {"columns": ["answer"], "rows": [[True]], "truncated": False}
    assert _answered("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")["rows"] == [[300]]
    assert len(_answered("CONSTRUCT WHERE { ?s ?p ?o }")["rows"]) == 10
    assert "not allowed here" in _answered("LOAD <x:y>")["error"]
    assert "invalid SPARQL" in _answered("SELECT")["error"]
    assert "the prefix is not declared" in _answered("ASK { ?s nope:p ?o }")["error"]
    assert _answered("SELECT ?s { ?s ?p ?o } ORDER BY ?s")["truncated"]
    assert confined == [{"seconds": 5, "max_bytes": 2**32}] * 7


def test_the_worker_says_when_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(worker, "confine", lambda **_: None)
    monkeypatch.setattr(worker, "run", exhausted)
    assert _answered("ASK {}") == {"error": "the query needs too much memory"}


def test_confinement_limits_memory_time_and_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, tuple[int, int]] = {}
    flags: list[int] = []

    class Library:
        unshare = staticmethod(flags.append)

    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    worker.confine(seconds=3, max_bytes=1000)
    assert limits[resource.RLIMIT_AS] == (1000, 1000)
    assert limits[resource.RLIMIT_CPU] == (3, 3)
    assert flags == [0x50000000]
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    worker.confine(seconds=3, max_bytes=1000)
    assert len(flags) == 1


def test_a_confined_process_has_no_network_where_the_system_allows_that(canary: tuple[int, list[object]]) -> None:
    port, calls = canary
    program = (
        "import os, runpy, socket, sys\n"
        "before = os.readlink('/proc/self/ns/net')\n"
        "runpy.run_path(sys.argv[1])['confine'](seconds=5, max_bytes=2**32)\n"
        "if os.readlink('/proc/self/ns/net') == before: sys.exit(3)\n"
        "socket.create_connection(('127.0.0.1', int(sys.argv[2])), timeout=2)\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", program, str(Path(worker.__file__)), str(port)], capture_output=True, check=False
    )
    if child.returncode == 3:
        pytest.skip("this system gives no network namespace to an ordinary process")
    assert b"OSError" in child.stderr or b"unreachable" in child.stderr
    assert calls == []


@pytest.mark.parametrize("message", ["something else\nentirely", "error at 1:3: expected one of FILTER"])
def test_any_message_of_the_engine_becomes_one_line(message: str) -> None:
    assert "\n" not in worker._syntax(message, "SELECT")
