"""What GraphML, GEXF and the tables say of a node and of an edge, once for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from kg.model import Edge, Node
from kg.ontology import Ontology
from kg.rdf import clean, web_address
from kg.view import year

SEPARATOR = "|"
COLUMNS: dict[str, dict[str, type]] = {
    "node": {
        "label": str,
        "type": str,
        "aliases": str,
        "support": int,
        "year": int,
        "date": str,
        "venue": str,
        "arxiv": str,
        "doi": str,
        "url": str,
        "colour": str,
    },
    "edge": {
        "relation": str,
        "label": str,
        "confidence": float,
        "support": int,
        "derived": bool,
        "papers": str,
        "rules": str,
        "quote": str,
        "colour": str,
    },
}


def node_values(node: Node, ontology: Ontology) -> dict[str, str]:
    """Return the columns of a node as text; '' is unknown."""
    paper = node.paper
    return {
        "label": clean(node.name),
        "type": node.type,
        "aliases": joined(node.aliases),
        "support": str(node.support),
        "year": str(year(paper) or ""),
        "date": clean(paper.date) if paper else "",
        "venue": clean(paper.venue) if paper else "",
        "arxiv": clean(paper.arxiv) if paper else "",
        "doi": clean(paper.doi) if paper else "",
        "url": web_address(paper.url) if paper else "",
        "colour": ontology.type(node.type).colour,
    }


def edge_values(edge: Edge, ontology: Ontology) -> dict[str, str]:
    """Return the columns of an edge as text; the quote is the first piece of evidence."""
    relation = ontology.relation(edge.relation)
    return {
        "relation": edge.relation,
        "label": relation.label,
        "confidence": repr(float(edge.confidence)),
        "support": str(edge.support),
        "derived": str(edge.derived).lower(),
        "papers": joined(edge.papers),
        "rules": joined(vote.rule for vote in edge.votes),
        "quote": clean(edge.evidence[0].text),
        "colour": relation.colour,
    }


def joined(texts: Iterable[str]) -> str:
    """Return a list as one text; a separator inside an item becomes a broken bar, so that splitting is safe."""
    return SEPARATOR.join(clean(text).replace(SEPARATOR, "\u00a6") for text in texts)


def xml(text: str) -> str:
    """Return text for XML content and attribute values; `text` is clean, line breaks survive in attributes too."""
    return escape(clean(text), {'"': "&quot;", "\n": "&#10;"})
