"""A graph over HTTP, read-only, for this machine: SPARQL, pages and RDF of nodes, a JSON API, the explorer.

running       uvicorn around the routes
guard         whom we answer: Host, Origin, headers
limits        what one request may take
app           the routes
api           the JSON API as a table
openapi       the OpenAPI description of all that is no page
pages         HTML
completion    what the boxes of the query page offer; assets/complete.js is the only script
entities      one node as RDF
results       SPARQL results and triples as bytes
negotiation   which form a client likes best
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

from kg.model import KGError
from kg.serve.limits import Limits
from kg.view import View

__all__ = ["Limits", "serve"]


def serve(
    graph: View,
    *,
    host: str = "127.0.0.1",
    port: int = 8001,
    allow_hosts: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
    limits: Limits | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a graph until interrupted; `ready` is told the address. Port 0 takes any that is free.

    An address that others can reach is refused unless `allow_hosts` tells by which names we may be called.
    """
    if not _local(host) and not allow_hosts:
        raise KGError(f"{host} can be reached from other machines", hint="say under which name with --allow-host NAME")
    try:
        from kg.serve.running import prepared
    except ImportError as error:
        raise KGError(f"serving needs {error.name}", hint="install it: pip install 'paperatlas[serve]'") from None
    server = prepared(
        graph,
        host=host,
        port=port,
        allow_hosts=allow_hosts,
        origins=origins,
        limits=limits or Limits(),
        ready=ready or (lambda address: None),
    )
    server.start()


def _local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
