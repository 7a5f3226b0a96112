"""A landscape as one HTML page: tables and inline SVG, no script, no request.

Every number is a button that shows the papers behind it: popovers, which browsers open by themselves. All text of
papers is escaped, and a Content-Security-Policy with the hash of the only style refuses everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from html import escape
from math import ceil, log2, sqrt
from pathlib import Path

from kg.explorer.shell import hashed, lines
from kg.graph import KnowledgeGraph
from kg.landscape import captions
from kg.landscape.captions import Caption
from kg.landscape.proof import Proof, proofs
from kg.landscape.values import MARKED, Gap, Landscape, Matrix, Trend, Used
from kg.queries.tables import printable

_PAPERS = 6  # listed behind a number
_YEARS = 30
_WIDTH = 220  # of a bar, in pixels
_UNSURE = ' class="unsure"'  # an interval that holds 0


def html(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the page, the same bytes every time."""
    page = _Page(graph)
    sections = [
        ("ranking", captions.ranking(landscape).title, partial(_ranking, page, landscape)),
        ("rising", captions.rising(landscape).title, partial(_rising, page, landscape)),
        ("pairs", captions.pairs(landscape).title, partial(_pairs, page, landscape)),
    ]
    for found in landscape.matrices:
        title = captions.matrix(landscape, found).title
        sections.append((found.name, title, partial(_matrix, page, landscape, found)))
    shown = [section for section in sections if view in ("all", section[0])]
    links = "".join(f'<a href="#{_text(name)}">{_text(title)}</a>' for name, title, _ in shown)
    body = "\n".join(f'<section id="{_text(name)}">{make()}</section>' for name, _, make in shown)
    style = _style()
    policy = f"default-src 'none'; style-src {hashed(style)}; base-uri 'none'; form-action 'none'"
    title = f"The landscape of {landscape.kinds}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<title>{_text(title)}</title><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{style}</style></head><body>\n"
        f'<header><h1>{_text(title)}</h1><p class="soft">{_text(captions.counted(landscape))} Every number shows the '
        f"papers behind it.</p>{f'<nav>{links}</nav>' if len(shown) > 1 else ''}</header>\n"
        f"<main>\n{body}\n{page.popovers()}</main></body></html>\n"
    ).encode("utf-8", "replace")


