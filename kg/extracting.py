"""Papers -> what each of them says: shared out to processes, and packed as the graph file keeps it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from kg import lexicon, ontology, recognise, relate, sentences, store
from kg.files import source_digest
from kg.lexicon import Lexicon
from kg.model import Extraction, KGError, Paper
from kg.ontology import Ontology
from kg.recognise.known import Matcher
from kg.store import Packed

_PARALLEL_FROM = 600  # papers; below, starting workers costs more than it saves
_BATCH = 200
_TOGETHER = sentences.AT_HAND // 2  # papers that go through a step together, a title and an abstract each
_EXTRACTING = (
    *("decisions", "files", "lexicon", "linear", "model", "ontology", "phrases", "recognise", "registry", "relate"),
    *("resolve", "sentences", "trees", "yamltree"),
)
_GUARD = "in a program of your own: call it under if __name__ == '__main__', or with workers=1"
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
    parts = (msgspec.json.encode(onto), msgspec.json.encode(names.names), source_digest(_EXTRACTING))
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
    packs = packed(papers, using=using or setup(), workers=workers, progress=progress)
    for paper, (content, _) in zip(papers, packs, strict=True):
        yield store.extraction(paper, content)


def packed(
    papers: Sequence[Paper], *, using: Setup, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Packed]:
    """Yield what each paper says as `extract` does, as bytes: they cross the process border far faster than objects."""
    if not papers:
        return  # nothing new: the matcher is not worth building
    workers = workers or os.cpu_count() or 1
    parallel = workers > 1 and len(papers) >= _PARALLEL_FROM
    size = _BATCH if parallel else _TOGETHER
    batches = (papers[start : start + size] for start in range(0, len(papers), size))
    done = 0
    for batch in _shared_out(batches, using, workers) if parallel else _alone(batches, using):
        yield from batch
        done += len(batch)
        if progress:
            progress(done, len(papers))


def _alone(batches: Iterator[Sequence[Paper]], using: Setup) -> Iterator[list[Packed]]:
    return map(_Reader(using).read, batches)


def _shared_out(batches: Iterator[Sequence[Paper]], using: Setup, workers: int) -> Iterator[list[Packed]]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import current_process, get_context

    # A worker imports the program that started it, and would start workers itself if that is not guarded.
    if getattr(current_process(), "_inheriting", False):
        raise KGError("called while a worker process is starting", hint=_GUARD)
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(using,)) as pool:
        try:
            yield from pool.map(_work, map(msgspec.json.encode, batches))
        except BrokenProcessPool:
            raise KGError("a worker process has died", hint=f"too little memory? {_GUARD}") from None


class _Reader:
    """Reads papers with all that is needed for it."""

    def __init__(self, using: Setup) -> None:
        self._matcher, self._using = Matcher(using.lexicon), using
        self._names = using.lexicon.undecided

    def read(self, papers: Sequence[Paper]) -> list[Packed]:
        said = extract_papers(papers, self._matcher, self._using.ontology)
        return [store.packed(extraction, self._names) for extraction in said]


_worker: _Reader  # set once in each worker process


def _start(using: Setup) -> None:
    global _worker
    _worker = _Reader(using)
    gc.disable()  # reading makes no circles, and looking for some takes a tenth of the time


def _work(batch: bytes) -> list[Packed]:
    return _worker.read(msgspec.json.decode(batch, type=list[Paper]))
