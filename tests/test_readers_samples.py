"""Each sample gives exactly the papers written down beside it, field by field."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kg import readers
from kg.model import Paper

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = sorted((SAMPLES / "expected").glob("*.jsonl"))
DEFAULT = asdict(Paper(id="", title=""))


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_sample_gives_exactly_these_papers(expected: Path) -> None:
    reading = readers.read(SAMPLES / expected.stem)
    told = [json.loads(json.dumps(asdict(paper))) for paper in reading.papers]
    written = [json.loads(line) for line in expected.read_text(encoding="utf-8").splitlines()]
    blank = json.loads(json.dumps(DEFAULT)) | {"source": expected.stem}
    assert told == [blank | record for record in written]
    assert reading.skipped == ()


def test_every_reader_but_the_first_three_has_an_expected_sample() -> None:
    covered = {path.stem.partition(".")[0] for path in EXPECTED}
    assert set(readers.READERS.names()) - covered == {"hf-listing", "jsonl", "curated"}
