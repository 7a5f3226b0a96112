"""The rules by which names of entities are one: known aliases, generic words, definitions, capitals, slips of the pen.

Each joins what it finds and gives the reason; what decisions keep apart is joined by none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kg import naming
from kg.disjoint import Disjoint
from kg.lexicon import Key, Lexicon
from kg.model import fold, name_key
from kg.ontology import NodeType, Ontology
from kg.resolve import aliases

Gaps = Mapping[tuple[str, ...], Sequence[tuple[str, Key]]]  # what is left of known names without a word -> that word
Pair = tuple[str, str]  # the key of a name and that of another name of the same thing
ALIAS, SLIP = "an alias in the lexicon", "a known name but for a slip of the pen"
_FEW = 3  # papers: what more of them write is no slip of the pen


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What all papers call things: who says so, how it is spelt, which type it is taken for; and what is joined."""

    sets: Disjoint[Key]
    reasons: dict[Key, str]
    papers: Mapping[Key, int]
    spellings: Mapping[Key, Counter[str]]
    typed: Mapping[Key, Key]
    lexicon: Lexicon
    ontology: Ontology | None

    def join(self, one: Key, other: Key, called: Key, reason: str) -> None:
        """Join two names unless they are one already or have to stay apart; `called` is whose reason it is."""
        if self.sets.find(one) != self.sets.find(other) and self.sets.join([one, other]):
            self.reasons.setdefault(called, reason)


def generic(names: Names) -> dict[Key, Key]:
    """Join aliases of the lexicon to its names, and names with generic words to those without; return the rows met."""
    types = {t.name: t for t in names.ontology.types} if names.ontology else {}
    typed, lexicon = names.typed, names.lexicon
    rows: dict[Key, Key] = {}
    full = rows_without_generic(lexicon, names.ontology)
    cores: dict[Key, list[Key]] = defaultdict(list)
    for pair in sorted(names.spellings):
        type_name, key = target = typed.get(pair, pair)
        other = lexicon.meaning(type_name, key)
        if other is None and type_name in types:
            core, core_key = without_generic(min(names.spellings[pair]), types[type_name], lexicon)
            core_key = core_key if core else target
            other = lexicon.meaning(*core_key) or full.get(core_key)
            if core or other:
                cores[other or core_key].append(pair)
        elif other and typed.get(other, other) == other:
            rows[target] = other
            names.join(other, target, pair, ALIAS)
    for core_key, pairs in sorted(cores.items()):
        if typed.get(core_key, core_key) != core_key:
            continue
        alone = len(pairs) == 1 and core_key not in names.spellings and core_key not in lexicon.rows
        for pair in () if alone else pairs:
            target = typed.get(pair, pair)
            if core_key in lexicon.rows:
                rows[target] = core_key
            names.join(core_key, target, pair, "the same name with a generic word or its maker")
    return rows


def without_generic(name: str, node_type: NodeType, lexicon: Lexicon) -> tuple[str, Key]:
    """Return a name without its generic words and maker, '' if it has none, and the key of that."""
    core = naming.core(name, node_type, lexicon.known.get(node_type.name, ()))
    return core, (node_type.name, name_key(core or name))


@lru_cache(maxsize=8)
def rows_without_generic(lexicon: Lexicon, ontology: Ontology | None) -> Mapping[Key, Key]:
    """Return the rows by what is left of their spellings without generic words, where the lexicon knows no such name.

    So "T4" is the row "NVIDIA T4", and "EM" the row that has "EM algorithm" as an alias.
    """
    types = {t.name: t for t in ontology.types} if ontology else {}
    found: dict[Key, set[Key]] = defaultdict(set)
    for row, rows in lexicon.rows.items():
        if row[0] in types:
            for form in (f for name in rows for f in name.forms if naming.cores(f, types[row[0]])):
                if core := naming.core(form, types[row[0]]):
                    found[row[0], name_key(core)].add(row)
    return {core: next(iter(some)) for core, some in found.items() if len(some) == 1 and not lexicon.has(core[1])}


