from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kg import files
from kg.model import KGError, WriteError


def test_a_written_file_has_the_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "a.txt", b"one")
    files.write_bytes(tmp_path / "a.txt", b"two")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"two"


def test_the_mode_of_an_existing_file_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    files.write_bytes(target, b"one")
    target.chmod(0o640)
    files.write_bytes(target, b"two")
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_failure_while_writing_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError), files.atomic_path(target) as part:
        part.write_bytes(b"half")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("operation", ["write_bytes", "replace"])
def test_a_failing_disk_is_one_line_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, operation, fail)
    with pytest.raises(WriteError, match="no space left"):
        files.write_bytes(target, b"new")
    assert target.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_target_in_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="cannot write: no such file or directory"):
        files.write_bytes(tmp_path / "no" / "a.txt", b"x")


def test_killing_the_writer_never_tears_the_file(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_bytes(b"0" * 100_000)
    code = textwrap.dedent(f"""
        from kg.files import write_bytes
        print("go", flush=True)
        while True:
            for digit in b"0123456789":
                write_bytes({str(target)!r}, bytes([digit]) * 100_000)
        """)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.kill()
        data = target.read_bytes()
        assert len(data) == 100_000
        assert len(set(data)) == 1


def test_minus_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    files.write_bytes("-", b"data")
    assert capfdbinary.readouterr().out == b"data"


def test_bundled_folders_are_found_and_a_missing_one_is_told() -> None:
    assert (files.bundled("ontology") / "nodes.yaml").is_file()
    with pytest.raises(KGError, match="is missing"):
        files.bundled("nothing")


def test_nothing_else_in_the_package_opens_files_for_writing() -> None:
    package = Path(files.__file__).parent
    writers = ('"w"', '"wb"', "'w'", "write_text(", ".write_bytes(", 'open("w')
    guilty = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if path.name != "files.py"
        and any(w in path.read_text(encoding="utf-8").replace("files.write_bytes(", "") for w in writers)
    ]
    assert guilty == []
    assert os.sep
