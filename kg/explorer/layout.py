"""Nodes and links -> positions, computed beforehand: a page that need not simulate physics opens at once.

Communities stand apart, separate components are packed side by side, and no two nodes overlap. Seeded, so that the same
graph always looks the same.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import igraph

from kg.explorer.seeded import Point, seeded

_SPACING = 21.0
_GAP = 7.0
_CELL = 34.0  # the grid on which components are packed
_EVENNESS = 0.6
_STRETCH = 1.35  # screens are wider than high
_INSIDE, _BETWEEN = 2.0, 0.35  # how much stronger a link pulls inside a community than between two


def positions(radii: Sequence[float], links: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return where to put each node; links are pairs of indices, and repeated ones pull harder."""
    if not radii:
        return ()
    weights = Counter((min(link), max(link)) for link in links if link[0] != link[1])
    with seeded():
        graph = igraph.Graph(n=len(radii), edges=sorted(weights))
        graph.es["weight"] = [math.sqrt(weights[pair]) for pair in sorted(weights)]
        members = sorted(graph.connected_components(), key=lambda m: (-len(m), m))
        drawings = [_separated(_scaled(_component(graph.induced_subgraph(m))), [radii[i] for i in m]) for m in members]
    placed: dict[int, Point] = {}
    spaces = [
        [(x, y, radii[i]) for i, (x, y) in zip(m, d, strict=True)] for m, d in zip(members, drawings, strict=True)
    ]
    for nodes, points, (dx, dy) in zip(members, drawings, _packed(spaces), strict=True):
        placed.update({i: (x + dx, y + dy) for i, (x, y) in zip(nodes, points, strict=True)})
    return tuple((round(placed[i][0]), round(placed[i][1])) for i in range(len(radii)))


def _component(graph: igraph.Graph) -> list[Point]:
    """Lay out one connected component; in a large one, links inside a community pull harder than those between."""
    count = graph.vcount()
    if count <= 2:
        return [(float(i), 0.0) for i in range(count)]
    if count <= 12:
        return [(x, y) for x, y in graph.layout_kamada_kawai().coords]
    community = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=8).membership
    pull = [e["weight"] * (_INSIDE if community[e.source] == community[e.target] else _BETWEEN) for e in graph.es]
    rounds = 600 if count <= 1000 else 200
    layout = graph.layout_fruchterman_reingold(weights=pull, niter=rounds, grid="nogrid" if count <= 1000 else "grid")
    return [(x, y) for x, y in layout.coords]


def _scaled(points: Sequence[Point]) -> list[Point]:
    """Centre the drawing, turn its long side to the horizontal and give every node the same share of the area."""
    count = len(points)
    cx, cy = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    points = _evened([(x - cx, y - cy) for x, y in points])
    xx, yy = sum(x * x for x, _ in points), sum(y * y for _, y in points)
    angle = 0.5 * math.atan2(2 * sum(x * y for x, y in points), xx - yy)
    cos, sin = math.cos(angle), math.sin(angle)
    scale = _SPACING * math.sqrt(count) / (math.sqrt((xx + yy) / count) or 1.0)
    return [((x * cos + y * sin) * scale * _STRETCH, (y * cos - x * sin) * scale) for x, y in points]


def _evened(points: Sequence[Point]) -> list[Point]:
    """Draw the crowded middle apart and the far ends in: forces alone leave a dense ball with long arms."""
    order = sorted(range(len(points)), key=lambda i: (math.hypot(*points[i]), i))
    longest = math.hypot(*points[order[-1]])
    evened = list(points)
    for rank, i in enumerate(order):
        distance = math.hypot(*points[i])
        wanted = longest * math.sqrt((rank + 0.5) / len(points))
        factor = 1 + _EVENNESS * (wanted / distance - 1) if distance else 1.0
        evened[i] = (points[i][0] * factor, points[i][1] * factor)
    return evened


def _separated(points: Sequence[Point], radii: Sequence[float]) -> list[Point]:
    """Push overlapping nodes apart, a little in each round, until none overlap."""
    spots = [list(p) for p in points]
    cell = 2 * max(radii) + _GAP
    for _ in range(120):
        grid: dict[tuple[int, int], list[int]] = defaultdict(list)
        for i, (x, y) in enumerate(spots):
            grid[math.floor(x / cell), math.floor(y / cell)].append(i)
        moved = False
        for i, (x, y) in enumerate(points):
            x, y = spots[i]
            column, row = math.floor(x / cell), math.floor(y / cell)
            for j in [k for c in (-1, 0, 1) for r in (-1, 0, 1) for k in grid.get((column + c, row + r), ()) if k > i]:
                dx, dy = spots[j][0] - spots[i][0], spots[j][1] - spots[i][1]
                distance, wanted = math.hypot(dx, dy), radii[i] + radii[j] + _GAP
                if distance >= wanted:
                    continue
                moved = True
                if distance < 1e-9:  # one on top of the other: part them in a direction of their own
                    dx, dy, distance = math.cos(i + j), math.sin(i + j), 1.0
                push = (wanted - distance + 0.5) / 2
                for k, sign in ((i, -1), (j, 1)):
                    spots[k][0] += sign * push * dx / distance
                    spots[k][1] += sign * push * dy / distance
        if not moved:
            break
    return [(x, y) for x, y in spots]


def _packed(components: Sequence[Sequence[tuple[float, float, float]]]) -> list[Point]:
    """Give each component, largest first, the free place nearest to the middle; they may fill each other's bays."""
    taken: set[tuple[int, int]] = set()
    places: list[Point] = []
    reach = 2 + math.isqrt(sum(map(len, components)) * 9)
    spiral = sorted(
        ((column, row) for column in range(-2 * reach, 2 * reach + 1) for row in range(-reach, reach + 1)),
        key=lambda p: (p[0] ** 2 / _STRETCH**4 + p[1] ** 2, p),
    )
    for discs in components:
        cells = {
            (column, row)
            for x, y, r in discs
            for column in range(math.floor((x - r) / _CELL), math.floor((x + r) / _CELL) + 1)
            for row in range(math.floor((y - r) / _CELL), math.floor((y + r) / _CELL) + 1)
        }
        dx, dy = next((p for p in spiral if not any((c + p[0], r + p[1]) in taken for c, r in cells)), spiral[-1])
        taken.update((c + dx + i, r + dy + j) for c, r in cells for i in (-1, 0, 1) for j in (-1, 0, 1))
        places.append((dx * _CELL, dy * _CELL))
    return places
