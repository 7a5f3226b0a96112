"""Text as it may enter the graph: what would break an export, an offset or a comparison is mended here, once."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_IMPOSSIBLE = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:[T ].*)?", re.DOTALL)
_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Za-z]{2})?/\d{7})(?=v\d+$|$)")


def text(raw: str) -> str:
    r"""Return `raw` in NFC; controls become spaces, impossible characters U+FFFD, byte-order marks vanish.

    Everything else stays as it is, so that offsets count what the source shows.

    >>> text("e\u0301 \x00\ud800\ufeff")
    'é  �'
    """
    if raw.isascii() and raw.isprintable():
        return raw
    plain = _CONTROLS.sub(" ", raw.replace("\ufeff", ""))
    return unicodedata.normalize("NFC", _IMPOSSIBLE.sub("\ufffd", plain))


def line(raw: str) -> str:
    r"""Return `raw` as `text` does, on one line and with single spaces: for titles, names and ids.

    >>> line(" On\n  Things ")
    'On Things'
    """
    return " ".join(text(raw).split())


def iso_date(raw: str) -> str:
    """Return an ISO date cut to the day, or nothing when `raw` is no such date.

    >>> iso_date("2024-09-17T08:00:00Z"), iso_date("2024-09"), iso_date("2024-02-30"), iso_date("May 3")
    ('2024-09-17', '2024-09', '', '')
    """
    found = _DATE.fullmatch(raw.strip())
    if not found:
        return ""
    parts = [p for p in found.groups() if p]
    try:
        date(int(parts[0]), *(int(p) for p in [*parts[1:], "1", "1"][:2]))
    except ValueError:
        return ""
    return "-".join(parts)


def arxiv(raw: str) -> str:
    """Return an arXiv id without address, scheme and version, or nothing when `raw` holds none.

    >>> arxiv("https://arxiv.org/abs/2401.00001v2"), arxiv("arXiv:cs.LG/0102003"), arxiv("n/a")
    ('2401.00001', 'cs.LG/0102003', '')
    """
    found = _ARXIV.search(raw.strip().removesuffix(".pdf"))
    return found.group() if found else ""


def doi(raw: str) -> str:
    """Return a DOI without address or scheme, or nothing when `raw` holds none.

    >>> doi("https://doi.org/10.1000/XYZ"), doi("none")
    ('10.1000/XYZ', '')
    """
    start = line(raw).find("10.")
    return line(raw)[start:] if start >= 0 else ""