class _Page:
    """Collects the popovers that the tables point at."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._parts: list[str] = []

    def papers(self, papers: Sequence[str], things: Sequence[Used], *, label: str = "") -> str:
        """Return a button with the number of some papers, which shows them and what they say of the last thing."""
        found = proofs(self.graph, papers, things[-1].id, limit=_PAPERS)
        names = " and ".join(f"<bdi>{_text(t.name)}</bdi>" for t in things)
        more = f'<p class="soft">and {len(papers) - len(found)} more</p>' if len(papers) > len(found) else ""
        body = f"<h3>{names}: {_counted(len(papers))}</h3><ol>{''.join(map(_proof, found))}</ol>{more}"
        spoken = " and ".join(t.name for t in things)
        return self._button(label or f"{len(papers):,}", f"{spoken}: {_counted(len(papers))}", body)

    def gap(self, row: Used, column: Used, gap: Gap) -> str:
        """Return a button that explains a gap."""
        body = (
            f"<h3><bdi>{_text(row.name)}</bdi> and <bdi>{_text(column.name)}</bdi>: no paper in this graph</h3>"
            f"<p>{gap.expected:.2f} papers would be here by chance. Of the rows like it, {gap.like_rows:.0%} have "
            f"papers in this column; of the columns like it, {gap.like_columns:.0%} have papers in this row.</p>"
        )
        return self._button("?", f"{row.name} and {column.name}: a gap", body)

    def popovers(self) -> str:
        """Return all popovers."""
        return "".join(self._parts)

    def _button(self, shown: str, spoken: str, body: str) -> str:
        name = f"p{len(self._parts)}"
        self._parts.append(f'<div popover id="{name}">{body}</div>\n')
        return f'<button type="button" popovertarget="{name}" aria-label="{_text(spoken)}">{shown}</button>'


def _proof(proof: Proof) -> str:
    title = f"<bdi>{_text(proof.title)}</bdi>"
    if proof.url:
        title = f'<a href="{_text(proof.url)}" rel="noopener noreferrer">{title}</a>'
    told = f"<q><bdi>{_text(proof.sentence)}</bdi></q>" if proof.sentence else ""
    return f"<li>{title}{f' ({proof.year})' if proof.year else ''}{told}</li>"


def _ranking(page: _Page, landscape: Landscape) -> str:
    caption = captions.ranking(landscape)
    rows = landscape.ranking.rows
    most = max((row.count for row in rows), default=1)
    years = landscape.last_years(_YEARS)
    head = ["Name", *_type_head(rows), "Papers", "Share of papers", *([f"{years[0]}–{years[-1]}"] if years else [])]
    body = [
        (
            _name(row),
            *_type_cell(rows, row),
            _n(page.papers(row.papers, (row,))),
            _bar(row.count / most, f"{row.count / landscape.papers:.1%}"),
            *([_sparkline(row.counts(years), years)] if years else []),
        )
        for row in rows
    ]
    return _section(caption, _list(caption.title, head, body))


def _rising(page: _Page, landscape: Landscape) -> str:
    found = landscape.rising
    caption = captions.rising(landscape)
    if not found.rows:
        return _section(caption, "<p>Nothing.</p>" if found.cut else "")
    low, high = min(0.0, *(t.low for t in found.rows)), max(t.high for t in found.rows)
    head = ["Name", f"Before {found.cut}", f"Since {found.cut}", "Change", "95 % interval", "Sure"]
    body = [
        (
            _name(t.thing),
            _n(f"{t.before} ({t.before / found.before:.1%})"),
            _n(f"{t.after} ({t.after / found.after:.1%})"),
            _n(page.papers(t.thing.papers, (t.thing,), label=f"{100 * t.change:+.1f} points")),
            _interval(t, low, high),
            "yes" if t.sure else "no",
        )
        for t in found.rows
    ]
    return _section(caption, _list(caption.title, head, body))


def _pairs(page: _Page, landscape: Landscape) -> str:
    caption = captions.pairs(landscape)
    rows = landscape.pairs.rows
    most = max((log2(p.lift) for p in rows), default=1.0)
    head = ["Name", "With", "Papers", "By chance", "Lift (bars: doublings)"]
    body = [
        (
            _name(p.one),
            _name(p.other),
            _n(page.papers(p.papers, (p.one, p.other))),
            _n(f"{p.expected:.2f}"),
            _bar(log2(p.lift) / most, f"{p.lift:,.1f}"),
        )
        for p in rows
    ]
    return _section(caption, _list(caption.title, head, body))


def _matrix(page: _Page, landscape: Landscape, matrix: Matrix) -> str:
    gaps = {(g.row, g.column): g for g in matrix.gaps[:MARKED]}
    most = max((len(cell) for line in matrix.cells for cell in line), default=1)
    heads = "".join(
        f'<th scope="col" title="{_text(c.name)}"><span><bdi>{_text(c.name)}</bdi></span></th>' for c in matrix.columns
    )
    lines = []
    for r, row in enumerate(matrix.rows):
        cells = []
        for c, column in enumerate(matrix.columns):
            papers = matrix.cells[r][c]
            if papers:
                level = ceil(4 * sqrt(len(papers) / most))
                cells.append(f'<td class="l{level}">{page.papers(papers, (row, column))}</td>')
            elif (r, c) in gaps:
                cells.append(f'<td class="gap">{page.gap(row, column, gaps[r, c])}</td>')
            else:
                cells.append("<td></td>")
        head = f'<th scope="row" title="{_text(row.name)}"><bdi>{_text(row.name)}</bdi></th>'
        lines.append(f"<tr>{head}{''.join(cells)}</tr>")
    table = (
        f'<table class="matrix"><thead><tr><td></td>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
        if lines
        else "<p>Nothing.</p>"
    )
    caption = captions.matrix(landscape, matrix)
    shown = matrix.gaps[:MARKED]
    gap_rows = [
        (
            _name(matrix.rows[g.row]),
            _name(matrix.columns[g.column]),
            *(_n(f"{n:.2f}") for n in (g.expected, g.like_rows, g.like_columns)),
            _bar(g.score / shown[0].score, f"{g.score:.3f}"),
        )
        for g in shown
    ]
    columns = ["Name", "On", "By chance", "Like rows", "Like columns", "Score"]
    about = captions.gaps(matrix)
    whole = _section(caption, _scroll(table, caption.title))
    if not shown:
        return whole
    listed = _list(about.title, columns, gap_rows)
    return f'{whole}<h3>{_text(about.title)}</h3><p class="soft">{_text(about.about)}</p>{listed}'


def _section(caption: Caption, body: str) -> str:
    return f'<h2>{_text(caption.title)}</h2><p class="soft">{_text(caption.about)}</p>{body}'


def _list(label: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a cell that is no cell of a table yet becomes one."""
    top = "".join(f'<th scope="col">{_text(name)}</th>' for name in head)
    lines = ["".join(c if c.startswith(("<td", "<th")) else f"<td>{c}</td>" for c in row) for row in rows]
    if not lines:
        return "<p>Nothing.</p>"
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return _scroll(f'<table class="list"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>', label)


