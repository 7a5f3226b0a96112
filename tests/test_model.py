from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.model import (
    Edge,
    Evidence,
    ExportError,
    Fact,
    KGError,
    LexiconError,
    OntologyError,
    Paper,
    QueryError,
    ReadError,
    Span,
    StoreError,
    WriteError,
    digest,
    fold,
    name_key,
    title_key,
)


def test_every_error_is_a_kg_error_and_reads_as_one_line() -> None:
    for error in (ReadError, OntologyError, LexiconError, StoreError, WriteError, ExportError, QueryError):
        assert issubclass(error, KGError)
        assert str(error("bad", where="f:3", hint="do this")) == "f:3: bad (do this)"
    assert str(KGError("bad")) == "bad"


def test_key_prefers_arxiv_then_doi_then_the_folded_title() -> None:
    assert Paper(id="x", title="T", arxiv="2401.1", doi="10.1/X").key() == "arxiv:2401.1"
    assert Paper(id="x", title="T", doi="10.1/X").key() == "doi:10.1/x"
    assert Paper(id="x", title="A  b: C").key() == Paper(id="y", title="a B C").key()
    assert Paper(id="x", title="CodeT5+").key() != Paper(id="x", title="CodeT5").key()


def test_curated_facts_are_a_text_one_a_line() -> None:
    facts = (Fact(relation="uses", type="Technique", name="LoRA"), Fact(relation="uses", type="Model", name="OPT"))
    paper = Paper(id="p", title="T", abstract="A", facts=facts)
    assert paper.text("curated") == "uses Technique LoRA\nuses Model OPT"
    assert Span(field="curated", start=15, end=19).within(paper) == "LoRA"
    assert (paper.text("title"), paper.text("abstract")) == ("T", "A")


def test_an_edge_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="without evidence"):
        Edge(source="a", relation="r", target="b", confidence=1, evidence=())


def test_an_edge_counts_papers_not_quotes() -> None:
    evidence = tuple(Evidence(paper=p, field="title", start=0, end=1, text="x") for p in ("p1", "p1", "p2"))
    edge = Edge(source="a", relation="r", target="b", confidence=1, evidence=evidence)
    assert (edge.papers, edge.support, edge.id) == (("p1", "p2"), 2, digest("a\tr\tb"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("GPT-4", "gpt 4"),
        ("GPT4", "GPT-4"),
        ("Chain-of-Thought", "chain of thought"),
        ("pre-training", "pretraining"),
        ("GPUs", "GPU"),
        ("LoRA", "LoRA\u200b"),
        ("knowledge distillation", "Knowledge\u00a0Distillations"),
        ("ﬁne-tuning", "fine tuning"),
    ],
)
def test_spelling_variants_have_one_key(left: str, right: str) -> None:
    assert name_key(left) == name_key(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("GPT-4", "GPT-4o"),
        ("LLaMA-2 7B", "LLaMA 27B"),
        ("VOC2007", "VOC2012"),
        ("MMLU", "MMLU-Pro"),
        ("GPT-3.5", "GPT-35"),
        ("CodeT5", "CodeT5+"),
        ("BERT", "RoBERTa"),
        ("C", "C++"),
    ],
)
def test_different_things_have_different_keys(left: str, right: str) -> None:
    assert name_key(left) != name_key(right)


@given(st.text())
def test_folding_twice_changes_nothing_for_keys(text: str) -> None:
    assert title_key(title_key(text)) == title_key(text)
    assert fold(fold(text)) == fold(fold(fold(text)))
    assert len(digest(text)) == 16
