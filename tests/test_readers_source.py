"""Where papers come from: files, folders, standard input, archives; and what is refused on the way."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import resource
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import readers
from kg.model import ReadError
from kg.readers import clean, source

SAMPLES = Path(__file__).parent / "samples"
RECORD = b'{"id": "a", "title": "On Things", "abstract": "Things are studied."}\n'


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("missing.txt", None, "{path}: no such file"),
        ("empty.txt", b"", "{path}: an empty file"),
        ("blank.txt", b"\n \n\t\n", "{path}: an empty file"),
        ("binary.txt", b"\x7fELF\x00\x01", "{path}: a binary file (text in UTF-8 is expected)"),
        (
            "latin.jsonl",
            '{"title": "é"}'.encode("latin-1"),
            "{path}: not UTF-8 text (is it a binary file, or saved in another encoding?)",
        ),
        ("words", b"hello\n", "{path}: no paper found, in any known format (formats: hf-listing, jsonl, curated, "),
        (
            "words.txt",
            b"hello\n",
            "{path}: a page with no paper (expected titles and abstracts, line by line)",
        ),
        ("short.gz", gzip.compress(RECORD)[:20], "{path}: damaged archive: compressed file ended before"),
        ("wrong.xz", b"\xfd7zXZ\x00" + b"nonsense" * 4, "{path}: damaged archive: "),
        ("flipped.gz", gzip.compress(RECORD)[:-8] + b"\0" * 8, "{path}: damaged archive: crc check failed"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(name: str, content: bytes | None, error: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        readers.read(path)
    assert str(caught.value).startswith(error.format(path=path))
    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_format_lists_the_known() -> None:
    with pytest.raises(ReadError, match=r"unknown format 'pdf' \(there are: acl-xml, arxiv-atom, arxiv"):
        readers.read(SAMPLES / "jsonl.jsonl", format="pdf")


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(ReadError, match="cannot read: embedded null byte"):
        readers.read("a\0b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.jsonl"
    path.write_bytes(RECORD)
    path.chmod(0)
    with pytest.raises(ReadError, match="cannot read: permission denied"):
        readers.read(path)


def test_an_input_error_of_the_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(ReadError, match="cannot read: input/output error"):
        readers.read(tmp_path / "x.jsonl")
    monkeypatch.setattr(Path, "iterdir", broken)
    with pytest.raises(ReadError, match="cannot read: input/output error"):
        readers.read(tmp_path)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("suffix", ["", ".packed"])
def test_archives_are_unpacked_whatever_they_are_called(pack: object, suffix: str, tmp_path: Path) -> None:
    assert callable(pack)
    path = tmp_path / f"papers{suffix}"
    path.write_bytes(pack((SAMPLES / "jsonl.jsonl").read_bytes()))
    titles = [p.title for p in readers.read(path).papers]
    assert titles == [p.title for p in readers.read(SAMPLES / "jsonl.jsonl").papers]


def test_standard_input_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(RECORD + b"{\n"))))
    reading = readers.read("-")
    assert [p.source for p in reading.papers] == ["stdin"]
    assert [(s.source, s.line) for s in reading.skipped] == [("stdin", 2)]
    assert not sys.stdin.buffer.closed


def test_a_folder_is_every_file_in_it_in_order_and_foreign_files_are_reported(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_bytes(RECORD.replace(b"On Things", b"On Bees"))
    (tmp_path / "a.jsonl").write_bytes(RECORD.replace(b"On Things", b"On Ants"))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "NOTES").write_text("to do: everything\n")
    (tmp_path / ".hidden").write_bytes(RECORD)
    (tmp_path / "folder").mkdir()
    reading = readers.read(tmp_path)
    assert [p.title for p in reading.papers] == ["On Ants", "On Bees"]
    assert [(Path(s.source).name, s.reason) for s in reading.skipped] == [
        ("NOTES", "in no known format"),
        ("picture.png", "a binary file"),
    ]
    assert reading.used + len(reading.skipped) == reading.lines


def test_a_broken_file_in_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(RECORD)
    (tmp_path / "b.yaml").write_text("papers: [")
    with pytest.raises(ReadError, match=r"b.yaml:1: invalid YAML"):
        readers.read(tmp_path)


@pytest.mark.parametrize(
    ("names", "error"), [([], "no file in this folder"), (["x", "y"], "no file of the 2 in this folder is in a known")]
)
def test_a_folder_without_papers_is_refused(names: list[str], error: str, tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_text("nothing here")
    with pytest.raises(ReadError, match=error):
        readers.read(tmp_path)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_bomb_is_refused_before_it_fills_the_memory(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    path = tmp_path / "bomb.jsonl.gz"
    path.write_bytes(pack((b" " * 4000 + b"\n") * 30_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ReadError, match="unpacks to more than 100 times its size"):
        readers.read(path, format="jsonl")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_endless_text_and_endless_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(RECORD * 3)
    monkeypatch.setattr(source, "MAX_BYTES", 100)
    with pytest.raises(ReadError, match="more than 0 GiB of text"):
        readers.read(path)
    monkeypatch.undo()
    monkeypatch.setattr(source, "MAX_LINE", 40)
    with pytest.raises(ReadError, match=r"papers.jsonl:1: a line longer than 0 MiB"):
        readers.read(path)


def test_a_head_of_64_kilobytes_is_enough_to_tell_the_format(tmp_path: Path) -> None:
    path = tmp_path / "papers"
    path.write_bytes(RECORD * 3000)
    assert len(readers.read(path).papers) == 3000


@given(st.text(alphabet=st.characters()) | st.text(alphabet="a\x00\x07\t\n\r\x85\u0301\ud800\ufeff\ufffe e\u0301"))
def test_cleaning_once_is_cleaning_for_good(raw: str) -> None:
    text = clean.text(raw)
    assert clean.text(text) == text
    assert clean.line(clean.line(raw)) == clean.line(raw)
    text.encode("utf-8")
    assert not any((ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 for c in text)
    if raw.isascii() and raw.isprintable():
        assert text == raw
