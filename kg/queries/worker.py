"""Run one SPARQL query in a process of its own: the program that `kg.queries.engine` starts, and may kill.

Standard input holds the request as one line of JSON and then the triples, unless the request names a folder where they
are kept, or a large graph file, of which only those are made that the query can depend on (`kg.rdf.demand`; else
nothing of `kg` is imported, so that it starts quickly). Standard output gets one JSON object. Nothing but this process
runs the query: no engine can be stopped from inside, and both know forms that reach the network or files.

Started with the number of a socket as its argument, it stands by instead: it loads the triples once, and for each
connection that the socket hands over it forks a process that answers there and is ended by the system's alarm.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import math
import os
import pathlib
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

_MAX_OUTPUT = 32_000_000
_PATIENCE = 10  # seconds for a request to arrive
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OPAQUE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r'|"(?:[^"\\\n\r]|\\.)*"|\'(?:[^\'\\\n\r]|\\.)*\''
    r"|<[^<>\"{}|^`\\\x00-\x20]*>|#[^\n\r]*",
    re.DOTALL,
)
_PROLOGUE = re.compile(r"\A(?:\s+|#[^\n]*|PREFIX\s+\S*?:\s*<[^>]*>|BASE\s*<[^>]*>)*", re.IGNORECASE)
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


class InvalidError(RefusedError):
    """The query is no SPARQL."""


def check(text: str, prefixes: Mapping[str, str]) -> Any:
    """Refuse a query that could leave the graph: SERVICE, FROM, FROM NAMED, LOAD and every update.

    It is looked at twice. The words of the text, without strings, IRIs and comments, catch the form wherever it
    stands, even in a query that rdflib cannot parse, such as SERVICE after an IRI with # on the same line; rdflib's
    parse tree, which is returned, catches it however it is written.
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
    tree = _parsed(text, prefixes)
    for part in _parts(tree):
        if getattr(part, "name", None) in _PATTERNS:
            raise RefusedError(f"not allowed here: {_REFUSED[_PATTERNS[part.name]]}")
    return tree


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


def loaded(triples: bytes) -> Any:
    """Return a store that holds the triples."""
    import pyoxigraph

    store = pyoxigraph.Store()
    store.load(triples, pyoxigraph.RdfFormat.N_TRIPLES, lenient=True)  # which are ours: half the time
    return store


def kept(folder: str) -> Any:
    """Return the store that is kept in a folder, which is only read."""
    import pyoxigraph

    return pyoxigraph.Store.read_only(folder)


def run(text: str, triples: bytes, *, prefixes: Mapping[str, str], max_rows: int) -> dict[str, Any]:
    """Return the result as JSON values: columns, rows and whether there are more."""
    check(text, prefixes)
    return _asked(loaded(triples), text, prefixes=prefixes, max_rows=max_rows)


def _asked(store: Any, text: str, *, prefixes: Mapping[str, str], max_rows: int, terms: bool = False) -> dict[str, Any]:
    """Run a checked query. With `terms`, values are objects as in the SPARQL results format for JSON."""
    import pyoxigraph

    rows: Iterator[list[Any]]

    try:
        result = store.query(text, prefixes=dict(prefixes))
    except SyntaxError as error:
        raise InvalidError(_syntax(str(error), text)) from None
    if isinstance(result, pyoxigraph.QueryBoolean):
        form, columns, rows = "ask", ["answer"], iter([[bool(result)]])
    elif isinstance(result, pyoxigraph.QuerySolutions):
        form, columns = "select", [variable.value for variable in result.variables]
        value = _object if terms else _value
        rows = ([value(solution[name]) for name in columns] for solution in result)
    else:
        form, columns = "construct", ["subject", "predicate", "object"]
        rows = ([str(triple.subject), str(triple.predicate), str(triple.object)] for triple in result)
    kept, truncated = _capped(rows, max_rows)
    if not re.search(r"\bORDER\s+BY\b", _OPAQUE.sub(" ", text), re.IGNORECASE):
        kept.sort(key=lambda row: [(value is None, str(value)) for value in row])
    return {"columns": columns, "rows": kept, "truncated": truncated} | ({"form": form} if terms else {})


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


def _object(term: Any) -> dict[str, str] | None:
    """Return a term as the SPARQL results format for JSON has it."""
    import pyoxigraph

    if term is None:
        return None
    if isinstance(term, pyoxigraph.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, pyoxigraph.BlankNode):
        return {"type": "bnode", "value": term.value}
    if not isinstance(term, pyoxigraph.Literal):  # a triple as a term, which SPARQL 1.1 does not have
        return {"type": "literal", "value": str(term)}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    plain = term.datatype.value == f"{_XSD}string"
    return {"type": "literal", "value": term.value} | ({} if plain else {"datatype": term.datatype.value})


