"""Pairs of names from this field: the same thing, or not. Each is claimed by two papers and resolved for real."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from handmade import ONTOLOGY, claim, paper

from kg import lexicon
from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Lexicon
from kg.model import Extraction, name_key

PAIRS = Path(__file__).parent / "pairs"
LEXICON = lexicon.load(ontology=ONTOLOGY)
RELATION = {t.name: next(r.name for r in ONTOLOGY.relations if r.allows("Paper", t.name)) for t in ONTOLOGY.types[1:]}
Row = tuple[str, str, str, str]


def rows(name: str) -> list[Row]:
    """The rows of a file: left, right, type, why; `name ~ alias` is a name with an acronym that its paper gives it."""
    lines = (PAIRS / name).read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["left", "right", "type", "why"]
    return [tuple(line.split("\t")) for line in lines[1:]]  # type: ignore[misc]


def said(text: str, type_name: str, number: int = 0) -> Extraction:
    """What a paper says that names the thing, and defines its acronym."""
    name, _, alias = text.partition(" ~ ")
    of = paper(f"Report {number} on {name}", f"We study {name} ({alias})." if alias else f"We study {name}.")
    aliases = (alias,) if alias else ()
    return Extraction(paper=of, claims=(claim(of, name, type_name, RELATION[type_name], aliases=aliases),))


def bare(*names: str) -> list[str]:
    return [name.partition(" ~ ")[0] for name in names]


def built(found: list[Extraction], names: Lexicon = LEXICON) -> KnowledgeGraph:
    return assemble(found, ontology=ONTOLOGY, decisions=LEXICON.decisions, lexicon=names)


def meant(graph: KnowledgeGraph, text: str, number: int) -> str:
    """The entity that the paper of this claim points at."""
    (source,) = [n.id for n in graph.nodes if n.paper and n.name == f"Report {number} on {bare(text)[0]}"]
    (edge,) = graph.outgoing[source]
    return edge.target


MERGE, NOT = rows("must-merge.tsv"), rows("must-not-merge.tsv")


def test_there_are_at_least_three_hundred_pairs_of_either_kind() -> None:
    assert min(len(MERGE), len(NOT)) >= 300
    for pairs in (MERGE, NOT):
        assert len({(frozenset(r[:2]), r[2]) for r in pairs}) == len(pairs)
        assert len({why for *_, why in pairs}) >= 8


@pytest.mark.parametrize(("left", "right", "type_name", "why"), MERGE, ids=ascii)
def test_one_thing_is_one_entity(left: str, right: str, type_name: str, why: str) -> None:
    graph = built([said(left, type_name, 1), said(right, type_name, 2)])
    assert meant(graph, left, 1) == meant(graph, right, 2), why


@pytest.mark.parametrize(("left", "right", "type_name", "why"), NOT, ids=ascii)
def test_two_things_are_two_entities(left: str, right: str, type_name: str, why: str) -> None:
    graph = built([said(left, type_name, 1), said(right, type_name, 2)])
    assert meant(graph, left, 1) != meant(graph, right, 2), why


@pytest.fixture(scope="module")
def together() -> tuple[KnowledgeGraph, dict[tuple[str, str], int]]:
    """One graph of all names of both lists, each said by a paper of its own; without names of two types."""
    texts = sorted({(text, row[2]) for row in (*MERGE, *NOT) for text in row[:2] if "~" not in text})
    types = Counter(key for key, _ in {(name_key(text), kind) for text, kind in texts})
    texts = [(text, kind) for text, kind in texts if types[name_key(text)] == 1]
    number = {pair: i for i, pair in enumerate(texts)}
    return built([said(text, kind, number[text, kind]) for text, kind in texts]), number


def test_all_names_in_one_graph_keep_things_apart(
    together: tuple[KnowledgeGraph, dict[tuple[str, str], int]],
) -> None:
    graph, number = together
    wrong = [
        (left, right, kind)
        for left, right, kind, _ in NOT
        if {(left, kind), (right, kind)} <= set(number)
        and meant(graph, left, number[left, kind]) == meant(graph, right, number[right, kind])
    ]
    assert wrong == []


def test_all_names_in_one_graph_still_are_what_they_were_alone(
    together: tuple[KnowledgeGraph, dict[tuple[str, str], int]],
) -> None:
    graph, number = together
    wrong = [
        (left, right, kind)
        for left, right, kind, _ in MERGE
        if {(left, kind), (right, kind)} <= set(number)
        and meant(graph, left, number[left, kind]) != meant(graph, right, number[right, kind])
    ]
    assert wrong == []
