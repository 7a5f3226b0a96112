"""`kg serve` as schemathesis sees it: all that the OpenAPI description allows, and much that it forbids, over HTTP."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import handmade
import msgspec
import pyoxigraph
import pytest
from served import Served, running

from kg.serve import openapi
from kg.serve.app import EXPORTS
from kg.serve.limits import Limits

schemathesis = pytest.importorskip("schemathesis")

# a description cannot tell a text that is no question, no query or an update, nor that a name needs a relation here
UNDERSTOOD = ("/api/ask", "/api/why", "/sparql")
ACCEPTED = ["2xx", "3xx", "404"]
SETTINGS: Mapping[str, Any] = {
    "generation": {"max-examples": 30, "deterministic": True, "database": "none", "no-shrink": True},
    "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
    "operations": [
        {"include-path": path, "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400", "403"]}}}
        for path in UNDERSTOOD
    ],
}
LIMITS = Limits(seconds=5)
RDF = {
    form.media_type: form
    for form in (
        pyoxigraph.RdfFormat.TURTLE, pyoxigraph.RdfFormat.N_TRIPLES, pyoxigraph.RdfFormat.JSON_LD,
        pyoxigraph.RdfFormat.RDF_XML, pyoxigraph.RdfFormat.TRIG, pyoxigraph.RdfFormat.N_QUADS,
    )
}  # fmt: skip
ROWS: Mapping[str, Callable[[str], object]] = {
    "text/csv": lambda text: list(csv.reader(io.StringIO(text, newline=""), strict=True)),
    "text/tab-separated-values": lambda text: {line.count("\t") for line in text.splitlines()},
}
GRAPH = handmade.graph()
TOLD = json.loads(msgspec.json.encode(openapi.described(GRAPH, LIMITS, space="/paperatlas/id/", whole=EXPORTS)))
DESCRIBED = schemathesis.openapi.from_dict(TOLD, config=schemathesis.Config.from_dict(dict(SETTINGS)))


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(GRAPH, limits=LIMITS) as served:
        yield served


@schemathesis.serializer("application/sparql-query")  # type: ignore[untyped-decorator]
def query_as_it_is(_: object, value: object) -> bytes:
    return str(value).encode("utf-8", "replace")


def readable(_: object, response: Any, case: object) -> None:
    """Whatever is sent can be read by a parser of its media type."""
    media_type = response.headers["content-type"][0].partition(";")[0]
    if media_type in RDF:
        for _quad in pyoxigraph.parse(response.content, format=RDF[media_type]):
            pass
    elif media_type in ROWS:
        assert ROWS[media_type](response.content.decode())


def _answers(path: str, method: str) -> Any:
    def as_described(case: Any, site: Served) -> None:
        case.call_and_validate(base_url=site.address, additional_checks=[readable])

    return DESCRIBED.include(path=path, method=method.upper()).parametrize()(as_described)


# A name for each operation: of tests of one name, sharing them out to processes would run one only.
for _path, _methods in TOLD["paths"].items():
    for _method in _methods:
        globals()["_".join(("test_as_described", _method, *re.findall(r"\w+", _path)))] = _answers(_path, _method)


def test_all_routes_but_pages_are_described(site: Served) -> None:
    told = json.loads(site.get("/openapi.json").body)
    assert told == TOLD
    routes = {route.path for route in site.server.config.app.app.routes}  # type: ignore[union-attr]
    paths = {path.replace("{id}", "{id:path}") for path in told["paths"]}
    assert routes - paths == {"/", "/query", "/explorer", "/openapi.json"}
    assert paths <= routes


def test_a_description_that_is_not_true_is_noticed(site: Served) -> None:
    told = json.loads(json.dumps(TOLD))
    del told["paths"]["/api/describe"]["get"]["responses"]["404"]
    told["components"]["schemas"]["Summary"]["properties"]["nodes"]["type"] = "string"
    wrong = schemathesis.openapi.from_dict(told)
    for path, query in (("/api/describe", {"name": "NOSUCH"}), ("/api/summary", {})):
        with pytest.raises(BaseExceptionGroup, match=r"Undocumented status code|violates schema"):
            wrong[path]["GET"].Case(query=query).call_and_validate(base_url=site.address)
