"""The map of machine-learning research that you build yourself.

import kg

graph = kg.build("papers.txt")               # or kg.load("landscape.kg")
for row in kg.query(graph, "techniques evaluated-on GSM8K").rows: ...
kg.export(graph, "landscape.ttl")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.explorer import draw
    from kg.exporters import export
    from kg.graph import KnowledgeGraph
    from kg.lexicon import Lexicon
    from kg.model import KGError, Paper
    from kg.ontology import Ontology
    from kg.pipeline import build, extract, read
    from kg.queries import answer as query
    from kg.store import load

__all__ = [
    "KGError",
    "KnowledgeGraph",
    "Lexicon",
    "Ontology",
    "Paper",
    "build",
    "draw",
    "export",
    "extract",
    "load",
    "query",
    "read",
]
__version__ = "0.1.0"

_HOMES = {
    "KGError": "kg.model:KGError",
    "KnowledgeGraph": "kg.graph:KnowledgeGraph",
    "Lexicon": "kg.lexicon:Lexicon",
    "Ontology": "kg.ontology:Ontology",
    "Paper": "kg.model:Paper",
    "build": "kg.pipeline:build",
    "draw": "kg.explorer:draw",
    "export": "kg.exporters:export",
    "extract": "kg.pipeline:extract",
    "load": "kg.store:load",
    "query": "kg.queries:answer",
    "read": "kg.pipeline:read",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that `import kg` and `kg --help` cost nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    from importlib import import_module

    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