def _syntax(message: str, text: str) -> str:
    """Shorten the engine's message to one line: what it expected is mostly tables of Unicode ranges."""
    found = re.match(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
    if found is None:
        return "invalid SPARQL: " + message.splitlines()[0]
    line, column = int(found.group(1)), int(found.group(2))
    words = {word.upper() for word in _WORD.findall(text)}
    if not _FORMS & words:  # the mistake is the first word, wherever the engine gave up
        start = len(text) - len(_PROLOGUE.sub("", text, count=1))
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    near = "".join(text.splitlines()[line - 1 : line])[column - 1 :][:20].strip()
    where = f"invalid SPARQL in line {line}, column {column}" + (f", near {near!r}" if near else ", at the end")
    if "Prefix not found" in found.group(3):
        return where + ": the prefix is not declared"
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
    with contextlib.ExitStack() as stack:
        graph = _opened(request, stack)  # before the system thinks that we are nobody
        confine(seconds=request["seconds"], max_bytes=request["max_bytes"])
        target.write(_answer(lambda: _once(request, source, graph)))
        target.flush()


def _opened(request: Mapping[str, Any], stack: contextlib.ExitStack) -> Any:
    """Return the graph file of a request, None if there is none, or none that can be read here."""
    if not request.get("graph"):
        return None
    sys.path.append(request["code"])
    from kg.store import stored

    with contextlib.suppress(Exception):
        return stack.enter_context(stored.view(pathlib.Path(request["graph"])))


def _once(request: Mapping[str, Any], source: IO[bytes], graph: Any) -> dict[str, Any]:
    text, prefixes, max_rows = request["text"], request["prefixes"], request["max_rows"]
    if not request.get("store") and not request.get("graph"):
        return run(text, source.read(), prefixes=prefixes, max_rows=max_rows)
    if request.get("store"):
        check(text, prefixes)
        return _asked(kept(request["store"]), text, prefixes=prefixes, max_rows=max_rows)
    triples = _needed(check(text, prefixes), text, graph)
    if triples is None:
        return {"unbounded": True}
    return _asked(loaded(triples), text, prefixes=prefixes, max_rows=max_rows)


def _needed(tree: Any, text: str, graph: Any) -> bytes | None:
    """Return the triples of a graph that a query can depend on, None if these may be all, or too many."""
    words = _OPAQUE.sub(" ", text)
    if not tree or graph is None or "\\" in words or "BASE" in {word.upper() for word in _WORD.findall(words)}:
        return None  # names and addresses that two parsers may read in two ways
    from rdflib.plugins.sparql.algebra import translateQuery

    from kg.rdf.demand import demanded
    from kg.rdf.matching import Facts

    try:
        return demanded(translateQuery(tree).algebra, Facts(graph), exact="\\" not in text)
    except Exception:  # nested too deeply, or something that rdflib does not translate: all triples will do
        return None


def _answer(work: Callable[[], dict[str, Any]]) -> bytes:
    try:
        result = work()
    except RefusedError as error:
        result = {"error": str(error), "invalid": isinstance(error, InvalidError)}
    except MemoryError:
        result = {"error": "the query needs too much memory"}
    return json.dumps(result).encode()


def stand_by(source: IO[bytes], control: socket.socket, folder: str = "") -> None:
    """Load the triples, say so, and answer every connection that comes over `control` in a process of its own.

    With a `folder` where they are kept, each of these opens it: what has threads of its own must not be forked.
    """
    import rdflib.plugins.sparql.parser  # noqa: F401 - once, not in each child

    store = None if folder else loaded(source.read())
    check("ASK {}", {})
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes `control`
    held = _held()
    control.sendall(b"+")
    while True:
        _, handles, _, _ = socket.recv_fds(control, 1, 1)
        if not handles:
            return
        connection = socket.socket(fileno=handles[0])
        if os.fork() == 0:  # pragma: no cover - ends without a farewell
            control.close()
            _serve(connection, (lambda: kept(folder)) if folder else (lambda: store), held)
        connection.close()


def _serve(
    connection: socket.socket, store: Callable[[], Any], held: int
) -> None:  # pragma: no cover - in a child that is killed
    """Answer the one request of a connection, and end; past the time the alarm ends us wherever we are."""
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
        with connection, connection.makefile("rwb") as stream:
            request = json.loads(stream.read())
            signal.setitimer(signal.ITIMER_REAL, request["timeout_s"])
            confine(seconds=math.ceil(request["timeout_s"]) + 1, max_bytes=request["max_bytes"] + held)
            stream.write(_answer(lambda: _standing(request, store)))
        code = 0
    finally:
        os._exit(code)


def _standing(request: Mapping[str, Any], store: Callable[[], Any]) -> dict[str, Any]:
    text, prefixes = request["text"], request["prefixes"]
    check(text, prefixes)
    return _asked(store(), text, prefixes=prefixes, max_rows=request["max_rows"], terms=True)


def _held() -> int:
    """Return how many bytes of addresses this process has taken already."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib is one more import
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # pragma: no cover - not Linux
        return 2**40


if __name__ == "__main__":
    if len(sys.argv) > 1:
        stand_by(sys.stdin.buffer, socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
    else:
        main(sys.stdin.buffer, sys.stdout.buffer)
