from __future__ import annotations

from pathlib import Path
from typing import Any

import atlas
import networkx
import pytest
from exported import GRAPHS, exported, hostile
from handmade import graph
from hypothesis import given
from hypothesis import strategies as st

from kg import networks
from kg.graph import KnowledgeGraph
from kg.model import KGError, Node, ReadError


@pytest.mark.parametrize("name", list(GRAPHS))
def test_a_graph_comes_back_from_networkx_without_loss(name: str) -> None:
    made = GRAPHS[name]()
    back = KnowledgeGraph.from_networkx(made.to_networkx())
    assert (back.nodes, back.edges) == (made.nodes, made.edges)
    for form in ("nquads", "graphml", "edges-csv"):
        assert exported(form, back) == exported(form, made)


def test_it_comes_back_from_a_file_that_networkx_wrote(tmp_path: Path) -> None:
    made = atlas.graph()
    networkx.write_graphml(made.to_networkx(), tmp_path / "x.graphml")
    found: Any = networkx.read_graphml(tmp_path / "x.graphml", force_multigraph=True)
    back = KnowledgeGraph.from_networkx(found)
    assert (back.nodes, back.edges) == (made.nodes, made.edges)


def test_a_part_of_the_network_is_a_part_of_the_graph() -> None:
    made = atlas.graph()
    (lora,) = made.find("LoRA")
    network = made.to_networkx()
    near: Any = network.subgraph({lora.id, *network.predecessors(lora.id)})
    back = KnowledgeGraph.from_networkx(near)
    assert lora in back.nodes
    assert set(back.edges) < set(made.edges)


def test_what_users_change_in_the_network_is_changed() -> None:
    network = graph().to_networkx()
    network.nodes["technique/lora"]["label"] = "LORA"
    assert KnowledgeGraph.from_networkx(network).by_id["technique/lora"].name == "LORA"


@given(st.lists(st.text(min_size=1), max_size=4))
def test_aliases_survive_whatever_is_in_them(aliases: list[str]) -> None:
    node = Node(id="technique/x", type="T", name="x", aliases=tuple(aliases))
    assert networks.node(node.id, networks.node_attributes(node)) == node


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("type", None, r"node technique/lora: no attribute 'type' \(a graph that to_networkx\(\) made has it\)"),
        ("merges", "[{]", "a damaged attribute"),
        ("merges", '[{"name": 1}]', "a damaged attribute"),
        ("merges", 7, "a damaged attribute"),
    ],
)
def test_a_network_of_others_is_refused_with_its_place(attribute: str, value: object, message: str) -> None:
    network = graph().to_networkx()
    if value is None:
        del network.nodes["technique/lora"][attribute]
    else:
        network.nodes["technique/lora"][attribute] = value
    with pytest.raises(ReadError, match=message):
        KnowledgeGraph.from_networkx(network)


def test_an_edge_without_evidence_is_refused() -> None:
    network = graph().to_networkx()
    for _, _, attributes in network.edges(data=True):
        attributes["evidence"] = "[]"
    with pytest.raises(ReadError, match="an edge without evidence"):
        KnowledgeGraph.from_networkx(network)


def test_papers_cannot_be_taken_out_of_a_graph_that_came_without_them() -> None:
    back = KnowledgeGraph.from_networkx(hostile().to_networkx())
    with pytest.raises(KGError, match="read from elsewhere"):
        back.without([])
    with pytest.raises(KGError, match="read from elsewhere"):
        graph() | back
