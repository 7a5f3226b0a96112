"""A landscape as JSON: every number with the papers behind it, and a sentence."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from kg.graph import KnowledgeGraph
from kg.landscape import captions
from kg.landscape.captions import Caption
from kg.landscape.proof import newest, proofs, published
from kg.landscape.values import Landscape, Matrix, Used

Record = dict[str, Any]


def json_bytes(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the views as one object; `papers` holds the title and year of every paper that a view names by its id."""
    whole: Record = {
        "kinds": landscape.kinds,
        "since": landscape.since,
        "families": landscape.families,
        "counted": {"papers": landscape.papers, "dated": landscape.dated, "years": _years(landscape.years)},
        "notes": list(landscape.notes),
    }
    found = [
        ("ranking", partial(_ranking, graph, landscape)),
        ("rising", partial(_rising, graph, landscape)),
        ("pairs", partial(_pairs, graph, landscape)),
        *((matrix.name, partial(_matrix, graph, landscape, matrix)) for matrix in landscape.matrices),
    ]
    whole["views"] = {name: make() for name, make in found if view in ("all", name)}
    named = sorted(_named(whole["views"]))
    whole["papers"] = {p: {"title": graph.by_id[p].name, "year": published(graph, p)} for p in named}
    text = json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def _ranking(graph: KnowledgeGraph, landscape: Landscape) -> Record:
    rows = [_used(graph, row) | {"share": _round(row.count / landscape.papers)} for row in landscape.ranking.rows]
    return _told(captions.ranking(landscape)) | {"total": landscape.ranking.total, "rows": rows}


def _rising(graph: KnowledgeGraph, landscape: Landscape) -> Record:
    found = landscape.rising
    rows = [
        _used(graph, t.thing)
        | {"before": t.before, "after": t.after, "sure": t.sure}
        | {"change": _round(t.change), "low": _round(t.low), "high": _round(t.high)}
        for t in found.rows
    ]
    periods = {"cut": found.cut, "before": found.before, "after": found.after, "compared": found.compared}
    return _told(captions.rising(landscape)) | periods | {"rows": rows}


def _pairs(graph: KnowledgeGraph, landscape: Landscape) -> Record:
    rows = [
        {"one": _end(p.one), "other": _end(p.other), "count": len(p.papers), "papers": newest(graph, p.papers)}
        | {"expected": _round(p.expected), "lift": _round(p.lift), "likelihood_ratio": _round(p.weight)}
        | {"evidence": [_sentence(graph, p.papers, end.id) for end in (p.one, p.other)]}
        for p in landscape.pairs.rows
    ]
    chance = {"among": landscape.pairs.papers, "total": landscape.pairs.total}
    return _told(captions.pairs(landscape)) | chance | {"rows": rows}


def _matrix(graph: KnowledgeGraph, landscape: Landscape, matrix: Matrix) -> Record:
    cells = [
        {"row": r, "column": c, "count": len(papers), "papers": newest(graph, papers)}
        | {"evidence": _sentence(graph, papers, matrix.columns[c].id)}
        for r, line in enumerate(matrix.cells)
        for c, papers in enumerate(line)
        if papers
    ]
    gaps = [
        {"row": g.row, "column": g.column, "score": _round(g.score), "expected": _round(g.expected)}
        | {"like_rows": _round(g.like_rows), "like_columns": _round(g.like_columns)}
        for g in matrix.gaps
    ]
    ends = {"rows": [_end(u) for u in matrix.rows], "columns": [_end(u) for u in matrix.columns]}
    about = _told(captions.matrix(landscape, matrix)) | {"about_gaps": captions.gaps(matrix).about}
    return about | ends | {"cells": cells, "gaps": gaps}


def _used(graph: KnowledgeGraph, row: Used) -> Record:
    shown = {"count": row.count, "years": _years(row.years), "papers": newest(graph, row.papers)}
    return _end(row) | shown | {"evidence": _sentence(graph, row.papers, row.id)}


def _end(row: Used) -> Record:
    return {"id": row.id, "name": row.name, "type": row.type}


def _sentence(graph: KnowledgeGraph, papers: tuple[str, ...], thing: str) -> Record:
    proof = proofs(graph, papers, thing, limit=1)[0]
    return {"paper": proof.paper, "sentence": proof.sentence}


def _told(caption: Caption) -> Record:
    return {"title": caption.title, "about": caption.about}


def _years(years: tuple[tuple[int, int], ...]) -> dict[str, int]:
    return {str(year): count for year, count in years}


def _named(value: Any) -> set[str]:
    """Return the ids of all papers that lie anywhere in some records."""
    if isinstance(value, dict):
        own = set(value["papers"]) if "papers" in value else set()
        return own.union(*map(_named, value.values()))
    return set().union(*map(_named, value)) if isinstance(value, list) else set()


def _round(number: float) -> float:
    return round(number, 4)
