"""uvicorn around the routes: one socket that is ours, no access log, no headers of proxies."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from kg.model import KGError
from kg.serve.app import application
from kg.serve.guard import hosts
from kg.serve.limits import Limits
from kg.view import View

_CONNECTIONS = 200


class Prepared(uvicorn.Server):
    """A server that listens already, and tells when it answers; `should_exit` ends it."""

    def __init__(
        self, config: uvicorn.Config, *, listening: socket.socket, address: str, ready: Callable[[str], None]
    ) -> None:
        super().__init__(config)
        self._listening, self._address, self._ready = listening, address, ready

    def start(self) -> None:
        """Answer until interrupted."""
        with self._listening, suppress(KeyboardInterrupt):  # which uvicorn raises again when it has ended
            self.run(sockets=[self._listening])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the address once requests are answered."""
        await super().startup(sockets)
        if self.started:
            self._ready(self._address)


def prepared(
    graph: View,
    *,
    host: str,
    port: int,
    allow_hosts: tuple[str, ...],
    origins: tuple[str, ...],
    limits: Limits,
    ready: Callable[[str], None],
) -> Prepared:
    """Return a server for a graph; an address that cannot be had is a KGError."""
    six = ":" in host
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if six else socket.AF_INET)
    except OSError as error:
        raise KGError(
            f"cannot listen: {(error.strerror or str(error)).lower()}",
            where=f"{host}:{port}",
            hint="another --port, or 0 for any that is free",
        ) from None
    taken = listening.getsockname()[1]
    app = application(graph, hosts=hosts(taken, allow_hosts), origins=origins, limits=limits)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="on",
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        ws="none",
        proxy_headers=False,
    )
    address = f"http://{f'[{host}]' if six else host}:{taken}/"
    return Prepared(config, listening=listening, address=address, ready=ready)
