from __future__ import annotations

import pytest
from handmade import BENCH, EXTRACTIONS, ONTOLOGY, TINY, claim, extraction, graph, paper

from kg.graph import assemble
from kg.lexicon import Decision
from kg.model import Claim, Edge, Evidence, Extraction
from kg.resolve import paper_id

GRAPH = graph()


def edge(source: str, relation: str, target: str) -> Edge:
    return next(e for e in GRAPH.edges if e.key == (source, relation, target))


def test_every_paper_and_every_claimed_entity_is_a_node() -> None:
    types, relations = GRAPH.counts()
    assert types == {"Paper": 3, "Technique": 3, "Model": 1, "Benchmark": 2, "Hardware": 1, "Task": 1}
    assert relations["introduces"] == 2


def test_nodes_and_edges_are_sorted_and_unique() -> None:
    assert [n.id for n in GRAPH.nodes] == sorted({n.id for n in GRAPH.nodes})
    assert [e.key for e in GRAPH.edges] == sorted({e.key for e in GRAPH.edges})


def test_quotes_are_exact_slices_and_name_the_paper_node() -> None:
    papers = {paper_id(p): p for p in GRAPH.papers}
    for found in GRAPH.edges:
        for evidence in found.evidence:
            assert papers[evidence.paper].text(evidence.field)[evidence.start : evidence.end] == evidence.text


def test_what_a_paper_introduces_inherits_its_edges_as_derived_and_never_surer() -> None:
    inherited = edge("technique/tinytune", "evaluatedOn", "benchmark/gsm8k")
    direct = edge(paper_id(TINY), "evaluatedOn", "benchmark/gsm8k")
    assert (inherited.derived, direct.derived) == (True, False)
    assert inherited.confidence <= direct.confidence
    assert inherited.evidence == direct.evidence


def test_a_benchmark_inherits_nothing_because_it_is_no_artefact() -> None:
    assert not [e for e in GRAPH.edges if e.source == "benchmark/riddlebench"]


def test_background_and_introductions_are_not_inherited() -> None:
    assert {e.relation for e in GRAPH.edges if e.derived} == {"uses", "comparesWith", "evaluatedOn", "targets"}


def test_names_are_found_by_alias_case_and_id() -> None:
    assert [n.id for n in GRAPH.find("lora")] == ["technique/lora"]
    assert [n.id for n in GRAPH.find("low-rank Adaptation")] == ["technique/lora"]
    assert [n.id for n in GRAPH.find("technique/lora")] == ["technique/lora"]
    assert GRAPH.find("nothing") == ()


def test_a_graph_without_papers_is_the_graph_never_built_with_them() -> None:
    for gone in EXTRACTIONS:
        kept = [e for e in EXTRACTIONS if e is not gone]
        assert GRAPH.without({paper_id(gone.paper)}) == assemble(kept, ontology=ONTOLOGY)


def test_the_union_of_two_graphs_is_the_graph_of_both() -> None:
    first, rest = assemble(EXTRACTIONS[:1], ontology=ONTOLOGY), assemble(EXTRACTIONS[1:], ontology=ONTOLOGY)
    assert first | rest == rest | first == GRAPH
    assert GRAPH | GRAPH == GRAPH


def test_of_two_relations_to_one_entity_the_first_of_the_guide_wins() -> None:
    of = paper("AlphaBench", "We evaluate on AlphaBench. We introduce AlphaBench.")
    claims = tuple(claim(of, "AlphaBench", "Benchmark", relation) for relation in ("evaluatedOn", "introduces"))
    both = Extraction(paper=of, claims=claims)
    (only,) = assemble([both], ontology=ONTOLOGY).edges
    assert only.relation == "introduces"


def test_an_impossible_pair_is_rejected_with_its_reason() -> None:
    of = paper("On GSM8K", "GSM8K")
    result = assemble([extraction(of, ("GSM8K", "Benchmark", "targets"))], ontology=ONTOLOGY)
    assert result.edges == ()
    assert [(p, r.reason) for p, r in result.rejections] == [(paper_id(of), "targets cannot point at a Benchmark")]


def test_a_dropped_name_is_rejected_by_the_decision() -> None:
    drop = Decision(verb="drop", type="Technique", names=("QLoRA",), why="too small", where="decisions.yaml:3")
    result = graph((drop,))
    assert not result.find("QLoRA")
    assert [r.reason for _, r in result.rejections] == ["dropped by decisions.yaml:3: too small"]
    assert result.unmatched == ()


def test_more_evidence_never_lowers_confidence() -> None:
    of = paper("LoRA here", "LoRA")
    weak = Extraction(paper=of, claims=(claim(of, "LoRA", "Technique", "uses", confidence=0.2),))
    before = {e.key: e.confidence for e in GRAPH.edges}
    after = {e.key: e.confidence for e in (GRAPH | assemble([weak], ontology=ONTOLOGY)).edges}
    assert all(after[key] >= confidence for key, confidence in before.items())


def test_of_two_extractions_of_one_paper_the_fuller_counts() -> None:
    thin = Extraction(paper=TINY, claims=EXTRACTIONS[0].claims[:1])
    assert (
        assemble([thin, *EXTRACTIONS], ontology=ONTOLOGY) == assemble([*EXTRACTIONS, thin], ontology=ONTOLOGY) == GRAPH
    )


def test_only_the_artefact_of_the_title_inherits() -> None:
    of = paper("Main: a tuner", "We propose Main and its component Part. Main uses Adam.")
    result = assemble(
        [
            extraction(
                of,
                ("Main", "Technique", "introduces"),
                ("Part", "Technique", "introduces"),
                ("Adam", "Technique", "uses"),
            )
        ],
        ontology=ONTOLOGY,
    )
    assert {e.source for e in result.edges if e.derived} == {"technique/main"}


def test_a_survey_that_introduces_nothing_gives_no_derived_edge() -> None:
    assert not [e for e in GRAPH.without({paper_id(TINY), paper_id(BENCH)}).edges if e.derived]


def test_networkx_gets_unique_edge_keys_and_a_fresh_graph() -> None:
    first, second = GRAPH.to_networkx(), GRAPH.to_networkx()
    assert first is not second
    assert first.number_of_nodes() == len(GRAPH.nodes)
    assert len({key for _, _, key in first.edges(keys=True)}) == len(GRAPH.edges)


def test_rdflib_gets_the_plain_triples() -> None:
    found = GRAPH.to_rdflib()
    uses = ONTOLOGY.iri("kg:uses")
    assert len([t for t in found if str(t[1]) == uses]) == sum(e.relation == "uses" for e in GRAPH.edges)


def test_a_notebook_gets_a_sandboxed_frame() -> None:
    html = GRAPH._repr_html_()
    assert html.startswith("<iframe")
    assert "sandbox=" in html


def test_claims_without_evidence_cannot_reach_the_graph() -> None:
    bare = Claim(name="X", type="Technique", relation="uses", confidence=1, evidence=(), votes=())
    with pytest.raises(ValueError, match="without evidence"):
        assemble([Extraction(paper=TINY, claims=(bare,))], ontology=ONTOLOGY)
    assert Evidence(paper="p", field="title", start=0, end=1, text="x").text == "x"
