"""What is scored, one JSON object a line: written from extractions, read from predictions and gold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from kg.model import Claim, Extraction, KGError
from kg.relate import CURATED
from kg.scoring.matching import tokens


class _Spelling(msgspec.Struct):
    text: str


class Labelled(msgspec.Struct):
    """An entity of a gold or predicted file; other keys are ignored."""

    name: str
    type: str
    relation: str = ""
    surface: list[str] = []
    evidence: list[_Spelling] = []
    optional: bool = False
    confidence: Any = None
    entity_confidence: Any = None

    def spellings(self) -> set[tuple[str, ...]]:
        """Return the token sequences of all its spellings."""
        texts = [self.name, *self.surface, *(e.text for e in self.evidence)]
        return {found for found in map(tokens, texts) if found}


class _Row(msgspec.Struct):
    id: str
    entities: list[Labelled]


def read(path: Path) -> dict[str, list[Labelled]]:
    """Read a gold or predicted JSONL file; errors name file and line."""
    decoder = msgspec.json.Decoder(_Row)
    rows: dict[str, list[Labelled]] = {}
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    try:
                        row = decoder.decode(line)
                    except msgspec.MsgspecError as error:
                        hint = 'one object a line: {"id": ..., "entities": [...]}'
                        raise KGError(f"not a scored line: {error}", where=f"{path}:{number}", hint=hint) from None
                    rows[row.id] = row.entities
    except OSError as error:
        raise KGError(f"cannot read: {(error.strerror or str(error)).lower()}", where=str(path)) from None
    if not rows:
        raise KGError("no scored lines", where=str(path), hint="kg extract writes them")
    return rows


def line(extraction: Extraction) -> bytes:
    """Return what one paper says as a line of JSON: the format that `read` and other scorers take.

    `confidence` is that of the whole claim; `entity_confidence`, where it is known, that of the entity alone.
    """
    return (
        msgspec.json.encode(
            {
                "id": extraction.paper.id,
                "title": extraction.paper.title,
                "entities": [_entity(claim) for claim in extraction.claims],
            }
        )
        + b"\n"
    )


def _entity(claim: Claim) -> dict[str, Any]:
    alone = _entity_confidence(claim)
    return {
        "name": claim.name,
        "type": claim.type,
        "relation": claim.relation,
        "confidence": round(claim.confidence, 4),
        **({} if alone is None else {"entity_confidence": round(alone, 4)}),
        "evidence": [{"field": e.field, "start": e.start, "end": e.end, "text": e.text} for e in claim.evidence],
    }


def _entity_confidence(claim: Claim) -> float | None:
    """Return how sure the entity is, whatever its role.

    A claim carries the product with the learned vote for its role; what the rules alone judged cannot be taken apart.
    """
    votes = {vote.rule: vote.score for vote in claim.votes}
    if CURATED.rule in votes:
        return claim.confidence
    role = votes.get("learned", 0.0)
    return min(1.0, claim.confidence / role) if role else None
