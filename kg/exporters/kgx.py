"""KGX: nodes and edges as TSV in the terms of the Biolink model, for the tools of biomedical knowledge graphs.

Biolink has few words for our field: categories and predicates are the nearest that are true, and our own type and
relation stand beside them. The format knows no quoting, so a cell holds neither tab nor line break.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kg.rdf import clean, node_curie, own, web_address
from kg.view import View

_CATEGORIES = {"document": "biolink:Article", "measure": "biolink:Dataset", "device": "biolink:Device"}
_OTHER = "biolink:InformationContentEntity"
_PREDICATES = {"background": "biolink:mentions", "hierarchy": "biolink:subclass_of", "component": "biolink:part_of"}
_RELATED = "biolink:related_to"
_NODES = ("id", "category", "name", "synonym", "type", "xref", "iri", "provided_by")
_EDGES = (
    "id", "subject", "predicate", "object", "category", "original_predicate", "knowledge_level", "agent_type",
    "primary_knowledge_source", "publications", "confidence", "supporting_text",
)  # fmt: skip
_SOURCE = "infores:paperatlas"


def write_nodes(graph: View) -> bytes:
    """Return one node a line; lists are joined with '|'."""
    rows = []
    for node in graph.nodes:
        roles = graph.ontology.type(node.type).roles
        category = next((_CATEGORIES[role] for role in roles if role in _CATEGORIES), _OTHER)
        xref = [f"arXiv:{node.paper.arxiv}"] if node.paper and node.paper.arxiv else []
        xref += [f"doi:{node.paper.doi}"] if node.paper and node.paper.doi else []
        address = web_address(node.paper.url) if node.paper else ""
        synonyms = _list(node.aliases)
        rows.append((node_curie(node.id), category, node.name, synonyms, own(node.type), _list(xref), address, _SOURCE))
    return _table(_NODES, rows)


def write_edges(graph: View) -> bytes:
    """Return one edge a line; what no paper says in words is a logical entailment."""
    return _table(
        _EDGES,
        (
            (
                f"kgr:statement/{edge.id}",
                node_curie(edge.source),
                _PREDICATES.get(graph.ontology.relation(edge.relation).role, _RELATED),
                node_curie(edge.target),
                "biolink:Association",
                own(edge.relation),
                "logical_entailment" if edge.derived else "not_provided",
                "text_mining_agent",
                _SOURCE,
                _list(map(node_curie, edge.papers)),
                repr(float(edge.confidence)),
                edge.evidence[0].text,
            )
            for edge in graph.edges
        ),
    )


def _list(texts: Iterable[str]) -> str:
    return "|".join(text.replace("|", "\u00a6") for text in texts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    lines = ["\t".join(" ".join(clean(cell).splitlines()) for cell in row) for row in (head, *rows)]
    return ("\n".join(lines) + "\n").encode()
