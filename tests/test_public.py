"""The public face: what `import kg` offers, the README's and the examples' promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kg

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def test_every_public_name_exists_and_the_list_is_sorted() -> None:
    assert sorted(kg.__all__) == list(kg.__all__)
    for name in kg.__all__:
        assert getattr(kg, name) is not None
    assert set(kg.__all__) <= set(dir(kg))
    with pytest.raises(AttributeError, match="nothing"):
        kg.nothing  # noqa: B018


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.name for e in EXAMPLES])
def test_the_examples_run(example: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_gate_runs_the_readme_s_test_command() -> None:
    readme, gate = (ROOT / "README.md").read_text(encoding="utf-8"), (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert ".venv/bin/python -m pytest --cov" in readme
    assert ".venv/bin/python -m pytest --cov" in gate


def test_the_readme_names_every_verb_and_only_verbs_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source = (ROOT / "kg" / "cli.py").read_text(encoding="utf-8")
    verbs = set(re.findall(r"@app\.command\(\)\ndef (\w+)", source))
    assert set(re.findall(r"\bkg ([a-z]+) ", readme)) & {"build"}
    assert not verbs - set(re.findall(r"\bkg ([a-z]+)\b", readme))


def test_no_module_is_a_god_file() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*(ROOT / "kg").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 500
    }
    assert long == {}
