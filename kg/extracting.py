"""Papers -> what each of them says: shared out to processes, and packed as the graph file keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.json import encode

from kg import lexicon, ontology, recognise, relate, sentences, store
from kg.crew import Crew
from kg.files import source_digest
from kg.increment.rules import Rules, Share
from kg.lexicon import Lexicon
from kg.model import Extraction, Paper
from kg.ontology import Ontology
from kg.recognise.known import Matcher
from kg.store import Packed

_PARALLEL_FROM = 600  # papers; below, starting workers costs more than it saves
_BATCH = 200
_TOGETHER = sentences.AT_HAND // 2  # papers that go through a step together, a title and an abstract each
_EXTRACTING = (
    *("decisions", "disjoint", "files", "lexicon", "linear", "memo", "model", "naming", "ontology", "phrases"),
    *("recognise", "registry", "relate", "resolve", "sentences", "trees", "yamltree"),
)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Setup:
    """What extraction depends on besides the paper: ontology, names, and (by its digest) the program.

    `notes` tell which bundled decisions give way to one's own.
    """

    ontology: Ontology
    lexicon: Lexicon
    fingerprint: str
    notes: tuple[str, ...] = ()


def setup(onto: Ontology | None = None, names: Lexicon | None = None) -> Setup:
    """Return the bundled ontology and lexicon, or the given ones, with their digest."""
    onto = onto or ontology.load()
    names = names or lexicon.load(ontology=onto)
    parts = (encode(onto), encode(names.names), source_digest(_EXTRACTING))
    return Setup(ontology=onto, lexicon=names, fingerprint=sha256(b"\0".join(parts)).hexdigest())


def extract_paper(paper: Paper, matcher: Matcher, onto: Ontology) -> Extraction:
    """Return what one paper says: a pure function of the paper, the ontology and the names."""
    return extract_papers([paper], matcher, onto)[0]


def extract_papers(papers: Sequence[Paper], matcher: Matcher, onto: Ontology) -> list[Extraction]:
    """Return what each paper says, by itself: together they only take less time."""
    result: list[Extraction] = []
    for at in range(0, len(papers), _TOGETHER):
        some = papers[at : at + _TOGETHER]
        found = recognise.mentions_of(some, names=matcher, ontology=onto)
        said = [relate.claims(paper, mentions, onto) for paper, (mentions, _) in zip(some, found, strict=True)]
        result += [
            Extraction(paper=paper, claims=claims, rejections=(*unrecognised, *unrelated))
            for paper, (_, unrecognised), (claims, unrelated) in zip(some, found, said, strict=True)
        ]
    return result


def extract(
    papers: Sequence[Paper], *, using: Setup | None = None, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Extraction]:
    """Yield the extraction of each paper, in order; many papers are shared out to `workers` processes (all cores)."""
    using = using or setup()
    with crew(using, workers) as helpers:
        packs = packed(papers, using=using, helpers=helpers, progress=progress)
        for paper, (content, _) in zip(papers, packs, strict=True):
            yield store.extraction(paper, content)


def crew(using: Setup, workers: int | None = None) -> Crew[Extractor]:
    """Return processes that can read papers, and do what else a build needs the same things for."""
    return Crew(workers, Extractor, using)


def worth_sharing(papers: Sized, helpers: Crew[Extractor]) -> bool:
    """Whether there are papers enough to share out."""
    return helpers.workers > 1 and len(papers) >= _PARALLEL_FROM


def packed(
    papers: Sequence[Paper], *, using: Setup, helpers: Crew[Extractor], progress: Progress | None = None
) -> Iterator[Packed]:
    """Yield what each paper says as `extract` does, as bytes: they cross the process border far faster than objects."""
    if not papers:
        return  # nothing new: the matcher is not worth building
    many = worth_sharing(papers, helpers)
    size = _BATCH if many else _TOGETHER
    batches = (papers[start : start + size] for start in range(0, len(papers), size))
    done = 0
    for batch in helpers.map(_read, map(encode, batches)) if many else map(Extractor(using).read, batches):
        yield from batch
        done += len(batch)
        if progress:
            progress(done, len(papers))


class Extractor:
    """Reads papers with all that is needed for it, made when it is needed first."""

    def __init__(self, using: Setup) -> None:
        self.using = using

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.using.lexicon)

    @cached_property
    def rules(self) -> Rules:
        """What else a build goes by."""
        return rules(self.using)

    def read(self, papers: Sequence[Paper]) -> list[Packed]:
        """Return what papers say, packed."""
        said = extract_papers(papers, self._matcher, self.using.ontology)
        return [store.packed(extraction, self.rules.lexicon) for extraction in said]


def _read(extractor: Extractor, batch: bytes) -> list[Packed]:
    return extractor.read(msgspec.json.decode(batch, type=list[Paper]))


def rules(using: Setup) -> Rules:
    """Return what brings a graph file up to date."""
    return Rules(ontology=using.ontology, lexicon=using.lexicon.undecided, decisions=using.lexicon.decisions)


def shared(helpers: Crew[Extractor]) -> Share:
    """Return what lets processes work by the rules."""
    return lambda task, portions: helpers.map(partial(_by_rules, task), portions)


def _by_rules(task: Callable[[Rules, Any], Any], extractor: Extractor, portion: Any) -> Any:
    return task(extractor.rules, portion)
