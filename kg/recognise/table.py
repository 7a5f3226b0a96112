"""What the ontology says about coined names, compiled into the form that matching needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kg.memo import compiled
from kg.model import fold, singular
from kg.ontology import Ontology
from kg.phrases import Phrases, plain

STRONG = 0.9  # the weight from which a cue of the contribution introduces the name behind it
NEW, RESULT, HEAD, PART = "new", "result", "head", "part"

_WORD = re.compile(r"[A-Za-z][\w-]*|[,.;:]")
_PREPOSITIONS = frozenset(
    ("of", "for", "with", "via", "to", "in", "on", "by", "from", "that", "which", "using", "through", "towards")
)
_MARKS = frozenset(",.;:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Phrases to look for, what each one signals, and the types by role.

    `signals` tells of each phrase its kind and, but for NEW, the type that it tells. `heads` are nouns that stand
    beside a name ("the X dataset"), `parts` nouns that end one ("knowledge distillation").
    """

    phrases: Phrases
    signals: tuple[tuple[str, str], ...]
    heads: Mapping[str, str]
    parts: Mapping[str, str]
    procedure: str
    system: str
    measure: str
    device: str
    problem: str

    def noun(self, word: str) -> str:
        """Return the type that a noun tells, or ''."""
        key = singular(word.lower())
        return self.heads.get(key) or self.parts.get(key) or ""

    def head(self, phrase: str) -> str:
        """Return the type that a description tells: that of its head noun, the last one before a preposition."""
        last = ""
        for number, word in enumerate(_WORD.findall(phrase)):
            if word in _MARKS and number:
                break
            if word.lower() not in _PREPOSITIONS:
                last = self.noun(word)
            elif last:
                break
        return last


@compiled
def table(ontology: Ontology) -> Table:
    """Compile the cues of node types and relations, once for each ontology."""
    signals: dict[bytes, tuple[str, str]] = {}
    heads: dict[str, str] = {}
    parts: dict[str, str] = {}
    for node_type in ontology.types:
        for cue in node_type.cues:
            is_part = cue.startswith("* ")
            noun = fold(cue.removeprefix("* "))
            (parts if is_part else heads).setdefault(noun, node_type.name)
            for form in (noun, noun + "s", noun[:-1] + "ies" if noun.endswith("y") else noun):
                signals.setdefault(plain(form), (PART if is_part else HEAD, node_type.name))
    measure = ontology.type_as("measure").name
    for role, kind, type_name in (("contribution", NEW, ""), ("result", RESULT, measure)):
        for phrase in ontology.relation_as(role).cues:
            words = plain(phrase.phrase).split()
            strong = phrase.side == "before" and phrase.weight >= STRONG and "*" not in phrase.phrase
            if strong and (kind == NEW or len(words) > 1):
                signals[b" ".join(words)] = (kind, type_name)
    return Table(
        phrases=Phrases(signals),
        signals=tuple(signals.values()),
        heads=heads,
        parts=parts,
        procedure=ontology.type_as("procedure").name,
        system=ontology.type_as("system").name,
        measure=measure,
        device=ontology.type_as("device").name,
        problem=ontology.type_as("problem").name,
    )
