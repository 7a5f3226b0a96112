"""The drawing: what is chosen and where it lies."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from drawn import SMALL, Row, graph_of, star
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import ontology
from kg.explorer.layout import positions
from kg.explorer.page import drawn as draw
from kg.explorer.selection import select, similar
from kg.model import QueryError
from kg.ontology import Ontology


@pytest.fixture(scope="module")
def terms() -> Ontology:
    return ontology.load()


# --- selection --------------------------------------------------------------------------------------------------------


def names(nodes: Sequence[Any]) -> list[str]:
    return [n.name for n in nodes]


def test_a_small_graph_is_drawn_whole_with_its_papers_but_without_what_is_alone() -> None:
    chosen = select(graph_of(*SMALL))
    assert set(names(chosen.nodes)) == {
        "MetaMath", "LoRA", "GSM8K", "QLoRA", "quantization", "GPU", "Paper 0", "Paper 1", "Paper 2",
    }  # fmt: skip
    assert chosen.caption == "Showing 9 of 10 nodes and 11 of 11 connections: what has no connection is left out."


def test_a_graph_that_is_drawn_whole_says_so_plainly() -> None:
    assert select(graph_of(SMALL[0])).caption == "Showing 4 of 4 nodes and 5 of 5 connections."


def test_a_large_graph_hides_papers_and_puts_the_best_supported_first() -> None:
    chosen = select(star(30), limit=20)
    assert len(chosen.nodes) == 20
    assert chosen.nodes[0].name == "LoRA"
    assert not any(n.paper for n in chosen.nodes)
    assert "Showing 20 of 91 nodes" in chosen.caption
    assert "papers are not drawn" in chosen.caption


def test_papers_are_drawn_when_entities_have_no_edges_of_their_own() -> None:
    graph = graph_of(*([("uses", "Technique", f"T{i}x"), ("uses", "Technique", "LoRA")] for i in range(9)))
    chosen = select(graph, limit=5)
    assert any(n.paper for n in chosen.nodes)
    assert len(chosen.nodes) <= 5


def test_a_well_supported_name_brings_what_joins_it_to_others() -> None:
    pairs = [[("introduces", "Model", f"Bridge {i}x"), ("uses", "Technique", f"Known {i}x")] for i in range(4)]
    chosen = select(graph_of(*pairs, [("mentions", "Technique", f"Known {i}x") for i in range(4)]), limit=5)
    assert names(chosen.nodes) == ["Known 0x", "Known 1x", "Bridge 0x", "Bridge 1x"]  # a fifth would stand alone


@pytest.mark.parametrize(
    ("hops", "expected"),
    [(0, {"GSM8K"}), (1, {"GSM8K", "MetaMath", "Paper 0"}), (2, {"GSM8K", "MetaMath", "Paper 0", "LoRA"})],
)
def test_a_neighbourhood_grows_with_each_hop(hops: int, expected: set[str]) -> None:
    chosen = select(graph_of(*SMALL), around="gsm8k", hops=hops)
    assert set(names(chosen.nodes)) == expected
    assert [graph_of(*SMALL).by_id[i].name for i in chosen.focus] == ["GSM8K"]
    assert chosen.caption.endswith("around gsm8k.")


def test_a_neighbourhood_keeps_what_is_nearest_and_stops_when_nothing_is_left() -> None:
    graph = star(30)
    assert "LoRA" in names(select(graph, around="LoRA", hops=3, limit=7).nodes)
    assert len(select(graph, around="LoRA", hops=3, limit=7).nodes) <= 7
    assert select(graph, around="LoRA", hops=50).nodes == select(graph, around="LoRA", hops=60).nodes


def test_every_node_that_bears_the_name_is_drawn() -> None:
    rows = [[("introduces", "Technique", "Atlasx"), ("uses", "Model", "BERT")], [("uses", "Technique", "LoRA")]]
    graph = graph_of(*rows)
    assert len(select(graph, around=graph.find("BERT")[0].id).focus) == 1


@pytest.mark.parametrize(
    ("asked", "near"), [("GSM8", "GSM8K"), ("metamat", "MetaMath"), ("quantizashun", "quantization")]
)
def test_an_unknown_name_raises_and_says_what_is_near(asked: str, near: str) -> None:
    with pytest.raises(QueryError, match=rf"no node is called '{asked}' \(did you mean .*{near}") as caught:
        select(graph_of(*SMALL), around=asked)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_that_resembles_nothing_says_where_to_look() -> None:
    with pytest.raises(QueryError, match="kg stats"):
        select(graph_of(*SMALL), around="\u4e2d\u6587\u202e" * 60)
    assert similar(graph_of(*SMALL), "") == ()


@pytest.mark.parametrize(("hops", "limit"), [(-1, 5), (1, 0)])
def test_numbers_that_make_no_sense_are_refused(hops: int, limit: int) -> None:
    with pytest.raises(QueryError, match="cannot draw"):
        select(graph_of(*SMALL), hops=hops, limit=limit)


def test_an_empty_graph_is_drawn_as_a_page_that_says_so() -> None:
    assert "Nothing to draw" in select(graph_of()).caption
    assert "Nothing to draw" in draw(graph_of())


def test_only_the_strongest_edges_of_a_dense_graph_are_kept() -> None:
    papers = [
        [("introduces", "Model", f"M{i}x"), *(("uses", "Technique", f"T{k}y") for k in range(14))] for i in range(14)
    ]
    chosen = select(graph_of(*papers), limit=28)
    assert len(chosen.edges) == 28 * 5
    assert f"{28 * 5} of" in chosen.caption


@given(
    rows=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from(["introduces", "uses", "mentions"]), st.just("Technique"), st.sampled_from("ABCDEFGH")
            ),
            max_size=6,
        ),
        max_size=12,
    ),
    limit=st.integers(1, 12),
    hops=st.integers(0, 3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_selection_obeys_its_laws(rows: list[list[Row]], limit: int, hops: int) -> None:
    graph = graph_of(*rows)
    drawn = {r.name for r in graph.ontology.relations if r.drawn}
    for around in (None, *(n.name for n in graph.nodes[:2])):
        chosen = select(graph, around=around, hops=hops, limit=limit)
        ids = {n.id for n in chosen.nodes}
        assert len(ids) == len(chosen.nodes) <= limit
        assert set(chosen.nodes) <= set(graph.nodes)
        assert set(chosen.edges) <= set(graph.edges)
        assert all(e.source in ids and e.target in ids and e.relation in drawn for e in chosen.edges)
        assert ids == {i for e in chosen.edges for i in (e.source, e.target)} | set(chosen.focus)
        assert chosen == select(graph, around=around, hops=hops, limit=limit)


# --- layout -----------------------------------------------------------------------------------------------------------


def cliques(count: int, size: int) -> list[tuple[int, int]]:
    inside = [(c * size + i, c * size + k) for c in range(count) for i in range(size) for k in range(i)]
    return inside + [(c * size, (c + 1) * size) for c in range(count - 1)]


def test_a_layout_is_the_same_every_time_and_leaves_the_random_state_alone() -> None:
    random.seed(5)
    before = random.getstate()
    first = positions([5.0] * 60, cliques(6, 10))
    assert random.getstate() == before
    assert first == positions([5.0] * 60, cliques(6, 10))


@pytest.mark.parametrize(
    ("count", "links"),
    [
        (1, []),
        (2, [(0, 1)]),
        (5, [(0, 1), (1, 2)]),
        (60, cliques(6, 10)),
        (40, [(0, i) for i in range(1, 40)]),
        (90, []),
    ],
)
def test_no_two_nodes_overlap(count: int, links: list[tuple[int, int]]) -> None:
    radii = [4.0 + i % 9 for i in range(count)]
    spots = positions(radii, [*links, *links, (0, 0)])
    assert len(spots) == count
    for i in range(count):
        for k in range(i):
            assert math.dist(spots[i], spots[k]) > radii[i] + radii[k]


def test_nothing_has_no_layout() -> None:
    assert positions([], []) == ()


def test_nodes_that_fall_on_one_spot_are_parted() -> None:
    from kg.explorer.layout import _separated

    spots = _separated([(0.0, 0.0)] * 4, [3.0] * 4)
    assert all(math.dist(spots[i], spots[k]) > 6 for i in range(4) for k in range(i))


def test_communities_stand_apart() -> None:
    spots = positions([5.0] * 60, cliques(6, 10))
    inside = [math.dist(spots[i], spots[k]) for i in range(60) for k in range(i) if i // 10 == k // 10]
    between = [math.dist(spots[i], spots[k]) for i in range(60) for k in range(i) if i // 10 != k // 10]
    assert sum(inside) / len(inside) < 0.5 * sum(between) / len(between)


def test_a_layout_of_more_than_a_thousand_nodes_stays_quick_and_wide() -> None:
    count = 1100
    spots = positions([5.0] * count, [(i, i // 3) for i in range(1, count)])
    assert len(set(spots)) == count
    assert max(x for x, _ in spots) - min(x for x, _ in spots) > max(y for _, y in spots) - min(y for _, y in spots)
