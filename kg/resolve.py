"""Who is who: records of papers -> works, and mentions of all papers -> entities, with the reason for every merge.

Pure and free of order: the same set of inputs gives the same result, however it was shuffled, batched or split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Generic, TypeVar

from kg.lexicon import Decision
from kg.model import Claim, Extraction, Merge, Paper, digest, fold, name_key, title_key

T = TypeVar("T", str, tuple[str, str])

_SAFE = re.compile(r"[^a-z0-9.+-]+")
_MAX_SLUG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One thing of the world of papers: its names, and why they are one."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...]
    merges: tuple[Merge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Which entity a claim of a given type and name means; decisions that matched nothing; claims dropped."""

    entities: tuple[Entity, ...]
    index: Mapping[tuple[str, str], str]
    dropped: Mapping[tuple[str, str], str]
    unmatched: tuple[Decision, ...]

    def entity_id(self, claim: Claim) -> str | None:
        """Return the entity's id, or None when a decision dropped the name."""
        return self.index.get((claim.type, name_key(claim.name)))


# --- papers ---------------------------------------------------------------------------------------------------------


def works(records: Iterable[Paper]) -> tuple[Paper, ...]:
    """Return one paper for each work, sorted by key: the records of `groups`, joined."""
    return tuple(join(group) for group in groups(records))


def groups(records: Iterable[Paper]) -> tuple[tuple[Paper, ...], ...]:
    """Group the records of one work: equal arXiv id, DOI or folded title, directly or through a third record."""
    unique = sorted(set(records), key=_record_order)
    sets = _Groups[str]()
    for paper in unique:
        sets.join(_identities(paper))
    by_work: dict[str, list[Paper]] = defaultdict(list)
    for paper in unique:
        by_work[sets.find(_identities(paper)[0])].append(paper)
    return tuple(sorted(map(tuple, by_work.values()), key=lambda group: join(group).key()))


def join(records: Sequence[Paper]) -> Paper:
    """Return one paper that says all that its records say, whatever their order.

    Each field comes from the record that says most (the longest abstract, the most exact date); facts are united.
    """
    papers = sorted(set(records), key=_record_order)
    if len(papers) == 1:
        return papers[0]
    dates = sorted((p.date for p in papers if p.date), key=lambda d: (-len(d), d))
    years = sorted(p.year for p in papers if p.year)
    facts = sorted(set(chain.from_iterable(p.facts for p in papers)), key=str)
    given = [p.id for p in papers if not p.id.startswith("title:")]
    return replace(
        papers[0],
        id=min(given) if given else papers[0].id,
        date=dates[0] if dates else "",
        year=int(dates[0][:4]) if dates else (years[0] if years else None),
        venue=_first(p.venue for p in papers),
        authors=max((p.authors for p in papers), key=lambda a: (len(a), a)),
        author_count=max(p.author_count for p in papers),
        url=_first(p.url for p in papers),
        keywords=max((p.keywords for p in papers), key=lambda k: (len(k), k)),
        arxiv=_first(p.arxiv for p in papers),
        doi=_first(p.doi for p in papers),
        facts=tuple(facts),
        source=" + ".join(sorted({p.source for p in papers if p.source})),
    )


def paper_id(paper: Paper) -> str:
    """Return the node id of a paper: `paper/arxiv-2401.00001`, `paper/doi-…` or `paper/title-<hash>`."""
    scheme, _, value = paper.key().partition(":")
    return f"paper/{scheme}-{slug(value)}"


def _identities(paper: Paper) -> list[str]:
    ids = [f"title:{title_key(paper.title)}"] if title_key(paper.title) else [f"record:{paper.source}/{paper.id}"]
    if paper.arxiv:
        ids.append(f"arxiv:{paper.arxiv}")
    if paper.doi:
        ids.append(f"doi:{paper.doi.lower()}")
    return ids


