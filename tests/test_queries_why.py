"""Why a node or an edge is in the graph, and why a candidate is not."""

from __future__ import annotations

import atlas
import pytest
from handmade import ONTOLOGY, claim, extraction, paper

from kg import __version__
from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Decision
from kg.model import Claim, Evidence, Extraction, Fact, QueryError, Rejection
from kg.queries import Explanation, format_explanation, why, why_not

GRAPH = atlas.graph()


def _text(explanation: Explanation) -> str:
    return format_explanation(explanation)


def test_a_node_is_explained_by_its_names_merges_support_and_edges() -> None:
    assert _text(why(GRAPH, "low-rank adaptations")) == (
        "LoRA is a Technique\n"
        "  id: technique/lora\n"
        "  support: 7 papers\n"
        "  also called: Low-Rank Adaptation\n"
        "  merged: Low-Rank Adaptation: defined as an acronym or alias, and all definitions agree\n"
        "  evaluated-on: 1\n"
        "    GLUE (1 paper, confidence 0.81, derived)\n"
        "  introduced by: 1\n"
        "    LoRA: Low-Rank Adaptation of Large Models (1 paper, confidence 0.9)\n"
        "  used by: 10\n"
        "    A Survey of Adapters (1 paper, confidence 0.9)\n"
        "    Experts or Adapters? (1 paper, confidence 0.9)\n"
        "    PocketLM: A Small Language Model (1 paper, confidence 0.9)\n"
        "    QLoRA: Adapters over Quantized Weights (1 paper, confidence 0.9)\n"
        "    TinyTune: Cheap Adapters for Phones (1 paper, confidence 0.9)\n"
        "    PocketLM (1 paper, confidence 0.81, derived)\n"
        "    QLoRA (1 paper, confidence 0.81, derived)\n"
        "    TinyTune (1 paper, confidence 0.81, derived)\n"
        "    MobileCoder: Code on the Go (1 paper, confidence 0.8)\n"
        "    MobileCoder (1 paper, confidence 0.72, derived)\n"
        "  uses: 1\n"
        "    GPT-3 (1 paper, confidence 0.81, derived)"
    )


@pytest.mark.parametrize("name", ["2305.00002", "arXiv:2305.00002", "QLoRA: Adapters over Quantized Weights"])
def test_a_paper_is_found_by_its_title_and_by_its_identifiers(name: str) -> None:
    explanation = why(GRAPH, name)
    assert explanation.node is not None
    assert explanation.node.id == "paper/arxiv-2305.00002"
    assert "\n  date: 2023-05\n  url: https://example.org/qlora\n" in _text(explanation)


def test_a_direct_edge_shows_every_sentence_with_its_words_marked() -> None:
    text = _text(why(GRAPH, atlas.LORA.title, "introduces", "LoRA"))
    assert text == (
        "LoRA: Low-Rank Adaptation of Large Models (Paper) introduces LoRA (Technique)\n"
        "  1 paper, confidence 0.9, direct\n"
        f"  votes (rules of paperatlas {__version__}): test 0.9\n"
        "  LoRA: Low-Rank Adaptation of Large Models (2021-06-17)\n"
        "    title: «LoRA»: «Low-Rank Adaptation» of Large Models\n"
        "    abstract: We propose «Low-Rank Adaptation» («LoRA»), cf. Sec. 2.\n"
        "  merged: Low-Rank Adaptation: defined as an acronym or alias, and all definitions agree"
    )


def test_a_derived_edge_shows_what_it_was_inherited_from() -> None:
    assert _text(why(GRAPH, "TinyTune", "evaluated on", "gsm8k")) == (
        "TinyTune (Technique) evaluated-on GSM8K (Benchmark)\n"
        "  1 paper, confidence 0.81, derived\n"
        f"  votes (rules of paperatlas {__version__}): test 0.9\n"
        "  TinyTune: Cheap Adapters for Phones (2024-02-03)\n"
        "    abstract: It beats QLoRA on «GSM8K» and runs on edge devices.\n"
        "  derived: inherited from the paper that introduced TinyTune\n"
        "  TinyTune: Cheap Adapters for Phones (2024-02-03)\n"
        "    title: «TinyTune»: Cheap Adapters for Phones\n"
        "    abstract: «TinyTune» builds on LoRA."
    )


@pytest.mark.parametrize("relation", ["evaluatedOn", "evaluated-on", "tested on", "EVALUATED ON"])
def test_a_relation_is_known_by_its_name_its_label_and_its_phrases(relation: str) -> None:
    assert len(why(GRAPH, "TinyTune", relation).reasons) == 1


def test_an_inverse_phrase_asks_the_other_way_round() -> None:
    users = why(GRAPH, "MoE", "used by").reasons
    assert {reason.target.name for reason in users} == {"MoE"}
    assert len(users) == 5
    assert why(GRAPH, "MoE", "used by", "SlimMoE").reasons[0].source.name == "SlimMoE"


