"""What the papers of a graph use: most, ever more, together, and where nothing is yet. Pure tables, drawn apart.

scope       which papers count, and which of them use or work with what
tables      ranking, rising, pairs
matrices    things by benchmarks and by hardware, with the gaps
sheets      the same as rows of plain values: for the terminal, CSV, Markdown
proof       the papers behind a number, with a sentence each
records, page, plot     JSON; one HTML page without script or request; PNG and SVG (extra `plot`)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kg.graph import KnowledgeGraph
from kg.landscape.matrices import matrix
from kg.landscape.scope import Scope
from kg.landscape.tables import pairs, ranking, rising
from kg.landscape.values import Landscape
from kg.model import ExportError, QueryError, fold
from kg.ontology import Ontology
from kg.queries.words import Words
from kg.registry import Registry

Renderer = Callable[[KnowledgeGraph, Landscape, str], bytes]

RENDERERS = Registry(
    kind="landscape",
    builtin=(
        ("table", "kg.landscape.sheets:table"),
        ("csv", "kg.landscape.sheets:comma_separated"),
        ("md", "kg.landscape.sheets:markdown"),
        ("json", "kg.landscape.records:json_bytes"),
        ("html", "kg.landscape.page:html"),
        ("png", "kg.landscape.plot:png"),
        ("svg", "kg.landscape.plot:svg"),
    ),
)
TOP = 20
# the columns of each matrix: what role the type plays, and what roles the relations that lead to it
_MATRICES = (("measure", ("result",)), ("device", ("platform", "means")))

__all__ = ["RENDERERS", "TOP", "Landscape", "landscape", "renderer", "views"]


def landscape(
    graph: KnowledgeGraph,
    *,
    types: Sequence[str] = (),
    top: int = TOP,
    since: int | None = None,
    families: bool = False,
) -> Landscape:
    """Return all tables of the landscape of some node types, by default that of procedures.

    `since` keeps the papers of that year and later, but for what is rising: there it begins the newer period. A word
    that is no type raises QueryError.
    """
    ontology = graph.ontology
    chosen = _chosen(graph, types)
    whole, scope = Scope(graph=graph, families=families), Scope(graph=graph, since=since, families=families)
    dated = scope.by_year(scope.papers)
    count = sum(n for _, n in dated)
    grown = rising(whole, chosen, top=top, cut=since)
    plurals = [ontology.type(t).plural for t in chosen]
    return Landscape(
        kinds=" and ".join(plurals),
        since=since,
        families=families,
        papers=len(scope.papers),
        dated=count,
        years=dated,
        ranking=ranking(scope, chosen, top=top),
        rising=grown,
        pairs=pairs(scope, chosen, top=top),
        matrices=tuple(
            matrix(scope, chosen, column=ontology.type_as(role).name, roles=roles, top=top, wide=top)
            for role, roles in _MATRICES
        ),
        notes=_notes(whole, scope, count, " or ".join(plurals)),
    )


def views(ontology: Ontology) -> tuple[str, ...]:
    """Return what can be asked for by name."""
    return ("all", "ranking", "rising", "pairs", *(ontology.type_as(role).plural for role, _ in _MATRICES))


def renderer(ontology: Ontology, target: str, *, format: str | None = None, view: str = "all") -> Renderer:
    """Return what writes a landscape in the format that a file's ending or `format` names.

    It is found before any work is done, so that mistakes show at once. An unknown format is an ExportError, an unknown
    view a QueryError.
    """
    if view not in views(ontology):
        raise QueryError(f"no view called {view!r}", hint="there are: " + ", ".join(views(ontology)))
    name = format or ("table" if target == "-" else Path(target).suffix.casefold().removeprefix("."))
    if name not in RENDERERS.names():
        where = "" if format else target
        raise ExportError(f"no format called {name!r}", where=where, hint="one of " + ", ".join(RENDERERS.names()))
    if name == "csv" and view == "all":
        raise QueryError("a CSV file holds one table", hint="name it: --view " + "|".join(views(ontology)[1:]))
    found: Renderer = RENDERERS.get(name)
    return found


def _chosen(graph: KnowledgeGraph, words: Sequence[str]) -> tuple[str, ...]:
    ontology = graph.ontology
    documents = {t.name for t in ontology.types_as("document")}
    if not words:
        return tuple(t.name for t in ontology.types_as("procedure"))
    known, found = Words(graph=graph).types, set()
    for word in words:
        name = known.get(fold(word))
        if name is None or name in documents:
            can = ", ".join(t.plural for t in ontology.types if t.name not in documents)
            raise QueryError(f"no type {word!r} to rank", hint="there are: " + can)
        found.add(name)
    return tuple(t.name for t in ontology.types if t.name in found)


def _notes(whole: Scope, scope: Scope, dated: int, kinds: str) -> tuple[str, ...]:
    """Tell what the numbers leave out."""
    notes = []
    if scope.since is not None:
        undated = sum(y is None for y in whole.years.values())
        told = f"those since {scope.since}, but for what is rising, which is compared with the papers before"
        notes += [told, f"{undated} of {len(whole.years)} papers bear no date and do not count"]
    elif dated < len(scope.papers):
        notes.append(f"{dated} of {len(scope.papers)} papers bear a date; only they count by year")
    if scope.families:
        notes.append(f"a family or kind counts the papers of all {kinds} below it")
    return tuple(notes)
