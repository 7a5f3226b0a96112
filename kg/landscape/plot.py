"""A landscape as a picture: PNG and SVG by matplotlib (extra `plot`), the same bytes every time.

Nothing of the machine shows in it: neither its settings for matplotlib nor its fonts, no date, no random ids. Names are
never read as TeX.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import log2, sqrt
from typing import TYPE_CHECKING, Any

from kg.graph import KnowledgeGraph
from kg.landscape import captions
from kg.landscape.values import MARKED, Landscape, Matrix
from kg.model import ExportError
from kg.queries.tables import cut, printable
from kg.rdf import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _SOFT, _LINE, _BLUE = "#1b1f24", "#57606a", "#d5dae0", "#0b57a4"
_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "axes.titlesize": 12.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _SOFT,
    "ytick.color": _LINE,
    "ytick.labelcolor": _INK,
    "svg.hashsalt": "kg",
    "svg.fonttype": "none",
}
_ROW = 0.25  # inches a row takes
_CELL = 0.06  # of the width that a cell takes at most
_TOP = 0.75  # inches that the heading takes
_WIDE = 12.0
_LEFT, _NAMES, _PAIRS, _RIGHT = 0.02, 0.25, 0.37, 0.94  # as shares of the width: titles, where names end, right border
_NAME, _HEADING, _END = 34, 24, 30  # columns of text that a name may take: of a row, a column, an end of a pair
_YEARS = 8


def png(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the views as a PNG."""
    return _drawn(graph, landscape, view, "png", {"Software": None})


def svg(graph: KnowledgeGraph, landscape: Landscape, view: str) -> bytes:
    """Return the views as an SVG whose text is text."""
    return _drawn(graph, landscape, view, "svg", {"Date": None, "Creator": None})


def _drawn(graph: KnowledgeGraph, landscape: Landscape, view: str, format: str, metadata: dict[str, Any]) -> bytes:
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        hint = "pip install 'paperatlas[plot]', or write .html, which needs nothing"
        raise ExportError(f"drawing needs {error.name}", hint=hint) from None
    panels = [panel for panel in _panels(landscape) if view in ("all", panel.view)]
    whole = _TOP + sum(panel.height for panel in panels)
    target = io.BytesIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing")  # such a letter is a box
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(_WIDE, whole), facecolor="white")
        FigureCanvasAgg(figure)
        figure.text(_LEFT, 1 - 0.25 / whole, f"The landscape of {landscape.kinds}", fontsize=16, va="top")
        figure.text(_RIGHT, 1 - 0.3 / whole, captions.counted(landscape), va="top", ha="right", color=_SOFT)
        top = whole - _TOP
        for panel in panels:
            figure.text(_LEFT, top / whole, panel.title, fontsize=12, va="top")
            bottom = top - panel.head - panel.body
            axes = figure.add_axes((panel.left, bottom / whole, panel.width, panel.body / whole))
            panel.draw(axes)
            top -= panel.height
        figure.savefig(target, format=format, dpi=110, metadata=metadata)
    return target.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """One part of the picture: what draws it, how many rows it has, and where their names end; the rest in inches."""

    view: str
    title: str
    draw: Callable[[Axes], None]
    rows: int
    head: float = 0.4
    foot: float = 0.75
    left: float = _NAMES
    columns: int = 0

    @property
    def width(self) -> float:
        """As much as there is; cells that are few stay small."""
        whole = _RIGHT - self.left
        return min(whole, _CELL * self.columns) if self.columns else whole

    @property
    def body(self) -> float:
        return _ROW * max(self.rows, 1)

    @property
    def height(self) -> float:
        return self.head + self.body + self.foot


def _panels(landscape: Landscape) -> Iterator[_Panel]:
    yield _Panel(
        view="ranking",
        title=captions.ranking(landscape).title,
        draw=partial(_ranking, landscape=landscape),
        rows=len(landscape.ranking.rows),
        head=0.55,
    )
    found = landscape.rising
    yield _Panel(
        view="rising",
        title=captions.rising(landscape).title + (f": {found.reason}" if found.reason else ""),
        draw=partial(_rising, landscape=landscape),
        rows=len(found.rows),
    )
    yield _Panel(
        view="pairs",
        title=captions.pairs(landscape).title,
        draw=partial(_pairs, landscape=landscape),
        rows=len(landscape.pairs.rows),
        left=_PAIRS,
    )
    for matrix in landscape.matrices:
        longest = max((len(_name(c.name, _HEADING)) for c in matrix.columns), default=0)
        yield _Panel(
            view=matrix.name,
            title=f"{captions.matrix(landscape, matrix).title} (?: a gap, no paper in this graph)",
            draw=partial(_matrix, matrix=matrix),
            rows=len(matrix.rows),
            head=0.45 + 0.068 * longest,
            foot=0.4,
            columns=len(matrix.columns),
        )


