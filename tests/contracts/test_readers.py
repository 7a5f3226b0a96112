"""What every reader keeps, whatever its format; parametrised over the registry, so a new reader is held to it too."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kg import readers
from kg.model import ReadError
from kg.readers import READERS, Reader, Reading

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = READERS.names()


def sample(name: str) -> Path:
    """The smallest real file of a format: `samples/<format>.*`."""
    return next(iter(sorted(SAMPLES.glob(f"{name}.*"))))


def accounted(reading: Reading) -> bool:
    """Every line is used or reported, and no line is reported twice."""
    places = [(s.source, s.line) for s in reading.skipped]
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


def test_a_sample_is_recognised_by_its_own_reader_alone(reader: Reader) -> None:
    text = sample(reader.name).read_text(encoding="utf-8")
    assert [r.name for _, r in READERS.items() if r.recognises(text)] == [reader.name]


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


def test_the_reader_is_documented(reader: Reader) -> None:
    assert inspect.getdoc(inspect.getmodule(reader.read))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(data=b"")
@example(data=b"\x1f\x8b\x08")
@example(data=b"\xfd7zXZ\x00rubbish")
@example(data=b"\xff\xfe{\x00")
@example(data=b"papers:\n- [")
@example(data=b"[" * 5000)
@example(data=b'{"title":' + b"[" * 50000)
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_a_read_error_and_nothing_else(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "random"
    path.write_bytes(data)
    for format_ in (None, name):
        try:
            reading = readers.read(path, format=format_)
        except ReadError as error:
            one_line(error)
        else:
            assert accounted(reading)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.data())
def test_a_damaged_sample_is_read_with_every_line_accounted_for_or_refused(
    name: str, cut: st.DataObject, tmp_path: Path
) -> None:
    data = sample(name).read_bytes()
    start = cut.draw(st.integers(0, len(data)))
    end = cut.draw(st.integers(start, len(data)))
    path = tmp_path / "damaged"
    path.write_bytes(data[:start] + cut.draw(st.binary(max_size=8)) + data[end:])
    try:
        reading = readers.read(path, format=name)
    except ReadError as error:
        one_line(error)
    else:
        assert accounted(reading)
        assert reading.papers


def one_line(error: ReadError) -> None:
    assert len(str(error).splitlines()) == 1


def titles(reading: Reading) -> list[str]:
    return [paper.title for paper in reading.papers]
