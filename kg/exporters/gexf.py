"""GEXF 1.3 for Gephi: own writer, because networkx's is refused by Gephi's schema and holds today's date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kg.exporters.attributes import COLUMNS, edge_values, node_values, xml
from kg.view import View

_TYPES = {str: "string", int: "integer", float: "double", bool: "boolean"}
_SHAPES = {"square": "square", "triangle": "triangle", "diamond": "diamond", "star": "star"}
_BUILT_IN = ("label", "colour")  # attributes of the format itself


def write(graph: View) -> bytes:
    """Return the graph as GEXF, coloured by type; an edge weighs as much as papers support it."""
    return "\n".join(_lines(graph)).encode()


def _lines(graph: View) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">'
    yield "<meta><creator>paperatlas</creator><description>Map of machine-learning research</description></meta>"
    yield '<graph defaultedgetype="directed" mode="static">'
    for kind, columns in COLUMNS.items():
        yield f'<attributes class="{kind}">'
        for name, python_type in columns.items():
            if name not in _BUILT_IN:
                yield f'<attribute id="{name}" title="{name}" type="{_TYPES[python_type]}"/>'
        yield "</attributes>"
    yield "<nodes>"
    for node in graph.nodes:
        values = node_values(node, graph.ontology)
        shape = _SHAPES.get(graph.ontology.type(node.type).shape, "disc")
        yield (
            f'<node id="{xml(node.id)}" label="{xml(values["label"])}">{_attributes(values)}'
            f'{_colour(values["colour"])}<viz:shape value="{shape}"/></node>'
        )
    yield "</nodes>\n<edges>"
    for edge in graph.edges:
        values = edge_values(edge, graph.ontology)
        yield (
            f'<edge id="{edge.id}" source="{xml(edge.source)}" target="{xml(edge.target)}" '
            f'label="{xml(values["label"])}" weight="{edge.support}">{_attributes(values)}'
            f"{_colour(values['colour'])}</edge>"
        )
    yield "</edges>\n</graph>\n</gexf>\n"


def _attributes(values: Mapping[str, str]) -> str:
    filled = {name: value for name, value in values.items() if value and name not in _BUILT_IN}
    rows = "".join(f'<attvalue for="{name}" value="{xml(value)}"/>' for name, value in filled.items())
    return f"<attvalues>{rows}</attvalues>"


def _colour(hexadecimal: str) -> str:
    red, green, blue = bytes.fromhex(hexadecimal.removeprefix("#"))
    return f'<viz:color r="{red}" g="{green}" b="{blue}"/>'
