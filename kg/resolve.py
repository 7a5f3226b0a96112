"""Who is who: records of papers -> works, and mentions of all papers -> entities, with the reason for every merge.

Pure and free of order: the same set of inputs gives the same result, however it was shuffled, batched or split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, pairwise

from kg import naming
from kg.disjoint import Disjoint
from kg.lexicon import Decision, Key, Lexicon
from kg.model import Claim, Extraction, Merge, Paper, digest, fold, name_key, title_key
from kg.ontology import Ontology

_SAFE = re.compile(r"[^a-z0-9.+-]+")
_MAX_SLUG = 60
_ERA = 5  # years between records of one title from which they may be different works


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
    index: Mapping[Key, str]
    dropped: Mapping[Key, str]
    unmatched: tuple[Decision, ...]

    def entity_id(self, claim: Claim) -> str | None:
        """Return the entity's id, or None when a decision dropped the name."""
        return self.index.get((claim.type, _key(claim.name)))


# --- papers ---------------------------------------------------------------------------------------------------------


def works(records: Iterable[Paper]) -> tuple[Paper, ...]:
    """Return one paper for each work, sorted by key: the records of `groups`, joined."""
    return tuple(join(group) for group in groups(records))


def groups(records: Iterable[Paper]) -> tuple[tuple[Paper, ...], ...]:
    """Group the records of one work: equal arXiv id, DOI or folded title, directly or through a third record.

    Equal titles are no sign where more than five years lie between ("Editorial"), if both records have an identifier.
    """
    unique = sorted(set(records), key=_record_order)
    eras = _eras(unique)
    sets = Disjoint[str]()
    for paper in unique:
        sets.join(_identities(paper, eras))
    by_work: dict[str, list[Paper]] = defaultdict(list)
    for paper in unique:
        by_work[sets.find(_identities(paper, eras)[0])].append(paper)
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


def _identities(paper: Paper, eras: Mapping[str, tuple[int, ...]]) -> list[str]:
    title = title_key(paper.title)
    ids = [f"title:{title}"] if title else [f"record:{paper.source}/{paper.id}"]
    if paper.year and (paper.arxiv or paper.doi):
        ids[0] += "".join(f"@{start}" for start in eras.get(title, ())[1:] if start <= paper.year)
    if paper.arxiv:
        ids.append(f"arxiv:{paper.arxiv}")
    if paper.doi:
        ids.append(f"doi:{paper.doi.lower()}")
    return ids


def _eras(papers: Iterable[Paper]) -> dict[str, tuple[int, ...]]:
    """Return the years in which a title begins anew, for titles of more than one era.

    Records without identifier or year stay with the first: nothing would tell their nodes apart.
    """
    years: dict[str, set[int]] = defaultdict(set)
    for paper in papers:
        if paper.year:
            years[title_key(paper.title)].add(paper.year)
    found = {}
    for title, known in years.items():
        if max(known) - min(known) > _ERA:
            ordered = sorted(known)
            found[title] = (ordered[0], *(b for a, b in pairwise(ordered) if b - a > _ERA))
    return found


def _record_order(paper: Paper) -> tuple[object, ...]:
    return (-len(paper.abstract), paper.abstract, paper.title, paper.source, paper.id, repr(paper))


def _first(values: Iterable[str]) -> str:
    return min((v for v in values if v), default="")


# --- entities -------------------------------------------------------------------------------------------------------


