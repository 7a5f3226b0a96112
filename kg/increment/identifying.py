"""Who is who in some blocks of names: pure functions of portions, so that any process may run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from kg import resolve
from kg.increment.rules import Rules
from kg.lexicon import Decision
from kg.memo import compiled
from kg.resolve import Meant, blocks
from kg.resolve.aliases import Meaning
from kg.store import encode

_saying = msgspec.json.Decoder(tuple[str, Meaning]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All sayings of some blocks, each with its number of papers, and the decisions about names in these blocks."""

    sayings: Sequence[tuple[bytes, int]]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What each saying means; entities by id, as they are kept; the entity of each name, None for a dropped one."""

    says: Sequence[Meant]
    entities: Sequence[tuple[str, bytes]]
    senses: Sequence[tuple[tuple[str, str], str | None]]
    unmatched: tuple[Decision, ...]


def reached(rules: Rules, sayings: Sequence[bytes]) -> list[list[str]]:
    """Return for each saying the keys of the names that a rule might bring together on account of it."""
    reach = _reach(rules)
    return [reach.keys(_saying(content)) for content in sayings]


def resolved(rules: Rules, asked: Asked) -> Found:
    """Return who is who in some blocks."""
    tally = {_saying(content): papers for content, papers in asked.sayings}
    who = resolve.entities(tally, asked.decisions, lexicon=rules.lexicon, ontology=rules.ontology)
    return Found(
        says=[who.says(saying) for saying in tally],
        entities=[(entity.id, encode(entity)) for entity in who.entities],
        senses=list({**dict.fromkeys(who.dropped), **who.index}.items()),
        unmatched=who.unmatched,
    )


@compiled
def _reach(rules: Rules) -> blocks.Reach:
    return blocks.Reach(rules.lexicon, rules.ontology)
