"""Where papers come from: files, folders, standard input, archives; and what is refused on the way."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import resource
import sys
import zipfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kg import readers, resolve
from kg.model import Paper, ReadError
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
        ("short.gz", gzip.compress(RECORD, mtime=0)[:20], "{path}: damaged archive: compressed file ended before"),
        ("wrong.xz", b"\xfd7zXZ\x00" + b"nonsense" * 4, "{path}: damaged archive: "),
        ("flipped.gz", gzip.compress(RECORD, mtime=0)[:-8] + b"\0" * 8, "{path}: damaged archive: crc check failed"),
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
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(RECORD + b"{\n", mtime=0))))
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


# --- archives of several files, patterns, letters that are none -------------------------------------------------------


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_zip_archive_is_every_file_in_it(tmp_path: Path) -> None:
    files = {
        "b/papers.jsonl": RECORD.replace(b"On Things", b"On Bees"),
        "a.jsonl.gz": gzip.compress(RECORD.replace(b"On Things", b"On Ants"), mtime=0),
        "picture.png": b"\x89PNG\0",
        "notes": b"to do\n",
        ".hidden": RECORD,
        "__MACOSX/a.jsonl": RECORD,
        "inner.zip": zipped(tmp_path / "inner", {"x.jsonl": RECORD}).read_bytes(),
    }
    path = zipped(tmp_path / "papers.bin", files)
    (tmp_path / "inner").unlink()
    for source_ in (path, tmp_path):
        reading = readers.read(source_)
        assert [(p.title, p.source) for p in reading.papers] == [
            ("On Ants", "papers.bin!a.jsonl.gz"),
            ("On Bees", "papers.jsonl"),
        ]
        assert [(s.source, s.reason) for s in reading.skipped] == [
            (f"{path}!inner.zip", "a ZIP archive"),
            (f"{path}!notes", "in no known format"),
            (f"{path}!picture.png", "a binary file"),
        ]
        assert reading.used + len(reading.skipped) == reading.lines


def test_a_zip_archive_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {"a.jsonl": RECORD, "b.jsonl": RECORD})
    data = path.read_bytes()
    path.write_bytes(data[:-9])
    with pytest.raises(ReadError, match="damaged archive"):
        readers.read(path)
    locked = bytearray(data)
    for start in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        locked[start] |= 1
    path.write_bytes(bytes(locked))
    assert [s.reason for s in readers.read(path).skipped] == [
        "cannot unpack: file 'a.jsonl' is encrypted, password required for extraction"
    ]
    path.write_bytes(data)
    monkeypatch.setattr(source, "MAX_MEMBERS", 1)
    with pytest.raises(ReadError, match=r"an archive of 2 files \(at most 1\)"):
        readers.read(path)


def test_zip_and_zstandard_bombs_are_refused(tmp_path: Path) -> None:
    bomb = (b" " * 4000 + b"\n") * 5_000
    path = zipped(tmp_path / "bomb.zip", {"a.jsonl": bomb})
    with pytest.raises(ReadError, match="unpacks to more than 100 times its size"):
        readers.read(path, format="jsonl")
    path.write_bytes(zstandard.compress(bomb))
    with pytest.raises(ReadError, match="unpacks to more than 100 times its size"):
        readers.read(path, format="jsonl")


def test_zstandard_is_unpacked_and_damage_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "papers.zst"
    frames = zstandard.compress(RECORD) + zstandard.compress(RECORD.replace(b"Things", b"Bees"))
    path.write_bytes(frames)
    assert [p.title for p in readers.read(path).papers] == ["On Things", "On Bees"]
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"rubbish" * 9)
    with pytest.raises(ReadError, match="damaged archive: zstd"):
        readers.read(path)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(ReadError, match=r"packed by Zstandard \(pip install 'paperatlas\[zst\]'\)"):
        readers.read(path)


def test_a_pattern_is_every_file_that_matches(tmp_path: Path) -> None:
    for name in ("2", "1"):
        (tmp_path / f"p{name}.jsonl").write_bytes(RECORD.replace(b"Things", name.encode()))
    (tmp_path / "q.jsonl").write_bytes(RECORD)
    assert [p.title for p in readers.read(str(tmp_path / "p*.jsonl")).papers] == ["On 1", "On 2"]
    with pytest.raises(ReadError, match="no file of this pattern"):
        readers.read(str(tmp_path / "r*.jsonl"))
    (tmp_path / "[x].jsonl").write_bytes(RECORD)
    assert len(readers.read(tmp_path / "[x].jsonl").papers) == 1


def test_bytes_that_are_no_text_are_shown_and_told(tmp_path: Path) -> None:
    path = tmp_path / "papers.jsonl"
    path.write_bytes(RECORD * 200 + RECORD.replace(b"Things", b"Th\xefngs") * 2 + RECORD.replace(b"Things", b"T\0"))
    reading = readers.read(path)
    assert reading.papers[200].title == "On Th\ufffdngs"
    assert reading.notes == (f"{path}: line 201 and 1 more held bytes that are no UTF-8; they show as \ufffd",)
    assert [s.line for s in reading.skipped] == [203]
    path.write_bytes(RECORD * 100 + b"\xef\n" * 30)
    with pytest.raises(ReadError, match="not UTF-8 text"):
        readers.read(path)


def test_one_paper_from_many_sources_is_one_work_with_all_sources() -> None:
    names = ("arxiv-atom.xml", "hf-api.json", "openalex.json", "semantic-scholar.json", "bibtex.bib", "ris.ris")
    papers = [paper for name in names for paper in readers.read(SAMPLES / name).papers]
    works = resolve.works(papers)
    assert works == resolve.works(reversed(papers))
    bees = next(work for work in works if work.title == "Maps from the Dance of Bees")
    assert (bees.arxiv, bees.doi) == ("2401.00012", "10.1000/bees.12")
    assert bees.source == " + ".join(sorted(names))


def test_equal_titles_of_different_times_are_different_works_if_both_have_an_identifier() -> None:
    old = Paper(id="a", title="Editorial", doi="10.1000/1", year=1999)
    new = Paper(id="b", title="Editorial", doi="10.1000/2", year=2019)
    near = Paper(id="c", title="Editorial", arxiv="2001.00001", year=2021)
    bare = Paper(id="d", title="Editorial", year=2020)
    assert [[p.id for p in group] for group in resolve.groups([new, bare, near, old])] in (
        [["b", "c"], ["a", "d"]],
        [["c", "b"], ["a", "d"]],
    )
    assert len(resolve.groups([new, near, bare])) == 1


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", "kg/rdf/__init__.py"]
)
def test_what_is_no_list_of_papers_is_not_taken_for_one(name: str, tmp_path: Path) -> None:
    found = Path(__file__).parents[1] / name
    (tmp_path / found.name).write_bytes(found.read_bytes())
    (tmp_path / "notes.txt").write_text("to do: everything\n", encoding="utf-8")
    (tmp_path / "papers.jsonl").write_bytes(RECORD)
    reading = readers.read(tmp_path)
    assert [p.title for p in reading.papers] == ["On Things"]
    assert sorted(Path(s.source).name for s in reading.skipped) == sorted([found.name, "notes.txt"])
