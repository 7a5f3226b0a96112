"""Files: where the bundled data lies, and the one way in which `kg` writes anything."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import IO

from kg import __version__
from kg.model import KGError, WriteError


def bundled(name: str) -> Path:
    """Return the folder `ontology` or `seeds`, from the installed package or from a checkout."""
    package = Path(__file__).parent
    for root in (package / "_data", package.parent):
        if (root / name).is_dir():
            return root / name
    raise KGError(f"the bundled folder {name!r} is missing", where=str(package), hint="reinstall paperatlas")


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; it takes the target's place only when all went well.

    Written, flushed to disk, then renamed: a crash or a full disk leaves the old file as it was.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise WriteError(
            f"cannot write: {_reason(error)}", where=str(target), hint="is the folder there and writable?"
        ) from None
    part = Path(name)
    try:
        yield part
        _sync(part)
        part.chmod(_mode(target))
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise WriteError(
            f"cannot write: {_reason(error)}", where=str(target), hint="the old file is untouched"
        ) from error
    finally:
        part.unlink(missing_ok=True)


@cache
def source_digest(names: tuple[str, ...]) -> bytes:
    """Return a digest of the source and data of modules and packages of ours, so that a changed rule can be told."""
    package, state = Path(__file__).parent, sha256(__version__.encode())
    for name in names:
        for path in (package / f"{name}.py", *sorted((package / name).rglob("*"))):
            if path.is_file() and path.suffix != ".pyc":
                state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.digest()


def write_bytes(target: Path | str, data: bytes) -> None:
    """Write a whole file atomically; '-' is standard output."""
    if str(target) == "-":
        write_parts(target, (data,))
        return
    with atomic_path(Path(target)) as part:
        part.write_bytes(data)


def write_parts(target: Path | str, parts: Iterable[bytes]) -> None:
    """Write a file part by part, atomically all the same; '-' is standard output."""
    if str(target) == "-":
        try:
            for data in parts:
                _stdout().write(data)
            _stdout().flush()
        except BrokenPipeError:  # the reader wants no more of it, and what is left in the buffer must go somewhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), _stdout().fileno())
        return
    with atomic_path(Path(target)) as part, part.open("wb") as file:
        file.writelines(parts)


def _stdout() -> IO[bytes]:
    return sys.stdout.buffer


def _mode(target: Path) -> int:
    """Keep an existing file's mode; a new file gets what `open` would have given it."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
