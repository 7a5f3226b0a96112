"""Named plug-ins of one kind: a literal tuple of built-ins, then entry points of installed packages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from kg.model import KGError


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The plug-ins of one kind, each `name = module:attribute`, imported only when asked for.

    Outsiders add theirs with an entry point in the group `kg.<kind>`; a name cannot be taken twice.
    """

    kind: str
    builtin: tuple[tuple[str, str], ...]

    def names(self) -> tuple[str, ...]:
        """Return every known name, built-ins first, in their declared order."""
        return tuple(_targets(self))

    def get(self, name: str) -> Any:
        """Return the plug-in called `name`; an unknown name tells what there is."""
        targets = _targets(self)
        if name not in targets:
            raise KGError(f"no {self.kind} called {name!r}", hint="there are: " + ", ".join(sorted(targets)))
        module, _, attribute = targets[name].partition(":")
        return getattr(import_module(module), attribute)

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Return every name with its plug-in."""
        return tuple((name, self.get(name)) for name in self.names())


@cache
def _targets(registry: Registry) -> dict[str, str]:
    targets = dict(registry.builtin)
    for point in sorted(entry_points(group=f"kg.{registry.kind}"), key=lambda p: (p.name, p.value)):
        if targets.setdefault(point.name, point.value) != point.value:
            raise KGError(f"{registry.kind} {point.name!r} is registered twice", where=point.value)
    return targets
