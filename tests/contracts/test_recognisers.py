"""What every recogniser and relater owes: spans inside the text, the same votes every time, known types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import ontology, recognise, relate
from kg.lexicon import Lexicon, Name
from kg.model import Fact, Paper
from kg.recognise.candidate import Candidate
from kg.recognise.known import Matcher

ONTOLOGY = ontology.load()
NAMES = Matcher(
    Lexicon(
        names=(
            Name(name="LoRA", type="Technique"),
            Name(name="GPT-3.5", type="Model", aliases=("GPT 3.5 turbo",)),
            Name(name="C++", type="Technique"),
            Name(name="λ-Net", type="Model", guard="case"),
            Name(name="orbit", type="Benchmark", guard="context"),
        )
    )
)
WORDS = st.sampled_from(
    (
        *(
            "We propose",
            "introduce",
            "LoRA",
            "GPT-3.5",
            "C++",
            "λ-Net",
            "orbit",
            "(",
            ")",
            ",",
            ".",
            ":",
            "such as",
            "datasets",
        ),
        *(
            "benchmarks",
            "7B and 13B",
            "é",
            "😀",
            "*",
            "$x$",
            "outperforms",
            "on the",
            "called",
            "models",
            "(QX)",
            "/",
            "-",
        ),
        *("Quick Xylophone", "WMT'14 En-De", "NVIDIA", "GPUs", "\n", "network", "novel", "and", "methods like", "in"),
    )
)
TEXT = st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.text(max_size=120))


@pytest.mark.parametrize("name", recognise.RECOGNISERS.names())
@settings(max_examples=60, deadline=None)
@given(title=TEXT, abstract=TEXT)
def test_votes_lie_inside_the_text_and_repeat(name: str, title: str, abstract: str) -> None:
    vote: Any = recognise.RECOGNISERS.get(name)
    paper = Paper(id="p", title=title, abstract=abstract)
    votes = list(vote(paper, names=NAMES, ontology=ONTOLOGY))
    assert votes == list(vote(paper, names=NAMES, ontology=ONTOLOGY))
    for c in votes:
        assert isinstance(c, Candidate)
        assert 0 <= c.span.start < c.span.end <= len(paper.text(c.span.field))
        assert c.span.within(paper).strip()
        assert c.name
        assert 0 < c.score <= 1
        assert 0 < c.told <= 1
        ONTOLOGY.type(c.type)


@settings(max_examples=80, deadline=None)
@given(title=TEXT, abstract=TEXT)
def test_claims_quote_exactly_and_are_allowed(title: str, abstract: str) -> None:
    fact = Fact(relation="uses", type="Technique", name="LoRA")
    paper = Paper(id="p", title=title, abstract=abstract, facts=(fact,))
    mentions, refused = recognise.mentions(paper, names=NAMES, ontology=ONTOLOGY)
    claims, impossible = relate.claims(paper, mentions, ONTOLOGY)
    assert (mentions, refused) == recognise.mentions(paper, names=NAMES, ontology=ONTOLOGY)
    assert (claims, impossible) == relate.claims(paper, mentions, ONTOLOGY)
    for claim in claims:
        assert claim.evidence
        assert 0 < claim.confidence <= 1
        assert ONTOLOGY.relation(claim.relation).allows("Paper", claim.type)
        assert len({v.rule for v in claim.votes}) == len(claim.votes)
        assert all(paper.text(e.field)[e.start : e.end] == e.text for e in claim.evidence)
    for rejection in (*refused, *impossible):
        assert rejection.reason
        assert all(paper.text(e.field)[e.start : e.end] == e.text for e in rejection.evidence)


@pytest.mark.parametrize("registry", [recognise.RECOGNISERS, relate.RELATERS])
def test_every_plug_in_says_what_it_does(registry: Any) -> None:
    for _, plug_in in registry.items():
        assert plug_in.__doc__


def test_the_built_in_plug_ins_are_all_there() -> None:
    assert recognise.RECOGNISERS.names()[:2] == ("known", "patterns")
    assert relate.RELATERS.names()[:1] == ("learned",)


@pytest.mark.parametrize(
    "text",
    [
        "(A" * 20_000,
        "LoRA, " * 8_000,
        "A-" * 30_000,
        "We propose " * 6_000,
        "datasets such as A1, " * 3_000,
        "7B and " * 9_000,
    ],
)
def test_hostile_lengths_take_no_more_than_their_share(text: str) -> None:
    paper = Paper(id="p", title="t", abstract=text)
    mentions, _ = recognise.mentions(paper, names=NAMES, ontology=ONTOLOGY)
    relate.claims(paper, mentions, ONTOLOGY)
