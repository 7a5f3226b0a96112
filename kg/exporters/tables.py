"""Nodes and edges as CSV (RFC 4180), harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from kg.exporters.attributes import COLUMNS, edge_values, node_values
from kg.portions import portions
from kg.rdf import clean
from kg.view import View
from kg.view.loaded import sets

_PORTION = 5000  # rows written at once
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_nodes(graph: View) -> bytes:
    """Return one node a row; lists are joined with '|'."""
    return b"".join(node_parts(graph))


def write_edges(graph: View) -> bytes:
    """Return one edge a row, with the names of both ends beside their ids."""
    return b"".join(edge_parts(graph))


def node_parts(graph: View) -> Iterator[bytes]:
    """Yield what `write_nodes` returns."""
    rows = ([node.id, *node_values(node, graph.ontology).values()] for node in graph.nodes)
    return _table(["id", *COLUMNS["node"]], rows)


def edge_parts(graph: View) -> Iterator[bytes]:
    """Yield what `write_edges` returns."""
    name = sets(graph).name
    rows = (
        [
            edge.id,
            edge.source,
            edge.target,
            name(edge.source),
            name(edge.target),
            *edge_values(edge, graph.ontology).values(),
        ]
        for edge in graph.edges
    )
    return _table(["id", "source", "target", "source_label", "target_label", *COLUMNS["edge"]], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    for some in portions(chain([head], ([cell(value) for value in row] for row in rows)), _PORTION):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n").writerows(some)
        yield text.getvalue().encode()


def cell(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one gets a leading apostrophe."""
    return f"'{clean(value)}" if value.startswith(_FORMULA) else clean(value)
