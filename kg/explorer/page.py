"""Selection -> one HTML file: vis-network and the drawing as pyvis writes them, inside a shell of our own.

pyvis' own page calls two addresses on the network and has three places where the text of a paper would run as script
(its heading, its menu of ids, its tooltips with links). So only its two scripts are taken over, and they are given
numbers, colours and positions, never text: names and quotes reach the page as JSON that one script of ours turns into
text nodes. A Content-Security-Policy with the hashes of exactly these scripts refuses everything else.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from html import escape
from typing import Any

from kg.explorer.content import radius
from kg.explorer.layout import positions
from kg.explorer.payload import encode, payload
from kg.explorer.quotes import plain
from kg.explorer.selection import LIMIT, Selection, select
from kg.explorer.shell import LISTED, asset, filled, lines, policy, rows
from kg.model import ExportError
from kg.ontology import Ontology
from kg.view import View

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_SHAPES = {
    "dot": '<circle cx="8" cy="8" r="6.5"/>',
    "square": '<path d="M2 2h12v12H2z"/>',
    "diamond": '<path d="M8 .5 15 8 8 15.5 1 8z"/>',
    "triangle": '<path d="M8 1.5 15 14H1z"/>',
    "triangleDown": '<path d="M8 14.5 15 2H1z"/>',
    "star": '<path d="m8 .5 2.1 5.2 5.5.4-4.2 3.6 1.3 5.4L8 12.2l-4.7 2.9 1.3-5.4L.4 6.1l5.5-.4z"/>',
    "hexagon": '<path d="M4.3 1.5h7.4L15.4 8l-3.7 6.5H4.3L.6 8z"/>',
}


def drawn(graph: View, *, around: str | None = None, hops: int = 1, limit: int | None = None) -> str:
    """Return the page of the best supported part of the graph, or of what lies around a name."""
    return html(graph, select(graph, around=around, hops=hops, limit=LIMIT if limit is None else limit))


def html(graph: View, selection: Selection) -> str:
    """Return the page: one file, no address in it that a browser would load, the same bytes every time."""
    library, drawing = _pyvis(graph.ontology, selection)
    script, style = asset("explorer.js"), asset("explorer.css")
    values = {
        "policy": policy([library, drawing, script], style),
        "style": style,
        "types": _type_legend(graph, selection),
        "relations": _relation_legend(graph, selection),
        "caption": escape(selection.caption),
        "rows": rows(selection.nodes),
        "listed": f"{min(LISTED, len(selection.nodes)):,} of {len(selection.nodes):,}",
        "data": encode(payload(graph, selection)),
        "library": library,
        "drawing": drawing,
        "script": script,
    }
    return filled(asset("page.html"), values)


def _pyvis(ontology: Ontology, selection: Selection) -> tuple[str, str]:
    """Let pyvis write its page and return the two scripts of it that are needed: vis-network and the drawing."""
    from pyvis.network import Network

    network = Network(cdn_resources="in_line", directed=True)
    network.nodes, network.edges = _nodes(ontology, selection), _edges(ontology, selection)
    network.options = _options(ontology, crowded=len(selection.edges) > 1500)
    scripts = [lines(s) for s in _INLINE.findall(network.generate_html())]
    library = [s for s in scripts if "vis-network" in s and "@license" in s]
    drawing = [s for s in scripts if "new vis.Network(" in s and "vis-network" not in s]
    if len(library) != 1 or len(drawing) != 1:
        raise ExportError("this pyvis writes another page than expected", hint="install pyvis 0.3.2")
    return re.sub(r"//# sourceMappingURL=\S+", "", library[0]), drawing[0]


def _nodes(ontology: Ontology, selection: Selection) -> list[dict[str, Any]]:
    number = {node.id: i for i, node in enumerate(selection.nodes)}
    group = {t.name: f"t{i}" for i, t in enumerate(ontology.types)}
    most = max((n.support for n in selection.nodes), default=0)
    radii = [radius(node, most) for node in selection.nodes]
    links = [(number[e.source], number[e.target]) for e in selection.edges]
    return [
        {"id": i, "group": group[node.type], "size": radii[i], "x": x, "y": y}
        for i, (node, (x, y)) in enumerate(zip(selection.nodes, positions(radii, links), strict=True))
    ]


def _edges(ontology: Ontology, selection: Selection) -> list[dict[str, Any]]:
    """Return the edges in the order in which `payload` numbers them: those of most papers first."""
    number = {node.id: i for i, node in enumerate(selection.nodes)}
    colour = {r.name: r.colour for r in ontology.relations}
    opacity = round(min(0.4, max(0.12, 12 / math.sqrt(len(selection.edges) or 1))), 2)  # many edges: each fainter
    ordered = sorted(selection.edges, key=lambda e: (-e.support, e.key))
    return [
        {
            "id": i,
            "from": number[edge.source],
            "to": number[edge.target],
            "color": {"color": colour[edge.relation], "opacity": opacity},
            "width": round(min(1.2 + 0.5 * math.log(edge.support), 3.0), 1),
        }
        for i, edge in enumerate(ordered)
    ]


def _options(ontology: Ontology, *, crowded: bool) -> dict[str, Any]:
    groups = {
        f"t{i}": {
            "shape": t.shape if t.shape in _SHAPES else "dot",
            "color": {"background": t.colour, "border": "#ffffff"}
            | {state: {"background": t.colour, "border": "#111111"} for state in ("hover", "highlight")},
        }
        for i, t in enumerate(ontology.types)
    }
    return {
        "groups": groups,
        "nodes": {"borderWidth": 1, "borderWidthSelected": 2, "shapeProperties": {"interpolation": False}},
        "edges": {"smooth": False, "hoverWidth": 0, "selectionWidth": 1},
        "physics": {"enabled": False},
        "layout": {"improvedLayout": False, "randomSeed": 1},
        "interaction": {
            "hover": True,
            "hoverConnectedEdges": False,
            "selectConnectedEdges": False,
            "tooltipDelay": 250,
            "hideEdgesOnDrag": crowded,
            "keyboard": {"enabled": True, "bindToWindow": False},
            "zoomSpeed": 0.6,
        },
    }


def _type_legend(graph: View, selection: Selection) -> str:
    shown, total = Counter(n.type for n in selection.nodes), graph.counts()[0]
    return "".join(
        _key("type", i, icon(t.shape, t.colour), t.plural, shown[t.name], total[t.name])
        for i, t in enumerate(graph.ontology.types)
        if total[t.name]
    )


def _relation_legend(graph: View, selection: Selection) -> str:
    shown, total = Counter(e.relation for e in selection.edges), graph.counts()[1]
    line = '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M1 8h14" stroke="{}" stroke-width="3"/></svg>'
    return "".join(
        _key("relation", i, line.format(escape(r.colour)), r.label, shown[r.name], total[r.name])
        for i, r in enumerate(graph.ontology.relations)
        if r.drawn and total[r.name]
    )


def _key(kind: str, index: int, icon: str, label: str, shown: int, total: int) -> str:
    """Return one entry of the legend; where nothing of the kind is drawn there is nothing to switch off."""
    off = "" if shown else " disabled"
    count = f"{shown:,}" if shown == total else f"{shown:,} of {total:,}"
    pressed = "true" if shown else "false"
    return (
        f'<li><button type="button" class="key" data-{kind}="{index}" aria-pressed="{pressed}"{off}>'
        f'{icon}<span>{escape(plain(label, 40))}</span><span class="count">{count}</span></button></li>'
    )


def icon(shape: str, colour: str) -> str:
    """Return the picture of a node type as inline SVG; an unknown shape is drawn as a dot."""
    path = _SHAPES.get(shape, _SHAPES["dot"])
    return f'<svg viewBox="0 0 16 16" aria-hidden="true" fill="{escape(colour)}">{path}</svg>'
