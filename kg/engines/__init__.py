"""Who does the work of a build: this machine, or an engine that maps and reduces with the same functions on many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kg.pipeline import Report
from kg.registry import Registry

ENGINES = Registry(kind="engine", builtin=(("local", "kg.engines.local:ENGINE"), ("spark", "kg.engines.spark:ENGINE")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A way to build: from sources into an output, with the options of `pipeline.update`; `following` is said after."""

    build: Callable[..., Report]
    following: str
