"""Cytoscape JSON (.cyjs): string ids, and ids for edges, which else get a random one at each load."""

from __future__ import annotations

import json

from kg.model import Edge, Node
from kg.ontology import Ontology
from kg.rdf import clean
from kg.view import View, year


def write(graph: View) -> bytes:
    """Return the graph as Cytoscape reads it; lists stay lists."""
    document = {
        "format_version": "1.0",
        "generated_by": "paperatlas",
        "target_cytoscapejs_version": "~3.0",
        "data": {"name": "paperatlas", "shared_name": "paperatlas"},
        "elements": {
            "nodes": [{"data": _node(node, graph.ontology)} for node in graph.nodes],
            "edges": [{"data": _edge(edge, graph.ontology)} for edge in graph.edges],
        },
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return text.replace("</", "<\\/").replace("<!", "\\u003c!").encode() + b"\n"


def _node(node: Node, ontology: Ontology) -> dict[str, object]:
    name = clean(node.name)
    known = year(node.paper)
    return {
        "id": node.id,
        "name": name,
        "shared_name": name,
        "type": node.type,
        "aliases": [clean(alias) for alias in node.aliases],
        "support": node.support,
        "colour": ontology.type(node.type).colour,
        **({"year": known} if known else {}),
    }


def _edge(edge: Edge, ontology: Ontology) -> dict[str, object]:
    relation = ontology.relation(edge.relation)
    name = f"{edge.source} ({edge.relation}) {edge.target}"
    return {
        "id": edge.id,
        "source": edge.source,
        "target": edge.target,
        "interaction": edge.relation,
        "shared_interaction": edge.relation,
        "name": name,
        "shared_name": name,
        "label": relation.label,
        "confidence": edge.confidence,
        "support": edge.support,
        "derived": edge.derived,
        "papers": list(edge.papers),
        "quote": clean(edge.evidence[0].text),
        "colour": relation.colour,
    }
