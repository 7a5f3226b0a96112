"""Who is who: records of papers -> works, and mentions of all papers -> entities, with the reason for every merge.

Pure and free of order: the same set of inputs gives the same result, however it was shuffled, batched or split.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from kg.disjoint import Disjoint
from kg.lexicon import Decision, Key, Lexicon
from kg.model import Claim, Extraction, Merge, Paper, digest, fold, name_key, title_key
from kg.ontology import Ontology
from kg.resolve import aliases, joins
from kg.resolve.aliases import Meaning

_SAFE = re.compile(r"[^a-z0-9.+-]+")
_MAX_SLUG = 60
_ERA = 5  # years between records of one title from which they may be different works
Meant = tuple[str | None, str]  # an entity, or none and the reason
PAPER = "paper/"  # what the node ids of papers begin with
Saying = tuple[str, Meaning]  # the type that a claim gives, and what it is about


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
    """Which entity a saying means; decisions that matched nothing; what a decision dropped, and why."""

    entities: tuple[Entity, ...]
    index: Mapping[Key, str]
    dropped: Mapping[Key, str]
    unmatched: tuple[Decision, ...]
    meant: Mapping[Saying, Key]

    def says(self, saying: Saying) -> Meant:
        """Return the id of the entity that a saying means, or why there is none: a decision dropped it."""
        pair = self.meant[saying]
        entity = self.index.get(pair)
        return (entity, "") if entity is not None else (None, self.dropped.get(pair, "dropped by a decision"))


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
    names = [_identities(paper, eras) for paper in unique]
    for shared_names in names:
        sets.join(shared_names)
    by_work: dict[str, list[Paper]] = defaultdict(list)
    for paper, (name, *_) in zip(unique, names, strict=True):
        by_work[sets.find(name)].append(paper)
    return tuple(sorted(map(tuple, by_work.values()), key=lambda group: join(group).key()))


def one_each(records: Iterable[Paper]) -> Iterator[Paper]:
    """Join records that one source gives twice under one id, so that their order cannot matter."""
    same: dict[tuple[str, str], list[Paper]] = {}
    for record in records:
        same.setdefault((record.source, record.id), []).append(record)
    return map(join, same.values())


def join(records: Sequence[Paper]) -> Paper:
    """Return one paper that says all that its records say, whatever their order.

    Each field comes from the record that says most (the longest abstract, the most exact date); facts are united.
    """
    papers = sorted(set(records), key=_record_order) if len(records) > 1 else records
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
    return f"{PAPER}{scheme}-{slug(value)}"


def shared(paper: Paper) -> tuple[str, ...]:
    """Return what a record may have in common with other records of its work; without any of it, it has none."""
    names = {"title": title_key(paper.title), "arxiv": paper.arxiv, "doi": paper.doi.lower()}
    return tuple(f"{scheme}:{name}" for scheme, name in names.items() if name)


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
    told = (-len(paper.abstract), paper.abstract, paper.title, paper.source, paper.id, paper.year or 0, paper.date)
    rest = (paper.venue, paper.authors, paper.author_count, paper.url, paper.keywords, paper.arxiv, paper.doi)
    return (*told, *rest, *map(str, paper.facts))


def _first(values: Iterable[str]) -> str:
    return min((v for v in values if v), default="")


# --- entities -------------------------------------------------------------------------------------------------------


def saying(claim: Claim, lexicon: Lexicon) -> Saying:
    """Return what of a claim counts for who is who."""
    return claim.type, aliases.meaning(claim, lexicon)


def tally(extractions: Iterable[Extraction], lexicon: Lexicon) -> Counter[Saying]:
    """Return all that papers say, with the number of papers that say so."""
    found: Counter[Saying] = Counter()
    for extraction in extractions:
        found.update({saying(claim, lexicon) for claim in extraction.claims})
    return found


def entities(
    sayings: Mapping[Saying, int],
    decisions: Sequence[Decision] = (),
    *,
    lexicon: Lexicon | None = None,
    ontology: Ontology | None = None,
) -> Resolution:
    """Return who is who among all that papers say; `sayings` give how many papers say each.

    Same key (Unicode, case, hyphens, spaces, plural) is the same name. What the lexicon calls an alias is its name;
    any other name stands for what is left without its generic words ("the X dataset", "NVIDIA X"). An acronym joins
    its full form when every paper that defines it agrees, but never a version its family. One name with two types
    takes the type of the majority. Decisions come last and win; what they keep apart is joined by no rule.
    """
    known = lexicon or Lexicon()
    told = aliases.acronyms(((type_name, meaning, number) for (type_name, meaning), number in sayings.items()), known)
    papers: Counter[Key] = Counter()
    spellings: dict[Key, Counter[str]] = defaultdict(Counter)
    meant: dict[Saying, Key] = {}
    unclear: dict[Key, set[str]] = defaultdict(set)
    kin: set[tuple[str, str]] = set()
    for (type_name, meaning), number in sayings.items():
        name = aliases.name_of(meaning, told)
        pair = meant[type_name, meaning] = (type_name, name_key(name))
        papers[pair] += number
        spellings[pair][name] += number
        kin.update((pair[1], name_key(alias)) for alias in meaning.known)
        if (row := known.sense(*pair)) is not None and row[1] != pair[1]:
            kin.add((row[1], pair[1]))
        for alias in (*meaning.known, *(o for o in meaning.others if name == meaning.name)):
            if name_key(alias) in told.torn and name_key(alias) not in told.agreed and not known.has(name_key(alias)):
                unclear[pair].add(alias)
            elif name_key(alias) != pair[1]:
                spellings[type_name, name_key(alias)][alias] += number

    mistyped = joins.slips(papers, spellings, known)
    same = aliases.classes(told, kin | mistyped, decisions)
    typed, retyped = aliases.types(papers, same, decisions)
    sets = Disjoint[Key]()
    for decision in decisions:
        if decision.verb == "keep-apart":
            sets.keep_apart([(decision.type, name_key(n)) for n in decision.names])
    reasons: dict[Key, str] = {}
    for pair in sorted(papers):
        sets.join([typed.get(pair, pair)])
    names = joins.Names(
        sets=sets, reasons=reasons, papers=papers, spellings=spellings, typed=typed, lexicon=known, ontology=ontology
    )
    joins.known(names, kin, same, joins.ALIAS)
    joins.known(names, mistyped, same, joins.SLIP)
    rows = joins.generic(names)
    joins.defined(names, told, same)
    joins.capitals(names)
    unmatched = _apply_merges(sets, reasons, decisions, papers)
    found = _resolution(sets, papers, spellings, typed, retyped | reasons, unclear, decisions, unmatched)
    return replace(_with_lexicon(found, sets, papers, rows, known), meant=meant)


def _with_lexicon(
    found: Resolution, sets: Disjoint[Key], papers: Mapping[Key, int], rows: Mapping[Key, Key], lexicon: Lexicon
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
        told = {name_key(name) for name in (entity.name, *entity.aliases)}
        more: dict[str, Merge] = {}
        for row in sorted(own.get(entity.id, ())):
            for form, name in lexicon.aliases(row):
                key = name_key(form)
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


def _apply_merges(
    sets: Disjoint[Key],
    reasons: dict[Key, str],
    decisions: Sequence[Decision],
    papers: Mapping[Key, int],
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
    papers: Mapping[Key, int],
    spellings: Mapping[Key, Counter[str]],
    typed: Mapping[Key, Key],
    reasons: Mapping[Key, str],
    unclear: Mapping[Key, set[str]],
    decisions: Sequence[Decision],
    unmatched: list[Decision],
) -> Resolution:
    """Make the entities of the sets; `unclear` are acronyms that mean other things too, and so are aliases only."""
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
            weight = 1000 * papers.get(member, 0)
            for spelling, count in spellings[member].items():
                names[spelling] += weight + count
        ranked = sorted(names, key=lambda n: (-names[n], n))
        chosen = next((table[m] for table in (renames, preferred) for m in members if m in table), ranked[0])
        entity = Entity(
            id=entity_id(type_name, chosen),
            type=type_name,
            name=chosen,
            aliases=tuple(sorted({*names, *(n for m in members for n in unclear.get(m, ()))} - {chosen})),
            merges=tuple(
                Merge(name=min(spellings[m]), reason=reasons[m])
                for m in sorted(members)
                if m in reasons and spellings[m]
            ),
        )
        found.append(entity)
        index.update(dict.fromkeys(members, entity.id))
    return Resolution(
        entities=tuple(sorted(found, key=lambda e: e.id)),
        index=index,
        dropped=dropped,
        unmatched=tuple(unmatched),
        meant={},
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