def known(names: Names, pairs: Iterable[Pair], same: Disjoint[str], reason: str) -> None:
    """Join the keys of names with those of their other names, under the type that all of them are taken for."""
    kinds = _kinds(names)
    for key, alias in sorted(pairs):
        for type_name in sorted(kinds[key] & kinds[alias]) if same.find(key) == same.find(alias) else ():
            names.join((type_name, key), (type_name, alias), (type_name, alias), reason)


def _kinds(names: Names) -> Mapping[str, set[str]]:
    """Return the types that each key is taken for."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for type_name, key in names.typed.values():
        kinds[key].add(type_name)
    return kinds


def defined(names: Names, told: aliases.Acronyms, same: Disjoint[str]) -> None:
    """Join what papers define a short name as to that name; `same` are the names that are taken for one thing."""
    kinds = _kinds(names)
    for short, longs in sorted(told.agreed.items()):
        reason = aliases.MOSTLY if short in told.torn else aliases.AGREED
        for long in map(name_key, longs):
            for type_name in sorted(kinds[long] & kinds[short]) if same.find(short) == same.find(long) else ():
                called = short if short in told.second else long
                names.join((type_name, short), (type_name, long), (type_name, called), reason)


def capitals(names: Names) -> None:
    """Join an acronym in a capital S (FLEURS) with the same in small letters (Fleurs), if nothing is called Fleur."""
    spelt = names.spellings
    for pair in sorted(pair for pair, forms in spelt.items() if any(form.endswith("S") for form in forms)):
        type_name, key = target = names.typed.get(pair, pair)
        small = (type_name, small_key(min(form for form in spelt[pair] if form.endswith("S"))))
        row = names.lexicon.meaning(*small)
        told = [form for form, _ in (names.lexicon.aliases(row) if row else ()) if name_key(form) == small[1]]
        forms = [*spelt.get(small, ()), *told]
        if small[1] != key and forms and all(form[-1:] in "sS" for form in forms):
            reason = "the same name in capitals: no paper has it without its s"
            names.join(row or names.typed.get(small, small), target, pair, reason)


def small_key(name: str) -> str:
    """Return the key of a name in a capital S, were it a small one."""
    return name_key(name[:-1] + "s")


def slips(papers: Mapping[Key, int], spellings: Mapping[Key, Counter[str]], lexicon: Lexicon) -> set[Pair]:
    """Return each key of very few papers that is a known name but for a slip of the pen, behind that name's key.

    The slip is in one long word of several; of a word that stands alone, being coined, every letter counts.
    """
    told: Counter[str] = Counter()
    for (_, key), number in papers.items():
        told[key] += number
    found, known = set(), with_a_gap(lexicon)
    for pair in sorted(papers):
        if told[pair[1]] <= _FEW and not lexicon.has(pair[1]):
            near = misspelt(min(spellings[pair]), known)
            found |= {(row[1], pair[1]) for row in near if len(near) == 1}
    return found


def misspelt(name: str, known: Gaps) -> set[Key]:
    """Return the rows of the lexicon that a name is but for a slip of the pen in one long word."""
    return {row for word, gap in _gaps(name) for other, row in known.get(gap, ()) if naming.slip(word, other)}


@lru_cache(maxsize=8)
def with_a_gap(lexicon: Lexicon) -> Gaps:
    """Return the known names by what is left of them without one of their long words, with that word.

    Ask once and keep it: an equal lexicon that is another object is compared with this one row by row.
    """
    found: dict[tuple[str, ...], list[tuple[str, Key]]] = defaultdict(list)
    for row in sorted(lexicon.rows):
        for form, _ in lexicon.aliases(row):
            for word, gap in _gaps(form):
                found[gap].append((word, row))
    return {gap: tuple(words) for gap, words in found.items()}


def _gaps(name: str) -> list[tuple[str, tuple[str, ...]]]:
    words = fold(name).split()
    long = (i for i, word in enumerate(words) if len(words) > 1 and len(word) >= naming.SLIP_FROM)
    return [(words[i], (*words[:i], "", *words[i + 1 :])) for i in long]
