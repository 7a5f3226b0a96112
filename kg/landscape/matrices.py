"""Things by things: which papers are in a cell, and which empty cells have filled neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import sqrt

from kg.landscape.scope import Papers, Scope, best
from kg.landscape.values import Gap, Matrix


def matrix(scope: Scope, types: Collection[str], *, column: str, roles: Collection[str], top: int, wide: int) -> Matrix:
    """Return things of some types against those of the type `column`, to which relations of these roles lead.

    In a cell are the papers that work with the row and have such a relation to the column, and those behind such an
    edge from the row itself, as in the explorer. Columns are those of most papers, rows those of most papers in cells.
    """
    kind = next(t for t in scope.graph.ontology.types if t.name == column)
    links = [r for r in scope.graph.ontology.relations if r.role in roles]
    relations = tuple(r.name for r in links)
    heads, sides = scope.joined((column,), relations), scope.worked([t for t in types if t != column])
    columns = best(heads, scope.graph, wide)
    cells = _cells(scope, sides, heads, columns, relations)
    papers = {row: frozenset().union(*line) for row, line in cells.items()}
    rows = best(papers, scope.graph, top)
    kept = [c for c in range(len(columns)) if any(cells[row][c] for row in rows)]
    shown = tuple(tuple(tuple(sorted(cells[row][c])) for c in kept) for row in rows)
    return Matrix(
        name=kind.plural,
        links=" or ".join(r.label for r in links),
        rows=tuple(scope.row(row, papers[row]) for row in rows),
        columns=tuple(scope.row(columns[c], heads[columns[c]]) for c in kept),
        cells=shown,
        gaps=gaps(
            [[len(cell) for cell in line] for line in shown],
            rows=[len(sides[row]) for row in rows],
            columns=[len(heads[columns[c]]) for c in kept],
            papers=len(scope.papers),
        ),
    )


def _cells(
    scope: Scope, sides: Papers, heads: Papers, columns: Sequence[str], relations: Collection[str]
) -> dict[str, list[set[str]]]:
    """Return the papers in the cells of every row that has any, found by way of the papers: most cells are empty."""
    cells: dict[str, list[set[str]]] = defaultdict(lambda: [set() for _ in columns])
    place = {head: c for c, head in enumerate(columns)}
    having: dict[str, list[int]] = defaultdict(list)
    for head, c in place.items():
        for paper in heads[head]:
            having[paper].append(c)
    for row, papers in sides.items():
        for paper in papers & having.keys():
            for c in having[paper]:
                cells[row][c].add(paper)
    for edge in scope.graph.edges:  # what is said of the row itself
        if edge.relation in relations and edge.source not in scope.years and scope.papers.intersection(edge.papers):
            for row in sides.keys() & set(scope.counted_for(edge.source)):
                for head in place.keys() & set(scope.counted_for(edge.target)):
                    cells[row][place[head]] |= scope.papers.intersection(edge.papers)
    return cells


def gaps(
    table: Sequence[Sequence[int]], *, rows: Sequence[int], columns: Sequence[int], papers: int
) -> tuple[Gap, ...]:
    """Return the empty cells whose neighbours are filled, the likeliest first: those of the highest

        score = expected * like_rows * like_columns        expected = rows[r] * columns[c] / papers

    `rows` and `columns` count all papers of each row and column, within the table or not. Rows are alike by the cosine
    of their counts, and so are columns. Of the other rows, each weighing its likeness to this one, `like_rows` is the
    share that is filled in this column; `like_columns` likewise. Popularity alone finds what everybody does anyway, and
    neighbours alone what one paper happened to do twice: ARCHITECTURE.md tells how both did against time.

    >>> found = gaps([[3, 2, 1], [2, 1, 0], [1, 1, 0], [1, 0, 1]], rows=[6, 3, 2, 2], columns=[7, 4, 2], papers=10)
    >>> [(g.row, g.column, round(g.score, 3)) for g in found]
    [(3, 1, 0.8), (1, 2, 0.376), (2, 2, 0.241)]
    """  # noqa: D400, D415 - the formula is part of the sentence
    across = [list(column) for column in zip(*table, strict=True)]
    row_likeness, column_likeness = _likeness(table), _likeness(across)
    found = [
        Gap(
            row=r,
            column=c,
            expected=rows[r] * columns[c] / papers,
            like_rows=_filled(row_likeness[r], across[c]),
            like_columns=_filled(column_likeness[c], line),
        )
        for r, line in enumerate(table)
        for c, count in enumerate(line)
        if not count
    ]
    return tuple(sorted((g for g in found if g.score), key=lambda g: (-round(g.score, 9), g.row, g.column)))


def _likeness(lines: Sequence[Sequence[int]]) -> list[dict[int, float]]:
    """Return for every line its cosine with each other one that it has anything in common with: most have nothing."""
    length = [sqrt(sum(n * n for n in line)) for line in lines]
    filled: dict[int, list[int]] = defaultdict(list)
    for i, line in enumerate(lines):
        for place, count in enumerate(line):
            if count:
                filled[place].append(i)
    found = []
    for i, line in enumerate(lines):
        products: Counter[int] = Counter()
        for place, count in enumerate(line):
            for k in filled[place] if count else ():
                products[k] += count * lines[k][place]
        del products[i]  # no line is its own neighbour
        found.append({k: products[k] / (length[i] * length[k]) for k in sorted(products)})
    return found


def _filled(weights: Mapping[int, float], line: Sequence[int]) -> float:
    whole = sum(weights.values())
    return sum(w for k, w in weights.items() if line[k]) / whole if whole else 0.0
