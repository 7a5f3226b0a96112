"""GraphML: typed keys, unique edge ids, lists joined with '|'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kg.exporters.attributes import COLUMNS, edge_values, node_values, xml
from kg.view import View

_TYPES = {str: "string", int: "int", float: "double", bool: "boolean"}


def write(graph: View) -> bytes:
    """Return the graph as GraphML; what is unknown is left out."""
    return "\n".join(_lines(graph)).encode()


def _lines(graph: View) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for kind, columns in COLUMNS.items():
        for name, python_type in columns.items():
            yield f'<key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{_TYPES[python_type]}"/>'
    yield '<graph id="paperatlas" edgedefault="directed">'
    for node in graph.nodes:
        yield f'<node id="{xml(node.id)}">{_data("node", node_values(node, graph.ontology))}</node>'
    for edge in graph.edges:
        ends = f'source="{xml(edge.source)}" target="{xml(edge.target)}"'
        yield f'<edge id="{edge.id}" {ends}>{_data("edge", edge_values(edge, graph.ontology))}</edge>'
    yield "</graph>\n</graphml>\n"


def _data(kind: str, values: Mapping[str, str]) -> str:
    return "".join(f'<data key="{kind}-{name}">{xml(value)}</data>' for name, value in values.items() if value)
