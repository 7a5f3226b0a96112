"""Edges -> where the evidence of each lies, and the sentences that it takes, by chunks of papers.

A sentence is kept once, however many edges it shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from kg.explorer.quotes import NAME, QUOTED, marked, plain, stretches, units
from kg.model import Edge, Evidence, Node, Paper
from kg.view import View

PAPERS_A_CHUNK = 512
_FIELDS = {"abstract": 0, "title": 1, "curated": 2}

_Bounds = tuple[tuple[int, int], ...]
_Field = tuple[str, int]  # id of the paper, number of the field


def passages(
    graph: View, edges: Sequence[Edge], papers: Sequence[Node]
) -> tuple[list[list[list[int]]], tuple[dict[str, Any], ...]]:
    """Return a row for each edge, of places (number of the sentence, start and length of each mark), and the sentences.

    Sentences are numbered in the order of the papers, titles between abstracts and curated facts. The text of a title
    is left out where it is the name of its paper.
    """
    cut: dict[_Field, tuple[str, _Bounds]] = {}
    pieces: dict[_Field, set[tuple[int, int]]] = defaultdict(set)
    spots: list[dict[tuple[_Field, tuple[int, int]], list[tuple[int, int]]]] = []
    for edge in edges:
        found: dict[tuple[_Field, tuple[int, int]], list[tuple[int, int]]] = {}
        for item in edge.evidence:
            field = (item.paper, _FIELDS[item.field])
            held = cut.get(field)
            if held is None:
                held = cut[field] = _cut(graph, item)
            start, end = item.start, item.end
            piece = marked(held[1], start, end)
            found.setdefault((field, piece), []).append((start - piece[0], end - piece[0]))
            pieces[field].add(piece)
        spots.append(found)
    number: dict[tuple[_Field, tuple[int, int]], int] = {}
    chunks: list[dict[str, Any]] = []
    for begin in range(0, len(papers), PAPERS_A_CHUNK):
        chunk: dict[str, Any] = {"first": len(number), "paper": [], "kind": [], "text": [], "record": []}
        for at, node in enumerate(papers[begin : begin + PAPERS_A_CHUNK], begin):
            for kind in range(len(_FIELDS)):
                for start, end in sorted(pieces.get((node.id, kind), ())):
                    number[(node.id, kind), (start, end)] = len(number)
                    chunk["paper"].append(at)
                    chunk["kind"].append(kind)
                    text = plain(cut[node.id, kind][0][start:end], QUOTED)
                    chunk["text"].append("" if text == plain(node.name, NAME) else text)
            chunk["record"].append(_record(node.paper))
        chunks.append(chunk)
    rows = [
        [[number[spot], *_marks(cut[spot[0]][0][slice(*spot[1])], spans)] for spot, spans in found.items()]
        for found in spots
    ]
    return rows, tuple(chunks)


def _cut(graph: View, item: Evidence) -> tuple[str, _Bounds]:
    node = graph.by_id.get(item.paper)
    text = node.paper.text(item.field) if node and node.paper else ""
    return text, stretches(text, item.field)


def _marks(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    return [value for start, end in units(text, spans) for value in (start, end - start)]


def _record(paper: Paper | None) -> list[Any]:
    """Return what a reference list needs beside title, date and address."""
    if paper is None:
        return []
    return [
        [plain(a, 120) for a in paper.authors[:40]],
        plain(paper.venue, 200),
        plain(paper.arxiv, 40),
        plain(paper.doi, 200),
    ]