def entities(
    extractions: Iterable[Extraction],
    decisions: Sequence[Decision] = (),
    *,
    lexicon: Lexicon | None = None,
    ontology: Ontology | None = None,
) -> Resolution:
    """Return who is who among all claims.

    Same key (Unicode, case, hyphens, spaces, plural) is the same name. What the lexicon calls an alias is its name;
    any other name stands for what is left without its generic words ("the X dataset", "NVIDIA X"). An acronym joins
    its full form when every paper that defines it agrees, but never a version its family. One name with two types
    takes the type of the majority. Decisions come last and win; what they keep apart is joined by no rule.
    """
    papers: dict[Key, set[str]] = defaultdict(set)
    spellings: dict[Key, Counter[str]] = defaultdict(Counter)
    definitions: dict[Key, set[str]] = defaultdict(set)
    for extraction in extractions:
        paper = extraction.paper.key()
        for claim in extraction.claims:
            pair = (claim.type, _key(claim.name))
            papers[pair].add(paper)
            spellings[pair][claim.name] += 1
            for alias in claim.aliases:
                if (key := _key(alias)) != pair[1]:
                    definitions[claim.type, key].add(pair[1])
                    spellings[claim.type, key][alias] += 1

    typed, retyped = _majority_types(papers, decisions)
    sets = Disjoint[Key]()
    for decision in decisions:
        if decision.verb == "keep-apart":
            sets.keep_apart([(decision.type, name_key(n)) for n in decision.names])
    reasons: dict[Key, str] = {}
    for pair in sorted(papers):
        sets.join([typed.get(pair, pair)])
    known = lexicon or Lexicon()
    rows = _generic(sets, reasons, spellings, typed, known, ontology)
    for (type_name, alias), meanings in sorted(definitions.items()):
        full = sorted({sets.find(typed.get((type_name, m), (type_name, m))) for m in meanings})
        acronym = typed.get((type_name, alias), (type_name, alias))
        if len(full) > 1 or sets.find(acronym) == full[0] or acronym in rows:
            continue
        if _are_versions(spellings[type_name, alias], [spellings[type_name, m] for m in sorted(meanings)]):
            continue
        if sets.join([full[0], acronym]):
            reasons[acronym] = "defined as an acronym or alias, and all definitions agree"
    unmatched = _apply_merges(sets, reasons, decisions, papers)
    found = _resolution(sets, papers, spellings, typed, retyped | reasons, decisions, unmatched)
    return _with_lexicon(found, sets, papers, rows, known)


@lru_cache(maxsize=1 << 17)
def _key(name: str) -> str:
    """Remember keys: the same names come in paper after paper."""
    return name_key(name)


def _generic(
    sets: Disjoint[Key],
    reasons: dict[Key, str],
    spellings: Mapping[Key, Counter[str]],
    typed: Mapping[Key, Key],
    lexicon: Lexicon,
    ontology: Ontology | None,
) -> dict[Key, Key]:
    """Join aliases of the lexicon to its names, and names with generic words to those without; return the rows met."""
    types = {t.name: t for t in ontology.types} if ontology else {}
    rows: dict[Key, Key] = {}
    full = _full_names(lexicon, ontology)
    cores: dict[Key, list[Key]] = defaultdict(list)
    for pair in sorted(spellings):
        type_name, key = target = typed.get(pair, pair)
        other = lexicon.meaning(type_name, key)
        if other is None and type_name in types:
            core = naming.core(min(spellings[pair]), types[type_name], lexicon.known.get(type_name, ()))
            core_key = (type_name, _key(core) if core else key)
            other = lexicon.meaning(*core_key) or full.get(core_key)
            if core or other:
                cores[other or core_key].append(pair)
        elif other and typed.get(other, other) == other:
            rows[target] = other
            if sets.find(other) != sets.find(target) and sets.join([other, target]):
                reasons[pair] = "an alias in the lexicon"
    for core_key, pairs in sorted(cores.items()):
        if typed.get(core_key, core_key) != core_key:
            continue
        alone = len(pairs) == 1 and core_key not in spellings and core_key not in lexicon.rows
        for pair in () if alone else pairs:
            target = typed.get(pair, pair)
            if core_key in lexicon.rows:
                rows[target] = core_key
            if sets.find(core_key) != sets.find(target) and sets.join([core_key, target]):
                reasons[pair] = "the same name with a generic word or its maker"
    return rows


@lru_cache(maxsize=8)
def _full_names(lexicon: Lexicon, ontology: Ontology | None) -> Mapping[Key, Key]:
    """Return the rows by what is left of their spellings without generic words, where the lexicon knows no such name.

    So "T4" is the row "NVIDIA T4", and "EM" the row that has "EM algorithm" as an alias.
    """
    types = {t.name: t for t in ontology.types} if ontology else {}
    found: dict[Key, set[Key]] = defaultdict(set)
    for row, names in lexicon.rows.items():
        if row[0] in types:
            for form in (f for name in names for f in name.forms if naming.cores(f, types[row[0]])):
                if core := naming.core(form, types[row[0]]):
                    found[row[0], _key(core)].add(row)
    return {core: next(iter(some)) for core, some in found.items() if len(some) == 1 and not lexicon.has(core[1])}


