"""The graph as one interactive HTML page: no server, no network, nothing that runs but our own script.

territory   where everything lies: communities as discs apart, computed beforehand and always the same
content     all that the page holds, as columns; sentences in chunks that are unpacked on demand
passages    the sentences behind edges, each kept once; quotes: how text is cut and made safe to show
canvas      the file: a map on a canvas, drawn by small modules of our own (assets/atlas)

shell       what both pages share: policy, assets, the list for those without script

selection, layout, payload, page: the small page drawn by pyvis' vis-network, for notebooks and `--renderer pyvis`.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from kg.registry import Registry
from kg.view import View

Renderer = Callable[..., str]

RENDERERS = Registry(
    kind="renderer", builtin=(("canvas", "kg.explorer.canvas:html"), ("pyvis", "kg.explorer.page:drawn"))
)

__all__ = ["RENDERERS", "Renderer", "draw", "iframe"]


def draw(
    graph: View,
    *,
    around: str | None = None,
    hops: int = 1,
    renderer: str = "canvas",
    limit: int | None = None,
) -> str:
    """Return the HTML of the whole landscape, or of what lies within some hops around a name.

    An unknown name raises QueryError and says what is near; an unknown renderer raises KGError.
    """
    render: Renderer = RENDERERS.get(renderer)
    return render(graph, around=around, hops=hops, limit=limit)


def iframe(graph: View, *, height: int = 640, limit: int = 200) -> str:
    """Return a small page as a frame for a notebook.

    The sandbox gives it no access to the notebook: it may run its own script and open a paper's link, nothing else.
    """
    page = escape(draw(graph, limit=limit, renderer="pyvis"), quote=True)
    sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox"
    return f'<iframe title="paperatlas" sandbox="{sandbox}" width="100%" height="{height}" srcdoc="{page}"></iframe>'
