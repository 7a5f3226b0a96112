"""Nodes and edges <-> attributes of a networkx graph: plain ones to work with, and the rest as JSON text.

JSON text and not objects, so that networkx's own writers take the attributes too; nothing is lost on the way back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import msgspec

from kg.model import Edge, Evidence, Merge, Node, Paper, ReadError, Vote

T = TypeVar("T")

_HINT = "a graph that to_networkx() made has it"


def node_attributes(node: Node) -> dict[str, Any]:
    """Return a node's attributes; of the aliases, joined with '|', a bar inside one is escaped."""
    return {
        "label": node.name,
        "type": node.type,
        "aliases": "|".join(re.sub(r"([|\\])", r"\\\1", alias) for alias in node.aliases),
        "support": node.support,
        "merges": json.dumps([asdict(merge) for merge in node.merges]),
        "record": json.dumps(asdict(node.paper)) if node.paper else "",
    }


def edge_attributes(edge: Edge) -> dict[str, Any]:
    """Return an edge's attributes."""
    return {
        "relation": edge.relation,
        "confidence": edge.confidence,
        "support": edge.support,
        "derived": edge.derived,
        "votes": json.dumps([asdict(vote) for vote in edge.votes]),
        "evidence": json.dumps([asdict(item) for item in edge.evidence]),
    }


def node(node_id: object, attributes: Mapping[str, Any]) -> Node:
    """Return the node of these attributes; one that lacks some is a `ReadError`."""
    where = f"node {node_id}"
    aliases = str(_needed(attributes, "aliases", where))
    record = _needed(attributes, "record", where)
    return Node(
        id=str(node_id),
        type=str(_needed(attributes, "type", where)),
        name=str(_needed(attributes, "label", where)),
        aliases=tuple(_unescaped(alias) for alias in re.findall(r"(?:[^|\\]|\\.)+", aliases, re.DOTALL)),
        support=int(_needed(attributes, "support", where)),
        merges=_parsed(_needed(attributes, "merges", where), tuple[Merge, ...], where),
        paper=_parsed(record, Paper, where) if record else None,
    )


def edge(source: object, target: object, attributes: Mapping[str, Any]) -> Edge:
    """Return the edge of these attributes; one that lacks some, or has no evidence, is a `ReadError`."""
    where = f"edge {source} -> {target}"
    evidence = _parsed(_needed(attributes, "evidence", where), tuple[Evidence, ...], where)
    if not evidence:
        raise ReadError("an edge without evidence", where=where)
    return Edge(
        source=str(source),
        relation=str(_needed(attributes, "relation", where)),
        target=str(target),
        confidence=float(_needed(attributes, "confidence", where)),
        evidence=evidence,
        votes=_parsed(_needed(attributes, "votes", where), tuple[Vote, ...], where),
        derived=bool(_needed(attributes, "derived", where)),
    )


def _needed(attributes: Mapping[str, Any], name: str, where: str) -> Any:
    if name not in attributes:
        raise ReadError(f"no attribute {name!r}", where=where, hint=_HINT)
    return attributes[name]


def _parsed(text: str, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(json.loads(text), type=kind)
    except (ValueError, TypeError) as error:  # msgspec's errors are ValueErrors
        raise ReadError(f"a damaged attribute: {error}", where=where, hint=_HINT) from None


def _unescaped(alias: str) -> str:
    return re.sub(r"\\(.)", r"\1", alias, flags=re.DOTALL)