def _record_order(paper: Paper) -> tuple[object, ...]:
    return (-len(paper.abstract), paper.abstract, paper.title, paper.source, paper.id, repr(paper))


def _first(values: Iterable[str]) -> str:
    return min((v for v in values if v), default="")


# --- entities -------------------------------------------------------------------------------------------------------


def entities(extractions: Iterable[Extraction], decisions: Sequence[Decision] = ()) -> Resolution:
    """Return who is who among all claims.

    Same key (Unicode, case, hyphens, spaces, plural) is the same name. An acronym joins its full form when every paper
    that defines it agrees. One name with two types takes the type of the majority. Decisions come last and win.
    """
    papers: dict[tuple[str, str], set[str]] = defaultdict(set)
    spellings: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    definitions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for extraction in extractions:
        paper = extraction.paper.key()
        for claim in extraction.claims:
            pair = (claim.type, name_key(claim.name))
            papers[pair].add(paper)
            spellings[pair][claim.name] += 1
            for alias in claim.aliases:
                if name_key(alias) != pair[1]:
                    definitions[claim.type, name_key(alias)].add(pair[1])
                    spellings[claim.type, name_key(alias)][alias] += 1

    typed, retyped = _majority_types(papers, decisions)
    apart = {
        frozenset(((d.type, name_key(a)), (d.type, name_key(b))))
        for d in decisions
        if d.verb == "keep-apart"
        for a in d.names
        for b in d.names
        if name_key(a) != name_key(b)
    }
    sets = _Groups[tuple[str, str]]()
    reasons: dict[tuple[str, str], str] = {}
    for pair in sorted(papers):
        sets.join([typed.get(pair, pair)])
    for (type_name, alias), meanings in sorted(definitions.items()):
        full = {typed.get((type_name, m), (type_name, m)) for m in meanings}
        acronym = typed.get((type_name, alias), (type_name, alias))
        if len(full) == 1 and (target := next(iter(full))) != acronym and frozenset((acronym, target)) not in apart:
            sets.join([target, acronym])
            reasons[acronym] = "defined as an acronym or alias, and all definitions agree"
    unmatched = _apply_merges(sets, reasons, decisions, papers)
    return _resolution(sets, papers, spellings, typed, retyped | reasons, decisions, unmatched)


def _majority_types(
    papers: Mapping[tuple[str, str], set[str]], decisions: Sequence[Decision]
) -> tuple[dict[tuple[str, str], tuple[str, str]], dict[tuple[str, str], str]]:
    """Map each (type, key) to the (type, key) it is taken for, and give the reason where they differ."""
    types: dict[str, dict[str, int]] = defaultdict(dict)
    for (type_name, key), who in papers.items():
        types[key][type_name] = len(who)
    forced = {(d.type, name_key(d.names[0])): d for d in decisions if d.verb == "retype"}
    typed: dict[tuple[str, str], tuple[str, str]] = {}
    reasons: dict[tuple[str, str], str] = {}
    for key, counts in types.items():
        winner = min(counts, key=lambda t: (-counts[t], t))
        for type_name in counts:
            decision = forced.get((type_name, key))
            target = decision.to if decision else (forced[winner, key].to if (winner, key) in forced else winner)
            typed[type_name, key] = (target, key)
            if decision:
                reasons[type_name, key] = f"retyped by {decision.where}"
            elif target != type_name:
                reasons[type_name, key] = (
                    f"{counts[type_name]} of {sum(counts.values())} papers say {type_name}, the majority {target}"
                )
    return typed, reasons


def _apply_merges(
    sets: _Groups[tuple[str, str]],
    reasons: dict[tuple[str, str], str],
    decisions: Sequence[Decision],
    papers: Mapping[tuple[str, str], set[str]],
) -> list[Decision]:
    unmatched = []
    seen = set(papers) | set(sets.parents)
    for decision in decisions:
        pairs = [(decision.type, name_key(n)) for n in decision.names]
        if not any(pair in seen for pair in pairs):
            unmatched.append(decision)
        elif decision.verb == "merge":
            sets.join(pairs)
            reasons.update(dict.fromkeys(pairs[1:], f"merged by {decision.where}"))
    return unmatched


