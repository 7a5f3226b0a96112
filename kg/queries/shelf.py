"""Triple stores of large graph files, kept between queries in the cache folder of the person.

To load a large graph takes minutes, to open a store of its triples a moment. A store is named by what the graph holds,
made aside and then put in its place, and never changed: whoever comes at the same time makes another one, and one of
them is kept. Stores that nobody has asked for longest go when there are too many.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

from kg import __version__
from kg.model import digest
from kg.store import stored
from kg.view import View

_KEPT = 3
_ABANDONED = 24 * 3600  # seconds after which what is half made is nobody's


def folder() -> Path | None:
    """Return where stores are kept: `KG_CACHE`, else the cache folder of this system; None if KG_CACHE is `off`."""
    own = os.environ.get("KG_CACHE", "")
    if own:
        return None if own == "off" else Path(own)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        return Path(base or Path.home() / "AppData" / "Local") / "paperatlas" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "paperatlas"
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "paperatlas"


def found(graph: View) -> Path | None:
    """Return the triple store of a graph if it is there."""
    home = folder()
    if home is None or not any(home.glob("triples-*")):  # to tell a graph's content takes a while
        return None
    target = _place(graph)
    if target is None or not target.is_dir():
        return None
    with suppress(OSError):
        os.utime(target)
    return target


def store_of(graph: View, tell: Callable[[str], None] | None = None) -> Path | None:
    """Return the triple store of a large graph file, made if it is not there yet; None: its triples must be loaded.

    `tell` gets a line when one has to be made. Where it cannot be kept (no space, no right to write), it gets another.
    """
    target = _place(graph)
    if target is None:
        return None
    home = target.parent
    say = tell or (lambda _: None)
    try:
        if not target.is_dir():
            say(f"keeping the graph's triples in {home}, once, for quick SPARQL; KG_CACHE=off switches that off")
            _make(graph, target)
        os.utime(target)
        _tidy(home, target)
    except OSError as error:
        say(f"cannot keep the triples, and load them instead: {(error.strerror or str(error)).lower()}: {home}")
        return None
    return target


def _place(graph: View) -> Path | None:
    """Return where the store of a large graph file is, or would be."""
    home = folder()
    if home is None or not isinstance(graph, stored.Stored) or not graph.large:
        return None
    return home / f"triples-{digest(f'{graph.content} {__version__}')}"


def _make(graph: View, target: Path) -> None:
    import pyoxigraph

    from kg.rdf import writer

    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = Path(tempfile.mkdtemp(prefix=".making-", dir=target.parent))
    try:
        store = pyoxigraph.Store(part / "store")
        store.bulk_load(BufferedReader(_Stream(writer.ntriples(graph))), pyoxigraph.RdfFormat.N_TRIPLES)
        store.optimize()
        store.flush()
        del store  # closes it
        try:
            (part / "store").rename(target)
        except OSError:
            if not target.is_dir():  # else somebody was quicker
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _tidy(home: Path, used: Path) -> None:
    """Take out the stores that nobody has asked for longest, and what was never finished."""
    ages = [(path.stat().st_mtime, path) for path in home.glob("triples-*") if path != used]
    old = [path for _, path in sorted(ages, reverse=True)[_KEPT - 1 :]]
    old += [path for path in home.glob(".making-*") if path.stat().st_mtime < time.time() - _ABANDONED]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)


class _Stream(RawIOBase):
    """Bytes that are made while they are read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next((part for part in self._parts if part), b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
