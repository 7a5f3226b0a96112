"""`kg serve`: the protocol, its status codes, who is answered, limits, pages. Real clients: test_serve_clients.py."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import queue
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import handmade
import pyoxigraph
import pytest
from exported import GRAPHS
from served import Got, Served, running

from kg import serve
from kg.model import KGError
from kg.queries import engine, standby, worker
from kg.queries.standby import Engine, Result
from kg.serve import guard, negotiation, results
from kg.serve.limits import Limits

GRAPH = handmade.graph()
NAMES = "SELECT ?name { ?t a kg:Technique ; rdfs:label ?name } ORDER BY ?name"
SLOW = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(GRAPH) as served:
        yield served


def problem(got: Got) -> dict[str, Any]:
    assert got.media_type == "application/problem+json"
    told: dict[str, Any] = json.loads(got.body)
    assert told["status"] == got.status
    return told


# --- SPARQL protocol ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type"),
    [
        ("GET", "/sparql?" + urlencode({"query": NAMES}), None, ""),
        ("POST", "/sparql", urlencode({"query": NAMES}).encode(), FORM),
        ("POST", "/sparql", urlencode({"query": NAMES}).encode(), f"{FORM}; charset=UTF-8"),
        ("POST", "/sparql", NAMES.encode(), "application/sparql-query"),
    ],
    ids=["get", "form", "form with charset", "direct"],
)
def test_a_query_may_come_in_three_ways(
    site: Served, method: str, path: str, body: bytes | None, content_type: str
) -> None:
    got = site.get(path, method=method, body=body, content_type=content_type or "text/plain")
    assert (got.status, got.media_type) == (200, "application/sparql-results+json")
    told = json.loads(got.body)
    assert told["head"] == {"vars": ["name"]}
    assert [b["name"]["value"] for b in told["results"]["bindings"]] == ["LoRA", "QLoRA", "TinyTune"]


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        (NAMES, "application/sparql-results+json", "application/sparql-results+json"),
        (NAMES, "application/json", "application/json"),
        (NAMES, "application/sparql-results+xml", "application/sparql-results+xml"),
        (NAMES, "text/csv", "text/csv"),
        (NAMES, "text/tab-separated-values", "text/tab-separated-values"),
        (NAMES, "text/turtle, text/csv;q=0.5", "text/csv"),
        ("ASK {}", "application/sparql-results+xml", "application/sparql-results+xml"),
        ("ASK {}", "", "application/sparql-results+json"),
        ("CONSTRUCT WHERE { ?s kg:uses ?o }", "*/*", "text/turtle"),
        ("CONSTRUCT WHERE { ?s kg:uses ?o }", "application/n-triples", "application/n-triples"),
        ("CONSTRUCT WHERE { ?s kg:uses ?o }", "application/ld+json", "application/ld+json"),
        ("DESCRIBE kgr:technique/lora", "application/rdf+xml;q=0.9, text/csv", "application/rdf+xml"),
    ],
)
def test_the_answer_has_the_form_that_the_client_likes(site: Served, query: str, accept: str, media_type: str) -> None:
    got = site.sparql(query.replace("kgr:technique/lora", "<https://w3id.org/paperatlas/id/technique/lora>"), accept)
    assert (got.status, got.media_type) == (200, media_type)
    assert got.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_triples_are_the_same_in_every_form(site: Served, media_type: str) -> None:
    got = site.sparql("CONSTRUCT WHERE { ?s kg:uses ?o }", media_type)
    formats = {f.media_type: f for f in (pyoxigraph.RdfFormat.TURTLE, pyoxigraph.RdfFormat.N_TRIPLES,
                                         pyoxigraph.RdfFormat.JSON_LD, pyoxigraph.RdfFormat.RDF_XML)}  # fmt: skip
    found = {str(quad.triple) for quad in pyoxigraph.parse(got.body, format=formats[media_type])}
    uses = {e for e in GRAPH.edges if e.relation == "uses"}
    assert len(found) == len(uses) > 0


def test_every_row_format_tells_the_same(site: Served) -> None:
    query = 'SELECT * { VALUES (?a ?b ?c) { ("x\\ty\\n\\"<&>" 1.5 <http://e/é>) ("de"@de UNDEF true) } }'
    as_json = json.loads(site.sparql(query, "application/json").body)["results"]["bindings"]
    assert {"a": {"type": "literal", "value": "de", "xml:lang": "de"}, "c": {"type": "literal", "value": "true",
            "datatype": "http://www.w3.org/2001/XMLSchema#boolean"}} in as_json  # fmt: skip
    space = "{http://www.w3.org/2005/sparql-results#}"
    tree = ElementTree.fromstring(site.sparql(query, "application/sparql-results+xml").body)
    values = [
        [b.findtext(f"{space}literal") or b.findtext(f"{space}uri") for b in r] for r in tree.iter(f"{space}result")
    ]
    assert sorted(values) == [["de", "true"], ['x\ty\n"<&>', "1.5", "http://e/é"]]
    rows = list(csv.reader(io.StringIO(site.sparql(query, "text/csv").text, newline="")))
    assert rows[0] == ["a", "b", "c"]
    assert sorted(rows[1:]) == [["de", "", "true"], ['x\ty\n"<&>', "1.5", "http://e/é"]]
    decimal, boolean = ("<http://www.w3.org/2001/XMLSchema#" + name + ">" for name in ("decimal", "boolean"))
    assert sorted(site.sparql(query, "text/tab-separated-values").text.splitlines()) == [
        '"de"@de\t\t"true"^^' + boolean,
        '"x\\ty\\n\\"<&>"\t"1.5"^^' + decimal + "\t<http://e/é>",
        "?a\t?b\t?c",
    ]


@pytest.mark.parametrize(("accept", "said"), [("text/csv", "true\r\n"), ("text/tab-separated-values", "true\n")])
def test_a_truth_value_has_a_form_everywhere(site: Served, accept: str, said: str) -> None:
    assert site.sparql("ASK {}", accept).text == said


def test_blank_nodes_and_triple_terms_are_written_too(site: Served) -> None:
    query = "SELECT ?b (TRIPLE(<http://e/a>, <http://e/b>, 1) AS ?t) { BIND(BNODE() AS ?b) }"
    told = json.loads(site.sparql(query).body)["results"]["bindings"][0]
    assert told["b"]["type"] == "bnode"
    assert "<http://e/a>" in told["t"]["value"]
    assert site.sparql(query, "text/csv").text.splitlines()[1].startswith("_:")
    assert site.sparql(query, "text/tab-separated-values").text.splitlines()[1].startswith("_:")


def test_xml_holds_what_xml_can_hold() -> None:
    value = {"type": "literal", "value": "a\x01b\rc\td\ue000e\ue001"}
    found = results.written(Result(form="select", columns=("x",), rows=((value,),), truncated=False), "text/xml", {})
    assert "".join(ElementTree.fromstring(found).itertext()).strip() == "a\ufffdb\rc\td\ue000e\ue001"


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        ({"path": "/sparql?query=SELEKT"}, 400, "invalid SPARQL"),
        ({"path": "/sparql?query=ASK%7B%7D&query=ASK%7B%7D"}, 400, "exactly one query"),
        ({"path": "/data?colour=red"}, 400, "not known"),
        ({"path": "/sparql?query=%ff"}, 400, "not UTF-8"),
        ({"path": "/sparql?query=ASK%7B%7D&default-graph-uri=http://e/"}, 403, "one graph"),
        ({"path": "/sparql?query=" + quote("SELECT * { SERVICE <http://e/> {} }")}, 403, "SERVICE"),
        ({"path": "/sparql?query=" + quote("SELECT * FROM <http://e/> {}")}, 403, "FROM"),
        ({"path": "/sparql?query=" + quote("INSERT DATA { <a:a> <a:b> 1 }")}, 403, "change the graph"),
        ({"path": "/sparql?query=ASK%7B%7D", "accept": "image/png"}, 406, "none of our formats"),
        ({"path": "/sparql?query=ASK%7B%7D", "accept": "text/turtle"}, 406, "none of our formats"),
        ({"path": "/sparql?query=ASK%7B%7D", "method": "DELETE"}, 405, "allowed: "),
        ({"path": "/sparql?query=ASK%7B%7D", "method": "PUT"}, 405, "POST"),
        ({"path": "/sparql", "method": "POST", "body": b"ASK {}", "content_type": "text/plain"}, 415, "media type"),
        ({"path": "/sparql", "method": "POST", "body": b"ASK {}"}, 415, "media type"),
        ({"path": "/sparql", "method": "POST", "body": b"\xff",
          "content_type": "application/sparql-query"}, 400, "UTF-8"),
        ({"path": "/sparql", "method": "POST", "body": b"ASK {}",
          "content_type": "application/sparql-query; charset=latin-1"}, 415, "UTF-8"),
        ({"path": "/sparql", "method": "POST", "body": b"x",
          "content_type": "application/sparql-update"}, 403, "read-only"),
        ({"path": "/sparql", "method": "POST", "body": b"update=x", "content_type": FORM}, 403, "read-only"),
        ({"path": "/sparql?update=x", "method": "POST", "body": b"", "content_type": FORM}, 403, "read-only"),
        ({"path": "/sparql", "method": "POST", "body": b"", "content_type": FORM}, 400, "exactly one query"),
        ({"path": "/sparql", "method": "POST", "body": b"&".join([b"a=b"] * 200),
          "content_type": FORM}, 400, "too many"),
        ({"path": "/data", "method": "PUT", "body": b"x"}, 405, ""),
        ({"path": "/data", "method": "DELETE"}, 405, ""),
        ({"path": "/data?graph=http://e/"}, 404, "no graph of this name"),
        ({"path": "/data", "accept": "image/png"}, 406, ""),
        ({"path": "/data?format="}, 406, "none of our formats"),
        ({"path": "/data?format=*/*"}, 406, "none of our formats"),
        ({"path": "/paperatlas/id/technique/none-of-it"}, 404, "nothing is called so"),
        ({"path": "/paperatlas/id/%22%3E%3Cx"}, 404, "nothing is called so"),
        ({"path": "/paperatlas/id/technique/lora?format=png"}, 406, ""),
        ({"path": "/nowhere"}, 404, "/openapi.json"),
        ({"path": "/api/search"}, 400, "missing"),
        ({"path": "/api/search?query=x&limit=0"}, 400, "no limit of 0"),
        ({"path": "/api/search?query=x&limit=-1"}, 400, "'limit' is '-1'"),
        ({"path": "/api/search?query=x&colour=red"}, 400, "not known"),
        ({"path": "/api/search?query=x&query=y"}, 400, "twice"),
        ({"path": "/api/search?query=x&type=Person"}, 400, "Person"),
        ({"path": "/api/search?query=" + "x" * 501}, 400, "too long"),
        ({"path": "/api/describe?name=LoRAA"}, 404, "LoRA"),
        ({"path": "/api/why?name=LoRA"}, 400, "name a relation"),
        ({"path": "/api/why?name=LoRA&refused=maybe"}, 400, "true or false"),
        ({"path": "/api/ask?question=frobnicate+the+quux"}, 400, ""),
    ],
    ids=lambda value: value.get("path", "")[:48] if isinstance(value, dict) else None,
)  # fmt: skip
def test_a_refusal_has_its_status_and_says_why(site: Served, request_: dict[str, Any], status: int, words: str) -> None:
    got = site.get(**request_)
    assert got.status == status
    told = problem(got)
    assert words in told["detail"] + told.get("hint", "")


def test_without_a_query_the_endpoint_describes_itself(site: Served) -> None:
    got = site.get("/sparql", accept="text/turtle")
    assert got.status == 200
    assert f"<{site.address}sparql>" in got.text
    assert "SPARQL11Query" in got.text
    assert site.get("/sparql", accept="text/html").headers["location"] == "/query"
    named = site.get("/sparql?format=ntriples", accept="text/html")
    assert (named.status, named.media_type) == (200, "application/n-triples")


def test_a_browser_that_opens_a_query_sees_the_page(site: Served) -> None:
    got = site.sparql("ASK {}", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert (got.status, got.headers["location"]) == (303, "/query?sparql=ASK+%7B%7D")


def test_head_is_get_without_a_body(site: Served) -> None:
    got = site.get("/sparql?query=ASK%7B%7D", method="HEAD")
    assert (got.status, got.body, got.media_type) == (200, b"", "application/sparql-results+json")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:PORT", 200), ("LOCALHOST:PORT", 200), ("[::1]:PORT", 200), ("evil.example", 421),
        ("evil.example:PORT", 421), ("127.0.0.1:1", 421), ("127.0.0.1", 421), ("localhost.evil.example:PORT", 421),
        ("", 421),
    ],
)  # fmt: skip
def test_only_our_names_are_answered(site: Served, host: str, status: int) -> None:
    assert site.get("/health", host=host.replace("PORT", str(site.port))).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:PORT"}, 200),
        ({"origin": "http://localhost:PORT"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost:PORT@evil.example"}, 403),
        ({"origin": "file://localhost:PORT"}, 403),
        ({"origin": "http://["}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        ({"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 200),
        ({"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, 200),
    ],
)
def test_requests_of_other_sites_are_refused(site: Served, headers: dict[str, str], status: int) -> None:
    sent = {k: v.replace("PORT", str(site.port)) for k, v in headers.items()}
    got = site.get("/health", **sent)  # type: ignore[arg-type]
    assert got.status == status
    assert "access-control-allow-origin" not in got.headers


def test_two_hosts_are_none() -> None:
    from starlette.datastructures import Headers

    async def nothing(*_: object) -> None: ...

    ours = guard.Guard(app=nothing, hosts=guard.hosts(80))
    ours._check(Headers(raw=[(b"host", b"localhost")]), "", "")
    with pytest.raises(guard.Problem):
        ours._check(Headers(raw=[(b"host", b"localhost"), (b"host", b"localhost")]), "", "")


def test_every_answer_forbids_what_it_does_not_need(site: Served) -> None:
    for path in ("/", "/health", "/nowhere", "/explorer", "/sparql?query=x"):
        headers = site.get(path, accept="text/html").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_a_site_that_was_allowed_may_read() -> None:
    with running(GRAPH, origins=("https://lab.example",), allow_hosts=("atlas.example",)) as site:
        got = site.get("/health", origin="https://lab.example", host="atlas.example")
        assert (got.status, got.headers["access-control-allow-origin"]) == (200, "https://lab.example")
        assert "Origin" in got.headers["vary"]
        before = site.get(
            "/sparql", method="OPTIONS", origin="https://lab.example", access_control_request_method="POST"
        )
        assert (before.status, before.headers["access-control-allow-methods"]) == (204, "GET, HEAD, POST")
        assert site.get("/health", origin="https://evil.example").status == 403
    with running(GRAPH, origins=("*",)) as site:
        assert site.get("/health", origin="https://any.example").headers["access-control-allow-origin"] == "*"


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def narrow() -> Iterator[Served]:
    limits = Limits(seconds=0.5, rows=5, body_bytes=2000, body_seconds=0.5, concurrent=1)
    with running(GRAPHS["atlas"](), limits=limits) as served:
        yield served


def test_too_many_rows_are_refused_and_never_cut_in_silence(narrow: Served) -> None:
    everything = "SELECT * { ?s ?p ?o }"
    assert "more than 5 rows" in problem(narrow.sparql(everything))["detail"]
    assert narrow.sparql(everything).status == 403
    assert narrow.sparql(everything + " LIMIT 5").status == 200
    assert "Only the first 5 rows" in narrow.get("/query?" + urlencode({"sparql": everything})).text


def test_a_slow_query_ends_at_the_limit_and_the_next_is_answered(narrow: Served) -> None:
    slow = SLOW.replace("COUNT(*)", "COUNT(DISTINCT CONCAT(STR(?a), STR(?c), STR(?i)))")
    assert narrow.sparql(slow).status == 504
    assert narrow.sparql("ASK {}").status == 200


def test_too_many_at_once_are_told_to_come_again(narrow: Served) -> None:
    slow = SLOW.replace("COUNT(*)", "COUNT(DISTINCT CONCAT(STR(?a), STR(?c), STR(?i)))")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: narrow.sparql(slow), range(4)))
    assert {got.status for got in found} == {503, 504}
    assert next(got for got in found if got.status == 503).headers["retry-after"] == "1"


def test_large_bodies_are_refused_told_or_not(narrow: Served) -> None:
    kind = "application/sparql-query"
    assert narrow.get("/sparql", method="POST", body=b"#" * 3000, content_type=kind).status == 413
    chunked = b"POST /sparql HTTP/1.1\r\nHost: %s\r\nContent-Type: application/sparql-query\r\n%s\r\n"
    host = f"127.0.0.1:{narrow.port}".encode()
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=10) as raw:
        raw.sendall(chunked % (host, b"Transfer-Encoding: chunked\r\n") + b"bb8\r\n" + b"#" * 3000 + b"\r\n0\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", narrow.port), timeout=10) as raw:
        raw.sendall(chunked % (host, b"Content-Length: 10\r\n") + b"ASK")
        assert raw.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_the_process_that_stands_by_forks_for_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    forked: list[int] = []

    def fork() -> int:
        forked.append(1)
        return 1

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)  # it would hide objects from what looks for referrers
    with ours, theirs:
        one, other = socket.socketpair()
        with one, other:
            socket.send_fds(ours, [b"?"], [other.fileno()])
        ours.shutdown(socket.SHUT_WR)
        worker.stand_by(io.BytesIO(b"<a:a> <a:b> <a:c> ."), theirs)
        assert ours.recv(9) == b"+"
    assert forked == [1]


@pytest.mark.parametrize(
    ("query", "form", "value"),
    [
        ("ASK {}", "ask", True),
        ("SELECT * { ?s a:b 1 }", "select", {"type": "uri", "value": "a:a"}),
        ("SELECT ('x'@en AS ?x) {}", "select", {"type": "literal", "value": "x", "xml:lang": "en"}),
        ("SELECT ('x' AS ?x) {}", "select", {"type": "literal", "value": "x"}),
        ("SELECT (1 AS ?x) {}", "select",
         {"type": "literal", "value": "1", "datatype": "http://www.w3.org/2001/XMLSchema#integer"}),
        ("SELECT (1/0 AS ?x) {}", "select", None),
        ("CONSTRUCT WHERE { ?s ?p ?o }", "construct", "<a:a>"),
    ],
)  # fmt: skip
def test_the_process_that_stands_by_answers_in_terms(query: str, form: str, value: object) -> None:
    store = worker.loaded(b"<a:a> <a:b> 1 .".replace(b"1", b'"1"^^<http://www.w3.org/2001/XMLSchema#integer>'))
    found = worker._standing({"text": query, "prefixes": {"a": "a:"}, "max_rows": 1}, lambda: store)
    assert (found["form"], found["rows"][0][0]) == (form, value)


# --- the engine that stands by --------------------------------------------------------------------------------------


def test_the_engine_tells_when_its_process_has_ended() -> None:
    with Engine(GRAPH) as waiting:
        assert waiting.query("ASK {}", timeout_s=5).rows == ((True,),)
        with pytest.raises(standby.ExhaustedError):
            waiting.query(SLOW.replace("COUNT(*)", "COUNT(DISTINCT CONCAT(STR(?a), STR(?i)))"), timeout_s=0.2)
        waiting._process.kill()
        waiting._process.wait()
        with pytest.raises(KGError, match=r"has ended|too much memory"):
            waiting.query("ASK {}")


def test_a_query_beyond_the_memory_fails_alone() -> None:
    with Engine(GRAPH, max_bytes=1) as waiting, pytest.raises(KGError, match="memory"):
        waiting.query(
            "SELECT (CONCAT(" + ",".join(["?s"] * 50) + ") AS ?x) { BIND('" + "x" * 500_000 + "' AS ?s) }", timeout_s=5
        )


def test_a_process_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "WORKER", engine.WORKER.with_name("no-such-file.py"))
    with pytest.raises(KGError, match="did not start"):
        Engine(GRAPH)


def test_health_fails_with_the_engine() -> None:
    with running(GRAPH) as site:
        assert json.loads(site.get("/health").body)["status"] == "ok"
        waiting = next(iter(site.server.config.app.app.routes)).endpoint.__self__.engine  # type: ignore[union-attr]
        waiting._process.kill()
        waiting._process.wait()
        assert site.get("/health").status == 503


# --- starting -------------------------------------------------------------------------------------------------------


def test_an_address_that_others_reach_needs_a_name() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "atlas.example"):
        with pytest.raises(KGError, match="other machines"):
            serve.serve(GRAPH, host=host)


def test_a_port_that_is_taken_is_told(site: Served) -> None:
    with pytest.raises(KGError, match="address already in use"):
        serve.serve(GRAPH, port=site.port)


def test_serving_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "kg.serve.running", None)
    with pytest.raises(KGError, match=r"paperatlas\[serve\]"):
        serve.serve(GRAPH)


def test_serve_tells_the_address_and_runs_until_it_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from kg.serve.running import Prepared

    told: queue.Queue[str] = queue.Queue()
    made: list[Prepared] = []
    start = Prepared.start

    def started(server: Prepared) -> None:
        made.append(server)
        start(server)

    monkeypatch.setattr(Prepared, "start", started)
    thread = threading.Thread(target=lambda: serve.serve(GRAPH, port=0, ready=told.put))
    thread.start()
    assert told.get(timeout=30).startswith("http://127.0.0.1:")
    made[0].should_exit = True
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", "a/x"), ("*/*", "a/x"), ("b/*", "b/y"), ("a/x;q=0.1, b/y", "b/y"), ("a/*;q=0, */*", "b/y"),
        ("A/X", "a/x"), ("c/z", None), ("nonsense", None), ("a/x;q=2", None), ("a/x;q=0", None),
        ("a/x; level=1", "a/x"),
    ],
)  # fmt: skip
def test_negotiation(accept: str, best: str | None) -> None:
    assert negotiation.preferred(accept, ("a/x", "b/y")) == best


def test_a_process_that_hangs_costs_a_refusal_and_is_ended_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "_GRACE_S", 0.2)
    with Engine(GRAPH) as waiting:
        waiting._process.send_signal(signal.SIGSTOP)
        with pytest.raises(standby.ExhaustedError):
            waiting.query("ASK {}", timeout_s=0.1)
    assert waiting._process.returncode == -signal.SIGKILL
