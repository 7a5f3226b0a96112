"""A Spark session that starts fast, and what a folder built by Spark holds."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kg.engines import session

QUICK = {
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.codegen.wholeStage": "false",
}


@contextmanager
def sparking(workers: int = 2) -> Iterator[Any]:
    """Give a session that every build of this process takes; skip where Spark cannot run."""
    pytest.importorskip("pyspark", reason="pyspark (extra `spark`) is not installed")
    try:
        told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("java is not installed (Debian's default-jre-headless)")
    version = re.search(r'version "(\d+)', told)
    if not version or int(version[1]) < 17:
        pytest.skip(f"Spark needs Java 17: {told.splitlines()[0]}")
    with patch.dict(session._LOCAL, QUICK), session.opened(workers) as spark:
        yield spark


def triples(folder: Path) -> list[str]:
    """Return the lines of all parts, sorted."""
    parts = sorted((folder / "ntriples").glob("part-*.nt.gz"))
    return sorted(line for part in parts for line in gzip.decompress(part.read_bytes()).decode().split("\n") if line)


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of a table, in no order."""
    import pyarrow.parquet

    found: list[dict[str, Any]] = pyarrow.parquet.read_table(folder / name).to_pylist()
    return found