def _resolution(
    sets: _Groups[tuple[str, str]],
    papers: Mapping[tuple[str, str], set[str]],
    spellings: Mapping[tuple[str, str], Counter[str]],
    typed: Mapping[tuple[str, str], tuple[str, str]],
    reasons: Mapping[tuple[str, str], str],
    decisions: Sequence[Decision],
    unmatched: list[Decision],
) -> Resolution:
    drops = {(d.type, name_key(d.names[0])): d for d in decisions if d.verb == "drop"}
    renames = {(d.type, name_key(d.names[0])): d.to for d in decisions if d.verb == "rename"}
    preferred = {(d.type, name_key(n)): d.to for d in decisions if d.verb == "merge" for n in d.names}
    sources: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for pair in sorted(set(papers) | set(spellings)):
        target = typed.get(pair, pair)
        if target in sets.parents:
            sources[sets.find(target)].append(pair)
    found: list[Entity] = []
    index: dict[tuple[str, str], str] = {}
    dropped: dict[tuple[str, str], str] = {}
    for members in sources.values():
        type_name = typed.get(members[0], members[0])[0]
        drop = next((drops[m] for m in members if m in drops), None)
        if drop is not None:
            dropped.update(dict.fromkeys(members, f"dropped by {drop.where}: {drop.why}"))
            continue
        names: Counter[str] = Counter()
        for member in members:
            weight = 1000 * len(papers.get(member, ()))
            for spelling, count in spellings[member].items():
                names[spelling] += weight + count
        ranked = sorted(names, key=lambda n: (-names[n], n))
        chosen = next((table[m] for table in (renames, preferred) for m in members if m in table), ranked[0])
        entity = Entity(
            id=entity_id(type_name, chosen),
            type=type_name,
            name=chosen,
            aliases=tuple(sorted(n for n in names if n != chosen)),
            merges=tuple(
                Merge(name=min(spellings[m]), reason=reasons[m])
                for m in sorted(members)
                if m in reasons and spellings[m]
            ),
        )
        found.append(entity)
        index.update(dict.fromkeys(members, entity.id))
    return Resolution(
        entities=tuple(sorted(found, key=lambda e: e.id)), index=index, dropped=dropped, unmatched=tuple(unmatched)
    )


def entity_id(type_name: str, name: str) -> str:
    """Return the stable id of an entity.

    >>> entity_id("Technique", "Low-Rank Adaptation"), entity_id("Model", "GPT-4")
    ('technique/low-rank-adaptation', 'model/gpt-4')
    """
    return f"{type_name.casefold()}/{slug(fold(name).replace(' ', '-'))}"


def slug(text: str) -> str:
    """Return `text` in unreserved ASCII; whatever is lost or cut is made good by a hash, so that slugs stay distinct.

    >>> slug("a b/c"), slug("gpt4"), slug("λ") == slug("μ")
    ('a-b-c-539138d5', 'gpt4', False)
    """
    clean = _SAFE.sub("-", text).strip("-")
    if clean == text and len(clean) <= _MAX_SLUG:
        return clean
    return f"{clean[:_MAX_SLUG].strip('-')}-{digest(text)[:8]}".lstrip("-")


class _Groups(Generic[T]):
    """Disjoint sets (union-find); the representative of a set is its least member, so joining is free of order."""

    def __init__(self) -> None:
        self.parents: dict[T, T] = {}

    def find(self, item: T) -> T:
        parents = self.parents
        parents.setdefault(item, item)
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    def join(self, items: Sequence[T]) -> None:
        for item in items:
            self.find(item)
        for left, right in pairwise(items):
            a, b = sorted((self.find(left), self.find(right)))
            self.parents[b] = a
