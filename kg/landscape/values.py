"""The values of a landscape: who uses what, as tables that know the papers behind each number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MARKED = 12  # gaps that a drawn matrix marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A thing, and the papers that a table counts for it, as sorted node ids; `years` are counts of dated papers."""

    id: str
    name: str
    type: str
    papers: tuple[str, ...]
    years: tuple[tuple[int, int], ...] = ()

    @property
    def count(self) -> int:
        """How many papers."""
        return len(self.papers)

    def counts(self, years: Iterable[int]) -> list[int]:
        """Return how many of the papers each of some years has."""
        known = dict(self.years)
        return [known.get(year, 0) for year in years]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """What is used most; `total` counts all that is used at all, shown or not."""

    rows: tuple[Used, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How a thing's share of the papers changed, in points of share, with the bounds of a 95 % interval.

    `sure` when the interval leaves out "no change".
    """

    thing: Used
    before: int
    after: int
    change: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether chance alone would hardly do this."""
        return self.low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rising:
    """What grows: its share of the papers since the year `cut`, against its share before.

    `cut` is None when the dates do not allow to compare; `reason` then says why. `compared` counts the things that had
    papers enough: of so many, a few look sure by chance.
    """

    rows: tuple[Trend, ...] = ()
    cut: int | None = None
    before: int = 0
    after: int = 0
    compared: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two things used by the same papers. `lift` is how many times more than chance, `weight` how unlike chance."""

    one: Used
    other: Used
    papers: tuple[str, ...]
    expected: float
    lift: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What is used together beyond chance; `papers` is how many papers chance was reckoned over."""

    rows: tuple[Pair, ...]
    total: int
    papers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An empty cell, by row and column. It is empty in this graph: that nobody has done it is not said.

    `expected` is how many papers would be in it if row and column met by chance. `like_rows` is the share, weighted by
    likeness, of the other rows that have papers in this column; `like_columns` that of the other columns that have
    papers in this row.
    """

    row: int
    column: int
    expected: float
    like_rows: float
    like_columns: float

    @property
    def score(self) -> float:
        """How much the cell seems to be missing: much expected, and filled for all that is like it."""
        return self.expected * self.like_rows * self.like_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Things by things: the papers of each cell, and the empty cells whose neighbours are filled, the best first.

    `name` is what the columns are, `links` says in words which relations lead to them.
    """

    name: str
    links: str
    rows: tuple[Used, ...]
    columns: tuple[Used, ...]
    cells: tuple[tuple[tuple[str, ...], ...], ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """All tables of one selection. `kinds` says in words what is ranked; `notes` what a reader must know.

    `papers` counts the papers considered, `dated` those with a year; `years` has the years that papers are of, in
    order, with the number of papers of each.
    """

    kinds: str
    since: int | None
    families: bool
    papers: int
    dated: int
    years: tuple[tuple[int, int], ...]
    ranking: Ranking
    rising: Rising
    pairs: Pairs
    matrices: tuple[Matrix, ...]
    notes: tuple[str, ...] = ()

    def last_years(self, most: int) -> range:
        """Return the years up to the newest, those without a paper too, at most so many; none if no paper is dated."""
        if not self.years:
            return range(0)
        first, last = self.years[0][0], self.years[-1][0]
        return range(max(first, last - most + 1), last + 1)
