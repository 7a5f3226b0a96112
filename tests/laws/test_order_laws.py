"""Laws 1 to 3 with real files and real extraction: order, batching, splitting, removing, changing leave no trace."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from handmade import ONTOLOGY
from hypothesis import given, settings
from hypothesis import strategies as st
from lawful import outputs, unproved

from kg import pipeline, store
from kg.lexicon import Lexicon, Name
from kg.model import Paper
from kg.resolve import paper_id, works

NAMES = Lexicon(
    names=tuple(
        Name(name=name, type=kind, aliases=aliases, broader=broader, source="test")
        for name, kind, aliases, broader in (
            ("LoRA", "Technique", ("Low-Rank Adaptation",), ""),
            ("quantization", "Technique", (), ""),
            ("post-training quantization", "Technique", ("PTQ",), "quantization"),
            ("GPT-4", "Model", (), ""),
            ("LLaMA-7B", "Model", (), ""),
            ("GSM8K", "Benchmark", (), ""),
            ("A100 GPU", "Hardware", ("NVIDIA A100",), ""),
            ("question answering", "Task", ("QA",), ""),
        )
    )
)
USING = pipeline.setup(ONTOLOGY, NAMES)
SENTENCES = (
    "We propose TinyTune, a method that builds on LoRA and post-training quantization.",
    "We use Low-Rank Adaptation (LoRA) for question answering (QA).",
    "Quality Assurance (QA) is another matter, unlike question answering.",
    "It outperforms GPT-4 on GSM8K.",
    "We evaluate LLaMA-7B and GPT-4 on the GSM8K benchmark.",
    "All experiments run on one NVIDIA A100 GPU.",
    "RiddleBench, a benchmark of riddles, tests CLUES and CLUE.",
)
ids = st.integers(0, 5)
texts = st.lists(st.sampled_from(SENTENCES), max_size=4).map(" ".join)


@st.composite
def papers(draw: st.DrawFn) -> list[Paper]:
    return [
        Paper(id=f"p{n}", title=f"Report {n} on {draw(st.sampled_from(('TinyTune', 'riddles')))}", abstract=draw(texts))
        for n in draw(st.lists(ids, unique=True, min_size=1))
    ]


def built(folder: Path, *batches: Sequence[Paper]) -> Path:
    """A graph file, brought up to date batch by batch from files of one name."""
    target = folder / f"{len(list(folder.iterdir()))}.kg"
    for number, batch in enumerate(batches):
        source = folder / f"{target.stem}-{number}" / "papers.jsonl"
        source.parent.mkdir()
        rows = ({"id": p.id, "title": p.title, "abstract": p.abstract} for p in batch)
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        if batch:
            pipeline.update(target, [source], using=USING)
    return target


def said(target: Path) -> tuple[bytes, bytes]:
    return outputs(store.load(target))


@given(papers(), st.randoms(), st.integers(0, 6))
@settings(max_examples=12, deadline=None)
def test_order_batching_and_splitting_change_no_byte(found: list[Paper], random: st.DataObject, cut: int) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = said(built(folder, found))
        assert said(built(folder, shuffled[:cut], shuffled[cut:], shuffled[:1])) == whole
        halves = [store.load(built(folder, part)) for part in (shuffled[:cut], shuffled[cut:]) if part]
        assert outputs(halves[0] | halves[-1]) == outputs(halves[-1] | halves[0]) == whole


@given(papers(), st.sets(ids), ids, texts)
@settings(max_examples=12, deadline=None)
def test_removing_and_changing_papers_give_the_graph_built_afresh(
    found: list[Paper], gone: set[int], number: int, text: str
) -> None:
    kept = [p for i, p in enumerate(found) if i not in gone] or found[:1]
    changed = [replace(p, abstract=text) if i == number else p for i, p in enumerate(found)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        target = built(folder, found)
        pipeline.remove(target, [p.id for p in found if p not in kept], using=USING)
        assert said(target) == said(built(folder, kept))
        assert said(built(folder, found, changed)) == said(built(folder, changed))


@given(papers())
@settings(max_examples=12, deadline=None)
def test_whatever_is_extracted_is_proved_or_refused_with_a_reason(found: list[Paper]) -> None:
    graph = pipeline.build(*found, using=USING)
    assert list(unproved(graph)) == []
    assert {paper_id(p) for p in works(found)} == {n.id for n in graph.nodes if n.paper}
