"""SPARQL without a start: a process holds the triples, and forks a guarded child for each query.

`kg.queries.sparql` starts a process and loads the triples anew for each query: safe, but a second or more. A server
pays that once. Each query still has a process of its own, without network where the system allows, which the system's
own alarm ends at the time limit.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal

from kg.model import KGError, QueryError
from kg.queries import engine, shelf
from kg.queries.engine import WORKER
from kg.view import View

Form = Literal["ask", "select", "construct"]
_GRACE_S = 2.0  # a busy machine may fork late


class InvalidQueryError(QueryError):
    """The text is no SPARQL query."""


class RefusedQueryError(QueryError):
    """The query has a form that could leave the graph or change it."""


class ExhaustedError(QueryError):
    """The query took too long, or needed too much memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a query gave: for `ask` one row with a truth value, for `construct` N-Triples terms.

    The values of `select` are objects as in the SPARQL results format for JSON, None where unbound.
    """

    form: Form
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool


class Engine:
    """The process that stands by. Close it, or use it in a `with`; threads may share it."""

    def __init__(self, graph: View, *, max_bytes: int = 2 * 2**30) -> None:
        """Load the triples of a graph, or open those of a large file; `max_bytes` is what a query may take beyond."""
        if not hasattr(socket, "send_fds"):  # pragma: no cover - Windows
            raise KGError("this system cannot hand sockets from process to process", hint="use Linux, macOS or WSL")
        self._prefixes, self._max_bytes = dict(graph.ontology.prefixes), max_bytes
        self._lock = threading.Lock()
        kept = shelf.store_of(graph)
        triples = b"" if kept else engine.triples(graph).encode()
        self._control, theirs = socket.socketpair()
        with theirs:
            # -P: the folder of the worker must not shadow other packages
            command = [sys.executable, "-P", str(WORKER), str(theirs.fileno()), *([str(kept)] if kept else [])]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(theirs.fileno(),))  # noqa: S603
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        with suppress(BrokenPipeError), self._process.stdin as pipe:  # if it died while loading, that is told below
            pipe.write(triples)
        if self._control.recv(1) != b"+":
            self.close()
            raise KGError("the process for queries did not start", hint="is there enough memory for the graph?")

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; queries that run end by themselves."""
        self._control.close()
        try:
            self._process.wait(timeout=_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def query(self, text: str, *, timeout_s: float = 1.0, max_rows: int = 1000) -> Result:
        """Run a SPARQL 1.1 SELECT, ASK, CONSTRUCT or DESCRIBE; the prefixes of the ontology are known."""
        request = {
            "text": text.encode("utf-8", "replace").decode(),
            "prefixes": self._prefixes,
            "max_rows": max_rows,
            "max_bytes": self._max_bytes,
            "timeout_s": timeout_s,
        }
        found = self._ask(json.dumps(request).encode(), timeout_s)
        if "error" in found:
            raise _error(found)
        return Result(
            form=found["form"],
            columns=tuple(found["columns"]),
            rows=tuple(tuple(row) for row in found["rows"]),
            truncated=found["truncated"],
        )

    def _ask(self, request: bytes, timeout_s: float) -> dict[str, Any]:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                try:
                    socket.send_fds(self._control, [b"?"], [theirs.fileno()])
                except OSError:
                    raise QueryError("the process for queries has ended", hint="start the server again") from None
            ours.settimeout(timeout_s + _GRACE_S)
            try:
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
                data = b"".join(iter(lambda: ours.recv(2**20), b""))
            except OSError:  # it ended before it had read all, or is past every limit
                data = b""
        if not data:
            raise ExhaustedError(
                f"the query took longer than {timeout_s:g} s, or needed too much memory", hint="narrow it, or use LIMIT"
            )
        answer: dict[str, Any] = json.loads(data)
        return answer


def _error(found: Mapping[str, Any]) -> QueryError:
    kinds = {True: InvalidQueryError, False: RefusedQueryError}
    return kinds.get(found.get("invalid", ""), ExhaustedError)(found["error"])
