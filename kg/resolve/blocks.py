"""Which names any rule might bring together: what lies in different blocks can be resolved apart, and alone.

A block is a set of name keys that no rule of `kg.resolve` looks beyond, so that who is who in all papers is the union
of who is who in each block. It may hold more than it must, never less: blocks grow together and need not be split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from kg import naming
from kg.lexicon import Decision, Lexicon
from kg.model import name_key
from kg.ontology import Ontology
from kg.resolve import Saying, joins


class Reach:
    """Tells how far the rules look from a name."""

    def __init__(self, lexicon: Lexicon, ontology: Ontology) -> None:
        self._lexicon, self._types = lexicon, ontology.types
        self._bare = joins.rows_without_generic(lexicon, ontology)
        self._gaps = joins.with_a_gap(lexicon)
        self._near = lru_cache(maxsize=1 << 17)(self._around)

    def keys(self, saying: Saying) -> list[str]:
        """Return the keys that a rule might bring together on account of a saying; its own name's comes first."""
        type_name, meaning = saying
        found = {name_key(meaning.name): None}
        for name in (meaning.name, *meaning.others, *meaning.known):
            found.update(dict.fromkeys(self._near(name, type_name)))
        return list(found)

    def _around(self, name: str, type_name: str) -> list[str]:
        """Return what the rules of `kg.resolve.joins` ask about a name, whatever type it will be taken for."""
        key, lexicon = name_key(name), self._lexicon
        found = {key, *self._row(type_name, key)}
        for node_type in self._types:
            core, pair = "", (node_type.name, key)
            if naming.cores(name, node_type):
                core, pair = joins.without_generic(name, node_type, lexicon)
            found.update([pair[1], *self._row(*pair)] if core else ())
            found.update([self._bare[pair][1]] if pair in self._bare else ())
        if name.endswith("S"):
            small = joins.small_key(name)
            found.update([small, *self._row(type_name, small)])
        if not lexicon.has(key):
            found.update(row[1] for row in joins.misspelt(name, self._gaps))
        return sorted(found)

    def _row(self, type_name: str, key: str) -> list[str]:
        row = self._lexicon.sense(type_name, key)
        return [row[1]] if row else []


def told(decisions: Iterable[Decision]) -> Iterator[list[str]]:
    """Yield the keys that each decision about names speaks of, and that of the name it gives: they are of one block."""
    for decision in decisions:
        if not decision.relation:
            yield [name_key(name) for name in (*decision.names, decision.to) if name]
