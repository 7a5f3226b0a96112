"""What one request may take. Apart from the rest, so that the command line needs no server to name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take; the defaults are Datasette's."""

    seconds: float = 1.0
    rows: int = 1000
    body_bytes: int = 1_000_000
    body_seconds: float = 10.0
    concurrent: int = 8
