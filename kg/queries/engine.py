"""SPARQL over a graph: the query runs in a child process that is killed at the time limit."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.model import QueryError
from kg.queries.tables import Answer
from kg.view import View

_MAX_BYTES = 4 * 2**30
WORKER = Path(__file__).with_name("worker.py")
CODE = str(Path(__file__).parents[2])  # where the worker finds `kg`


def sparql(
    graph: View,
    text: str,
    *,
    timeout_s: float = 60,
    max_rows: int = 10_000,
    max_bytes: int = _MAX_BYTES,
    tell: Callable[[str], None] | None = None,
) -> Answer:
    """Run a SPARQL 1.1 SELECT, ASK, CONSTRUCT or DESCRIBE over the graph's triples; its prefixes are known.

    CONSTRUCT and DESCRIBE give rows of subject, predicate and object as N-Triples terms. SERVICE, FROM, LOAD and
    updates, invalid SPARQL, and a query that takes longer than `timeout_s` or needs more memory than `max_bytes` are
    QueryErrors. Of a large graph file, only the triples that the query can depend on are made (`kg.rdf.demand`);
    where these may be all, they are kept between queries (`kg.queries.shelf`), and `tell` gets a line when that takes
    time.
    """
    from kg.queries import shelf
    from kg.store import stored

    limits: dict[str, Any] = {"timeout_s": timeout_s, "max_rows": max_rows, "max_bytes": max_bytes}
    prefixes = dict(graph.ontology.prefixes)
    kept = shelf.found(graph)
    if kept is None and isinstance(graph, stored.Stored) and graph.large:
        found = _ask(_request(text, prefixes, **limits, graph=str(graph.path)), timeout_s)
        if "unbounded" not in found:
            return _answer(found)
        kept = shelf.store_of(graph, tell)
    return run(kept or triples(graph), text, prefixes, **limits)


def triples(graph: View) -> str:
    """Return what SPARQL sees of a graph, as N-Triples."""
    from kg.rdf import writer

    return b"".join(writer.ntriples(graph)).decode()


def run(
    given: str | Path,
    text: str,
    prefixes: dict[str, str],
    *,
    timeout_s: float = 60,
    max_rows: int = 10_000,
    max_bytes: int = _MAX_BYTES,
) -> Answer:
    """Run a query over N-Triples, or a folder that `kg.queries.shelf` made, as `sparql` does over a graph."""
    store = str(given) if isinstance(given, Path) else ""
    request = _request(text, prefixes, timeout_s=timeout_s, max_rows=max_rows, max_bytes=max_bytes, store=store)
    return _answer(_ask(request + (b"" if isinstance(given, Path) else given.encode()), timeout_s))


def _request(
    text: str,
    prefixes: dict[str, str],
    *,
    timeout_s: float,
    max_rows: int,
    max_bytes: int,
    **given: str,
) -> bytes:
    request = {
        "text": text.encode("utf-8", "replace").decode(),
        "prefixes": prefixes,
        "max_rows": max_rows,
        "max_bytes": max_bytes,
        "seconds": math.ceil(timeout_s) + 1,
        "code": CODE,
        **given,
    }
    return json.dumps(request).encode() + b"\n"


def _answer(result: dict[str, Any]) -> Answer:
    if "error" in result:
        raise QueryError(result["error"], where="SPARQL")
    truncated = result["truncated"]
    return Answer(
        columns=tuple(result["columns"]),
        rows=tuple(tuple(row) for row in result["rows"]),
        note=f"only the first {len(result['rows'])} rows: there are more" if truncated else "",
        truncated=truncated,
    )


def _ask(request: bytes, timeout_s: float) -> dict[str, Any]:
    # -P: the folder of the worker must not shadow other packages
    command = [sys.executable, "-P", str(WORKER)]
    try:
        child = subprocess.run(command, input=request, capture_output=True, timeout=timeout_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise QueryError(
            f"the query took longer than {timeout_s:g} s", where="SPARQL", hint="narrow it, or give it more time"
        ) from None
    if child.returncode or not child.stdout:
        raise QueryError(
            "the query could not be finished", where="SPARQL", hint="it is nested too deeply, or needs too much memory"
        )
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer
