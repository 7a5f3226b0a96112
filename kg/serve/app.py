"""The routes. What computes runs in threads, at most so many at once; nothing is sent before all of it is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from kg import explorer, exporters, lookup, rdf
from kg.model import KGError
from kg.queries.standby import Engine, ExhaustedError, InvalidQueryError, RefusedQueryError, Result
from kg.serve import api, entities, openapi, pages, results
from kg.serve.guard import Guard, Problem
from kg.serve.limits import Limits
from kg.serve.negotiation import preferred
from kg.view import View

T = TypeVar("T")

_HTML = "text/html"
EXPORTS = {  # media type -> exporter, for the whole graph
    "text/turtle": "turtle", "application/n-triples": "ntriples", "application/ld+json": "jsonld",
    "application/rdf+xml": "rdfxml", "application/trig": "trig", "application/n-quads": "nquads",
}  # fmt: skip
_FORMAT = ("format", "output", "results")  # what clients call it; they send all three, and what they like in Accept


def application(graph: View, *, hosts: frozenset[str], origins: tuple[str, ...], limits: Limits) -> ASGIApp:
    """Return the ASGI application of a graph; it answers only requests for `hosts`."""
    site = _Site(graph, limits)
    routes = [
        Route("/", site.query_page),
        Route("/query", site.query_page),
        Route("/sparql", site.sparql, methods=["GET", "POST"]),
        Route("/data", site.data),
        Route("/.well-known/void", site.void),
        Route(f"{site.space}{{id:path}}", site.entity),
        Route("/explorer", site.explorer),
        Route("/openapi.json", site.openapi),
        Route("/health", site.health),
        *(Route(operation.path, site.operation(operation)) for operation in api.OPERATIONS),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with Engine(graph) as engine:
            site.engine = engine
            yield

    handlers = {Problem: _problem, KGError: _failure, HTTPException: _http, Exception: _unexpected}
    inner = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)  # type: ignore[arg-type]
    return Guard(app=inner, hosts=hosts, origins=origins)


class _Site:
    """The handlers, and what is made once: the engine, large pages."""

    engine: Engine

    def __init__(self, graph: View, limits: Limits) -> None:
        self.graph, self.limits = graph, limits
        self.prefixes = dict(graph.ontology.prefixes)
        self.space = urlsplit(graph.ontology.iri("kgr:")).path
        self._running = 0
        self._made: dict[str, bytes] = {}

    async def _run(self, work: Callable[[], T]) -> T:
        """Run in a thread; when too many run already, say so at once."""
        if self._running >= self.limits.concurrent:
            raise Problem(503, "too many requests run at once", hint="try again", headers={"retry-after": "1"})
        self._running += 1
        try:
            return await run_in_threadpool(work)
        finally:
            self._running -= 1

    async def _once(self, name: str, work: Callable[[], bytes]) -> bytes:
        if name not in self._made:
            self._made[name] = await self._run(work)
        return self._made[name]

    # --- SPARQL ---

    async def sparql(self, request: Request) -> Response:
        """SPARQL 1.1 Protocol, query operation; without a query, the description of the service."""
        given = await self._parameters(request)
        forms = [value for name, value in given if name in _FORMAT and value in results.SHORT]
        texts = [value for name, value in given if name == "query"]
        if any(name.endswith("graph-uri") for name, _ in given):
            raise Problem(403, "there is one graph here, and a query cannot choose another", hint="leave it out")
        if request.method != "POST" and all(name in _FORMAT for name, _ in given):
            return await self._service(request, forms)
        if len(texts) != 1:
            raise Problem(400, "exactly one query is needed", hint="/sparql?query=SELECT...")
        offered = (*results.ROWS, *results.TRIPLES)
        pages_too = (_HTML,) if request.method != "POST" else ()
        if _liked(request, forms, (*offered, *pages_too)) == _HTML:
            return RedirectResponse(f"/query?{urlencode({'sparql': texts[0]})}", 303)
        result = await self._run(partial(self._queried, texts[0]))
        if result.truncated:
            rows = self.limits.rows
            hint = "use LIMIT, or start the server with a higher --max-rows"
            raise Problem(403, f"the answer has more than {rows:,} rows", hint=hint)
        media_type = _liked(request, forms, results.TRIPLES if result.form == "construct" else results.ROWS)
        body = await run_in_threadpool(partial(results.written, result, media_type, self.prefixes))
        return _made(body, media_type)

    def _queried(self, text: str) -> Result:
        return self.engine.query(text, timeout_s=self.limits.seconds, max_rows=self.limits.rows)

    async def _parameters(self, request: Request) -> list[tuple[str, str]]:
        given = _pairs(request.scope["query_string"])
        if request.method != "POST":
            return given
        kind, _, rest = request.headers.get("content-type", "").partition(";")
        charset = rest.partition("charset=")[2].strip().strip('"').casefold() or "utf-8"
        if kind.strip().casefold() == "application/sparql-update" or any(n == "update" for n, _ in given):
            raise Problem(403, "this graph is read-only")
        if kind.strip().casefold() not in ("application/x-www-form-urlencoded", "application/sparql-query"):
            hint = "application/sparql-query or application/x-www-form-urlencoded"
            raise Problem(
                415, "no media type of a query", hint=hint, headers={"accept-post": hint.replace(" or ", ", ")}
            )
        if charset not in ("utf-8", "utf8"):
            raise Problem(415, "queries are in UTF-8")
        body = await self._body(request)
        if kind.strip().casefold() == "application/sparql-query":
            return [*given, ("query", _decoded(body))]
        found = [*given, *_pairs(body)]
        if any(name == "update" for name, _ in found):
            raise Problem(403, "this graph is read-only")
        return found

    async def _body(self, request: Request) -> bytes:
        most = self.limits.body_bytes
        too_much = Problem(413, f"more than {most:,} bytes", headers={"connection": "close"})
        length = request.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > most:
            raise too_much
        parts = bytearray()
        try:
            async with asyncio.timeout(self.limits.body_seconds):
                async for part in request.stream():
                    parts += part
                    if len(parts) > most:
                        raise too_much
        except TimeoutError:
            raise Problem(408, "the request did not arrive in time", headers={"connection": "close"}) from None
        return bytes(parts)

    async def _service(self, request: Request, forms: Sequence[str]) -> Response:
        media_type = _liked(request, forms, (*results.TRIPLES, _HTML))
        if media_type == _HTML:
            return RedirectResponse("/query", 303)
        space = "http://www.w3.org/ns/sparql-service-description#"
        service = f"<{request.url.replace(query='')}>"
        about = [("endpoint", service), ("supportedLanguage", f"<{space}SPARQL11Query>")]
        about += [
            ("resultFormat", f"<http://www.w3.org/ns/formats/{name}>")
            for name in ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
                         "Turtle", "N-Triples", "JSON-LD", "RDF_XML")
        ]  # fmt: skip
        lines = [f"{service} {rdf.TYPE} <{space}Service> .\n"]
        lines += [f"{service} <{space}{name}> {value} .\n" for name, value in about]
        return _made(results.graph(lines, media_type, self.prefixes), media_type)

    # --- graph and nodes ---

    async def data(self, request: Request) -> Response:
        """Graph Store Protocol, reading: the one graph, `?default` or without a name."""
        given = _pairs(request.scope["query_string"])
        _known(given, ("default", "graph", "format"))
        if any(name == "graph" for name, _ in given):
            raise Problem(404, "there is no graph of this name", hint="/data?default is the graph")
        media_type = _preferred(request, [v for n, v in given if n == "format"], tuple(EXPORTS))
        write: exporters.Exporter = exporters.EXPORTERS.get(EXPORTS[media_type])
        return _made(await self._once(media_type, partial(write, self.graph)), media_type)

    async def void(self, request: Request) -> Response:
        """Describe the data set: VoID and DCAT, and where to query it."""
        media_type = _preferred(request, _formats(request), results.TRIPLES)
        ontology = self.graph.ontology
        lines = (await self._once("void", self._description)).decode()
        whole, base = f"<{ontology.iri(rdf.DATASET)}>", str(request.base_url)
        lines += f"{whole} <{ontology.iri('void:sparqlEndpoint')}> <{base}sparql> .\n"
        lines += f"{whole} <{ontology.iri('void:dataDump')}> <{base}data> .\n"
        return _made(results.graph((lines,), media_type, self.prefixes), media_type)

    def _description(self) -> bytes:
        nodes, edges, ontology = self.graph.nodes, self.graph.edges, self.graph.ontology
        size = sum(1 for _ in chain(rdf.facts(nodes, edges, ontology), rdf.statements(edges, ontology)))
        return rdf.ntriples(rdf.description(nodes, edges, ontology, size=size)).encode()

    async def entity(self, request: Request) -> Response:
        """Give a node at the path of its IRI, as a page or as RDF; statements and the like as RDF."""
        name = request.path_params["id"]
        if name == rdf.DATASET.removeprefix("kgr:"):
            return RedirectResponse("/.well-known/void", 303)
        node = self.graph.by_id.get(name)
        if node is None:
            media_type = _preferred(request, _formats(request), (*results.TRIPLES, _HTML))
            result = await self._run(partial(self._described, name))
            media_type = "text/plain" if media_type == _HTML else media_type
            return _made(results.written(result, media_type, self.prefixes), media_type)
        media_type = _preferred(request, _formats(request), (*results.TRIPLES, _HTML))
        if media_type == _HTML:
            return _page(await self._run(partial(pages.entity, self.graph, node)))
        lines = await self._run(lambda: rdf.ntriples(entities.triples(self.graph, node)))
        return _made(results.graph((lines,), media_type, self.prefixes), media_type)

    def _described(self, name: str) -> Result:
        import pyoxigraph

        iri = pyoxigraph.NamedNode(self.graph.ontology.iri(rdf.node_curie(name)))
        result = self._queried(f"DESCRIBE {iri}")
        if not result.rows:
            raise Problem(404, "nothing is called so", hint="/api/search finds nodes")
        return result

    # --- pages and JSON ---

    async def query_page(self, request: Request) -> Response:
        """Ask in words or SPARQL; the address is the question, so that it can be kept and sent."""
        given = dict(_pairs(request.scope["query_string"]))
        question, sparql = given.get("question", ""), given.get("sparql", "")
        status, parts = 200, []
        try:
            if question:
                answer = await self._run(partial(lookup.ask, self.graph, question, limit=min(100, self.limits.rows)))
                parts = pages.answered(self.graph, answer)
            elif sparql:
                parts = pages.queried(self.graph, await self._run(partial(self._queried, sparql)), sparql)
        except (KGError, Problem) as error:
            status, parts = _status(error), pages.failed(str(error))
        html = await run_in_threadpool(
            partial(pages.home, self.graph, parts, await self._shown(), question=question, sparql=sparql)
        )
        return _page(html, status, policy=pages.HOME_POLICY)

    async def _shown(self) -> pages.Shown:
        made = await self._once("shown", lambda: msgspec.json.encode(pages.prepared(self.graph)))
        shown: pages.Shown = msgspec.json.decode(made, type=pages.Shown)
        return shown

    async def explorer(self, request: Request) -> Response:
        """Give the map; it carries a policy of its own."""
        del request
        page = await self._once(_HTML, lambda: explorer.draw(self.graph).encode())
        return Response(page, media_type=_HTML, headers={"content-security-policy": "frame-ancestors 'none'"})

    async def openapi(self, request: Request) -> Response:
        """Describe the API."""
        del request
        told = openapi.described(self.graph, self.limits, space=self.space, whole=EXPORTS)
        return Response(msgspec.json.encode(told), media_type="application/json")

    async def health(self, request: Request) -> Response:
        """Say whether queries are answered."""
        del request
        try:
            well = (await self._run(partial(self.engine.query, "ASK {}", timeout_s=5))).form == "ask"
        except KGError:
            well = False
        body = {"status": "ok" if well else "failing", "nodes": len(self.graph.nodes), "edges": len(self.graph.edges)}
        return Response(msgspec.json.encode(body), 200 if well else 503, media_type="application/json")

    def operation(self, operation: api.Operation) -> Callable[[Request], object]:
        """Return the handler of a row of the API."""

        async def handler(request: Request) -> Response:
            given = _pairs(request.scope["query_string"])
            body = await self._run(partial(api.call, operation, self.graph, given))
            return Response(body, media_type="application/json")

        return handler


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_decoded(data), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Problem(400, "the parameters are not UTF-8, or too many") from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, "the request is not UTF-8") from None


def _known(given: Sequence[tuple[str, str]], names: Sequence[str]) -> None:
    for name, _ in given:
        if name not in names:
            raise Problem(400, f"the parameter {name[:40]!r} is not known", hint="known: " + ", ".join(names))


def _formats(request: Request) -> list[str]:
    given = _pairs(request.scope["query_string"])
    _known(given, ("format",))
    return [value for _, value in given]


def _liked(request: Request, formats: Sequence[str], offered: Sequence[str]) -> str:
    """Return the media type of the first format that fits, else what the client likes best."""
    fitting = [name for name in formats if results.SHORT[name] in offered]
    return _preferred(request, fitting, offered)


def _preferred(request: Request, formats: Sequence[str], offered: Sequence[str]) -> str:
    """Return the media type to answer in: what `format` says, else what the client likes best."""
    if formats:
        named = results.SHORT.get(formats[0], formats[0])
        found = named if named in offered else None
    else:
        found = preferred(", ".join(request.headers.getlist("accept")), offered)
    if found is None:
        raise Problem(406, "none of our formats is acceptable", hint=", ".join(dict.fromkeys(offered)))
    return found


def _made(body: bytes, media_type: str) -> Response:
    charset = "; charset=utf-8" if media_type.startswith("text/") else ""
    return Response(body, headers={"content-type": media_type + charset, "vary": "Accept"})


def _page(html: str, status: int = 200, *, policy: str = pages.POLICY) -> Response:
    headers = {"content-security-policy": policy, "vary": "Accept"}
    return Response(html.encode(), status, headers, media_type=_HTML)


def _status(error: Exception) -> int:
    if isinstance(error, Problem):
        return error.status
    statuses = {RefusedQueryError: 403, ExhaustedError: 504, lookup.UnknownError: 404, InvalidQueryError: 400}
    return next((status for kind, status in statuses.items() if isinstance(error, kind)), 400)


async def _problem(_: Request, problem: Problem) -> Response:
    return problem.response()


async def _failure(_: Request, error: KGError) -> Response:
    return Problem(_status(error), str(error)).response()


async def _http(_: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    hint = f"allowed: {headers['Allow']}" if "Allow" in headers else "/ has pages, /openapi.json tells the API"
    return Problem(error.status_code, error.detail, hint=hint, headers=headers).response()


async def _unexpected(_: Request, error: Exception) -> Response:
    return Problem(500, f"a mistake of ours: {type(error).__name__}").response()
