"""A server of a graph for tests: real uvicorn on a port of 127.0.0.1, in a thread, and raw requests to it."""

from __future__ import annotations

import http.client
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from kg.graph import KnowledgeGraph
from kg.serve.limits import Limits
from kg.serve.running import Prepared, prepared


@dataclass(frozen=True, kw_only=True)
class Got:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]


@dataclass(frozen=True, kw_only=True)
class Served:
    """The address of a running server, and the server."""

    address: str
    server: Prepared

    @property
    def port(self) -> int:
        return int(urlsplit(self.address).port or 0)

    def get(self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
        """Send one request as it is told; `content_type` stands for Content-Type."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Got(status=response.status, headers=told, body=response.read())
        finally:
            connection.close()

    def sparql(self, query: str, accept: str = "*/*", **more: str) -> Got:
        return self.get("/sparql?" + urlencode({"query": query, **more}), accept=accept)


@contextmanager
def running(graph: KnowledgeGraph, **options: Any) -> Iterator[Served]:
    """Serve a graph until the block ends."""
    told: queue.Queue[str] = queue.Queue()
    settings = {"host": "127.0.0.1", "port": 0, "allow_hosts": (), "origins": (), "limits": Limits(seconds=5)}
    server = prepared(graph, ready=told.put, **{**settings, **options})
    thread = threading.Thread(target=server.start)
    thread.start()
    try:
        yield Served(address=told.get(timeout=30), server=server)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
