"""Graphs to draw, made of rows of (name, type, relation)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kg import ontology
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Paper, Vote

HOSTILE: list[str] = json.loads((Path(__file__).parent / "samples" / "hostile.json").read_text(encoding="utf-8"))
Row = tuple[str, str, str]


def extraction(number: int, rows: Sequence[Row], *, title: str = "", url: str = "") -> Extraction:
    """What one paper says, with each name quoted from a sentence of its own."""
    text, claims = "", []
    for relation, kind, name in rows:
        start = len(text) + len("Here ")
        text += f"Here {name} is named. "
        place = Evidence(paper=f"p{number}", field="abstract", start=start, end=start + len(name), text=name)
        claims.append(
            Claim(
                name=name,
                type=kind,
                relation=relation,
                confidence=0.9,
                evidence=(place,),
                votes=(Vote(rule="t", score=1.0),),
            )
        )
    paper = Paper(id=f"p{number}", title=title or f"Paper {number}", abstract=text, url=url, arxiv=f"2401.{number:05}")
    return Extraction(paper=paper, claims=tuple(claims))


def graph_of(*papers: Sequence[Row], **kwargs: Any) -> KnowledgeGraph:
    return assemble([extraction(i, rows, **kwargs) for i, rows in enumerate(papers)], ontology=ontology.load())


def star(count: int, *, spokes: int = 3) -> KnowledgeGraph:
    """Each paper introduces one technique that uses LoRA and a few techniques shared with its neighbours."""
    return graph_of(
        *(
            [
                ("introduces", "Technique", f"Method {i}x"),
                ("uses", "Technique", "LoRA"),
                *(("uses", "Technique", f"Shared {(i + k) % count}y") for k in range(spokes)),
            ]
            for i in range(count)
        )
    )


SMALL = (
    [("introduces", "Model", "MetaMath"), ("uses", "Technique", "LoRA"), ("evaluatedOn", "Benchmark", "GSM8K")],
    [("uses", "Technique", "LoRA"), ("mentions", "Model", "GPT-4")],
    [("introduces", "Technique", "QLoRA"), ("uses", "Technique", "quantization"), ("targets", "Hardware", "GPU")],
)
