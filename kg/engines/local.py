"""Building on this machine: one graph file, brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kg import pipeline
from kg.engines import Engine


def build(
    output: str,
    sources: Sequence[str],
    *,
    format: str | None = None,
    workers: int | None = None,
    progress: pipeline.Progress | None = None,
    own: Path | None = None,
) -> pipeline.Report:
    """Build a graph file, or bring one up to date."""
    return pipeline.update(Path(output), sources, format=format, workers=workers, progress=progress, own=own)


ENGINE = Engine(build=build, following='kg draw {output} landscape.html, or kg query {output} "techniques"')
