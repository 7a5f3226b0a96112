"""Differences of two graphs: what people read, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import BENCH, EXTRACTIONS, ONTOLOGY, TINY, claim, extraction, graph

from kg import diff
from kg.decisions import Decision
from kg.exporters import ntriples
from kg.graph import assemble
from kg.resolve import paper_id

OLD = graph()
NEW = OLD.without({paper_id(BENCH)})


def test_equal_graphs_have_no_difference() -> None:
    assert not diff.diff(OLD, OLD)
    assert diff.to_text(OLD, OLD) == "no difference"
    assert diff.rdf_patch(OLD, OLD).decode().splitlines()[1:] == ["TX .", "TC ."]


def test_text_has_counts_first_then_what_vanished_appeared_and_changed() -> None:
    assert diff.to_text(OLD, NEW) == (
        "papers: 0 appeared, 1 vanished, 0 changed\n"
        "nodes: 0 appeared, 3 vanished, 1 changed (benchmarks -1, models -1, tasks -1)\n"
        "edges: 0 appeared, 4 vanished, 0 changed (addresses -1, introduces -1, uses -2)\n"
        "merges: 0 appeared, 0 vanished, 0 changed\n"
        "\n"
        "- Paper\tRiddleBench: A Benchmark of Riddles\n"
        "\n"
        "- Benchmark\tRiddleBench\n"
        "- Model\tGPT-4\n"
        "- Task\tquestion answering\n"
        "~ Technique\tLoRA\tpapers 3 -> 2\n"
        "\n"
        "- RiddleBench: A Benchmark of Riddles\taddresses\tquestion answering\n"
        "- RiddleBench: A Benchmark of Riddles\tintroduces\tRiddleBench\n"
        "- RiddleBench: A Benchmark of Riddles\tuses\tGPT-4\n"
        "- RiddleBench: A Benchmark of Riddles\tuses\tLoRA"
    )
    assert "+ Model\tGPT-4" in diff.to_text(NEW, OLD)


def test_long_lists_are_cut_and_say_so() -> None:
    assert "… and 3 more (--limit 4, or --format json)" in diff.to_text(OLD, NEW, limit=1)


def test_a_merge_shows_where_a_node_went_and_why() -> None:
    merge = Decision(
        verb="merge", type="Technique", names=("LoRA", "QLoRA"), to="LoRA", where="decisions.yaml:2", why="no"
    )
    text = diff.to_text(OLD, graph((merge,)))
    assert "- Technique\tQLoRA\t(now Technique LoRA)" in text
    assert "~ Technique\tLoRA\talias + QLoRA; merges" in text
    assert "+ merge\tQLoRA = LoRA (Technique)\tmerged by decisions.yaml:2" in text
    assert "+ Technique\tQLoRA\t(was Technique LoRA)" in diff.to_text(graph((merge,)), OLD)
    moved = graph((replace(merge, where="decisions.yaml:9"),))
    told = diff.to_text(graph((merge,)), moved)
    assert "~ merge\tQLoRA = LoRA (Technique)\tmerged by decisions.yaml:9\twas: merged by decisions.yaml:2" in told


def test_a_changed_paper_and_edge_tell_what_changed() -> None:
    again = replace(TINY, abstract=TINY.abstract + " LoRA is at its heart, and LoRA is small.", year=2025)
    sure = claim(again, "LoRA", "Technique", "uses", confidence=0.5)
    other = extraction(again, ("TinyTune", "Technique", "introduces"), sure, ("GSM8K", "Benchmark", "evaluatedOn"))
    text = diff.to_text(OLD, assemble([other, *EXTRACTIONS[1:]], ontology=ONTOLOGY))
    assert f"~ Paper\t{TINY.title}\tabstract; year" in text
    assert f"~ {TINY.title}\tuses\tLoRA\tconfidence 0.9 -> 0.5; votes" in text


def test_an_edge_that_becomes_direct_says_so() -> None:
    named = next(e for e in OLD.edges if e.derived)
    other = replace(OLD, edges=tuple(replace(e, derived=False) if e is named else e for e in OLD.edges))
    assert "now direct" in diff.to_text(OLD, other)
    assert "now derived" in diff.to_text(other, OLD)
    fewer = replace(
        OLD,
        edges=tuple(
            replace(e, evidence=e.evidence[:1]) if len(e.papers) > 1 or e.evidence[1:] else e for e in OLD.edges
        ),
    )
    assert "quotes 2 -> 1" in diff.to_text(OLD, fewer)
    tested = next(e for e in OLD.edges if e.relation == "evaluatedOn")
    elsewhere = replace(tested, evidence=tuple(replace(e, start=e.start + 1, end=e.end + 1) for e in tested.evidence))
    moved = replace(OLD, edges=tuple(elsewhere if e is tested else e for e in OLD.edges))
    assert "\tevaluated-on\tGSM8K\tother quotes" in diff.to_text(OLD, moved)
    renamed = replace(OLD, nodes=tuple(replace(n, name="Lo-RA") if n.name == "LoRA" else n for n in OLD.nodes))
    assert "was called LoRA" in diff.to_text(OLD, renamed)


def test_a_difference_for_another_graph_is_refused() -> None:
    difference = diff.diff(OLD, NEW)
    with pytest.raises(diff.PatchError, match="made for another graph: .* is not as it was"):
        diff.applied(difference, NEW.nodes, NEW.edges)
    with pytest.raises(diff.PatchError, match="made for another graph: .* is there already"):
        diff.applied(diff.diff(NEW, OLD), [*NEW.nodes, *[n for n in OLD.nodes if n.name == "GPT-4"]], NEW.edges)
    with pytest.raises(diff.PatchError, match="no difference of graphs"):
        diff.from_json(b"[1]")
    with pytest.raises(diff.PatchError, match="no difference of graphs"):
        diff.from_json(b'{"papers": ')


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        (b"TX .\nD <a:a> <a:a> <a:a> .\nTC .\n", "line 2: made for another graph: the quad is not there"),
        (b"X y .\n", "line 1: no row of an RDF Patch: 'X y .'"),
        (b"A nothing\n", "line 1: made for another graph: the quad is there already, or no quad"),
    ],
)
def test_a_patch_for_another_graph_is_refused_with_its_line(patch: bytes, message: str) -> None:
    with pytest.raises(diff.PatchError) as error:
        diff.patched(ntriples.write_quads(OLD), patch)
    assert str(error.value).startswith(message)


def test_an_aborted_transaction_changes_nothing() -> None:
    quads = ntriples.write_quads(OLD)
    body = diff.rdf_patch(OLD, NEW).replace(b"TC .\n", b"TA .\n")
    assert diff.patched(quads, body) == quads
    assert diff.patched(quads, body + b"\n" + diff.rdf_patch(OLD, NEW)) == ntriples.write_quads(NEW)
