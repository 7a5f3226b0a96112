"""Claims: evidence, aliases, curated facts."""

from __future__ import annotations

from dataclasses import replace

from kg import ontology, recognise, relate
from kg.lexicon import Lexicon, Name
from kg.model import Claim, Fact, Paper, Rejection
from kg.recognise.known import Matcher

ONTOLOGY = ontology.load()
NAMES = Matcher(
    Lexicon(
        names=(
            Name(name="retrieval-augmented generation", type="Technique", aliases=("RAG",)),
            Name(name="GPT-4", type="Model"),
        )
    )
)


def _claims(paper: Paper) -> tuple[dict[str, Claim], tuple[Rejection, ...]]:
    mentions, _ = recognise.mentions(paper, names=NAMES, ontology=ONTOLOGY)
    claims, refused = relate.claims(paper, mentions, ONTOLOGY)
    return {claim.name: claim for claim in claims}, refused


def test_every_occurrence_is_evidence() -> None:
    paper = Paper(id="p", title="On RAG", abstract="We use retrieval-augmented generations (RAG) and RAG again.")
    claims, _ = _claims(paper)
    claim = claims["retrieval-augmented generation"]
    assert [e.text for e in claim.evidence] == ["RAG", "retrieval-augmented generations", "RAG", "RAG"]
    assert {e.paper for e in claim.evidence} == {paper.key()}
    assert claim.aliases == ("RAG",)


def test_votes_of_recognisers_and_relaters_stay_with_the_claim() -> None:
    claims, _ = _claims(Paper(id="p", title="t", abstract="We train. It outperforms GPT-4."))
    rules = {v.rule for v in claims["GPT-4"].votes}
    assert {"known", "cue:outperforms"} <= rules
    assert 0 < claims["GPT-4"].confidence < 1


def test_the_place_of_a_listed_size_is_no_alias() -> None:
    claims, _ = _claims(Paper(id="p", title="t", abstract="We prune Falcata 7B and 13B."))
    assert claims["Falcata-13B"].aliases == ()
    assert claims["Falcata-13B"].evidence[0].text == "Falcata 7B and 13B"


def test_an_impossible_pair_is_refused_with_the_reason() -> None:
    _, refused = _claims(Paper(id="p", title="t", abstract="We train. We report results on GPT-4."))
    assert ("GPT-4", "evaluatedOn cannot point at a Model") in {(r.name, r.reason) for r in refused}


def test_a_mention_that_nothing_may_point_at_is_no_claim() -> None:
    nothing = replace(ONTOLOGY, relations=tuple(replace(r, range=()) for r in ONTOLOGY.relations))
    paper = Paper(id="p", title="t", abstract="We use GPT-4.")
    mentions, _ = recognise.mentions(paper, names=NAMES, ontology=ONTOLOGY)
    claims, refused = relate.claims(paper, mentions, nothing)
    assert claims == ()
    assert refused


def test_a_curated_fact_is_a_claim_of_its_own_line() -> None:
    facts = (
        Fact(relation="uses", type="Technique", name="LoRA"),
        Fact(relation="evaluatedOn", type="Benchmark", name="GSM8K"),
    )
    paper = Paper(id="p", title="t", facts=facts)
    claims, refused = _claims(paper)
    assert refused == ()
    assert [e.text for e in claims["GSM8K"].evidence] == ["evaluatedOn Benchmark GSM8K"]
    assert claims["GSM8K"].evidence[0].field == "curated"
    assert (claims["LoRA"].confidence, claims["LoRA"].votes[0].rule) == (1.0, "curated")


def test_a_curated_fact_wins_over_the_text_and_keeps_its_evidence() -> None:
    fact = Fact(relation="comparesWith", type="Technique", name="RAG")
    paper = Paper(id="p", title="t", abstract="We use RAG.", facts=(fact,))
    claims, _ = _claims(paper)
    assert set(claims) == {"RAG"}
    claim = claims["RAG"]
    assert (claim.relation, claim.confidence) == ("comparesWith", 1.0)
    assert [(e.field, e.text) for e in claim.evidence] == [("abstract", "RAG"), ("curated", str(fact))]
    assert claim.aliases == ("retrieval-augmented generation",)
    assert {"curated", "known"} <= {v.rule for v in claim.votes}


def test_a_curated_name_in_the_title_is_evidence_too() -> None:
    fact = Fact(relation="introduces", type="Technique", name="Elm")
    claims, _ = _claims(Paper(id="p", title="elm: Elmwood or Elm", facts=(fact,)))
    assert [(e.field, e.text) for e in claims["Elm"].evidence] == [
        ("title", "elm"),
        ("title", "Elm"),
        ("curated", str(fact)),
    ]


def test_a_title_whose_letters_change_length_in_lower_case_gives_no_false_offsets() -> None:
    fact = Fact(relation="introduces", type="Technique", name="Elm")
    claims, _ = _claims(Paper(id="p", title="İİ Elm", facts=(fact,)))
    assert [e.field for e in claims["Elm"].evidence] == ["curated"]


def test_a_curated_fact_that_cannot_be_is_refused_with_its_line() -> None:
    fact = Fact(relation="evaluatedOn", type="Task", name="sorting")
    claims, (refused,) = _claims(Paper(id="p", title="t", facts=(fact,)))
    assert claims == {}
    assert (refused.reason, refused.evidence[0].text) == ("evaluatedOn cannot point at a Task", str(fact))