def test_without_a_relation_all_edges_between_two_nodes_are_shown() -> None:
    reasons = why(GRAPH, "GSM8K", None, "PocketLM").reasons
    assert [(r.source.name, r.label, r.target.name) for r in reasons] == [("PocketLM", "evaluated-on", "GSM8K")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("LoRAA",), "do not know 'LoRAA' (did you mean 'LoRA' (Technique)"),
        (("qqqqqqqq",), "do not know 'qqqqqqqq' (kg query finds nodes)"),
        (("LoRA", "introduses"), "no relation called 'introduses' (did you mean introduce, introduces or introduced?)"),
        (("LoRA", "eats"), "no relation called 'eats' ("),
        (("LoRA", "qqqqq"), "no relation called 'qqqqq' (one of introduces, evaluated-on, targets,"),
        (("LoRA", "uses", "GSM8K"), "no edge says that 'LoRA' uses 'GSM8K' (kg why --not shows what was refused)"),
        (("LoRA", "targets"), "no edge says that 'LoRA' targets anything (there is: "),
        (("PocketLM", "uses", "GSM8K"), "uses 'GSM8K' (there is: 'PocketLM' evaluated-on 'GSM8K')"),
        (("LoRA", None, "FPGA"), "no edge says that 'LoRA' is linked to 'FPGA'"),
        (("LoRA", "uses", "FPGAA"), "do not know 'FPGAA' (did you mean 'FPGA' (Hardware)"),
    ],
)
def test_what_is_not_there_is_an_error_that_tells_what_there_is(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(QueryError) as error:
        why(GRAPH, *arguments)
    assert message in str(error.value)


def test_an_ambiguous_name_asks_for_an_id() -> None:
    one = paper("Aria: A System", "Aria (Ar) runs.", year=2024)
    other = paper("Arrow: A Set", "Arrow (Ar) is new.", year=2024)
    graph = assemble(
        [
            extraction(one, claim(one, "Aria", "Technique", "introduces", aliases=("Ar",))),
            extraction(other, claim(other, "Arrow", "Benchmark", "introduces", aliases=("Ar",))),
        ],
        ontology=ONTOLOGY,
    )
    with pytest.raises(QueryError, match=r"'Ar' names 2 nodes \(did you mean benchmark/arrow or technique/aria\?\)"):
        why(graph, "Ar")
    node = why(graph, "benchmark/arrow").node
    assert node is not None
    assert node.name == "Arrow"


def _curated() -> KnowledgeGraph:
    fact = Fact(relation="uses", type="Technique", name="LoRA")
    source = paper("A Paper\x1b[31m of\u202e Note", facts=(fact,), url="https://example.org/\x07")
    evidence = Evidence(paper="x", field="curated", start=0, end=len(str(fact)), text=str(fact))
    stale = Evidence(paper="x", field="abstract", start=3, end=7, text="LoRA")
    made = Claim(name="LoRA", type="Technique", relation="uses", confidence=1.0, evidence=(evidence, stale), votes=())
    return assemble([Extraction(paper=source, claims=(made,))], ontology=ONTOLOGY)


def test_curated_statements_and_quotes_that_lost_their_text_are_shown_as_they_are() -> None:
    text = _text(why(_curated(), "LoRA", "used by"))
    assert "    curated: «uses Technique LoRA»" in text
    assert "    abstract: «LoRA»" in text
    assert "votes" not in text


def test_text_of_papers_cannot_steer_the_terminal() -> None:
    graph = _curated()
    for text in (_text(why(graph, "LoRA")), _text(why(graph, "LoRA", "used by")), _text(why(graph, graph.nodes[0].id))):
        assert "A Paper\ufffd[31m of\ufffd Note" in text
        assert not set(text) & set("\x1b\u202e\x07")


def test_long_lists_of_edges_are_cut_and_say_so() -> None:
    sources = [paper(f"Paper Number {i}", "It uses LoRA.", year=2024) for i in range(15)]
    graph = assemble([extraction(s, ("LoRA", "Technique", "uses")) for s in sources], ontology=ONTOLOGY)
    text = _text(why(graph, "LoRA"))
    assert "  used by: 15\n" in text
    assert text.endswith("    … and 3 more")
    assert len(why(graph, "LoRA").edges) == 15


def test_a_node_without_edges_says_so() -> None:
    graph = assemble([extraction(paper("Alone", "Nothing."))], ontology=ONTOLOGY)
    assert _text(why(graph, "Alone")).endswith("  no edges")


def test_a_refused_candidate_is_shown_with_its_reason_and_sentence() -> None:
    assert _text(why_not(GRAPH, "methods")) == (
        "method (Technique) was refused: a generic word\n"
        "  A Survey of Adapters\n"
        "    abstract: The «method» itself is left aside."
    )


def test_all_refusals_of_a_paper_are_shown() -> None:
    assert _text(why_not(GRAPH, "A Survey of Adapters")).splitlines()[:2] == [
        "adapter (Technique) was refused: too short a name for a title word",
        "  A Survey of Adapters",
    ]


def test_a_decision_and_a_range_refuse_with_their_reason() -> None:
    drop = Decision(verb="drop", type="Model", names=("Guanaco",), why="an animal", where="decisions.yaml:3")
    graph = assemble(atlas.EXTRACTIONS, ontology=ONTOLOGY, decisions=(drop,))
    assert "Guanaco (Model) was refused: dropped by decisions.yaml:3: an animal" in _text(why_not(graph, "Guanaco"))


def test_a_name_that_was_never_refused_says_whether_it_is_known() -> None:
    assert _text(why_not(GRAPH, "LoRA")) == "LoRA: nothing of this name was refused; it is in the graph"
    for name, hint in (("methid", "did you mean method?"), ("GSM9K", "did you mean 'GSM8K' (Benchmark)?")):
        with pytest.raises(QueryError) as error:
            why_not(GRAPH, name)
        assert str(error.value) == f"nothing called {name!r} was found, and nothing of that name was refused ({hint})"


def test_aliases_of_a_node_find_its_refusals() -> None:
    refused = Rejection(name="Low-Rank Adaptation", type="Task", reason="a technique")
    source = paper("Other", "Text.")
    graph = assemble(
        [*atlas.EXTRACTIONS, Extraction(paper=source, claims=(), rejections=(refused,))], ontology=ONTOLOGY
    )
    assert "was refused: a technique" in _text(why_not(graph, "LoRA"))


def test_merges_are_told_with_the_reason_of_their_decision() -> None:
    merge = Decision(
        verb="merge", type="Technique", names=("LoRA", "QLoRA"), to="LoRA", why="one idea", where="decisions.yaml:2"
    )
    other = Decision(verb="drop", type="Model", names=("Guanaco",), why="no", where="s/decisions.yaml:2")
    graph = assemble(atlas.EXTRACTIONS, ontology=ONTOLOGY, decisions=(other, merge))
    assert "  merged: QLoRA: merged by decisions.yaml:2: one idea\n" in _text(why(graph, "LoRA"))
    told = _text(why(graph, atlas.QLORA.title, "introduces", "LoRA"))
    assert told.endswith("  merged: QLoRA: merged by decisions.yaml:2: one idea")


def test_a_family_says_that_no_paper_states_it() -> None:
    sources = [paper(f"Paper on {name}", f"It uses {name}.") for name in ("LLaMA", "LLaMA-7B")]
    graph = assemble([extraction(s, (s.title[9:], "Model", "uses")) for s in sources], ontology=ONTOLOGY)
    told = _text(why(graph, "LLaMA-7B", "variant of", "LLaMA"))
    assert "derived: no paper says so in these words; it follows from the names, by the rule above" in told
    assert "introduced" not in told


def _with_refusals() -> KnowledgeGraph:
    reject = Decision(
        verb="reject-edge", type="Benchmark", names=("GSM8K",), source=atlas.TINYTUNE.title, relation="evaluatedOn",
        why="another set", where="decisions.yaml:4", by="Ada",
    )  # fmt: skip
    apart = Decision(verb="keep-apart", type="Technique", names=("LoRA", "QLoRA"), why="two", where="decisions.yaml:9")
    return assemble(atlas.EXTRACTIONS, ontology=ONTOLOGY, decisions=(reject, apart))


def test_a_rejected_edge_is_told_with_its_decision_and_quote() -> None:
    assert _text(why_not(_with_refusals(), atlas.TINYTUNE.title, "evaluated on", "GSM8K")) == (
        "GSM8K (Benchmark) was refused: TinyTune evaluatedOn it, which rests on what is rejected by "
        "decisions.yaml:4 (Ada): another set\n"
        "  TinyTune: Cheap Adapters for Phones (2024-02-03)\n"
        "    abstract: It beats QLoRA on «GSM8K» and runs on edge devices.\n"
        "GSM8K (Benchmark) was refused: evaluatedOn rejected by decisions.yaml:4 (Ada): another set\n"
        "  TinyTune: Cheap Adapters for Phones (2024-02-03)\n"
        "    abstract: It beats QLoRA on «GSM8K» and runs on edge devices."
    )


def test_names_kept_apart_are_told() -> None:
    told = "LoRA and QLoRA are kept apart by decisions.yaml:9: two"
    assert _text(why_not(_with_refusals(), "QLoRA")) == told
    assert _text(why_not(_with_refusals(), "LoRA", None, "QLoRA")) == told


def test_what_was_refused_can_be_asked_by_relation_and_other_end() -> None:
    graph = _with_refusals()
    assert len(why_not(graph, "GSM8K", "evaluated on").refusals) == 2
    assert why_not(graph, "GSM8K", "targets").note == "nothing of the kind was refused: no paper was read to say so"
    assert why_not(graph, atlas.TINYTUNE.title, None, "LoRA").refusals == ()
    with pytest.raises(QueryError, match="nothing called 'qqqq'"):
        why_not(graph, "qqqq", "targets")
