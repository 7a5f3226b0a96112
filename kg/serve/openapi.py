"""The OpenAPI description: made of the table of the JSON API, and of what the routes for RDF and SPARQL answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kg import __version__, lookup
from kg.model import Node
from kg.serve import pages, results
from kg.serve.api import NAME, OPERATIONS, RELATION, TYPE, Operation, Parameter
from kg.serve.limits import Limits
from kg.view import View

_Json = dict[str, Any]

_REFUSALS = {
    "400": "What was asked does not fit, or cannot be understood; the detail says why.",
    "403": "Not allowed: another site's page, a form of query that could leave the graph or change it, too many rows.",
    "404": "Nothing of this name.",
    "406": "None of our formats is acceptable.",
    "408": "The request did not arrive in time.",
    "413": "The request is too large.",
    "415": "Not the media type of a query.",
    "421": "The name in Host is not ours.",
    "503": "Too busy: try again.",
    "504": "The query takes too long, or needs too much memory.",
}
_ALWAYS = ("400", "403", "421", "503")
_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
    },
}
_HEALTH: Mapping[str, Any] = {
    "type": "object",
    "required": ["status", "nodes", "edges"],
    "properties": {
        "status": {"enum": ["ok", "failing"]},
        "nodes": {"type": "integer", "minimum": 0},
        "edges": {"type": "integer", "minimum": 0},
    },
}
_QUERY = {"type": "string", "minLength": 1, "description": "SPARQL 1.1: SELECT, ASK, CONSTRUCT or DESCRIBE."}
_FORMAT = {
    "name": "format", "in": "query", "required": False, "schema": {"type": "string"}, "example": "json",
    "description": "Other names than these are ignored, Accept says it too: " + ", ".join(results.SHORT),
}  # fmt: skip


def described(graph: View, limits: Limits, *, space: str, whole: Iterable[str]) -> _Json:
    """Return the OpenAPI 3.1 description, with examples from this graph.

    `space` is the path below which the nodes stand; the whole graph is given in the media types `whole`.
    """
    returned = [operation.result for operation in OPERATIONS]
    _, schemas = msgspec.json.schema_components(returned, ref_template="#/components/schemas/{name}")
    best = next((graph.by_id[i] for i in pages.foremost(graph, 1)), None)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "paperatlas",
            "version": __version__,
            "description": f"A read-only graph. At most {limits.concurrent} requests run at once; a query may take "
            f"{limits.seconds:g} s and give {limits.rows:,} rows.",
            "license": {"name": "CC0-1.0", "identifier": "CC0-1.0"},
        },
        "paths": {o.path: {"get": _operation(o, graph, best)} for o in OPERATIONS}
        | _rdf(space, best, tuple(whole))
        | {"/sparql": _sparql(graph), "/health": {"get": _health()}},
        "components": {"schemas": schemas | {"Problem": _PROBLEM, "Health": _HEALTH}},
    }


def _operation(operation: Operation, graph: View, best: Node | None) -> _Json:
    named = bool(operation.parameters) and operation.parameters[0] == NAME
    found = {"application/json": {"schema": {"$ref": f"#/components/schemas/{operation.result.__name__}"}}}
    return {
        "operationId": operation.path.rpartition("/")[2],
        "summary": operation.summary,
        "parameters": [_parameter(p, graph, best) for p in operation.parameters],
        "responses": _responses(found, ("404",) if named else ()),
    }


def _parameter(parameter: Parameter, graph: View, best: Node | None) -> _Json:
    schema: _Json = {"type": "string", "maxLength": lookup.LONGEST}
    if isinstance(parameter.default, bool):
        schema = {"type": "boolean"}
    elif isinstance(parameter.default, int):
        schema = {"type": "integer", "minimum": 1, "maximum": lookup.MOST}
    elif parameter == TYPE:
        schema = {"type": "string", "enum": ["", *(t.name for t in graph.ontology.types)]}
    elif parameter == RELATION:
        schema = {"type": "string", "enum": ["", *(r.name for r in graph.ontology.relations)]}
    if parameter.default is None:
        schema["minLength"] = 1
    else:
        schema["default"] = parameter.default
    told: _Json = {"name": parameter.name, "in": "query", "description": parameter.description}
    told |= {"required": parameter.default is None, "schema": schema}
    return told | ({"example": best.id} if parameter == NAME and best is not None else {})


def _rdf(space: str, best: Node | None, whole: tuple[str, ...]) -> _Json:
    """Describe the data set, its description, and its nodes, each in the media types of RDF."""
    node = {"name": "id", "in": "path", "required": True, "description": "The id of a node, as search gives it."}
    node |= {"schema": {"type": "string", "minLength": 1}} | ({"example": best.id} if best is not None else {})
    default = {
        "name": "default", "in": "query", "required": False, "allowEmptyValue": True, "schema": {"type": "string"},
        "description": "The one graph there is.",
    }  # fmt: skip
    return {
        "/data": {
            "get": {
                "operationId": "data",
                "summary": "The whole graph as RDF (SPARQL 1.1 Graph Store HTTP Protocol, reading).",
                "parameters": [default, _format(whole)],
                "responses": _responses(_any(whole), ("404", "406")),
            }
        },
        "/.well-known/void": {
            "get": {
                "operationId": "void",
                "summary": "The description of the data: VoID and DCAT.",
                "parameters": [_format(results.TRIPLES)],
                "responses": _responses(_any(results.TRIPLES), ("406",)),
            }
        },
        f"{space}{{id}}": {
            "get": {
                "operationId": "node",
                "summary": "A node at the path of its IRI, as a page or as RDF.",
                "parameters": [node, _format((*results.TRIPLES, "text/html"))],
                "responses": _responses(_any((*results.TRIPLES, "text/html")), ("404", "406", "504"), moved=True),
            }
        },
    }


def _sparql(graph: View) -> _Json:
    found = _any((*results.ROWS, *results.TRIPLES))
    refusals = ("406", "408", "413", "415", "504")
    example = f"SELECT ?name {{ ?thing a {_first(graph)} ; rdfs:label ?name }} LIMIT 10"
    form = {"type": "object", "required": ["query"], "properties": {"query": _QUERY}}
    return {
        "get": {
            "operationId": "sparql",
            "summary": "Ask in SPARQL (SPARQL 1.1 Protocol, query operation); the prefixes of the ontology are known.",
            "parameters": [
                {"name": "query", "in": "query", "required": False, "schema": _QUERY, "example": example,
                 "description": "The query; without it, the service is described."},
                _FORMAT,
            ],
            "responses": _responses(found, ("406", "504"), moved=True),
        },
        "post": {
            "operationId": "sparqlByPost",
            "summary": "The same, with the query as a form or as the body.",
            "requestBody": {
                "required": True,
                "content": {
                    "application/sparql-query": {"schema": _QUERY, "example": example},
                    "application/x-www-form-urlencoded": {"schema": form, "example": {"query": example}},
                },
            },
            "responses": _responses(found, refusals),
        },
    }  # fmt: skip


def _first(graph: View) -> str:
    return f"kg:{graph.ontology.type_as('document').name}"


def _health() -> _Json:
    told = {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
    made = _responses(told, ())
    made["503"] = {"description": "Queries fail, or too busy.", "content": told | made["503"]["content"]}
    return {"operationId": "health", "summary": "Whether queries are answered.", "parameters": [], "responses": made}


def _format(media_types: Iterable[str]) -> _Json:
    names = [name for name, media_type in results.SHORT.items() if media_type in tuple(media_types)]
    return {
        "name": "format", "in": "query", "required": False, "schema": {"type": "string", "enum": names},
        "description": "The form of the answer; Accept says it too.",
    }  # fmt: skip


def _any(media_types: Iterable[str]) -> _Json:
    return {media_type: {"schema": {}} for media_type in media_types}


def _responses(found: _Json, refusals: tuple[str, ...], *, moved: bool = False) -> _Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: _Json = {"200": {"description": "Found.", "content": found}}
    if moved:
        responses["303"] = {"description": "A page for people, or another address, has it."}
    for status in sorted({*_ALWAYS, *refusals}):
        responses[status] = {"description": _REFUSALS[status], "content": content}
    return responses
