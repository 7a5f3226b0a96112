"""Which of the forms that we can give a client would like best (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_RANGE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9a-z-]+)/([!#$%&'*+.^_`|~0-9a-z-]+)\s*$", re.IGNORECASE)
_MOST = 64  # ranges of one header that are read


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the best liked of the media types `offered`, the first of equals; None when none is acceptable.

    An absent header accepts all. Of several ranges that match a type the most specific one counts.

    >>> preferred("text/html;q=0.8, text/*;q=0.9", ("application/json", "text/html", "text/turtle"))
    'text/turtle'
    >>> preferred("image/png", ("text/html",)), preferred("", ("text/html",)), preferred("*/*;q=0", ("text/html",))
    (None, 'text/html', None)
    """
    ranges = [found for part in accept.split(",")[:_MOST] if (found := _range(part)) is not None]
    if not ranges:
        return offered[0] if not accept.strip() else None
    liked = [(_liking(media_type, ranges), -index, media_type) for index, media_type in enumerate(offered)]
    best = max(liked)
    return best[2] if best[0] > 0 else None


def _range(part: str) -> tuple[str, str, float] | None:
    name, *parameters = part.split(";")
    found = _RANGE.match(name)
    if found is None:
        return None
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().casefold() == "q":
            if not re.fullmatch(r"(0(\.[0-9]{0,3})?|1(\.0{0,3})?)", value.strip()):
                return None
            quality = float(value)
    return found.group(1).casefold(), found.group(2).casefold(), quality


def _liking(media_type: str, ranges: Sequence[tuple[str, str, float]]) -> float:
    main, _, sub = media_type.partition("/")
    fits = [((m != "*") + (s != "*"), q) for m, s, q in ranges if m in ("*", main) and s in ("*", sub)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else 0.0
