"""The laws of the graph, on random sets of extractions: order, batching, retraction, union, evidence."""

from __future__ import annotations

from handmade import ONTOLOGY, claim, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import rdf
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction
from kg.resolve import paper_id

NAMES = ("LoRA", "lora", "low-rank adaptation", "GPT-4", "GPT-4o", "GSM8K", "A100 GPU", "pruning", "Zeta")
RANGES = {r.name: r.range for r in ONTOLOGY.relations if "Paper" in r.domain}


@st.composite
def extractions(draw: st.DrawFn) -> list[Extraction]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5))
        of = paper(f"Paper {number} on {' and '.join(chosen)}", "Text. " + "; ".join(chosen), year=2020 + number)
        claims = []
        for name in chosen:
            relation = draw(st.sampled_from(sorted(RANGES)))
            kind = draw(st.sampled_from(RANGES[relation]))
            aliases = ("LoRA",) if name == "low-rank adaptation" and "LoRA" in chosen else ()
            confidence = draw(st.floats(0.05, 1))
            claims.append(claim(of, name, kind, relation, confidence=confidence, aliases=aliases))
        found.append(Extraction(paper=of, claims=tuple(claims)))
    return found


def built(found: list[Extraction]) -> KnowledgeGraph:
    return assemble(found, ontology=ONTOLOGY)


@given(extractions(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_order_does_not_matter(found: list[Extraction], random: st.DataObject) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = built(found), built(shuffled)
    assert first == second
    assert rdf.ntriples(rdf.triples(first.nodes, first.edges, ONTOLOGY)) == rdf.ntriples(
        rdf.triples(second.nodes, second.edges, ONTOLOGY)
    )


@given(extractions(), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_two_graphs_merged_are_the_graph_of_all(found: list[Extraction], cut: int) -> None:
    assert built(found[:cut]) | built(found[cut:]) == built(found)


@given(extractions(), st.sets(st.integers(0, 5)))
@settings(max_examples=60, deadline=None)
def test_papers_taken_out_leave_no_trace(found: list[Extraction], gone: set[int]) -> None:
    doomed = {paper_id(e.paper) for i, e in enumerate(found) if i in gone}
    kept = [e for i, e in enumerate(found) if i not in gone]
    assert built(found).without(doomed) == built(kept)


@given(extractions())
@settings(max_examples=60, deadline=None)
def test_every_claim_is_an_edge_or_a_rejection_and_every_quote_a_slice(found: list[Extraction]) -> None:
    graph = built(found)
    papers = {paper_id(p): p for p in graph.papers}
    for edge in graph.edges:
        assert edge.source in graph.by_id
        assert edge.target in graph.by_id
        assert edge.evidence
        for quote in edge.evidence:
            assert papers[quote.paper].text(quote.field)[quote.start : quote.end] == quote.text
    for extraction in graph.extractions:
        source = paper_id(extraction.paper)
        told = {r.name for p, r in graph.rejections if p == source}
        linked = {e.target for e in graph.outgoing.get(source, ())}
        for made in extraction.claims:
            assert made.name in told or {n.id for n in graph.find(made.name)} & linked


@given(extractions(), extractions())
@settings(max_examples=40, deadline=None)
def test_more_papers_never_lower_the_support_of_a_node(one: list[Extraction], more: list[Extraction]) -> None:
    small, large = built(one), built([*one, *more])
    assert {n.id for n in small.nodes if n.paper} <= {n.id for n in large.nodes}
