"""What every reader keeps, whatever its format; parametrised over the registry, so a new reader is held to it too."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kg import readers
from kg.model import ReadError
from kg.readers import READERS, Reader, Reading, source, window

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = READERS.names()
WHOLE = {"curated"}  # a person wrote it and can mend it: whole or not at all
BROKEN = {  # what stands before the second record, and a record that is none to put in between
    "arxiv-atom": ("  <entry>\n    <id>http://arxiv.org/abs/cs", "<entry><title>broken</entry>\n"),
    "oai-pmh": ("<record>\n<header><identifier>oai:arXiv.org:2401.00012", "<record><header>broken</record>\n"),
    "acl-xml": ('    <paper id="2">', '<paper id="9"><title>broken</paper>\n'),
    "zotero-rdf": ("    <rdf:Description rdf:about", "<rdf:Description><dc:title>&no;</dc:title></rdf:Description>\n"),
    "html": ("<article", '<div data-props="{&quot;papers&quot;: oops}"></div>\n'),
    "bibtex": ("@article{bees", "@article{broken, title = {never closed\n\n"),
    "ris": ("TY  - CPAPER", "TY  - JOUR\nAU  - Nobody\nER  - \n"),
    "arxiv-listing": ("\\\\\narXiv:2401.00012", "\\\\\narXiv:broken\nTitle: x\n"),
    "csv": ('"EFGH"', '"a","b"\n'),
    "markdown": ("## Maps", "## A Heading Alone\n\n"),
    "plain": ("Maps from", "A Title Alone\n\n"),
    "hf-listing": ("Teapot-QA: A", "x" * 400 + " " + "y" * 900 + "\n" + "|" * 3 + "\n"),
}


def sample(name: str) -> Path:
    """The smallest real file of a format: `samples/<format>.*`."""
    return next(iter(sorted(SAMPLES.glob(f"{name}.*"))))


def accounted(reading: Reading) -> bool:
    """Every line or record is used or reported, and none is reported twice."""
    places = [(s.source, s.line, s.record) for s in reading.skipped]
    return reading.used + len(reading.skipped) == reading.lines and len(set(places)) == len(places)


@pytest.fixture(params=NAMES)
def reader(request: pytest.FixtureRequest) -> Reader:
    found: Reader = READERS.get(request.param)
    return found


def test_the_registry_lists_the_readers_we_ship() -> None:
    assert NAMES[:3] == ("hf-listing", "jsonl", "curated")
    assert [reader.name for _, reader in READERS.items()] == list(NAMES)


def test_a_sample_is_read_and_every_line_accounted_for(reader: Reader) -> None:
    reading = readers.read(sample(reader.name))
    assert reading.papers
    assert reading.skipped == ()
    assert accounted(reading)
    for paper in reading.papers:
        assert paper.id
        assert paper.title
        assert paper.source == sample(reader.name).name


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.*")), ids=lambda path: path.name)
def test_a_sample_is_recognised_by_its_own_reader_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    known = [name for name in NAMES if path.name.startswith(f"{name}.") or path.name.startswith(f"{name}-")]
    if known:
        assert [r.name for _, r in READERS.items() if r.recognises(text)] == [max(known, key=len)]


def test_the_content_tells_the_format_where_the_suffix_lies(reader: Reader, tmp_path: Path) -> None:
    copy = tmp_path / "papers.dat"
    copy.write_bytes(sample(reader.name).read_bytes())
    assert titles(readers.read(copy)) == titles(readers.read(sample(reader.name)))


def test_the_same_file_twice_gives_equal_papers(reader: Reader) -> None:
    assert readers.read(sample(reader.name)) == readers.read(str(sample(reader.name)), format=reader.name)


@pytest.mark.parametrize(("start", "end"), [(b"", b"\r\n"), (b"", b"\r"), (b"\xef\xbb\xbf", b"\n")])
def test_line_ends_and_byte_order_marks_change_nothing(
    reader: Reader, start: bytes, end: bytes, tmp_path: Path
) -> None:
    path = tmp_path / sample(reader.name).name
    path.write_bytes(start + sample(reader.name).read_bytes().replace(b"\n", end))
    assert readers.read(path).papers == readers.read(sample(reader.name)).papers


def test_utf_16_with_its_mark_is_read_and_latin_1_is_refused_or_told(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / sample(reader.name).name
    text = sample(reader.name).read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-16")
    assert readers.read(path).papers == readers.read(sample(reader.name)).papers
    path.write_bytes(text.replace("a", "\xe4").encode("latin-1", "replace"))
    with pytest.raises(ReadError, match="not UTF-8 text"):
        readers.read(path, format=reader.name)
    path.write_bytes(text.encode() + b"\n" * 99 + b"\xe4\n")
    try:
        assert readers.read(path, format=reader.name).notes
    except ReadError as error:
        one_line(error)


def test_a_bad_record_in_the_middle_costs_nothing_but_itself(reader: Reader, tmp_path: Path) -> None:
    if reader.name in WHOLE:
        pytest.skip("curated facts are read whole or not at all")
    path = tmp_path / sample(reader.name).name
    text = sample(reader.name).read_text(encoding="utf-8")
    if reader.name in BROKEN:
        before, broken = BROKEN[reader.name]
        assert before in text
        path.write_text(text.replace(before, broken + before, 1), encoding="utf-8")
    else:
        path.write_text(broken_json(text, reader.name), encoding="utf-8")
    reading = readers.read(path)
    assert titles(reading) == titles(readers.read(sample(reader.name)))
    assert reading.skipped
    assert accounted(reading)


def broken_json(text: str, name: str) -> str:
    """Put a record that is no JSON behind the first one."""
    records = [json.dumps(record) for record in listed(text)]
    records.insert(1, '{"title": "broken", "id": nul}')
    return "\n".join(records) if name in ("jsonl", "arxiv-snapshot") else "[" + ", ".join(records) + "]"


def listed(text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(data, dict):
        data = next(value for value in data.values() if isinstance(value, list))
    assert isinstance(data, list)
    return data


@pytest.mark.parametrize("name", [n for n in NAMES if sample(n).suffix in (".json", ".jsonl") and n != "json"])
@pytest.mark.parametrize("shape", ["lines", "list", "wrapped", "indented", "pages"])
def test_json_records_are_read_in_every_shape(name: str, shape: str, tmp_path: Path) -> None:
    records = listed(sample(name).read_text(encoding="utf-8"))
    path = tmp_path / sample(name).name
    texts = {
        "lines": "\n".join(map(json.dumps, records)),
        "list": json.dumps(records),
        "wrapped": json.dumps({"count": 2, "meta": {"data": [1]}, "results": records, "next": [None]}),
        "indented": json.dumps(records, indent=4),
        "pages": "\n".join(json.dumps({"offset": i, "data": [record]}) for i, record in enumerate(records)),
    }
    path.write_text(texts[shape], encoding="utf-8")
    if name != "jsonl":
        assert readers.read(path).papers == readers.read(sample(name)).papers
    assert titles(readers.read(path)) == titles(readers.read(sample(name)))


def test_a_truncated_file_keeps_what_is_whole(reader: Reader, tmp_path: Path) -> None:
    if reader.name in WHOLE:
        pytest.skip("curated facts are read whole or not at all")
    data = sample(reader.name).read_bytes().rstrip()
    path = tmp_path / sample(reader.name).name
    first = titles(readers.read(sample(reader.name)))[0]
    for end in range(len(data) - 3, len(data) // 2, -len(data) // 9):
        path.write_bytes(data[:end])
        for reading in survived(path, reader.name):
            assert titles(reading)[0] == first
            assert accounted(reading)
    path.write_bytes(data[:-3])
    assert readers.read(path, format=reader.name).papers


def test_an_empty_file_and_nul_bytes_are_refused(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / sample(reader.name).name
    for data in (b"", b" \n\n", sample(reader.name).read_bytes().replace(b"e", b"\0", 1)):
        path.write_bytes(data)
        with pytest.raises(ReadError) as caught:
            readers.read(path, format=reader.name)
        one_line(caught.value)


def test_a_huge_line_is_refused_or_reported(reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_LINE", 20_000)
    monkeypatch.setattr(source, "_PIECE", 5_000)
    monkeypatch.setattr(window, "MAX_RECORD", 20_000)
    monkeypatch.setattr(window, "_STEP", 3_000)
    path = tmp_path / sample(reader.name).name
    path.write_bytes(sample(reader.name).read_bytes() + b"{" + b'"x' * 60_000 + b"\n")
    try:
        reading = readers.read(path, format=reader.name)
    except ReadError as error:
        one_line(error)
    else:
        assert titles(reading) == titles(readers.read(sample(reader.name)))
        assert accounted(reading)


def test_small_windows_change_nothing(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = readers.read(sample(reader.name))
    monkeypatch.setattr(source, "_PIECE", 7)
    monkeypatch.setattr(window, "_STEP", 11)
    assert readers.read(sample(reader.name), format=reader.name) == whole


def test_the_reader_is_documented(reader: Reader) -> None:
    assert inspect.getdoc(inspect.getmodule(reader.read))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(data=b"")
@example(data=b"\x1f\x8b\x08")
@example(data=b"\xfd7zXZ\x00rubbish")
@example(data=b"\x28\xb5\x2f\xfdrubbish")
@example(data=b"PK\x03\x04rubbish")
@example(data=b"\xff\xfe{\x00")
@example(data=b"papers:\n- [")
@example(data=b"---\ntitle: [\n---\nx")
@example(data=b"[" * 5000)
@example(data=b"[" * 5000 + b"]" * 5000)
@example(data=b'{"title":' + b"[" * 50000)
@example(data=b"<html><![foo[")
@example(data=b"<feed>arxiv.org<entry><id>")
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_a_read_error_and_nothing_else(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "random"
    path.write_bytes(data)
    for format_ in (None, name):
        for reading in survived(path, format_):
            assert accounted(reading)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.data())
def test_a_damaged_sample_is_read_with_every_line_accounted_for_or_refused(
    name: str, cut: st.DataObject, tmp_path: Path
) -> None:
    data = sample(name).read_bytes()
    start = cut.draw(st.integers(0, len(data)))
    end = cut.draw(st.integers(start, len(data)))
    path = tmp_path / "damaged"
    path.write_bytes(data[:start] + cut.draw(st.binary(max_size=8)) + data[end:])
    for reading in survived(path, name):
        assert accounted(reading)
        assert reading.papers


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3000) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", [n for n in NAMES if sample(n).suffix in (".json", ".jsonl")])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.data())
def test_values_of_a_wrong_type_are_reported_and_nothing_else_is_raised(
    name: str, drawn: st.DataObject, tmp_path: Path
) -> None:
    records = listed(sample(name).read_text(encoding="utf-8"))
    record = drawn.draw(st.sampled_from(records))
    for key in drawn.draw(st.sets(st.sampled_from(sorted(record)), min_size=1, max_size=4)):
        record[key] = drawn.draw(JSON)
    path = tmp_path / "wrong"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    for reading in survived(path, name):
        assert accounted(reading)


def survived(path: Path, format_: str | None) -> Iterator[Reading]:
    """The reading, if the source is not refused in one line."""
    try:
        yield readers.read(path, format=format_)
    except ReadError as error:
        one_line(error)


def one_line(error: ReadError) -> None:
    assert len(str(error).splitlines()) == 1


def titles(reading: Reading) -> list[str]:
    return [paper.title for paper in reading.papers]
