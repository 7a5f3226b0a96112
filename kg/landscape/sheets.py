"""Tables as rows of plain values: for the terminal, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from kg.exporters.tables import cell
from kg.graph import KnowledgeGraph
from kg.landscape import captions
from kg.landscape.captions import Caption
from kg.landscape.values import Landscape, Matrix
from kg.queries.tables import Answer, Value, format_answer, printable

Rows = tuple[tuple[Value, ...], ...]

_YEARS = 6  # that people see in a row
_CELL = ("name", "on", "papers", "expected", "like rows", "like columns", "score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table; sheets of one view have the same columns. People see the first `shown` rows, tools see all."""

    view: str
    caption: Caption
    columns: tuple[str, ...]
    rows: Rows
    shown: int


def table(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the tables for a terminal."""
    return _document(landscape, view, "table")


def markdown(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the tables as Markdown."""
    return _document(landscape, view, "md")


def comma_separated(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return one view as CSV (RFC 4180), harmless in a spreadsheet."""
    found = sheets(landscape, view)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(found[0].columns)
    for sheet in found:
        writer.writerows([cell(v) if isinstance(v, str) else v for v in row] for row in sheet.rows)
    return text.getvalue().encode()


def sheets(landscape: Landscape, view: str = "all") -> tuple[Sheet, ...]:
    """Return the sheets of a view."""
    found = [_ranking(landscape), _rising(landscape), _pairs(landscape)]
    for matrix in landscape.matrices:
        found += [_filled(landscape, matrix), _gaps(matrix)]
    return tuple(sheet for sheet in found if view in ("all", sheet.view))


def _document(landscape: Landscape, view: str, format: str) -> bytes:
    mark = "## " if format == "md" else ""
    parts = [captions.counted(landscape), ""]
    for sheet in sheets(landscape, view):
        body = format_answer(_for_people(sheet), format) if sheet.rows else "Nothing."
        parts += [mark + sheet.caption.title, printable(sheet.caption.about), "", body, ""]
    return "\n".join(parts).encode("utf-8", "replace")


def _for_people(sheet: Sheet) -> Answer:
    """Return the first rows, without the columns that say nothing in them."""
    rows = sheet.rows[: sheet.shown]
    told = [{row[i] for row in rows} for i in range(len(sheet.columns))]
    kept = [i for i, name in enumerate(sheet.columns) if told[i] - {None, 0} and (name != "type" or len(told[i]) > 1)]
    return Answer(
        columns=tuple(sheet.columns[i] for i in kept), rows=tuple(tuple(row[i] for i in kept) for row in rows)
    )


def _ranking(landscape: Landscape) -> Sheet:
    years = landscape.last_years(_YEARS)
    rows: Rows = tuple(
        (u.name, u.type, u.count, round(u.count / landscape.papers, 3), *u.counts(years))
        for u in landscape.ranking.rows
    )
    return Sheet(
        view="ranking",
        caption=captions.ranking(landscape),
        columns=("name", "type", "papers", "share", *map(str, years)),
        rows=rows,
        shown=len(rows),
    )


def _rising(landscape: Landscape) -> Sheet:
    rows: Rows = tuple(
        (t.thing.name, t.thing.type, t.before, t.after, *(round(n, 3) for n in (t.change, t.low, t.high)), _yes(t.sure))
        for t in landscape.rising.rows
    )
    columns = ("name", "type", "before", "after", "change", "low", "high", "sure")
    return Sheet(view="rising", caption=captions.rising(landscape), columns=columns, rows=rows, shown=len(rows))


def _yes(sure: bool) -> str:
    return "yes" if sure else "no"


def _pairs(landscape: Landscape) -> Sheet:
    rows: Rows = tuple(
        (p.one.name, p.other.name, len(p.papers), *(round(n, 2) for n in (p.expected, p.lift, p.weight)))
        for p in landscape.pairs.rows
    )
    columns = ("name", "with", "papers", "expected", "lift", "likelihood ratio")
    return Sheet(view="pairs", caption=captions.pairs(landscape), columns=columns, rows=rows, shown=len(rows))


def _filled(landscape: Landscape, matrix: Matrix) -> Sheet:
    counts = [(len(papers), r, c) for r, line in enumerate(matrix.cells) for c, papers in enumerate(line) if papers]
    rows: Rows = tuple(
        (matrix.rows[r].name, matrix.columns[c].name, n, None, None, None, None)
        for n, r, c in sorted(counts, key=lambda cell: (-cell[0], cell[1:]))
    )
    caption = captions.matrix(landscape, matrix)
    return Sheet(view=matrix.name, caption=caption, columns=_CELL, rows=rows, shown=len(matrix.rows))


def _gaps(matrix: Matrix) -> Sheet:
    rows: Rows = tuple(
        (
            matrix.rows[g.row].name,
            matrix.columns[g.column].name,
            0,
            *(round(n, 3) for n in (g.expected, g.like_rows, g.like_columns, g.score)),
        )
        for g in matrix.gaps
    )
    return Sheet(view=matrix.name, caption=captions.gaps(matrix), columns=_CELL, rows=rows, shown=len(matrix.rows))
