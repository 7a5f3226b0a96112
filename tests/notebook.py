"""Execute a notebook with nothing of this machine in it; `python tests/notebook.py` keeps the outputs anew."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "landscape.ipynb"


def executed(path: Path, folder: Path) -> Any:
    """Return the notebook with the outputs that it has now; `folder` is all that the kernel may write to."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with _surroundings(folder):
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        client.execute()
    for cell in notebook.cells:  # when each cell ran, and in which Python
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    return notebook


@contextmanager
def _surroundings(folder: Path) -> Iterator[None]:
    """Let the kernel import this checkout, and keep its own files in the folder."""
    own = {"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".ipython"), "JUPYTER_RUNTIME_DIR": str(folder / ".run")}
    own["JUPYTER_PLATFORM_DIRS"] = "1"
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def written(notebook: Any) -> str:
    """Return the notebook as its file has it."""
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        NOTEBOOK.write_text(written(executed(NOTEBOOK, Path(made))), encoding="utf-8")
    sys.stderr.write(f"{NOTEBOOK.name} has its outputs of now\n")
