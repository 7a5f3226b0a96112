"""Annotated papers made ready: candidates, their features, and what they should have been."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kg import recognise, scoring
from kg.model import KGError, Mention, Paper
from kg.ontology import Ontology
from kg.recognise import document, scorer
from kg.recognise.candidate import Draft
from kg.recognise.known import Matcher
from kg.recognise.standing import Place, places
from kg.recognise.windows import Windows
from kg.relate import learned
from kg.scoring import Labelled

NEAR_MISS = 0.5  # weight of a candidate that shares words with an entity which a better one took


class _Text(msgspec.Struct):
    id: str
    title: str
    abstract: str = ""


class _Entities(msgspec.Struct):
    id: str
    entities: list[Labelled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotated:
    """A paper and what a person found in it; `extra` ones help to fit and are never scored."""

    group: str
    paper: Paper
    gold: tuple[Labelled, ...]
    extra: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An annotated paper made ready: a row, label and share for each draft; in `roles` those of each mention."""

    group: str
    extra: bool
    paper: Paper
    gold: tuple[Labelled, ...]
    drafts: tuple[Draft, ...]
    places: tuple[list[Place], ...]
    rows: tuple[list[str], ...]
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    roles: tuple[tuple[list[str], str, float], ...]

    @property
    def key(self) -> str:
        """What the paper goes by."""
        return self.paper.id or self.paper.key()


def read(pair: str, *, extra: bool = False) -> list[Annotated]:
    """Read a pair of files, papers and entities; errors name the file."""
    papers, _, entities = pair.partition(":")
    try:
        rows = [msgspec.json.decode(line, type=_Entities) for line in Path(entities).read_bytes().splitlines()]
        gold = {row.id: tuple(row.entities) for row in rows}
        group = Path(papers).stem.removesuffix("-papers")
        return [
            Annotated(group=group, paper=paper, gold=gold[paper.id or ""], extra=extra)
            for paper in texts(Path(papers))
            if paper.id in gold
        ]
    except (OSError, lzma.LZMAError, msgspec.MsgspecError) as error:
        raise KGError(f"cannot read: {error}", where=pair, hint="PAPERS.jsonl:ENTITIES.jsonl") from None


def texts(path: Path) -> Iterator[Paper]:
    """Yield the papers of a file of JSON lines, which may be packed."""
    packed = path.read_bytes()
    for line in (lzma.decompress(packed) if path.suffix == ".xz" else packed).splitlines():
        row = msgspec.json.decode(line, type=_Text)
        yield Paper(id=row.id, title=row.title, abstract=row.abstract)


def prepare(row: Annotated, names: Matcher, onto: Ontology, windows: Windows) -> Example:
    """Find the candidates of a paper, and which gold entity each one is."""
    paper, gold = row.paper, row.gold
    (votes,) = recognise.votes([paper], names=names, ontology=onto)
    drafts = document.drafts_of(paper, votes, onto, windows.finder.find(paper))
    taken, near = _aligned(paper, gold, drafts)
    labels, shares = [], []
    for j in range(len(drafts)):
        at = taken.get(j, near.get(j))
        match = None if at is None else gold[at]
        labels.append(match.type if match is not None and j in taken else "")
        shares.append(1.0 if match is None else 0.0 if match.optional else 1.0 if j in taken else NEAR_MISS)
    mentions: list[Mention] = [
        document.mention(c, gold[taken[j]].type, m) for j, (c, _, m) in enumerate(drafts) if j in taken
    ]
    right = [gold[i] for _, i in sorted(taken.items())]
    shown = learned.features(paper, mentions, onto)
    return Example(
        group=row.group,
        extra=row.extra,
        paper=paper,
        gold=gold,
        drafts=tuple(drafts),
        places=tuple(places(members) for _, _, members in drafts),
        rows=tuple(scorer.features(paper, drafts, windows.clusters)),
        labels=tuple(labels),
        shares=tuple(shares),
        roles=tuple((r, e.relation, 0.5 if e.optional else 1.0) for (r, _), e in zip(shown, right, strict=True)),
    )


def _aligned(paper: Paper, gold: tuple[Labelled, ...], drafts: list[Draft]) -> tuple[dict[int, int], dict[int, int]]:
    """Return which gold entity each draft is, one to one, and which one it shares words with."""
    spelt = [
        Labelled(name=m[0].name, type="", surface=sorted({x for c in m for x in (c.name, c.span.within(paper))}))
        for _, _, m in drafts
    ]
    scored = []
    for i, entity in enumerate(gold):
        wanted = sorted(entity.spellings())
        for j, (confidence, _, _) in enumerate(drafts):
            like = scoring.similarity(spelt[j].spellings(), wanted)
            if like >= 0.5:
                scored.append((-like, entity.optional, -confidence, i, j))
    taken: dict[int, int] = {}
    near: dict[int, int] = {}
    used: set[int] = set()
    for _, _, _, i, j in sorted(scored):
        near.setdefault(j, i)
        if i not in used and j not in taken:
            used.add(i)
            taken[j] = i
    return taken, near