def _are_versions(left: Iterable[str], right: Iterable[Iterable[str]]) -> bool:
    return any(naming.versions_apart(min(left), min(names)) for names in right if names)


def _with_lexicon(
    found: Resolution, sets: Disjoint[Key], papers: Mapping[Key, set[str]], rows: Mapping[Key, Key], lexicon: Lexicon
) -> Resolution:
    """Add the lexicon's aliases to the entities that are its rows, and every joined key to the index.

    An alias that papers use for something else is not added, and what papers spell themselves is not said again.
    """
    index = dict(found.index)
    of_set = {sets.find(pair): found.index[pair] for pair in sorted(sets.parents) if pair in found.index}
    for pair in sorted(sets.parents):
        if (root := sets.find(pair)) in of_set:
            index.setdefault(pair, of_set[root])
    used: dict[str, set[str]] = defaultdict(set)
    for pair in papers:
        if pair in index:
            used[pair[1]].add(index[pair])
    own: dict[str, set[Key]] = defaultdict(set)
    for target, row in rows.items():
        if target in index and index.get(row) == index[target]:
            own[index[target]].add(row)
    made = []
    for entity in found.entities:
        told = {_key(name) for name in (entity.name, *entity.aliases)}
        more: dict[str, Merge] = {}
        for row in sorted(own.get(entity.id, ())):
            for form, name in lexicon.aliases(row):
                key = _key(form)
                if key not in told and used.get(key, {entity.id}) == {entity.id}:
                    told.add(key)
                    more[form] = Merge(
                        name=form, reason=f"alias in the lexicon ({name.source}); no paper here spells it so"
                    )
        if more:
            aliases, merges = tuple(sorted((*entity.aliases, *more))), (*entity.merges, *more.values())
            entity = replace(entity, aliases=aliases, merges=merges)
        made.append(entity)
    return replace(found, entities=tuple(made), index=index)


def _majority_types(
    papers: Mapping[Key, set[str]], decisions: Sequence[Decision]
) -> tuple[dict[Key, Key], dict[Key, str]]:
    """Map each (type, key) to the (type, key) it is taken for, and give the reason where they differ."""
    types: dict[str, dict[str, int]] = defaultdict(dict)
    for (type_name, key), who in papers.items():
        types[key][type_name] = len(who)
    forced = {(d.type, name_key(d.names[0])): d for d in decisions if d.verb == "retype"}
    typed: dict[Key, Key] = {}
    reasons: dict[Key, str] = {}
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
    sets: Disjoint[Key],
    reasons: dict[Key, str],
    decisions: Sequence[Decision],
    papers: Mapping[Key, set[str]],
) -> list[Decision]:
    unmatched = []
    seen = set(papers) | set(sets.parents)
    for decision in decisions:
        pairs = [(decision.type, name_key(n)) for n in decision.names]
        if not any(pair in seen for pair in pairs):
            unmatched.append(decision)
        elif decision.verb == "merge" and sets.join(pairs):
            reasons.update(dict.fromkeys(pairs[1:], f"merged by {decision.where}"))
    return unmatched


def _resolution(
    sets: Disjoint[Key],
    papers: Mapping[Key, set[str]],
    spellings: Mapping[Key, Counter[str]],
    typed: Mapping[Key, Key],
    reasons: Mapping[Key, str],
    decisions: Sequence[Decision],
    unmatched: list[Decision],
) -> Resolution:
    drops = {(d.type, name_key(d.names[0])): d for d in decisions if d.verb == "drop"}
    renames = {(d.type, name_key(d.names[0])): d.to for d in decisions if d.verb == "rename"}
    preferred = {(d.type, name_key(n)): d.to for d in decisions if d.verb == "merge" for n in d.names}
    sources: dict[Key, list[Key]] = defaultdict(list)
    for pair in sorted(set(papers) | set(spellings)):
        target = typed.get(pair, pair)
        if target in sets.parents:
            sources[sets.find(target)].append(pair)
    found: list[Entity] = []
    index: dict[Key, str] = {}
    dropped: dict[Key, str] = {}
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
