"""What else a paper calls the thing that it claims: which of these names are its own, and what the claim is about.

Whoever reads one paper takes its "FL" for federated learning although it is defined as Follow-The-Leader there, and its
"DR-BERT (Dynamic Re-weighting BERT)" for BERT. So the names of a claim are weighed here, by their letters and by what
the lexicon and other papers call so, before they join anything.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kg import naming
from kg.disjoint import Disjoint
from kg.lexicon import Decision, Key, Lexicon
from kg.model import Claim, fold, name_key

_GLUED_CAPITALS = re.compile(r"\S*(?:[A-Z]{2}|[0-9])\S*")
_MANY, _SHARE = 5, 0.8  # definitions, and share of all definitions, that outweigh those that say otherwise
AGREED = "defined as an acronym or alias, and all definitions agree"
MOSTLY = "defined as an acronym or alias by most papers that define it"


class Meaning(NamedTuple):
    """What a claim is about: a name (the claim's own, or the one that is meant instead), and what else it is called.

    `known` are the names that the lexicon has for it too, `others` those that only the paper tells.
    """

    name: str
    others: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acronyms:
    """Short names (keys) by what papers define them as: the meanings that agree, and the names of several meanings.

    `second` are the keys of those names, short or long, that some paper has as the other name of what it claims.
    """

    agreed: Mapping[str, tuple[str, ...]]
    torn: frozenset[str]
    second: frozenset[str]


def meaning(claim: Claim, lexicon: Lexicon) -> Meaning:
    """Return what a claim is about, and its other names as far as they are names of that.

    A claim whose name the lexicon gave is about something else when an acronym in it is spelt out otherwise in the
    paper, or when none of the places named bears a name of the lexicon's.
    """
    if not claim.aliases:
        return Meaning(name=claim.name)
    row = lexicon.sense(claim.type, name_key(claim.name))
    known = {name_key(form): form for form, _ in lexicon.aliases(row)} if row else {}
    known.setdefault(name_key(claim.name), claim.name)
    others = [a for a in claim.aliases if name_key(a) not in known]
    told = tuple(a for a in claim.aliases if name_key(a) in known and name_key(a) != name_key(claim.name))
    places = [e.text for e in claim.evidence if e.field != "curated"]
    if row and others and len(places) == len(claim.evidence) and not any(name_key(p) in known for p in places):
        main, *rest = sorted(others, key=_length, reverse=True)
        return Meaning(name=main, others=tuple(o for o in rest if naming.spells(o, main)))
    full = [form for form in known.values() if row and _spelt_out(form)]
    if not full:
        return Meaning(name=claim.name, others=tuple(a for a in others if not _apart(a, claim.name)), known=told)
    own = [a for a in others if not lexicon.has(name_key(a)) and any(naming.alike(a, form) for form in full)]
    shorts = [
        name for name in (claim.name, *claim.aliases, *places) if not _spelt_out(name) and name_key(name) in known
    ]
    for rival in others:
        if rival not in own and _spelt_out(rival) and any(naming.spells(short, rival) for short in shorts):
            return Meaning(name=rival)
    own += [a for a in others if not _spelt_out(a) and any(naming.spells(a, form) for form in (*full, *own))]
    return Meaning(name=claim.name, others=tuple(own), known=told)


def acronyms(found: Iterable[tuple[str, Meaning, int]], lexicon: Lexicon) -> Acronyms:
    """Return what short names stand for, from (type, meaning, number) of all claims.

    Meanings agree if they are one name, spelt alike, or one row of the lexicon; a few that differ do not count against
    many that agree. A short name that the lexicon has stands for its row; where the lexicon does not tell the full
    form, that of most papers is the row's.
    """
    full: dict[str, Counter[str]] = defaultdict(Counter)
    types: dict[str, set[str]] = defaultdict(set)
    second = set()
    for type_name, meant, number in found:
        for other in meant.others:
            second.add(name_key(other))
            short, long = sorted((other, meant.name), key=_length)
            full[name_key(short)][long] += number
            types[name_key(short)].add(type_name)
    agreed: dict[str, tuple[str, ...]] = {}
    torn = set()
    for short, longs in full.items():
        first = min(types[short])
        parts = _agreeing(first, sorted(longs), lexicon)
        row = lexicon.sense(first, short)
        counts = [sum(longs[name] for name in part) for part in parts]
        chosen = [p for p, count in zip(parts, counts, strict=True) if len(parts) == 1 or _most(count, longs.total())]
        if row:
            forms = [form for form, _ in lexicon.aliases(row)]
            chosen = [p for p in parts if any(_one_name(first, name, form, lexicon) for name in p for form in forms)]
            if not chosen and not any(map(_spelt_out, forms)):
                chosen = [p for p, count in zip(parts, counts, strict=True) if 2 * count > longs.total()]
        if chosen:
            agreed[short] = tuple(sorted(name for part in chosen for name in part))
        if len(parts) > len(chosen):
            torn.add(short)
    return Acronyms(agreed=agreed, torn=frozenset(torn), second=frozenset(second))


def name_of(meant: Meaning, told: Acronyms) -> str:
    """Return the name that a claim counts under: the full one where its short name means several things."""
    for other in meant.others:
        short, long = sorted((other, meant.name), key=_length)
        if short == meant.name and name_key(short) in told.torn and long not in told.agreed.get(name_key(short), ()):
            return long
    return meant.name


def classes(told: Acronyms, known: Iterable[tuple[str, str]], decisions: Iterable[Decision]) -> Disjoint[str]:
    """Return which keys name one thing: by merge decisions, by definitions that agree, and the pairs already known.

    Versions of one family stay apart.
    """
    sets = Disjoint[str]()
    decisions = tuple(decisions)
    for decision in decisions:
        if decision.verb == "keep-apart":
            sets.keep_apart([name_key(n) for n in decision.names])
    for decision in decisions:
        if decision.verb == "merge":
            sets.join([name_key(n) for n in decision.names])
    for pair in sorted(known):
        sets.join(pair)
    for short, longs in sorted(told.agreed.items()):
        for long in longs:
            if not naming.versions_apart(short, long):
                sets.join([short, name_key(long)])
    return sets


def types(
    papers: Mapping[Key, int], same: Disjoint[str], decisions: Sequence[Decision]
) -> tuple[dict[Key, Key], dict[Key, str]]:
    """Map each (type, key) to the (type, key) it is taken for, and give the reason where they differ.

    The majority of papers decides, for all names of one thing together; decisions come before it.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    keys: dict[str, set[str]] = defaultdict(set)
    for key in sorted({key for _, key in papers} | set(same.parents)):
        keys[same.find(key)].add(key)
    for (type_name, key), number in papers.items():
        counts[same.find(key)][type_name] += number
    forced = {(d.type, same.find(name_key(d.names[0]))): d for d in decisions if d.verb == "retype"}
    merged = {same.find(name_key(n)): d.type for d in decisions if d.verb == "merge" for n in d.names}
    typed: dict[Key, Key] = {}
    reasons: dict[Key, str] = {}
    for root, told in counts.items():
        winner = min(told, key=lambda t: (-told[t], t))
        if merged.get(root) in told:
            winner = merged[root]
        for type_name in told:
            decision = forced.get((type_name, root))
            target = decision.to if decision else (forced[winner, root].to if (winner, root) in forced else winner)
            typed.update({(type_name, key): (target, key) for key in keys[root]})
            if decision:
                why = f"retyped by {decision.where}"
            elif target != type_name:
                why = f"{told[type_name]} of {told.total()} papers say {type_name}, the majority {target}"
            else:
                continue
            reasons.update({(type_name, key): why for key in sorted(keys[root]) if (type_name, key) in papers})
    return typed, reasons


def _most(count: int, total: int) -> bool:
    return count >= _MANY and count >= _SHARE * total


def _agreeing(type_name: str, names: Sequence[str], lexicon: Lexicon) -> list[list[str]]:
    """Group the full forms of one short name that are one name."""
    parts: list[list[str]] = []
    for name in names:
        mine = [p for p in parts if any(_one_name(type_name, name, other, lexicon) for other in p)]
        parts = [*(p for p in parts if p not in mine), [name for part in mine for name in part] + [name]]
    return parts


def _one_name(type_name: str, one: str, other: str, lexicon: Lexicon) -> bool:
    """Whether two full forms are one row of the lexicon; where it does not know both, whether they are alike."""
    rows = [lexicon.sense(type_name, name_key(name)) for name in (one, other)]
    return rows[0] == rows[1] if None not in rows else naming.alike(one, other)


def _apart(one: str, other: str) -> bool:
    """Whether one of two names is made of the other and more words: then it is a kind of it, or its version."""
    return naming.holds(one, other) or naming.holds(other, one)


def _length(name: str) -> tuple[int, int, str]:
    return (len(name.split()), len(name), name)


def _spelt_out(name: str) -> bool:
    """Whether a name is of several words, as a full form is and "DR-BERT" is not."""
    return " " in fold(name) and not (" " not in name.strip() and _GLUED_CAPITALS.fullmatch(name.strip()))
