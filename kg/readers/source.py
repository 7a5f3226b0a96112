"""Bytes -> numbered lines: compression, encoding and limits, the same for every format."""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

from kg.model import ReadError

MAX_BYTES = 2 << 30  # of text, once unpacked
MAX_LINE = 16 << 20
MAX_RATIO = 100  # of text to packed bytes; prose packs ten to one, a bomb a thousand to one
_FREE = 16 << 20  # unpacked bytes before the ratio counts
_CHUNK = 1 << 16


@contextmanager
def opened(path: Path | str) -> Iterator[Iterator[tuple[int, str]]]:
    """Give the numbered lines of a file ('-' is standard input), unpacked if it is gzip or xz.

    Whatever goes wrong on the way (missing, binary, damaged, a bomb) is a ReadError that names the file.
    """
    place = "stdin" if str(path) == "-" else str(path)
    try:
        with _raw(path) as raw:
            packed = _Tap(raw, place)
            plain = _Text(_unpacked(io.BufferedReader(packed, _CHUNK)), place, packed)
            text = io.TextIOWrapper(io.BufferedReader(plain, _CHUNK), encoding="utf-8-sig", newline=None)
            yield _lines(text, place)
    except UnicodeDecodeError:
        hint = "is it a binary file, or saved in another encoding?"
        raise ReadError("not UTF-8 text", where=place, hint=hint) from None
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise ReadError(f"damaged archive: {str(error).lower()}", where=place) from None
    except FileNotFoundError:
        raise ReadError("no such file", where=place) from None
    except OSError as error:
        raise ReadError(f"cannot read: {(error.strerror or str(error)).lower()}", where=place) from None


def _raw(path: Path | str) -> AbstractContextManager[IO[bytes]]:
    if str(path) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(path).open("rb")
    except ValueError as error:  # a path that no file can have
        raise ReadError(f"cannot read: {error}", where=repr(str(path))) from None


def _lines(text: io.TextIOWrapper, place: str) -> Iterator[tuple[int, str]]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise ReadError(f"a line longer than {MAX_LINE >> 20} MiB", where=f"{place}:{number}")
        yield number, line.removesuffix("\n")


def _unpacked(packed: io.BufferedReader) -> IO[bytes]:
    magic = packed.peek(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(packed)
    return packed


class _Tap(io.RawIOBase):
    """A stream that counts what flows through it."""

    def __init__(self, inner: IO[bytes], place: str) -> None:
        self.inner, self.place, self.total = inner, place, 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something."""
        data = self.inner.read(min(len(buffer), _CHUNK))
        self.total += len(data)
        self.check(data)
        buffer[: len(data)] = data
        return len(data)

    def check(self, data: bytes) -> None:
        """Refuse what must not pass."""


class _Text(_Tap):
    """The unpacked stream: no NUL bytes, no bombs."""

    def __init__(self, inner: IO[bytes], place: str, packed: _Tap) -> None:
        super().__init__(inner, place)
        self.packed = packed

    def check(self, data: bytes) -> None:
        """Refuse binary data, and more text than is sane."""
        if b"\0" in data:
            raise ReadError("a binary file", where=self.place, hint="text in UTF-8 is expected")
        if self.total > MAX_BYTES:
            raise ReadError(f"more than {MAX_BYTES >> 30} GiB of text", where=self.place, hint="split it")
        if self.total > _FREE and self.total > MAX_RATIO * self.packed.total:
            raise ReadError(f"unpacks to more than {MAX_RATIO} times its size", where=self.place)
