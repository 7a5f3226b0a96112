"""A graph as tools for language models (Model Context Protocol), over standard input and output; read-only."""

from __future__ import annotations

from kg.model import KGError
from kg.queries.standby import Engine
from kg.view import View


def run(graph: View) -> None:
    """Answer a client on standard input and output until it hangs up; without the SDK, say what to install."""
    try:
        from kg.mcp.tools import server
    except ImportError as error:
        raise KGError(f"this needs {error.name}", hint="install it: pip install 'paperatlas[mcp]'") from None
    with Engine(graph) as engine:
        server(graph, engine).run(transport="stdio")
