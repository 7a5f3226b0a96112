"""What the two pages have in common: assets as a browser hashes them, the policy, the list for those without script."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from kg.explorer.quotes import NAME, plain
from kg.model import Node

_ASSETS = Path(__file__).parent / "assets"
LISTED = 100


@cache
def asset(name: str) -> str:
    """Return a file of ours."""
    return lines((_ASSETS / name).read_text(encoding="utf-8"))


def lines(text: str) -> str:
    """End lines as an HTML parser does before the browser hashes a script."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def hashed(text: str) -> str:
    """Return what a Content-Security-Policy calls a script or style that stands in the page."""
    return f"'sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def policy(scripts: Sequence[str], style: str) -> str:
    """Return the Content-Security-Policy that allows exactly these scripts and this style, and nothing to be loaded."""
    return (
        f"default-src 'none'; script-src {' '.join(map(hashed, scripts))}; style-src {hashed(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def filled(template: str, values: Mapping[str, str]) -> str:
    """Put values into their places, in one pass: what is filled in is never itself taken for a place to fill."""
    return re.sub(r"\{\{(\w+)\}\}", lambda m: values[m[1]], template)


def rows(nodes: Sequence[Node]) -> str:
    """Return the first nodes as rows of a table: what a screen reader, or a browser without script, gets."""
    return "".join(
        f"<tr><td><bdi>{escape(plain(n.name, NAME))}</bdi></td><td>{escape(n.type)}</td><td>{n.support:,}</td></tr>"
        for n in nodes[:LISTED]
    )
