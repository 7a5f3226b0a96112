"""Nodes and edges as CSV (RFC 4180), harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from kg.exporters.attributes import COLUMNS, edge_values, node_values
from kg.graph import KnowledgeGraph
from kg.rdf import clean

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_nodes(graph: KnowledgeGraph) -> bytes:
    """Return one node a row; lists are joined with '|'."""
    rows = ([node.id, *node_values(node, graph.ontology).values()] for node in graph.nodes)
    return _table(["id", *COLUMNS["node"]], rows)


def write_edges(graph: KnowledgeGraph) -> bytes:
    """Return one edge a row, with the names of both ends beside their ids."""
    rows = (
        [
            edge.id,
            edge.source,
            edge.target,
            graph.by_id[edge.source].name,
            graph.by_id[edge.target].name,
            *edge_values(edge, graph.ontology).values(),
        ]
        for edge in graph.edges
    )
    return _table(["id", "source", "target", "source_label", "target_label", *COLUMNS["edge"]], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return text.getvalue().encode()


def cell(value: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one gets a leading apostrophe."""
    return f"'{clean(value)}" if value.startswith(_FORMULA) else clean(value)
