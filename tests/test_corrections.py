"""Decisions about single edges: what they do to a graph, what they leave behind, and what they cannot do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from handmade import EXTRACTIONS, ONTOLOGY, TINY, claim, extraction, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.decisions import CONFIRM, REJECT, Decision
from kg.graph import KnowledgeGraph, assemble
from kg.model import Edge, Evidence, Extraction, Rejection
from kg.queries import format_explanation, why, why_not
from kg.resolve import paper_id

PAPER = paper_id(TINY)


def decision(verb: str, name: str, type_name: str, relation: str, **more: str) -> Decision:
    given = {"source": TINY.title, "where": "decisions.yaml:7", "why": "we looked", **more}
    return Decision(verb=verb, type=type_name, names=(name,), relation=relation, **given)


def built(*decisions: Decision, extractions: tuple[Extraction, ...] = EXTRACTIONS) -> KnowledgeGraph:
    return assemble(extractions, ontology=ONTOLOGY, decisions=decisions)


def edges(graph: KnowledgeGraph) -> dict[tuple[str, str, str], Edge]:
    return {e.key: e for e in graph.edges}


def test_a_rejected_edge_is_gone_with_what_rests_on_it_and_both_are_told() -> None:
    graph = built(decision(REJECT, "GSM8K", "Benchmark", "evaluatedOn"))
    assert (PAPER, "evaluatedOn", "benchmark/gsm8k") not in edges(graph)
    assert ("technique/tinytune", "evaluatedOn", "benchmark/gsm8k") not in edges(graph)
    assert not graph.find("GSM8K")
    assert graph.unmatched == ()
    assert [(p, r.reason) for p, r in graph.rejections] == [
        (PAPER, "TinyTune evaluatedOn it, which rests on what is rejected by decisions.yaml:7: we looked"),
        (PAPER, "evaluatedOn rejected by decisions.yaml:7: we looked"),
    ]
    told = format_explanation(why_not(graph, "GSM8K"))
    assert "GSM8K (Benchmark) was refused: evaluatedOn rejected by decisions.yaml:7: we looked" in told
    assert "It beats QLoRA on «GSM8K»" in told


def test_a_derived_edge_that_another_paper_implies_too_stays() -> None:
    again = paper("TinyTune Revisited", "TinyTune is new here. It is measured on GSM8K.", year=2025)
    more = extraction(again, ("TinyTune", "Technique", "introduces"), ("GSM8K", "Benchmark", "evaluatedOn"))
    graph = built(decision(REJECT, "GSM8K", "Benchmark", "evaluatedOn"), extractions=(*EXTRACTIONS, more))
    assert edges(graph)["technique/tinytune", "evaluatedOn", "benchmark/gsm8k"].papers == (paper_id(again),)
    assert [r.reason for _, r in graph.rejections] == ["evaluatedOn rejected by decisions.yaml:7: we looked"]


def test_a_rejected_introduction_takes_all_that_was_inherited() -> None:
    graph = built(decision(REJECT, "TinyTune", "Technique", "introduces"))
    assert not [e for e in graph.edges if e.derived]
    assert not graph.find("technique/tinytune")
    assert len(graph.rejections) == 1 + 4


def test_a_rejected_derived_edge_leaves_what_it_was_derived_from() -> None:
    graph = built(decision(REJECT, "LoRA", "Technique", "uses", source="TinyTune", source_type="Technique"))
    assert ("technique/tinytune", "uses", "technique/lora") not in edges(graph)
    assert (PAPER, "uses", "technique/lora") in edges(graph)
    ((where, refused),) = graph.rejections
    assert (where, refused.name, refused.reason) == (
        PAPER, "LoRA", "TinyTune uses it, rejected by decisions.yaml:7: we looked",
    )  # fmt: skip
    assert refused.evidence


def test_when_one_relation_is_rejected_the_next_that_the_paper_claims_counts() -> None:
    of = paper("Alpha", "We evaluate on Alpha. We use Alpha.")
    claims = tuple(claim(of, "Alpha", "Benchmark", relation) for relation in ("evaluatedOn", "uses"))
    reject = decision(REJECT, "Alpha", "Benchmark", "evaluatedOn", source=of.key())
    (only,) = built(reject, extractions=(Extraction(paper=of, claims=claims),)).edges
    assert only.relation == "uses"


def test_a_confirmed_edge_is_sure_and_says_by_whom_and_what_is_derived_is_as_sure_as_the_rest() -> None:
    graph = built(decision(CONFIRM, "smartphone", "Hardware", "targets", by="Ada"))
    confirmed = edges(graph)[PAPER, "targets", graph.find("smartphones")[0].id]
    assert confirmed.confidence == 1.0
    assert "confirmed by decisions.yaml:7 (Ada)" in {v.rule for v in confirmed.votes}
    assert edges(graph)["technique/tinytune", "targets", confirmed.target].confidence == 0.9
    told = format_explanation(why(graph, TINY.title, "targets"))
    assert "\n  confirmed by decisions.yaml:7 (Ada): we looked\n" in told
    assert "1 paper, confidence 1, direct" in told
    assert graph.unmatched == ()


def test_a_confirmed_derived_edge_is_sure_too() -> None:
    graph = built(decision(CONFIRM, "LoRA", "Technique", "uses", source="tinytune", source_type="Technique"))
    found = edges(graph)["technique/tinytune", "uses", "technique/lora"]
    assert (found.confidence, found.derived) == (1.0, True)
    assert edges(graph)[PAPER, "uses", "technique/lora"].confidence == 0.9


def test_a_confirmation_may_change_the_relation_that_was_read() -> None:
    graph = built(decision(CONFIRM, "QLoRA", "Technique", "uses"))
    assert (PAPER, "uses", "technique/qlora") in edges(graph)
    assert (PAPER, "comparesWith", "technique/qlora") not in edges(graph)
    assert ("technique/tinytune", "uses", "technique/qlora") in edges(graph)


def refused(of: Extraction, name: str, type_name: str, *, field: str = "abstract") -> Extraction:
    start = of.paper.text(field).index(name)
    evidence = Evidence(paper=of.paper.key(), field=field, start=start, end=start + len(name), text=name)
    rejection = Rejection(name=name, type=type_name, reason="too weak", evidence=(evidence,))
    return replace(of, rejections=(rejection,))


def test_a_refused_candidate_that_is_confirmed_is_an_edge_with_its_evidence() -> None:
    weak = refused(EXTRACTIONS[0], "Adapters", "Task", field="title")
    graph = built(decision(CONFIRM, "adapters", "Technique", "uses"), extractions=(weak, *EXTRACTIONS[1:]))
    found = edges(graph)[PAPER, "uses", graph.find("Adapters")[0].id]
    assert (found.confidence, [e.text for e in found.evidence]) == (1.0, ["Adapters"])
    assert graph.rejections == ()
    assert graph.unmatched == ()
    assert graph.extractions[
        [e.paper for e in graph.extractions].index(TINY)
    ].rejections  # the extraction stays as read


def test_without_evidence_there_is_nothing_to_confirm() -> None:
    wanted = (
        decision(CONFIRM, "Zeta", "Technique", "uses"),
        decision(CONFIRM, "LoRA", "Technique", "uses", source="No Such Paper"),
        decision(CONFIRM, "GSM8K", "Benchmark", "uses", source="LoRA", source_type="Technique"),
        decision(REJECT, "GSM8K", "Benchmark", "uses", where="decisions.yaml:9"),
    )
    graph = built(*wanted)
    assert graph.edges == built().edges
    assert graph.unmatched == wanted
    assert wanted[0].dead == (
        "decisions.yaml:7: confirm-edge TinyTune: Cheap Adapters for Phones / uses / Zeta: "
        "nothing to confirm, for there is no evidence of it"
    )
    assert wanted[3].dead == (
        "decisions.yaml:9: reject-edge TinyTune: Cheap Adapters for Phones / uses / GSM8K matches nothing"
    )


@pytest.mark.parametrize("name", [TINY.title, TINY.title.upper(), PAPER, TINY.key(), TINY.id])
def test_a_paper_is_known_by_its_title_and_its_ids(name: str) -> None:
    assert built(decision(REJECT, "LoRA", "Technique", "uses", source=name)).unmatched == ()


def test_a_thing_is_known_by_all_its_names_also_after_a_merge() -> None:
    merge = Decision(verb="merge", type="Technique", names=("LoRA", "QLoRA"), to="QLoRA", where="decisions.yaml:2")
    graph = built(merge, decision(REJECT, "low-rank adaptation", "Technique", "uses"))
    assert (PAPER, "uses", "technique/qlora") not in edges(graph)
    assert (PAPER, "comparesWith", "technique/qlora") in edges(graph)
    assert graph.unmatched == ()


def test_decisions_survive_rebuilding_removing_and_merging() -> None:
    rules = (
        decision(REJECT, "GSM8K", "Benchmark", "evaluatedOn"),
        decision(CONFIRM, "LoRA", "Technique", "uses", where="decisions.yaml:9"),
    )
    whole = built(*rules)
    assert built(*rules, extractions=whole.extractions) == whole
    parts = [built(*rules, extractions=(e,)) for e in EXTRACTIONS]
    assert (parts[0] | parts[1] | parts[2]).edges == whole.edges
    rest = tuple(e for e in EXTRACTIONS if e.paper is not TINY)
    assert whole.without({PAPER}) == built(*rules, extractions=rest)


EDGES = sorted(e.key for e in built().edges)


@given(st.sets(st.sampled_from(EDGES), max_size=5), st.randoms())
@settings(max_examples=50, deadline=None)
def test_what_is_rejected_is_gone_and_told_whatever_it_is(
    chosen: set[tuple[str, str, str]], random: st.DataObject
) -> None:
    plain = built()
    rules = [
        decision(
            REJECT,
            plain.by_id[target].name,
            plain.by_id[target].type,
            relation,
            source=source if source.startswith("paper/") else plain.by_id[source].name,
            source_type="" if source.startswith("paper/") else plain.by_id[source].type,
            where=f"decisions.yaml:{number}",
        )
        for number, (source, relation, target) in enumerate(sorted(chosen))
    ]
    graph = built(*rules)
    assert not chosen & set(edges(graph))
    assert set(edges(graph)) <= set(edges(plain))
    for key in set(edges(plain)) - set(edges(graph)):
        names = {plain.by_id[key[2]].name, *plain.by_id[key[2]].aliases}
        assert any(r.name in names and "rejected by decisions.yaml:" in r.reason for _, r in graph.rejections)
    random.shuffle(rules)  # type: ignore[attr-defined]
    assert built(*rules).edges == graph.edges
