"""Nodes and edges as Parquet, for data frames: typed columns, lists as lists, all evidence (extra `parquet`)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kg.model import ExportError
from kg.rdf import clean, web_address
from kg.view import View

if TYPE_CHECKING:
    import pyarrow


def write_nodes(graph: View) -> bytes:
    """Return one node a row; what is unknown is null."""
    arrow = _arrow()
    text, texts, kind = arrow.string(), arrow.list_(arrow.string()), arrow.dictionary(arrow.int32(), arrow.string())
    papers = [node.paper for node in graph.nodes]
    return _table(
        {
            "id": ([n.id for n in graph.nodes], text),
            "label": ([clean(n.name) for n in graph.nodes], text),
            "type": ([n.type for n in graph.nodes], kind),
            "aliases": ([list(map(clean, n.aliases)) for n in graph.nodes], texts),
            "support": ([n.support for n in graph.nodes], arrow.int32()),
            "year": ([(p.year or None) if p else None for p in papers], arrow.int32()),
            "date": ([(clean(p.date) or None) if p else None for p in papers], text),
            "venue": ([(clean(p.venue) or None) if p else None for p in papers], text),
            "authors": ([list(map(clean, p.authors)) if p else None for p in papers], texts),
            "arxiv": ([(clean(p.arxiv) or None) if p else None for p in papers], text),
            "doi": ([(clean(p.doi) or None) if p else None for p in papers], text),
            "url": ([(web_address(p.url) or None) if p else None for p in papers], text),
        }
    )


def write_edges(graph: View) -> bytes:
    """Return one edge a row, with all its evidence as a list of structures."""
    arrow = _arrow()
    text, texts, kind = arrow.string(), arrow.list_(arrow.string()), arrow.dictionary(arrow.int32(), arrow.string())
    places = {"paper": text, "field": text, "start": arrow.int32(), "end": arrow.int32(), "text": text}
    passages = arrow.list_(arrow.struct(list(places.items())))
    edges = graph.edges
    return _table(
        {
            "id": ([e.id for e in edges], text),
            "source": ([e.source for e in edges], text),
            "relation": ([e.relation for e in edges], kind),
            "target": ([e.target for e in edges], text),
            "source_label": ([clean(graph.by_id[e.source].name) for e in edges], text),
            "target_label": ([clean(graph.by_id[e.target].name) for e in edges], text),
            "confidence": ([e.confidence for e in edges], arrow.float64()),
            "support": ([e.support for e in edges], arrow.int32()),
            "derived": ([e.derived for e in edges], arrow.bool_()),
            "papers": ([list(e.papers) for e in edges], texts),
            "rules": ([[clean(v.rule) for v in e.votes] for e in edges], texts),
            "evidence": (
                [[{**{f: getattr(i, f) for f in places}, "text": clean(i.text)} for i in e.evidence] for e in edges],
                passages,
            ),
        }
    )


def _table(columns: Mapping[str, tuple[Sequence[Any], pyarrow.DataType]]) -> bytes:
    arrow = _arrow()
    import pyarrow.parquet

    arrays = {name: arrow.array(values, type=kind) for name, (values, kind) in columns.items()}
    out = io.BytesIO()
    pyarrow.parquet.write_table(arrow.table(arrays), out, compression="zstd")
    return out.getvalue()


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ExportError("Parquet needs pyarrow", hint="pip install 'paperatlas[parquet]'") from None
    return pyarrow
