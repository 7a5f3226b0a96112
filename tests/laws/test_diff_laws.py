"""The laws of a difference: applied to the old graph it gives the new one, as values and as RDF, whatever they hold."""

from __future__ import annotations

import pyoxigraph
from handmade import ONTOLOGY, claim, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import diff
from kg.decisions import REJECT, Decision
from kg.exporters import ntriples
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction

NAMES = ("LoRA", "lora", "low-rank adaptation", "GPT-4", "GPT-4o", "GSM8K", "A100 GPU", "prüning\u2028", 'a "q" \\ b')
RANGES = {r.name: r.range for r in ONTOLOGY.relations if "Paper" in r.domain}
DECISIONS = (
    Decision(verb="merge", type="Model", names=("GPT-4", "GPT-4o"), to="GPT-4", where="decisions.yaml:2"),
    Decision(verb="drop", type="Benchmark", names=("GSM8K",), where="decisions.yaml:5"),
    Decision(verb=REJECT, type="Technique", names=("LoRA",), source="Paper 1\u2028", relation="uses", where="d.yaml:8"),
)
words = st.text(st.sampled_from('ab \u0085\u2028\u00e9\U0001f600\n\t"\\'), max_size=6)


@st.composite
def graphs(draw: st.DrawFn) -> KnowledgeGraph:
    """A graph of up to four papers: few names, so that two graphs have much in common."""
    found = []
    for number in draw(st.sets(st.integers(0, 4))):
        chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
        of = paper(
            f"Paper {number}\u2028", f"Text {draw(words)}. {'; '.join(chosen)}", year=2020 + draw(st.integers(0, 1))
        )
        claims = []
        for name in chosen:
            relation = draw(st.sampled_from(sorted(RANGES)))
            kind = draw(st.sampled_from(RANGES[relation]))
            aliases = ("LoRA",) if name == "low-rank adaptation" and "LoRA" in chosen else ()
            confidence = draw(st.sampled_from((0.2, 0.5, 0.95)))
            claims.append(claim(of, name, kind, relation, confidence=confidence, aliases=aliases))
        found.append(Extraction(paper=of, claims=tuple(claims)))
    decisions = draw(st.lists(st.sampled_from(DECISIONS), unique=True))
    return assemble(found, ontology=ONTOLOGY, decisions=decisions)


@given(graphs(), graphs())
@settings(max_examples=120, deadline=None)
def test_a_difference_applied_to_the_old_graph_gives_the_new_one(old: KnowledgeGraph, new: KnowledgeGraph) -> None:
    difference = diff.from_json(diff.to_json(diff.diff(old, new)))
    assert difference == diff.diff(old, new)
    assert diff.applied(difference, old.nodes, old.edges) == (new.nodes, new.edges)
    assert bool(difference) == ((old.nodes, old.edges) != (new.nodes, new.edges))


@given(graphs(), graphs())
@settings(max_examples=120, deadline=None)
def test_the_patch_makes_the_quads_of_the_old_graph_those_of_the_new(old: KnowledgeGraph, new: KnowledgeGraph) -> None:
    patch = diff.rdf_patch(old, new)
    assert patch == diff.rdf_patch(old, new)
    assert diff.patched(ntriples.write_quads(old), patch) == ntriples.write_quads(new)
    assert diff.patched(ntriples.write_quads(new), diff.rdf_patch(new, old)) == ntriples.write_quads(old)


@given(graphs(), graphs())
@settings(max_examples=30, deadline=None)
def test_every_row_of_a_patch_is_a_quad_to_an_independent_parser(old: KnowledgeGraph, new: KnowledgeGraph) -> None:
    def quads(data: bytes) -> set[pyoxigraph.Quad]:
        return set(pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.N_QUADS))

    store = quads(ntriples.write_quads(old))
    for row in diff.rdf_patch(old, new).decode().split("\n"):
        if row.startswith("D "):
            store -= quads(row[2:].encode())
        elif row.startswith("A "):
            store |= quads(row[2:].encode())
    assert store == quads(ntriples.write_quads(new))


@given(graphs(), graphs())
@settings(max_examples=60, deadline=None)
def test_the_text_counts_what_the_difference_holds(old: KnowledgeGraph, new: KnowledgeGraph) -> None:
    text, found = diff.to_text(old, new, limit=1000), diff.diff(old, new)
    if not found:
        assert text == "no difference"
        return
    lines = text.splitlines()
    assert lines[1].startswith(f"nodes: {len(found.nodes.appeared)} appeared, {len(found.nodes.vanished)} vanished, ")
    assert lines[2].startswith(f"edges: {len(found.edges.appeared)} appeared, {len(found.edges.vanished)} vanished, ")
    parts = (found.papers, found.nodes, found.edges, found.merges)
    for sign, count in (
        ("+ ", sum(len(p.appeared) for p in parts)),
        ("- ", sum(len(p.vanished) for p in parts)),
        ("~ ", sum(len(p.changed) for p in parts)),
    ):
        assert sum(line.startswith(sign) for line in lines) == count
