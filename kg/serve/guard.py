"""What stands before every request: whom we answer, how much, and which headers go out.

A page of any site may send requests to 127.0.0.1 from its visitor's browser, and by rebinding a name of its own to that
address even read the answers. So the Host must be ours, and a foreign Origin is refused unless it was allowed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A refusal with its HTTP status."""

    def __init__(self, status: int, detail: str, *, hint: str = "", headers: dict[str, str] | None = None) -> None:
        self.status, self.detail, self.hint, self.headers = status, detail, hint, headers or {}
        super().__init__(detail)

    def response(self) -> Response:
        """Return the refusal as problem details for machines, which people can read too."""
        told = {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail}
        body = json.dumps(told | ({"hint": self.hint} if self.hint else {}), ensure_ascii=False) + "\n"
        return Response(body, self.status, self.headers, media_type="application/problem+json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """ASGI middleware. `hosts` are the values of Host that are ours; `origins` may read us, '*' stands for all."""

    app: ASGIApp
    hosts: frozenset[str]
    origins: tuple[str, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on; either way the answer gets our headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        allowed = origin if origin in self.origins else "*" if "*" in self.origins else ""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in _HEADERS:
                    out.setdefault(name, value)
                if origin and allowed:
                    out["access-control-allow-origin"] = allowed
                    out.add_vary_header("Origin")
            await send(message)

        try:
            self._check(headers, origin, allowed)
            if scope["method"] == "OPTIONS" and allowed and "access-control-request-method" in headers:
                preflight = {
                    "access-control-allow-methods": "GET, HEAD, POST",
                    "access-control-allow-headers": "accept, content-type",
                    "access-control-max-age": "600",
                }
                await Response(status_code=204, headers=preflight)(scope, receive, sending)
                return
        except Problem as problem:
            await problem.response()(scope, receive, sending)
            return
        await self.app(scope, receive, sending)

    def _check(self, headers: Headers, origin: str, allowed: str) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].casefold() not in self.hosts:
            raise Problem(421, "this name is not ours", hint="allow it with --allow-host")
        if origin and not allowed and not self._ours(origin):
            raise Problem(403, "requests from other sites are refused", hint="allow the site with --cors")
        foreign = headers.get("sec-fetch-site", "") in ("cross-site", "same-site")
        if foreign and not allowed and not self.origins and headers.get("sec-fetch-mode", "") != "navigate":
            raise Problem(403, "requests from other sites are refused", hint="allow the site with --cors")

    def _ours(self, origin: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        whole = f"{parts.scheme}://{parts.netloc}" == origin
        return whole and parts.scheme in ("http", "https") and parts.netloc.casefold() in self.hosts


_HEADERS = (
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"),
    ("cache-control", "no-cache"),
)


def hosts(port: int, extra: tuple[str, ...] = ()) -> frozenset[str]:
    """Return what a Host header may say: the loopback names with our port, and what was allowed, as told or with it.

    >>> sorted(hosts(8001, ("Atlas.example",)))
    ['127.0.0.1:8001', '[::1]:8001', 'atlas.example', 'atlas.example:8001', 'localhost:8001']
    """
    own = {f"{name}:{port}" for name in (*LOOPBACK, *extra)} | set(extra)
    return frozenset(name.casefold() for name in (own | set(LOOPBACK) if port == 80 else own))