def _scroll(table: str, label: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{_text(label)}">{table}</div>'


def _name(row: Used) -> str:
    return f'<th scope="row"><bdi>{_text(row.name)}</bdi></th>'


def _type_head(rows: Sequence[Used]) -> list[str]:
    return ["Type"] if len({row.type for row in rows}) > 1 else []


def _type_cell(rows: Sequence[Used], row: Used) -> list[str]:
    return [_text(row.type)] if _type_head(rows) else []


def _n(html_: str) -> str:
    return f'<td class="n">{html_}</td>'


def _bar(share: float, label: str) -> str:
    width = max(2, round(share * _WIDTH))
    return (
        f'<svg width="{_WIDTH + 70}" height="18" role="img" aria-label="{label}"><rect class="bar" y="3" '
        f'width="{width}" height="12"/><text x="{width + 6}" y="14">{label}</text></svg>'
    )


def _sparkline(counts: Sequence[int], years: Sequence[int]) -> str:
    most, step = max(*counts, 1), 6 if len(counts) > 12 else 12
    bars = "".join(
        f'<rect class="bar" x="{k * step}" y="{18 - height}" width="{step - 2}" height="{height}"/>'
        for k, count in enumerate(counts)
        if (height := ceil(17 * count / most))
    )
    told = ", ".join(f"{year}: {count}" for year, count in zip(years, counts, strict=True))
    width = len(counts) * step
    return f'<svg width="{width}" height="18" role="img" aria-label="{told}"><title>{told}</title>{bars}</svg>'


def _interval(trend: Trend, low: float, high: float) -> str:
    def at(share: float) -> int:
        return 6 + round((share - low) / (high - low) * _WIDTH)

    told = f"{100 * trend.low:+.1f} to {100 * trend.high:+.1f} points"
    return (
        f'<svg width="{_WIDTH + 12}" height="18" role="img" aria-label="{told}"{"" if trend.sure else _UNSURE}>'
        f'<title>{told}</title><path class="axis" d="M{at(0)} 0V18"/><path class="range" d="M{at(trend.low)} 9H'
        f'{at(trend.high)}"/><circle class="bar" cx="{at(trend.change)}" cy="9" r="4.5"/></svg>'
    )


def _counted(papers: int) -> str:
    return f"{papers:,} paper" + ("" if papers == 1 else "s")


def _text(text: str) -> str:
    return escape(printable(text), quote=True)


@cache
def _style() -> str:
    return lines(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))
