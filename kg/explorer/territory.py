"""Nodes and links -> a map: communities as discs that lie apart, every node at a place of its own inside.

One layout of the whole graph is an unreadable ball from some thousand nodes on. So each community is laid out
alone, its best supported nodes nearest to where the forces want them, and the discs are packed by how much they share.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import igraph

from kg.explorer.seeded import Point, seeded

_SLOT = 15.0  # room of the smallest node; larger ones take several slots
_FILL = 0.72  # the share of a disc that its nodes may take
_MARGIN = 46.0
_STRETCH = 1.6  # screens are wider than high
_ROUNDS = 260
_GOLDEN, _SILVER = 0.7548776662466927, 0.5698402909980532  # the plastic number's: any first few points lie apart
_EXACT, _PAIRS = 800, 20_000_000
_TIER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """Where every node lies and to which community it belongs; a community is a disc (x, y, radius).

    The last community gathers what is connected to little or nothing when `scattered`.
    """

    points: tuple[tuple[int, int], ...]
    member: tuple[int, ...]
    discs: tuple[tuple[int, int, int], ...]
    scattered: bool


def territory(radii: Sequence[float], links: Sequence[tuple[int, int]]) -> Territory:
    """Lay out nodes, the most telling first; links are pairs of indices, and repeated ones pull harder."""
    weights = Counter((min(link), max(link)) for link in links if link[0] != link[1])
    pairs = sorted(weights)
    with seeded():
        graph = igraph.Graph(n=len(radii), edges=pairs)
        graph.es["weight"] = [math.sqrt(weights[pair]) for pair in pairs]
        groups, scattered = _communities(graph)
        member = [0] * len(radii)
        for number, nodes in enumerate(groups):
            for i in nodes:
                member[i] = number
        inner: list[dict[int, Point]] = []
        for number, nodes in enumerate(groups):
            last = scattered and number == len(groups) - 1
            wanted = _strewn(graph, nodes) if last else _forces(graph, nodes)
            inner.append(_settled(nodes, wanted, radii))
        sizes = [_reach(places, radii) for places in inner]
        pull: Counter[tuple[int, int]] = Counter()
        for a, b in pairs:
            if member[a] != member[b]:
                pull[min(member[a], member[b]), max(member[a], member[b])] += weights[a, b]
        centres = _packed(sizes, pull)
    points: dict[int, tuple[int, int]] = {}
    for (cx, cy), places in zip(centres, inner, strict=True):
        points.update({i: (round(x + cx), round(y + cy)) for i, (x, y) in places.items()})
    return Territory(
        points=tuple(points[i] for i in range(len(radii))),
        member=tuple(member),
        discs=tuple((round(x), round(y), math.ceil(r)) for (x, y), r in zip(centres, sizes, strict=True)),
        scattered=scattered,
    )


def _communities(graph: igraph.Graph) -> tuple[list[list[int]], bool]:
    """Return the communities, largest first; those of next to nothing are put together, last."""
    if not graph.vcount():
        return [], False
    found = graph.community_leiden(objective_function="modularity", weights="weight", n_iterations=8).membership
    members: dict[int, list[int]] = defaultdict(list)
    for i, number in enumerate(found):
        members[number].append(i)
    least = max(5, min(90, graph.vcount() // 40))
    ordered = sorted(members.values(), key=lambda m: (-len(m), m))
    large = [m for m in ordered if len(m) >= least]
    number = {i: k for k, m in enumerate(large) for i in m}
    rest: list[int] = []
    joining: list[tuple[int, list[int]]] = []
    for small in ordered[len(large) :]:  # what is small joins the neighbour that it shares most with
        shared: Counter[int] = Counter()
        for i in small:
            for j in graph.neighbors(i):
                if j in number:
                    shared[number[j]] += 1
        if shared:
            joining.append((min(shared, key=lambda k: (-shared[k], k)), small))
        else:
            rest += small  # neighbours stay neighbours
    for k, small in joining:
        large[k].extend(small)
    large = sorted((sorted(m) for m in large), key=lambda m: (-len(m), m))
    if not large or not rest:
        return large or [rest], False
    return [*large, rest], True


def _forces(graph: igraph.Graph, nodes: Sequence[int]) -> dict[int, Point]:
    """Return where forces want the nodes of a community, as points of a disc that is evenly filled."""
    if len(nodes) <= 2:
        return {i: (float(k), 0.0) for k, i in enumerate(nodes)}
    part, grid, rounds = graph.induced_subgraph(nodes), "grid", 100
    if len(nodes) <= _EXACT:  # a round looks at all pairs
        grid, rounds = "nogrid", max(40, min(300, _PAIRS // len(nodes) ** 2))
    coordinates = part.layout_fruchterman_reingold(weights="weight", niter=rounds, grid=grid).coords
    cx, cy = (sorted(c[axis] for c in coordinates)[len(nodes) // 2] for axis in (0, 1))  # stray pieces do not shift it
    polar = [(math.hypot(x - cx, y - cy), math.atan2(y - cy, x - cx)) for x, y in coordinates]
    even: dict[int, Point] = {}
    start, size = 0, _TIER
    while start < len(nodes):  # the best, the next best, ...: each fills the disc, so that it is full at every zoom
        tier = range(start, min(start + size, len(nodes)))
        turn = {k: rank for rank, k in enumerate(sorted(tier, key=lambda k: (polar[k][1], k)))}
        for rank, k in enumerate(sorted(tier, key=lambda k: (polar[k][0], k))):
            share = math.sqrt((rank + 0.5) / len(tier))
            angle = 0.3 * polar[k][1] + 0.7 * (2 * math.pi * (turn[k] + 0.5) / len(tier) - math.pi)
            even[nodes[k]] = (math.cos(angle) * share, math.sin(angle) * share)
        start, size = start + size, size * 2
    return even


def _strewn(graph: igraph.Graph, nodes: Sequence[int]) -> dict[int, Point]:
    """Return places for small groups: each stays together, and the first ones of any number are spread evenly."""
    pieces = sorted(sorted(piece) for piece in graph.induced_subgraph(nodes).connected_components())
    places: dict[int, Point] = {}
    for k, piece in enumerate(pieces):
        share, angle = math.sqrt((0.5 + k * _GOLDEN) % 1), 2 * math.pi * ((k * _SILVER) % 1)
        places.update({nodes[i]: (math.cos(angle) * share, math.sin(angle) * share) for i in piece})
    return places


def _settled(nodes: Sequence[int], wanted: Mapping[int, Point], radii: Sequence[float]) -> dict[int, Point]:
    """Give every node, the most telling first, the free place nearest to the one it wants: none overlap."""
    area = sum((max(radii[i] + 3, _SLOT / 2)) ** 2 for i in nodes)
    size = math.sqrt(area * 4 / math.pi / _FILL)
    taken: set[tuple[int, int]] = set()
    reached: dict[tuple[int, int], int] = {}
    places: dict[int, Point] = {}
    for i in sorted(nodes):
        wide = max(1, math.ceil((2 * radii[i] + 4) / _SLOT))
        column, row = (round(v * size / _SLOT) for v in wanted[i])
        start = (column // 2, row // 2, wide)
        for step in range(reached.get(start[:2], 0) if wide == 1 else 0, 4 * len(nodes) + 4000):
            dx, dy = _spiral(step)
            corner = (column + dx, row + dy)
            cells = [(corner[0] + a, corner[1] + b) for a in range(wide) for b in range(wide)]
            if not taken.intersection(cells):
                break
        if wide == 1:
            reached[start[:2]] = max(0, step - 24)  # neighbours find the same places taken
        taken.update(cells)
        shift = (wide - 1) / 2
        jx, jy = _jitter(i)
        places[i] = ((corner[0] + shift + jx) * _SLOT, (corner[1] + shift + jy) * _SLOT)
    cx, cy = (sum(p[k] for p in places.values()) / len(places) for k in (0, 1))
    return {i: (x - cx, y - cy) for i, (x, y) in places.items()}


_TURNS: list[tuple[int, int]] = []


def _spiral(step: int) -> tuple[int, int]:
    """Return the cells around one, the nearest first."""
    while step >= len(_TURNS):
        reach = 2 * (math.isqrt(len(_TURNS)) + 8)
        around = [
            (x, y) for x in range(-reach, reach + 1) for y in range(-reach, reach + 1) if x * x + y * y <= reach**2
        ]
        _TURNS[:] = sorted(around, key=lambda p: (p[0] ** 2 + p[1] ** 2, p))
    return _TURNS[step]


def _jitter(i: int) -> Point:
    """Return a small shift of a node's own, so that slots do not show as a grid."""
    mixed = (i * 2654435761) & 0xFFFFFFFF
    return ((mixed & 0xFF) / 255 - 0.5) * 0.26, ((mixed >> 16 & 0xFF) / 255 - 0.5) * 0.26


