"""What a notebook shows of a node and of an answer: text only. The graph's own drawing is tested with the explorer."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import handmade
import pytest
from exported import GRAPHS

from kg import queries
from kg.model import Node
from kg.queries import Answer

GRAPH = handmade.graph()


def test_a_node_shows_its_names_type_and_support() -> None:
    html = GRAPH.by_id["technique/lora"]._repr_html_()
    cells = [cell.text for cell in ElementTree.fromstring(html).iter("bdi")]
    assert cells[:5] == ["LoRA", "Technique", "technique/lora", "Low-Rank Adaptation", "3"]


def test_a_paper_shows_its_record() -> None:
    paper = next(n for n in GRAPH.nodes if n.paper is not None and n.paper.date)
    assert "2024-05-01" in paper._repr_html_()
    assert "It beats QLoRA" in paper._repr_html_()


def test_an_answer_shows_rows_note_and_evidence() -> None:
    answer = queries.proven(GRAPH, queries.answer(GRAPH, "papers that use LoRA", limit=2))
    tree = ElementTree.fromstring(f"<div>{answer._repr_html_()}</div>")
    assert [cell.text for cell in tree.iter("th")] == list(answer.columns)
    assert len(list(tree.iter("tr"))) == 1 + 2 + sum(map(len, answer.evidence))
    assert answer.note in "".join(tree.itertext())
    plain = queries.answer(GRAPH, "how many techniques")
    assert len(list(ElementTree.fromstring(f"<div>{plain._repr_html_()}</div>").iter("td"))) == 1


@pytest.mark.parametrize("node", GRAPHS["hostile"]().nodes, ids=lambda node: node.id[:24])
def test_nothing_in_a_name_leaves_the_table(node: Node) -> None:
    html = node._repr_html_() + Answer(columns=(node.name,), rows=((node.name,),), note=node.name)._repr_html_()
    assert "<script" not in html
    allowed = {"table", "caption", "bdi", "tr", "th", "td", "thead", "tbody", "p"}
    assert set(re.findall(r"<([^\s>/]+)", html)) <= allowed
