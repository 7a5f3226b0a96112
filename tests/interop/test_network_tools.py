"""Networks in the hands of JavaScript: graphology's parsers, those of Gephi Lite, and headless Cytoscape.js."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exported import GRAPHS, exported
from handmade import ONTOLOGY
from othertools import javascript_graph, part

from kg.graph import KnowledgeGraph
from kg.rdf import clean

MADE: dict[str, Callable[[], KnowledgeGraph]] = {**GRAPHS, "part": part}


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return MADE[request.param]()


def read(tool: str, graph: KnowledgeGraph, path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What a tool reads: nodes by id, edges by id, and all that it told."""
    target = path / f"graph.{tool}"
    target.write_bytes(exported(tool, graph))
    found = javascript_graph(tool, target)
    nodes, edges = ({item["id"]: item for item in found[kind]} for kind in ("nodes", "edges"))
    assert len(nodes) == len(found["nodes"])
    assert len(edges) == len(found["edges"])
    assert list(nodes) == [n.id for n in graph.nodes]
    assert list(edges) == [e.id for e in graph.edges]
    assert [(e["source"], e["target"]) for e in edges.values()] == [(e.source, e.target) for e in graph.edges]
    return nodes, edges, found


@pytest.mark.parametrize("tool", ["gexf", "graphml"])
def test_graphology_reads_every_node_edge_and_attribute(tool: str, made: KnowledgeGraph, tmp_path: Path) -> None:
    nodes, edges, found = read(tool, made, tmp_path)
    pairs = Counter((e.source, e.target) for e in made.edges)
    assert (found["type"], found["multi"]) == ("directed", max(pairs.values()) > 1)
    for node in made.nodes:
        assert nodes[node.id]["label"].split() == clean(node.name).split()
        assert (nodes[node.id]["type"], nodes[node.id]["support"]) == (node.type, node.support)
    for edge in made.edges:
        told = edges[edge.id]
        assert (told["relation"], told["confidence"], told["support"]) == (edge.relation, edge.confidence, edge.support)
        assert told["derived"] is edge.derived
        assert told["label"] == ONTOLOGY.relation(edge.relation).label


def test_gephi_lite_gets_the_colours(tmp_path: Path) -> None:
    graph = GRAPHS["atlas"]()
    nodes, _, _ = read("gexf", graph, tmp_path)
    for node in graph.nodes:
        red, green, blue = bytes.fromhex(ONTOLOGY.type(node.type).colour.removeprefix("#"))
        assert nodes[node.id]["color"] == f"rgb({red},{green},{blue})"


def test_cytoscape_loads_its_json_without_a_screen(made: KnowledgeGraph, tmp_path: Path) -> None:
    nodes, edges, found = read("cytoscape", made, tmp_path)
    assert [n["name"] for n in nodes.values()] == [clean(n.name) for n in made.nodes]
    assert [e["interaction"] for e in edges.values()] == [e.relation for e in made.edges]
    assert found["found"] == sum(e.confidence >= 0.5 for e in made.edges)
