"""The tools of others that read our exports: how to call them, and what to say when one is absent.

`.ci/run` installs them all; with CI set, an absent tool is a failure and not a skip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import atlas
import pyoxigraph
import pytest

from kg.graph import KnowledgeGraph, assemble
from kg.pipeline import build

NODE = Path(__file__).parent / "interop" / "node"
JAVA = Path("/usr/share/java")
_JARS = (
    "jena-*", "thrift", "dexx.collection", "httpclient", "httpcore", "gson", "protobuf", "commons-*", "guava",
    "failureaccess", "jcl-over-slf4j", "slf4j-api", "slf4j-simple",
)  # fmt: skip


def absent(reason: str) -> None:
    """Skip, or fail where every tool must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; .ci/run installs it")
    pytest.skip(reason)


def needs(program: str, package: str) -> str:
    """Return the path of a program."""
    found = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)
    if found is None:
        absent(f"{program} ({package}) is not installed")
    return str(found)


def javascript(tool: str, path: Path) -> str:
    """Return what `tests/interop/node/read.js` tells of a file."""
    node = needs("node", "Debian's nodejs")
    if not (NODE / "node_modules").is_dir():
        absent("tests/interop/node: its packages are not installed (npm ci)")
    return _run([node, str(NODE / "read.js"), tool, str(path)])


def javascript_graph(tool: str, path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(javascript(tool, path))
    return found


def jena(folder: Path, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Apache Jena as Debian has it.

    Debian's jar looks for its message bundles under another name than it has them: they are copied into `folder`.
    """
    java = needs("java", "Debian's default-jre-headless")
    core = JAVA / "jena-core.jar"
    if not core.is_file():
        absent("Apache Jena (Debian's libapache-jena-java) is not installed")
    inner = "org/apache/jena/ext/xerces/"
    with ZipFile(core) as jar:
        for name in jar.namelist():
            if name.startswith(inner) and not name.endswith("/"):
                target = folder / "xerces" / name.removeprefix(inner)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(jar.read(name))
    path = os.pathsep.join([str(folder), *(str(p) for jar in _JARS for p in sorted(JAVA.glob(f"{jar}.jar")))])
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]
    return subprocess.run(
        [java, *options, "-cp", path, command, *arguments], capture_output=True, text=True, check=False
    )


def rapper(source: str, target: str, path: Path) -> str:
    """Convert between two of raptor's formats; a warning is a failure."""
    program = needs("rapper", "Debian's raptor2-utils")
    return _run([program, "-q", "-i", source, "-o", target, str(path), "http://example.org/"], quiet=True)


def serdi(source: str, target: str, path: Path) -> str:
    """Convert between two of serd's formats: it is strict unless told otherwise; a warning is a failure."""
    return _run([needs("serdi", "Debian's serdi"), "-i", source, "-o", target, str(path)], quiet=True)


def triples(data: str | bytes, format: pyoxigraph.RdfFormat = pyoxigraph.RdfFormat.N_TRIPLES) -> set[str]:
    """Return the distinct triples of some RDF, whichever graph they stand in."""
    return {str(quad.triple) for quad in pyoxigraph.parse(data, format=format)}


@cache
def bundled() -> KnowledgeGraph:
    """The bundled map, built once."""
    return build()


@cache
def part() -> KnowledgeGraph:
    """A part of the bundled map, for families, kinds and parts, with papers that have dates and addresses."""
    whole = bundled()
    extractions = [*whole.extractions[:60], *atlas.EXTRACTIONS]
    return assemble(extractions, ontology=whole.ontology, lexicon=whole.lexicon)


def _run(command: list[str], *, quiet: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not quiet or not done.stderr, done.stderr
    return done.stdout