def _ranking(axes: Axes, landscape: Landscape) -> None:
    rows = landscape.ranking.rows
    years = landscape.last_years(_YEARS)
    _framed(axes, "papers", [_name(r.name) for r in rows])
    axes.barh(range(len(rows)), [r.count for r in rows], height=0.62, color=_BLUE)
    for at, row in enumerate(rows):
        axes.annotate(str(row.count), (row.count, at), (4, 0), textcoords="offset points", va="center", fontsize=8)
    most = max((r.count for r in rows), default=1)
    axes.set_xlim(0, most * (1.5 if years and rows else 1.1))
    if years and rows:
        table = [row.counts(years) for row in rows]
        _heat(axes.inset_axes((0.74, 0.0, 0.26, 1.0)), table, [], [f"’{y % 100:02}" for y in years])
        ticks = [t for t in axes.get_xticks() if t <= most]
        axes.set_xticks(ticks)
        axes.spines["bottom"].set_bounds(0, most)


def _rising(axes: Axes, landscape: Landscape) -> None:
    found = landscape.rising
    rows = found.rows
    told = f"points of share, papers since {found.cut} against before, and 95 % interval (full: all above 0)"
    _framed(axes, told, [_name(t.thing.name) for t in rows])
    if not rows:
        return
    axes.axvline(0, color=_SOFT, linewidth=0.8, linestyle=(0, (2, 2)))
    for at, trend in enumerate(rows):
        colour = _BLUE if trend.sure else _SOFT
        axes.plot([100 * trend.low, 100 * trend.high], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
        face = colour if trend.sure else "white"
        axes.plot([100 * trend.change], [at], "o", color=colour, markerfacecolor=face, markersize=6)


def _pairs(axes: Axes, landscape: Landscape) -> None:
    rows = landscape.pairs.rows
    names = [f"{_name(p.one.name, _END)} + {_name(p.other.name, _END)}" for p in rows]
    _framed(axes, "lift: times more papers than by chance, on a doubling scale", names)
    lifts = [log2(p.lift) for p in rows]
    axes.barh(range(len(rows)), lifts, height=0.62, color=_BLUE)
    for at, pair in enumerate(rows):
        told = f"{pair.lift:,.1f}  ({len(pair.papers)} papers)"
        axes.annotate(told, (lifts[at], at), (4, 0), textcoords="offset points", va="center", fontsize=8)
    most = max(lifts, default=1.0)
    axes.set_xlim(0, most * 1.2)
    steps = range(0, int(most) + 1, max(1, round(most / 6)))
    axes.set_xticks(list(steps), [f"{2**step:,}" for step in steps])


def _matrix(axes: Axes, matrix: Matrix) -> None:
    rows, columns = [_name(r.name) for r in matrix.rows], [_name(c.name, _HEADING) for c in matrix.columns]
    _framed(axes, "", rows)
    _heat(axes, [[len(papers) for papers in line] for line in matrix.cells], rows, columns)
    axes.tick_params(axis="x", rotation=60)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("left")
        label.set_rotation_mode("anchor")
    for gap in matrix.gaps[:MARKED]:
        axes.annotate("?", (gap.column, gap.row), ha="center", va="center", fontsize=9, color=_INK, weight="bold")


def _heat(axes: Axes, table: Sequence[Sequence[int]], rows: Sequence[str], columns: Sequence[str]) -> None:
    """Draw counts as shades with their numbers; the first row is on top."""
    from matplotlib.colors import LinearSegmentedColormap

    if not table:
        return
    most = max(max(line) for line in table) or 1
    shades = LinearSegmentedColormap.from_list("shades", ["#f5f7f9", "#b5cae3", "#5d8fc6", "#0b57a4"])
    axes.imshow([[sqrt(n / most) for n in line] for line in table], cmap=shades, vmin=0, vmax=1, aspect="auto")
    for r, line in enumerate(table):
        for c, count in enumerate(line):
            if count:
                colour = "white" if count > most * 0.42 else _INK
                axes.annotate(str(count), (c, r), ha="center", va="center", fontsize=8, color=colour)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=_INK)
    axes.spines[:].set_visible(False)
    axes.set_xticks([c - 0.5 for c in range(1, len(columns))], minor=True)
    axes.set_yticks([r - 0.5 for r in range(1, len(table))], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="minor", length=0)


def _framed(axes: Axes, unit: str, rows: Sequence[str]) -> None:
    """Give a panel the meaning of its axis and the names of its rows, the first on top; an empty one shows nothing."""
    axes.set_xlabel(unit, fontsize=8, loc="left")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    if not rows:
        axes.set_axis_off()
        axes.annotate("nothing", (0, 0.5), xycoords="axes fraction", va="center", color=_SOFT)


def _name(text: str, width: int = _NAME) -> str:
    return cut(clean(printable(text)), width)
