"""The graph as one interactive HTML page: no server, no network, nothing that runs but our own script.

selection   which nodes and edges are worth the screen, and an honest caption
layout      where they lie, computed beforehand and always the same
quotes      the sentences behind them
page        the file, drawn by pyvis' vis-network inside our own shell
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from kg.explorer.selection import LIMIT, Selection, select
from kg.graph import KnowledgeGraph
from kg.registry import Registry

Renderer = Callable[[KnowledgeGraph, Selection], str]

RENDERERS = Registry(kind="renderer", builtin=(("pyvis", "kg.explorer.page:html"),))

__all__ = ["LIMIT", "RENDERERS", "Renderer", "draw", "iframe"]


def draw(
    graph: KnowledgeGraph, *, around: str | None = None, hops: int = 1, renderer: str = "pyvis", limit: int = LIMIT
) -> str:
    """Return the HTML of the whole landscape, or of what lies within some hops around a name.

    An unknown name raises QueryError and says what is near; an unknown renderer raises KGError.
    """
    render: Renderer = RENDERERS.get(renderer)
    return render(graph, select(graph, around=around, hops=hops, limit=limit))


def iframe(graph: KnowledgeGraph, *, height: int = 640, limit: int = 200) -> str:
    """Return the page as a frame for a notebook.

    The sandbox gives it no access to the notebook: it may run its own script and open a paper's link, nothing else.
    """
    page = escape(draw(graph, limit=limit), quote=True)
    sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
    return f'<iframe title="paperatlas" sandbox="{sandbox}" width="100%" height="{height}" srcdoc="{page}"></iframe>'
