"""Nodes and edges as CSV for `neo4j-admin database import` and `apoc.import.csv`.

    neo4j-admin database import full --nodes=g.neo4j.nodes.csv --relationships=g.neo4j.edges.csv neo4j

Cells are one line each, arrays are joined with ';' and hold none themselves: the tool's defaults. Text is as it is, not
made safe for a spreadsheet: the other tables are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from kg.rdf import clean, web_address
from kg.view import View, year

_NODES = (
    "id:ID(Node)", "name:string", "aliases:string[]", "support:int", "year:int", "date:string", "venue:string",
    "arxiv:string", "doi:string", "url:string", ":LABEL",
)  # fmt: skip
_EDGES = (
    ":START_ID(Node)", "id:string", "confidence:double", "support:int", "derived:boolean", "papers:string[]",
    "rules:string[]", "quote:string", ":END_ID(Node)", ":TYPE",
)  # fmt: skip
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def write_nodes(graph: View) -> bytes:
    """Return the nodes; their type is the label."""
    rows = []
    for node in graph.nodes:
        paper = node.paper
        record = (
            (str(year(paper) or ""), paper.date, paper.venue, paper.arxiv, paper.doi, web_address(paper.url))
            if paper
            else ("",) * 6
        )
        rows.append((node.id, node.name, _array(node.aliases), str(node.support), *record, node.type))
    return _table(_NODES, rows)


def write_edges(graph: View) -> bytes:
    """Return the relationships; a relation's name in capitals is the type, as Cypher's users write it."""
    return _table(
        _EDGES,
        (
            (
                edge.source,
                edge.id,
                repr(float(edge.confidence)),
                str(edge.support),
                str(edge.derived).lower(),
                _array(edge.papers),
                _array(vote.rule for vote in edge.votes),
                edge.evidence[0].text,
                edge.target,
                _WORD.sub("_", edge.relation).upper(),
            )
            for edge in graph.edges
        ),
    )


def _array(texts: Iterable[str]) -> str:
    return ";".join(text.replace(";", ",") for text in texts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([" ".join(clean(cell).splitlines()) for cell in row] for row in rows)
    return text.getvalue().encode()
