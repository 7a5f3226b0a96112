"""Results of SPARQL as bytes: the W3C's formats for rows and truth values, RDF for triples."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from kg import rdf
from kg.queries.standby import Result

_SPACE = "http://www.w3.org/2005/sparql-results#"
_JSON, _XML = "application/sparql-results+json", "application/sparql-results+xml"
_TURTLE, _NT = "text/turtle", "application/n-triples"
_LD, _RDFXML = "application/ld+json", "application/rdf+xml"

ROWS = (_JSON, _XML, "text/csv", "text/tab-separated-values", "application/json", "application/xml", "text/xml")
TRIPLES = (_TURTLE, _NT, _LD, _RDFXML, "application/json", "application/xml", "text/plain")
SHORT: Mapping[str, str] = {  # what ?format= may say
    "json": "application/json", "xml": "application/xml", "csv": "text/csv", "tsv": "text/tab-separated-values",
    "turtle": _TURTLE, "ttl": _TURTLE, "ntriples": _NT, "nt": _NT, "jsonld": _LD, "json-ld": _LD, "rdfxml": _RDFXML,
    "trig": "application/trig", "nquads": "application/n-quads", "nq": "application/n-quads", "html": "text/html",
}  # fmt: skip


def written(result: Result, media_type: str, prefixes: Mapping[str, str]) -> bytes:
    """Return a result in one of the media types of its form."""
    if result.form == "construct":
        return graph((" ".join(row) + " .\n" for row in result.rows), media_type, prefixes)
    return _WRITERS[media_type](result)


def graph(lines: Iterable[str], media_type: str, prefixes: Mapping[str, str]) -> bytes:
    """Return triples, given as lines of N-Triples, in one of the media types of RDF."""
    import pyoxigraph

    data = "".join(lines)
    if media_type in (_NT, "text/plain"):
        return data.encode()
    formats = {
        _TURTLE: pyoxigraph.RdfFormat.TURTLE,
        _LD: pyoxigraph.RdfFormat.JSON_LD,
        "application/json": pyoxigraph.RdfFormat.JSON_LD,
    }
    chosen = formats.get(media_type, pyoxigraph.RdfFormat.RDF_XML)
    parsed = pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.N_TRIPLES)
    triples = (quad.triple for quad in parsed)
    used = {name: iri for name, iri in prefixes.items() if f"<{iri}" in data}
    return pyoxigraph.serialize(triples, format=chosen, prefixes=used) or b""


def _json(result: Result) -> bytes:
    if result.form == "ask":
        return json.dumps({"head": {}, "boolean": result.rows[0][0]}).encode()
    bindings = [
        {name: value for name, value in zip(result.columns, row, strict=True) if value is not None}
        for row in result.rows
    ]
    return json.dumps(
        {"head": {"vars": result.columns}, "results": {"bindings": bindings}}, ensure_ascii=False
    ).encode()


def _xml(result: Result) -> bytes:
    parts = [f'<?xml version="1.0" encoding="utf-8"?>\n<sparql xmlns="{_SPACE}">\n<head>']
    if result.form == "ask":
        parts.append(f"</head>\n<boolean>{str(result.rows[0][0]).lower()}</boolean>\n</sparql>\n")
        return "".join(parts).encode()
    parts += [f"<variable name={quoteattr(name)}/>" for name in result.columns]
    parts.append("</head>\n<results>\n")
    for row in result.rows:
        cells = (
            f"<binding name={quoteattr(name)}>{_element(value)}</binding>"
            for name, value in zip(result.columns, row, strict=True)
            if value is not None
        )
        parts.append(f"<result>{''.join(cells)}</result>\n")
    parts.append("</results>\n</sparql>\n")
    return "".join(parts).encode()


def _element(value: Mapping[str, str]) -> str:
    # what XML 1.0 cannot hold, a query can still make; tabs stay, and a carriage return would come back as a line feed
    parts = re.split(r"([\r\t])", value["value"])
    text = "".join({"\r": "&#13;", "\t": "\t"}.get(part) or escape(rdf.clean(part)) for part in parts)
    if value["type"] != "literal":
        return f"<{value['type']}>{text}</{value['type']}>"
    if "xml:lang" in value:
        return f"<literal xml:lang={quoteattr(value['xml:lang'])}>{text}</literal>"
    datatype = f" datatype={quoteattr(value['datatype'])}" if "datatype" in value else ""
    return f"<literal{datatype}>{text}</literal>"


def _csv(result: Result) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if result.form == "ask":
        return f"{str(result.rows[0][0]).lower()}\r\n".encode()
    writer.writerow(result.columns)
    writer.writerows([_bare(value) for value in row] for row in result.rows)
    return text.getvalue().encode()


def _bare(value: Mapping[str, str] | None) -> str:
    if value is None:
        return ""
    return f"_:{value['value']}" if value["type"] == "bnode" else value["value"]


def _tsv(result: Result) -> bytes:
    if result.form == "ask":
        return f"{str(result.rows[0][0]).lower()}\n".encode()
    lines = ["\t".join(f"?{name}" for name in result.columns)]
    lines += ["\t".join(_term(value) for value in row) for row in result.rows]
    return ("\n".join(lines) + "\n").encode()


def _term(value: Mapping[str, str] | None) -> str:
    """Return a value as Turtle writes it, in one line."""
    if value is None:
        return ""
    if value["type"] != "literal":
        return f"<{value['value']}>" if value["type"] == "uri" else f"_:{value['value']}"
    escapes = {ord("\\"): "\\\\", ord('"'): '\\"', ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
    text = f'"{value["value"].translate(escapes)}"'
    if "xml:lang" in value:
        return f"{text}@{value['xml:lang']}"
    return f"{text}^^<{value['datatype']}>" if "datatype" in value else text


_WRITERS: dict[str, Callable[[Result], bytes]] = {
    _JSON: _json, "application/json": _json, _XML: _xml, "application/xml": _xml, "text/xml": _xml,
    "text/csv": _csv, "text/tab-separated-values": _tsv,
}  # fmt: skip


def shown(value: Any) -> str:
    """Return a value of a row as a person reads it."""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else _bare(value)
