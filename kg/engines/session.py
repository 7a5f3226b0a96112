"""A Spark session to build in, and the few file operations that Spark keeps to itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kg.model import KGError

_JAVA = 17
_INSTALL = "install one, for example Debian's default-jre-headless, or set JAVA_HOME"
_CHOSEN = ("MASTER", "PYSPARK_SUBMIT_ARGS", "PYSPARK_GATEWAY_PORT", "SPARK_CONF_DIR", "SPARK_HOME")  # by the user
_SETTINGS = {  # what a build needs, where Spark was not set up otherwise
    "spark.sql.execution.arrow.maxRecordsPerBatch": "500",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.driver.maxResultSize": "0",  # who is who is settled on the driver
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
}
_LOCAL = {
    "spark.driver.memory": "2g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


@contextmanager
def opened(workers: int | None = None) -> Iterator[Any]:
    """Give a Spark session: the one there is, else one of the master that spark-submit or the environment names.

    Where none is named, `workers` threads of this machine do the work (all cores). What we started we stop.
    """
    SparkSession, SparkConf = _spark()  # noqa: N806 - classes
    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    conf = SparkConf().setAll(_SETTINGS.items()).setAppName("kg build")
    if not any(os.environ.get(name) for name in _CHOSEN):
        _java()
        conf = conf.setAll(_LOCAL.items()).setMaster(f"local[{workers or '*'}]")
        conf = conf.setIfMissing("spark.sql.shuffle.partitions", str(4 * (workers or os.cpu_count() or 1)))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # Spark has no other way to be told
    with _silent():
        session = SparkSession.builder.config(conf=conf).getOrCreate()
    try:
        yield session
    finally:
        session.stop()


def _spark() -> tuple[Any, Any]:
    try:
        import pyarrow  # noqa: F401 - what Spark and we hand each other
        from pyspark import SparkConf
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise KGError(f"Spark needs {error.name}", hint="pip install 'paperatlas[spark]'") from None
    return SparkSession, SparkConf


def _java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    try:
        told = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        raise KGError(f"Spark needs Java {_JAVA} or newer, and there is none", hint=_INSTALL) from None
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version and int(version[1]) < _JAVA:
        raise KGError(f"Spark needs Java {_JAVA} or newer, this is Java {version[1]}", where=str(java), hint=_INSTALL)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what the virtual machine says while it starts, and ever after, off the terminal; errors reach us anyway."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class Files:
    """Files and folders of any file system that Spark can reach."""

    def __init__(self, session: Any) -> None:
        self._context = session.sparkContext
        self._hadoop = self._context._jvm.org.apache.hadoop.fs

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        system, place = self._at(path)
        return bool(system.exists(place))

    def listed(self, pattern: str) -> list[str]:
        """Return the paths of the files that a pattern means, or that are in the folders it means, sorted."""
        system, place = self._at(pattern)
        found: list[str] = []
        for status in system.globStatus(place) or ():
            inside = system.listStatus(status.getPath()) if status.isDirectory() else [status]
            found += [one.getPath().toString() for one in inside if not one.getPath().getName().startswith(("_", "."))]
        return sorted(found)

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        system, place = self._at(old)
        system.rename(place, self._hadoop.Path(new))

    def delete(self, path: str) -> None:
        """Take away a file or folder, with all that is in it."""
        system, place = self._at(path)
        system.delete(place, True)

    def _at(self, path: str) -> tuple[Any, Any]:
        place = self._hadoop.Path(path)
        return place.getFileSystem(self._context._jsc.hadoopConfiguration()), place