def _reach(places: Mapping[int, Point], radii: Sequence[float]) -> float:
    return max((math.hypot(x, y) + radii[i] for i, (x, y) in places.items()), default=0.0) + 8


def _packed(sizes: Sequence[float], pull: Mapping[tuple[int, int], int]) -> list[Point]:
    """Place the discs: those that share much near each other, none overlapping, the whole wider than high."""
    count = len(sizes)
    if count <= 1:
        return [(0.0, 0.0)] * count
    pairs = sorted(pull)
    graph = igraph.Graph(n=count, edges=pairs)
    weights = [math.sqrt(pull[p]) for p in pairs]
    coordinates = graph.layout_fruchterman_reingold(weights=weights, niter=800).coords
    spread = math.sqrt(sum(r * r for r in sizes)) * 1.2
    longest = max((math.hypot(x, y) for x, y in coordinates), default=1.0) or 1.0
    spots = [[x / longest * spread * _STRETCH, y / longest * spread] for x, y in coordinates]
    for turn in range(_ROUNDS):
        gather = 0.03 * (1 - turn / _ROUNDS)
        for spot in spots:
            spot[0] -= spot[0] * gather
            spot[1] -= spot[1] * gather * _STRETCH**2
        for _ in range(3):
            _parted(spots, sizes)
    for _ in range(200):
        if not _parted(spots, sizes):
            break
    return [(x, y) for x, y in spots]


def _parted(spots: list[list[float]], sizes: Sequence[float]) -> bool:
    """Push discs that overlap apart, a little; tell whether any did."""
    moved = False
    for a in range(len(spots)):
        for b in range(a):
            dx, dy = spots[a][0] - spots[b][0], spots[a][1] - spots[b][1]
            distance, wanted = math.hypot(dx, dy), sizes[a] + sizes[b] + _MARGIN
            if distance >= wanted:
                continue
            moved = True
            if distance < 1e-9:
                dx, dy, distance = math.cos(a + b), math.sin(a + b), 1.0
            share = sizes[b] / (sizes[a] + sizes[b])  # the larger disc moves less
            push = (wanted - distance + 0.5) / distance
            spots[a][0] += dx * push * share
            spots[a][1] += dy * push * share
            spots[b][0] -= dx * push * (1 - share)
            spots[b][1] -= dy * push * (1 - share)
    return moved
