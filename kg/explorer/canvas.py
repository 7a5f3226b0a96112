"""View -> one HTML file: our own map on a canvas, with everything that the graph says inside.

No text of a paper is ever markup or script: the data are compressed blocks that no parser of HTML looks into, and one
script unpacks them and makes text nodes. A Content-Security-Policy with its hash refuses everything else.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from html import escape

import msgspec

from kg import collector
from kg.explorer.content import Content, content
from kg.explorer.quotes import plain
from kg.explorer.selection import neighbourhood
from kg.explorer.shell import asset, filled, policy, rows
from kg.view import View

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const |let |class )", re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://(?! -).*|/\*\*(?:(?!\*/)[\s\S])*\*/)\n", re.MULTILINE)
_LEVEL = 6  # 9 takes three times as long for half a per cent
AROUND = 6000


def html(graph: View, *, around: str | None = None, hops: int = 1, limit: int | None = None) -> str:
    """Return the page: one file, no address in it that a browser would load, the same bytes every time.

    Around a name it holds the nodes within some hops, else the whole graph. An unknown name raises QueryError.
    """
    only: frozenset[str] | None = None
    focus: tuple[str, ...] = ()
    if around is not None:
        only, focus = neighbourhood(graph, around, hops=hops, limit=limit or AROUND)
    with collector.paused():
        held = content(graph, only=only, focus=focus)
    script, style = bundle(), asset("atlas/page.css")
    kept = [n for n in graph.nodes if only is None or n.id in only]
    values = {
        "policy": policy([script], style),
        "style": style,
        "caption": escape(_caption(graph, held, around)),
        "rows": rows(sorted(kept, key=lambda n: (n.paper is not None, -n.support, n.id))),
        "blocks": "\n".join(_blocks(held)),
        "script": script,
    }
    return filled(asset("atlas/page.html"), values)


@cache
def bundle() -> str:
    """Return the modules as one script, each after those that it imports, without comments.

    A name may be declared at the top of one module only: they share one scope.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        for other in _IMPORT.findall(asset(f"atlas/{name}.js")):
            visit(other)
        if name not in order:
            order.append(name)

    visit("main")
    return "".join(_EXPORT.sub("", _COMMENT.sub("", _IMPORT.sub("", asset(f"atlas/{name}.js")))) for name in order)


def pack(data: object) -> str:
    """Return JSON, deflated without a header, in letters that HTML has no use for: `data.js` unpacks it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return b64encode(packer.compress(msgspec.json.encode(data)) + packer.flush()).decode("ascii")


def _blocks(held: Content) -> list[str]:
    parts: list[tuple[str, object]] = [("core", held.core)]
    parts += [(f"places{i}", chunk) for i, chunk in enumerate(held.places)]
    parts += [(f"texts{i}", chunk) for i, chunk in enumerate(held.texts)]
    with ThreadPoolExecutor() as threads:  # zlib lets others work meanwhile
        packed = threads.map(pack, [data for _, data in parts])
        return [
            f'<script type="application/octet-stream" id="{name}">{block}</script>'
            for (name, _), block in zip(parts, packed, strict=True)
        ]


def _caption(graph: View, held: Content, around: str | None) -> str:
    nodes, edges = len(held.core["nodes"]["name"]), len(held.core["edges"]["source"])
    what = f"{nodes:,} of {len(graph.nodes):,} nodes and {edges:,} of {len(graph.edges):,} connections"
    if around is None:
        what = f"{nodes:,} nodes and {edges:,} connections"
    where = f" around {plain(around, 60)}" if around is not None else ""
    years = [year for year in held.core["papers"]["year"] if year]
    dated = f", papers of {min(years)} to {max(years)}" if years else ""
    return f"This page holds {what}{where}{dated}. Made by paperatlas."
