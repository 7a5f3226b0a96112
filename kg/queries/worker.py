"""Run one SPARQL query in a process of its own: the program that `kg.queries.engine` starts, and may kill.

It imports nothing of `kg`, so that it starts quickly. Standard input holds the request as one line of JSON and then the
triples; standard output gets one JSON object. Nothing but this process runs the query: no engine can be stopped from
inside, and both know forms that reach the network or files.
"""

from __future__ import annotations

import ctypes
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

_MAX_OUTPUT = 32_000_000
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OPAQUE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n\r]|\\.)*"|\'(?:[^\'\\\n\r]|\\.)*\''
    r"|<[^<>\"{}|^`\\\x00-\x20]*>|#[^\n\r]*",
    re.DOTALL,
)
_WORD = re.compile(r"(?<![\w:?$@%.\-])[A-Za-z]+(?![\w:\-])")
_REFUSED = {
    "SERVICE": "SERVICE asks another server",
    "FROM": "FROM reads another graph",
    "LOAD": "LOAD reads another file",
}
_FORMS = frozenset(("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))
_UPDATES = frozenset(("INSERT", "DELETE", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"))
_PATTERNS = {"ServiceGraphPattern": "SERVICE", "DatasetClause": "FROM"}
_NUMBERS: Mapping[str, Callable[[str], object]] = {
    "integer": int, "int": int, "long": int, "nonNegativeInteger": int, "decimal": float, "double": float,
    "float": float, "boolean": lambda value: value in ("true", "1"),
}  # fmt: skip
_XSD = "http://www.w3.org/2001/XMLSchema#"


class RefusedError(Exception):
    """The query has a form that is not allowed, or is no SPARQL; the message says which."""


def check(text: str, prefixes: Mapping[str, str]) -> None:
    """Refuse a query that could leave the graph: SERVICE, FROM, FROM NAMED, LOAD and every update.

    It is looked at twice. The words of the text, without strings, IRIs and comments, catch the form wherever it
    stands, even in a query that rdflib cannot parse, such as SERVICE after an IRI with # on the same line; rdflib's
    parse tree catches it however it is written.
    """
    # with and without \uXXXX, for engines differ in when they read such an escape: it could end a comment
    readings = (text, _ESCAPE.sub(_unescaped, text))
    words = [word.upper() for reading in readings for word in _WORD.findall(_OPAQUE.sub(" ", reading))]
    for word in words:
        if word in _REFUSED:
            raise RefusedError(f"not allowed here: {_REFUSED[word]}")
    form = next((word for word in words if word in _FORMS | _UPDATES), "")
    if form in _UPDATES:
        raise RefusedError(f"not allowed here: {form} would change the graph")
    for part in _parts(_parsed(text, prefixes)):
        if getattr(part, "name", None) in _PATTERNS:
            raise RefusedError(f"not allowed here: {_REFUSED[_PATTERNS[part.name]]}")


def _unescaped(found: re.Match[str]) -> str:
    code = int(found.group(1) or found.group(2), 16)
    return chr(code) if code <= sys.maxunicode else " "


def _parsed(text: str, prefixes: Mapping[str, str]) -> Any:
    """Return rdflib's parse tree; nothing when rdflib does not parse it, for the engine's own message is the better."""
    from rdflib.plugins.sparql.parser import parseQuery

    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in prefixes.items())
    try:
        return parseQuery(declared + text)
    except Exception:
        return ()


def _parts(tree: Any) -> Iterator[Any]:
    """Yield every part of a parse tree, without recursion: queries may be nested deeply."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        yield part
        # pyparsing's results are mappings and lists at once
        if isinstance(part, Mapping):
            waiting += list(part.values())
        if isinstance(part, Iterable) and not isinstance(part, str):
            waiting += list(part)


def run(text: str, triples: bytes, *, prefixes: Mapping[str, str], max_rows: int) -> dict[str, Any]:
    """Return the result as JSON values: columns, rows and whether there are more."""
    import pyoxigraph

    check(text, prefixes)
    store = pyoxigraph.Store()
    store.bulk_load(triples, pyoxigraph.RdfFormat.N_TRIPLES)
    try:
        result = store.query(text, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise RefusedError(_syntax(str(error), text)) from None
    if isinstance(result, pyoxigraph.QueryBoolean):
        return {"columns": ["answer"], "rows": [[bool(result)]], "truncated": False}
    if isinstance(result, pyoxigraph.QuerySolutions):
        columns = [variable.value for variable in result.variables]
        rows = ([_value(solution[name]) for name in columns] for solution in result)
    else:
        columns = ["subject", "predicate", "object"]
        rows = ([str(triple.subject), str(triple.predicate), str(triple.object)] for triple in result)
    kept, truncated = _capped(rows, max_rows)
    if not re.search(r"\bORDER\s+BY\b", text, re.IGNORECASE):
        kept.sort(key=lambda row: [(value is None, str(value)) for value in row])
    return {"columns": columns, "rows": kept, "truncated": truncated}


def _capped(rows: Iterable[list[Any]], max_rows: int) -> tuple[list[list[Any]], bool]:
    kept: list[list[Any]] = []
    size = 0
    for row in rows:
        size += sum(len(str(value)) for value in row)
        if len(kept) == max_rows or size > _MAX_OUTPUT:
            return kept, True
        kept.append(row)
    return kept, False


def _value(term: Any) -> object:
    """Return a term as a person would write it: IRIs and texts bare, numbers and truth values as such."""
    if term is None:
        return None
    datatype = getattr(term, "datatype", None)
    if datatype is not None and datatype.value.startswith(_XSD):
        convert = _NUMBERS.get(datatype.value.removeprefix(_XSD))
        try:
            value = convert(term.value) if convert else term.value
        except ValueError:
            return str(term.value)
        return value if not isinstance(value, float) or math.isfinite(value) else str(term.value)
    return str(term) if getattr(term, "value", None) is None else term.value


def _syntax(message: str, text: str) -> str:
    """Shorten the engine's message to one line: what it expected is mostly tables of Unicode ranges."""
    found = re.match(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
    if found is None:
        return "invalid SPARQL: " + message.splitlines()[0]
    line, column = int(found.group(1)), int(found.group(2))
    near = "".join(text.splitlines()[line - 1 : line])[column - 1 :][:20].strip()
    where = f"invalid SPARQL in line {line}, column {column}" + (f", near {near!r}" if near else ", at the end")
    if "Prefix not found" in found.group(3):
        return where + ": the prefix is not declared"
    words = {word.upper() for word in _WORD.findall(text)}
    return where if _FORMS & words else where + ": expected SELECT, ASK, CONSTRUCT or DESCRIBE"


def confine(*, seconds: int, max_bytes: int) -> None:
    """Give up, as far as the system lets us, memory beyond the limit, a life beyond the parent's, and the network."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unshare = getattr(ctypes.CDLL(None), "unshare", None)
    if unshare is not None:
        unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def main(source: IO[bytes], target: IO[bytes]) -> None:
    """Read a request, answer it."""
    request = json.loads(source.readline())
    confine(seconds=request["seconds"], max_bytes=request["max_bytes"])
    try:
        result = run(request["text"], source.read(), prefixes=request["prefixes"], max_rows=request["max_rows"])
    except RefusedError as error:
        result = {"error": str(error)}
    except MemoryError:
        result = {"error": "the query needs too much memory"}
    target.write(json.dumps(result).encode())
    target.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
