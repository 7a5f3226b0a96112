"""The engine of `kg serve` under the queries that the plain one was tried with: each ends in time, none gets out."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import handmade
import hostile_sparql
import pytest
from hostile_sparql import DENSE, HOSTILE, INERT, REFUSED
from served import Served, running

from kg.queries import standby
from kg.queries.engine import WORKER
from kg.queries.standby import Engine, ExhaustedError, RefusedQueryError
from kg.serve.limits import Limits

LIMIT = 0.3


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[int, list[object]]]:
    with hostile_sparql.canary() as calls:
        yield calls


@pytest.fixture(scope="module")
def engine(canary: tuple[int, list[object]]) -> Iterator[Engine]:
    """An engine over the dense triples and those that other readers would follow."""
    held = DENSE + "".join(INERT.values()).replace("PORT", str(canary[0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kg.queries.engine.triples", lambda _: held)
        waiting = Engine(handmade.graph())
    with waiting:
        yield waiting


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(handmade.graph(), limits=Limits(seconds=LIMIT)) as served:
        yield served


def _resident(pid: int) -> int:
    """The memory that a process has, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def _walled() -> bool:
    """Whether the system lets an ordinary process give up the network."""
    program = (
        "import os, runpy, sys\n"
        "before = os.readlink('/proc/self/ns/net')\n"
        "runpy.run_path(sys.argv[1])['confine'](seconds=5, max_bytes=2**32)\n"
        "sys.exit(os.readlink('/proc/self/ns/net') == before)\n"
    )
    return subprocess.run([sys.executable, "-c", program, str(WORKER)], check=False).returncode == 0


@pytest.mark.parametrize("name", HOSTILE)
def test_a_query_without_end_is_ended_at_the_limit(name: str, engine: Engine) -> None:
    took: list[float] = []
    while not took or (took[-1] > LIMIT + 0.5 and len(took) < 3):  # others work on this machine too
        began = time.monotonic()
        with pytest.raises(ExhaustedError, match=r"took longer than 0\.3 s|too much memory"):
            engine.query(HOSTILE[name], timeout_s=LIMIT)
        took.append(time.monotonic() - began)
    assert took[-1] < LIMIT + 0.5


def test_the_engine_is_as_quick_and_small_after_them(engine: Engine) -> None:
    for query in list(HOSTILE.values())[:4]:
        with pytest.raises(ExhaustedError):
            engine.query(query, timeout_s=0.1)
    took = []
    for _ in range(5):
        began = time.monotonic()
        assert engine.query("ASK { ?s ?p ?o }", timeout_s=5).rows == ((True,),)
        took.append(time.monotonic() - began)
    assert min(took) < 0.1
    if Path("/proc/self/status").exists():
        assert _resident(engine._process.pid) < 300e6


@pytest.mark.parametrize("form", REFUSED)
def test_forms_that_leave_the_graph_or_change_it_are_refused(
    form: str, engine: Engine, canary: tuple[int, list[object]]
) -> None:
    port, calls = canary
    with pytest.raises(RefusedQueryError, match="not allowed here: "):
        engine.query(REFUSED[form].replace("PORT", str(port)), timeout_s=10)
    assert calls == []


@pytest.mark.parametrize("form", REFUSED)
def test_over_http_they_are_forbidden(form: str, site: Served, canary: tuple[int, list[object]]) -> None:
    port, calls = canary
    body = urlencode({"query": REFUSED[form].replace("PORT", str(port))}).encode()
    got = site.get("/sparql", method="POST", body=body, content_type="application/x-www-form-urlencoded")
    assert (got.status, calls) == (403, [])
    assert "not allowed here" in json.loads(got.body)["detail"]


@pytest.mark.parametrize("route", INERT)
def test_what_other_formats_would_fetch_is_plain_data_here(
    route: str, engine: Engine, canary: tuple[int, list[object]]
) -> None:
    subject = INERT[route].partition(" ")[0]
    assert engine.query(f"DESCRIBE {subject}", timeout_s=10).rows
    assert canary[1] == []


def test_a_child_has_no_network_even_if_a_form_slipped_through(
    canary: tuple[int, list[object]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second wall: the worker without its check, started as it is, and a query that asks another server."""
    if not _walled():
        pytest.skip("this system gives no network namespace to an ordinary process")
    port, calls = canary
    source = WORKER.read_text(encoding="utf-8")
    open_ = tmp_path / "worker.py"
    open_.write_text(source.replace("    check(text, prefixes)\n", ""), encoding="utf-8")
    assert "check(text, prefixes)\n" not in open_.read_text(encoding="utf-8")
    monkeypatch.setattr(standby, "WORKER", open_)
    query = REFUSED["service"].replace("PORT", str(port))
    with Engine(handmade.graph()) as unguarded, pytest.raises((ExhaustedError, ValueError)):
        unguarded.query(query, timeout_s=3)
    assert calls == []
