"""Compare extractions with gold: precision, recall and F1 of entities and relations.

A prediction matches a gold entity of the same paper and type when one of its spellings equals one of the gold
spellings or shares at least half of their joint tokens; one to one, the most similar first. A prediction matched to a
gold entity marked optional leaves the count, as does that entity. `mentions`-like background relations count as
entities only.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kg.model import Extraction, KGError
from kg.ontology import Ontology

_TOKEN = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*|[^\W_]+|\+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """True positives, false positives and false negatives of one row of the score."""

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One difference from the gold: `spurious`, `missed`, or a wrong `relation`."""

    paper: str
    kind: str
    type: str
    name: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The figures by row (`entity`, `entity:<type>`, `relation`, `relation:<relation>`) and every mistake."""

    rows: tuple[tuple[str, Figures], ...]
    mistakes: tuple[Mistake, ...]


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

    def spellings(self) -> set[tuple[str, ...]]:
        """Return the token sequences of all its spellings."""
        texts = [self.name, *self.surface, *(e.text for e in self.evidence)]
        return {found for found in map(_tokens, texts) if found}


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


def score(
    predicted: Mapping[str, Sequence[Labelled]], gold: Mapping[str, Sequence[Labelled]], *, ontology: Ontology
) -> Score:
    """Score the papers of the gold; papers that are only predicted do not count."""
    background = ontology.relation_as("background").name
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    mistakes: list[Mistake] = []

    def count(outcome: str, row: str, part: str) -> None:
        counts[row][outcome] += 1
        counts[f"{row}:{part}"][outcome] += 1

    for paper, wanted in gold.items():
        given = predicted.get(paper, ())
        pairs = match(wanted, given)
        to_gold = {j: i for i, j in pairs}
        hits: dict[int, str] = {}
        for j, entity in enumerate(given):
            i = to_gold.get(j)
            if i is not None and wanted[i].optional:
                continue
            right = i is not None and wanted[i].relation == entity.relation
            if i is not None:
                hits[i] = entity.relation
            count("fp" if i is None else "tp", "entity", entity.type)
            if entity.relation != background:
                count("tp" if right else "fp", "relation", entity.relation)
            if not right:
                kind = "spurious" if i is None else "relation"
                told = entity.relation if i is None else f"{entity.relation} for {wanted[i].relation}"
                mistakes.append(Mistake(paper=paper, kind=kind, type=entity.type, name=entity.name, relation=told))
        for i, entity in enumerate(wanted):
            if entity.optional:
                continue
            if i not in hits:
                count("fn", "entity", entity.type)
                mistakes.append(
                    Mistake(paper=paper, kind="missed", type=entity.type, name=entity.name, relation=entity.relation)
                )
            if entity.relation not in (background, hits.get(i)):
                count("fn", "relation", entity.relation)
    rows = tuple((k, Figures(tp=c["tp"], fp=c["fp"], fn=c["fn"])) for k, c in sorted(counts.items()))
    return Score(rows=rows, mistakes=tuple(mistakes))


def _tokens(text: str) -> tuple[str, ...]:
    words = _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())
    return tuple(w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in words)


def similarity(predicted: Iterable[tuple[str, ...]], gold: Sequence[tuple[str, ...]]) -> float:
    """Return how much the most similar spellings share: 1.0 when equal, else the share of their joint tokens."""
    best = 0.0
    for p in predicted:
        for g in gold:
            if p == g or "".join(p) == "".join(g):
                return 1.0
            joint = len(set(p) | set(g))
            best = max(best, len(set(p) & set(g)) / joint)
    return best


def match(gold: Sequence[Labelled], predicted: Sequence[Labelled]) -> list[tuple[int, int]]:
    """Pair gold and predicted one to one, the most similar first, required before optional."""
    gold_spellings = [sorted(g.spellings()) for g in gold]
    scored = []
    for j, p in enumerate(predicted):
        spellings = sorted(p.spellings())
        for i, g in enumerate(gold):
            if g.type == p.type and (like := similarity(spellings, gold_spellings[i])) >= 0.5:
                scored.append((-like, g.optional, i, j))
    pairs: list[tuple[int, int]] = []
    used_gold: set[int] = set()
    used_predicted: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in used_gold and j not in used_predicted:
            pairs.append((i, j))
            used_gold.add(i)
            used_predicted.add(j)
    return pairs


def line(extraction: Extraction) -> bytes:
    """Return what one paper says as a line of JSON: the format that `read` and other scorers take."""
    paper = extraction.paper
    entities = [
        {
            "name": claim.name,
            "type": claim.type,
            "relation": claim.relation,
            "confidence": round(claim.confidence, 4),
            "evidence": [{"field": e.field, "start": e.start, "end": e.end, "text": e.text} for e in claim.evidence],
        }
        for claim in extraction.claims
    ]
    return msgspec.json.encode({"id": paper.id, "title": paper.title, "entities": entities}) + b"\n"
