"""Bytes -> numbered lines: compression, encoding and limits, the same for every format."""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from kg.model import ReadError

MAX_BYTES = 16 << 30  # of text, once unpacked: three times all of arXiv's metadata
MAX_LINE = 16 << 20
MAX_RATIO = 100  # of text to packed bytes; prose packs ten to one, a bomb a thousand to one
MAX_MEMBERS = 10_000
_FREE = 16 << 20  # unpacked bytes before the ratio counts
_CHUNK = 1 << 16
_PIECE = 1 << 20  # characters of a line given at once
_BINARY = 8192  # bytes in which a NUL means that this is no text
_GARBLED = 10  # at most one of so many lines may hold bytes that are no UTF-8
_JUDGED = 100  # lines from which that is judged before the end
_ZSTD, _ZIP = b"\x28\xb5\x2f\xfd", b"PK\x03\x04"


@dataclass(slots=True)
class Source:
    """An opened source: its pieces of lines, and the lines that were no UTF-8 so far."""

    lines: Iterator[tuple[int, str]]
    garbled: list[int]


@contextmanager
def opened(path: Path | str, member: str = "") -> Iterator[Source]:
    """Give the numbered lines of a file ('-' is standard input), unpacked if it is gzip, xz, Zstandard or in a ZIP.

    Lines longer than a mebibyte come in pieces. Whatever goes wrong on the way (missing, binary, damaged, a bomb) is a
    ReadError that names the file.
    """
    place = named(path, member)
    with _guarded(place), _raw(path) as raw, _member(raw, member, place) as inner:
        packed = _Tap(inner, place)
        plain = _Text(_unpacked(io.BufferedReader(packed, _CHUNK), place), place, packed)
        buffered = io.BufferedReader(plain, _CHUNK)
        wide = buffered.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
        encoding, errors = ("utf-16", "replace") if wide else ("utf-8-sig", "surrogateescape")
        plain.wide = wide
        text = io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline=None)
        garbled: list[int] = []
        yield Source(_lines(text, place, garbled), garbled)


def members(path: Path | str) -> tuple[str, ...] | None:
    """Return the names of the files in a ZIP archive, sorted; None for what is no such archive."""
    if str(path) == "-":
        return None
    with _guarded(str(path)), _raw(path) as raw:
        if raw.read(4) != _ZIP:
            return None
        with zipfile.ZipFile(raw) as archive:
            names = sorted(i.filename for i in archive.infolist() if not i.is_dir())
        if len(names) > MAX_MEMBERS:
            raise ReadError(f"an archive of {len(names)} files", where=str(path), hint=f"at most {MAX_MEMBERS}")
        return tuple(dict.fromkeys(n for n in names if not Path(n).name.startswith(".") and "__MACOSX" not in n))


def whole(lines: Iterator[tuple[int, str]], place: str) -> Iterator[tuple[int, str]]:
    """Join the pieces of each line; a line that is too long is a ReadError."""
    parts: list[str] = []
    last = size = 0
    for number, piece in lines:
        if parts and number != last:
            yield last, "".join(parts)
            parts, size = [], 0
        last = number
        parts.append(piece)
        size += len(piece)
        if size >= MAX_LINE:
            raise ReadError(f"a line longer than {MAX_LINE >> 20} MiB", where=f"{place}:{number}")
    if parts:
        yield last, "".join(parts)


def named(path: Path | str, member: str = "") -> str:
    """Return how a source is called in messages."""
    return ("stdin" if str(path) == "-" else str(path)) + (f"!{member}" if member else "")


@contextmanager
def _guarded(place: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile) as error:
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


@contextmanager
def _member(raw: IO[bytes], member: str, place: str) -> Iterator[IO[bytes]]:
    if not member:
        yield raw
        return
    with zipfile.ZipFile(raw) as archive:
        info = archive.getinfo(member)
        if info.file_size > _FREE and info.file_size > MAX_RATIO * info.compress_size:
            raise ReadError(f"unpacks to more than {MAX_RATIO} times its size", where=place)
        try:
            inner = archive.open(member)
        except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a way unknown here
            raise ReadError(f"cannot unpack: {str(error).lower()}", where=place) from None
        with inner:
            yield inner


def _lines(text: io.TextIOWrapper, place: str, garbled: list[int]) -> Iterator[tuple[int, str]]:
    number, fresh = 0, True
    while line := text.readline(min(_PIECE, MAX_LINE)):
        number += fresh
        fresh = line.endswith("\n")
        if not line.isascii() and not _utf8(line):
            line = line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            if not garbled or garbled[-1] != number:
                garbled.append(number)
            if number >= _JUDGED:
                _judge(garbled, number, place)
        yield number, line.removesuffix("\n")
    _judge(garbled, number, place)


def _judge(garbled: list[int], number: int, place: str) -> None:
    if len(garbled) * _GARBLED > number:
        hint = "is it a binary file, or saved in another encoding?"
        raise ReadError("not UTF-8 text", where=place, hint=hint)


def _utf8(line: str) -> bool:
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unpacked(packed: io.BufferedReader, place: str) -> IO[bytes]:
    magic = packed.peek(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(packed)
    if magic.startswith(_ZSTD):
        return _zstd(packed, place)
    if magic.startswith(_ZIP):
        raise ReadError("a ZIP archive", where=place, hint="unpack it first, or name it as a file of its own")
    return packed


def _zstd(packed: IO[bytes], place: str) -> IO[bytes]:
    try:
        import zstandard
    except ImportError:
        raise ReadError("packed by Zstandard", where=place, hint="pip install 'paperatlas[zst]'") from None
    limits = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    return cast(IO[bytes], _Zstd(limits.stream_reader(packed, read_across_frames=True), place))


class _Tap(io.RawIOBase):
    """A stream that counts what flows through it."""

    def __init__(self, inner: IO[bytes], place: str) -> None:
        self.inner, self.place, self.total = inner, place, 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as there is something."""
        data = self.fetch(min(len(buffer), _CHUNK))
        self.total += len(data)
        self.check(data)
        buffer[: len(data)] = data
        return len(data)

    def fetch(self, size: int) -> bytes:
        """Return at most so many bytes of the stream below."""
        return self.inner.read(size)

    def check(self, data: bytes) -> None:
        """Refuse what must not pass."""


class _Zstd(_Tap):
    """An unpacked Zstandard stream, whose errors are those of other archives."""

    def fetch(self, size: int) -> bytes:
        """Return at most so many bytes; damage is an EOFError."""
        import zstandard

        try:
            return self.inner.read(size)
        except zstandard.ZstdError as error:
            raise EOFError(str(error)) from None


class _Text(_Tap):
    """The unpacked stream: no binary files, no bombs."""

    def __init__(self, inner: IO[bytes], place: str, packed: _Tap) -> None:
        super().__init__(inner, place)
        self.packed = packed
        self.wide = False

    def check(self, data: bytes) -> None:
        """Refuse binary data, and more text than is sane."""
        start = self.total - len(data)
        head = data[: max(0, _BINARY - start)]
        if b"\0" in head and not self.wide and not (start == 0 and head[:2] in (b"\xff\xfe", b"\xfe\xff")):
            raise ReadError("a binary file", where=self.place, hint="text in UTF-8 is expected")
        if self.total > MAX_BYTES:
            raise ReadError(f"more than {MAX_BYTES >> 30} GiB of text", where=self.place, hint="split it")
        if self.total > _FREE and self.total > MAX_RATIO * self.packed.total:
            raise ReadError(f"unpacks to more than {MAX_RATIO} times its size", where=self.place)
