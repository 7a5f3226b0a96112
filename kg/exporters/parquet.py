"""Nodes and edges as Parquet, for data frames: typed columns, lists as lists, all evidence (extra `parquet`)."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kg.model import Edge, ExportError, Node
from kg.rdf import clean, web_address
from kg.view import View, year

if TYPE_CHECKING:
    import pyarrow


def write_nodes(graph: View) -> bytes:
    """Return one node a row; what is unknown is null."""
    return _written(nodes(graph.nodes))


def write_edges(graph: View) -> bytes:
    """Return one edge a row, with all its evidence as a list of structures."""
    return _written(edges(graph.edges, lambda node: graph.by_id[node].name))


def nodes(found: Collection[Node]) -> pyarrow.Table:
    """Return one node a row, in their order."""
    arrow = _arrow()
    text, texts, kind = arrow.string(), arrow.list_(arrow.string()), arrow.dictionary(arrow.int32(), arrow.string())
    papers = [node.paper for node in found]
    return _table(
        {
            "id": ([n.id for n in found], text),
            "label": ([clean(n.name) for n in found], text),
            "type": ([n.type for n in found], kind),
            "aliases": ([list(map(clean, n.aliases)) for n in found], texts),
            "support": ([n.support for n in found], arrow.int32()),
            "year": ([year(p) or None for p in papers], arrow.int32()),
            "date": ([(clean(p.date) or None) if p else None for p in papers], text),
            "venue": ([(clean(p.venue) or None) if p else None for p in papers], text),
            "authors": ([list(map(clean, p.authors)) if p else None for p in papers], texts),
            "arxiv": ([(clean(p.arxiv) or None) if p else None for p in papers], text),
            "doi": ([(clean(p.doi) or None) if p else None for p in papers], text),
            "url": ([(web_address(p.url) or None) if p else None for p in papers], text),
        }
    )


def edges(found: Collection[Edge], name: Callable[[str], str]) -> pyarrow.Table:
    """Return one edge a row, in their order; `name` tells the name of a node."""
    arrow = _arrow()
    text, texts, kind = arrow.string(), arrow.list_(arrow.string()), arrow.dictionary(arrow.int32(), arrow.string())
    places = {"paper": text, "field": text, "start": arrow.int32(), "end": arrow.int32(), "text": text}
    passages = arrow.list_(arrow.struct(list(places.items())))
    return _table(
        {
            "id": ([e.id for e in found], text),
            "source": ([e.source for e in found], text),
            "relation": ([e.relation for e in found], kind),
            "target": ([e.target for e in found], text),
            "source_label": ([clean(name(e.source)) for e in found], text),
            "target_label": ([clean(name(e.target)) for e in found], text),
            "confidence": ([e.confidence for e in found], arrow.float64()),
            "support": ([e.support for e in found], arrow.int32()),
            "derived": ([e.derived for e in found], arrow.bool_()),
            "papers": ([list(e.papers) for e in found], texts),
            "rules": ([[clean(v.rule) for v in e.votes] for e in found], texts),
            "evidence": (
                [[{**{f: getattr(i, f) for f in places}, "text": clean(i.text)} for i in e.evidence] for e in found],
                passages,
            ),
        }
    )


def _table(columns: Mapping[str, tuple[Sequence[Any], pyarrow.DataType]]) -> pyarrow.Table:
    arrow = _arrow()
    return arrow.table({name: arrow.array(values, type=kind) for name, (values, kind) in columns.items()})


def _written(table: pyarrow.Table) -> bytes:
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ExportError("Parquet needs pyarrow", hint="pip install 'paperatlas[parquet]'") from None
    return pyarrow
