"""The order of the stages: read, recognise, relate, resolve, assemble. Nowhere else is it known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import msgspec

from kg import __version__, decisions, graph, lexicon, ontology, readers, recognise, relate, resolve, store
from kg.files import bundled
from kg.graph import KnowledgeGraph
from kg.lexicon import Lexicon
from kg.model import Extraction, KGError, Paper, Skipped, title_key
from kg.ontology import Ontology
from kg.recognise.known import Matcher

_PARALLEL_FROM = 600  # papers; below, starting workers costs more than it saves
_BATCH = 200
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did: papers read from the sources, works new or changed and therefore extracted, works reused.

    `notes` tell how sources were taken (guessed columns) and which bundled decisions give way to one's own.
    """

    graph: KnowledgeGraph
    read: int
    extracted: int
    reused: int
    skipped: tuple[Skipped, ...]
    notes: tuple[str, ...] = ()


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
    parts = (msgspec.json.encode(onto), msgspec.json.encode(names.names), _program())
    return Setup(ontology=onto, lexicon=names, fingerprint=sha256(b"\0".join(parts)).hexdigest())


def decided(using: Setup, target: Path, file: Path | None = None) -> Setup:
    """Return the setup with the decisions of one's own `file`, by default decisions.yaml beside the graph, if any."""
    path = file or own_decisions(target)
    if file is None and not path.is_file():
        return using
    own = decisions.read_decisions(path, ontology=using.ontology)
    every, notes = decisions.united(using.lexicon.decisions, own)
    return replace(using, lexicon=replace(using.lexicon, decisions=every), notes=notes)


def own_decisions(target: Path) -> Path:
    """Return where one's own decisions about a graph are looked for."""
    return target.with_name("decisions.yaml")


@cache
def _program() -> bytes:
    """Return a digest of everything that extraction runs: a changed rule or weight must re-read the papers."""
    package = Path(__file__).parent
    state = sha256(__version__.encode())
    for path in sorted(
        [
            package / "model.py",
            package / "linear.py",
            *(package / "recognise").rglob("*"),
            *(package / "relate").rglob("*"),
        ]
    ):
        if path.is_file() and path.suffix != ".pyc":
            state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.digest()


def read(sources: Sequence[Path | str], *, format: str | None = None) -> tuple[tuple[Paper, ...], tuple[Skipped, ...]]:
    """Read sources of any known format; without one, the bundled seeds."""
    found = reading(sources, format=format)
    return found.papers, found.skipped


def reading(sources: Sequence[Path | str], *, format: str | None = None) -> readers.Reading:
    """Read sources as `read` does; the notes tell how they were taken (guessed columns, bytes that are no text)."""
    paths = list(sources) or [bundled("seeds") / "papers"]
    return readers.joined(readers.read(path, format=format) for path in paths)


def extract_paper(paper: Paper, matcher: Matcher, onto: Ontology) -> Extraction:
    """Return what one paper says: a pure function of the paper, the ontology and the names."""
    mentions, unrecognised = recognise.mentions(paper, names=matcher, ontology=onto)
    claims, unrelated = relate.claims(paper, mentions, onto)
    return Extraction(paper=paper, claims=claims, rejections=(*unrecognised, *unrelated))


def extract(
    papers: Sequence[Paper], *, using: Setup | None = None, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Extraction]:
    """Yield the extraction of each paper, in order; many papers are shared out to `workers` processes (all cores)."""
    if not papers:
        return  # nothing new: the matcher is not worth building
    using = using or setup()
    workers = workers or os.cpu_count() or 1
    if workers == 1 or len(papers) < _PARALLEL_FROM:
        matcher = Matcher(using.lexicon)
        for done, paper in enumerate(papers, start=1):
            yield extract_paper(paper, matcher, using.ontology)
            if progress:
                progress(done, len(papers))
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    decoder = msgspec.json.Decoder(list[Extraction])
    done = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start, initargs=(using,)) as pool:
        for batch in pool.map(_work, _batches(papers)):
            for extraction in decoder.decode(batch):
                yield extraction
                done += 1
            if progress:
                progress(done, len(papers))


_worker: tuple[Matcher, Ontology]  # set once in each worker process


def _start(using: Setup) -> None:
    global _worker
    _worker = (Matcher(using.lexicon), using.ontology)


def _batches(papers: Sequence[Paper]) -> Iterator[bytes]:
    for start in range(0, len(papers), _BATCH):
        yield msgspec.json.encode(papers[start : start + _BATCH])


def _work(batch: bytes) -> bytes:
    """Extract a batch; packed bytes cross the process border far faster than objects."""
    papers = msgspec.json.decode(batch, type=list[Paper])
    return msgspec.json.encode([extract_paper(paper, *_worker) for paper in papers])


def build(*sources: Path | str | Paper, using: Setup | None = None, workers: int | None = None) -> KnowledgeGraph:
    """Build a graph in memory from papers, files or folders; from nothing, the bundled seeds."""
    using = using or setup()
    given = [s for s in sources if isinstance(s, Paper)]
    paths = [s for s in sources if not isinstance(s, Paper)]
    records = given + list(read(paths)[0] if paths or not given else ())
    extractions = extract(resolve.works(records), using=using, workers=workers)
    return graph.assemble(
        extractions, ontology=using.ontology, decisions=using.lexicon.decisions, lexicon=using.lexicon
    )


def update(
    target: Path,
    sources: Sequence[Path | str],
    *,
    using: Setup | None = None,
    format: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    own: Path | None = None,
) -> Report:
    """Build a graph file, or bring one up to date: only papers that are new or changed are read through again.

    One's own decisions come from the file `own`, else from decisions.yaml beside the graph.
    """
    using = decided(using or setup(), target, own)
    found = reading(sources, format=format)
    with store.update(target) as file:
        file.add(_one_record_each(found.papers))
        result, extracted = _reassemble(file, using, workers, progress)
    return Report(
        graph=result,
        read=len(found.papers),
        extracted=extracted,
        reused=len(result.papers) - extracted,
        skipped=found.skipped,
        notes=(*found.notes, *using.notes),
    )


def remove(
    target: Path, papers: Iterable[str], *, using: Setup | None = None, own: Path | None = None
) -> KnowledgeGraph:
    """Take papers (by node id, own id or title) out of a graph file: exactly the graph built without them remains."""
    using = decided(using or setup(), target, own)
    with store.read(target):
        pass  # a missing or foreign file is told before anything is created
    with store.update(target) as file:
        groups = resolve.groups(file.records())
        for name in papers:
            doomed = [group for group in groups if _is_called(resolve.join(group), name)]
            if not doomed:
                raise KGError(f"no paper called {name!r}", where=str(target), hint="give its id or exact title")
            for group in doomed:
                file.drop(group)
        return _reassemble(file, using)[0]


def redecide(target: Path, *, using: Setup | None = None, own: Path | None = None) -> KnowledgeGraph:
    """Bring a graph file up to date with the decisions; the papers stay as they are."""
    using = decided(using or setup(), target, own)
    with store.read(target):
        pass
    with store.update(target) as file:
        return _reassemble(file, using)[0]


def _is_called(work: Paper, name: str) -> bool:
    return name in (work.id, work.key(), resolve.paper_id(work), work.arxiv) or title_key(name) == title_key(work.title)


def _one_record_each(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """Join records that one source gives twice under one id, so that their order cannot matter."""
    groups: dict[tuple[str, str], list[Paper]] = {}
    for paper in papers:
        groups.setdefault((paper.source, paper.id), []).append(paper)
    return tuple(resolve.join(group) for group in groups.values())


def _reassemble(
    file: store.Store, using: Setup, workers: int | None = None, progress: Progress | None = None
) -> tuple[KnowledgeGraph, int]:
    """Extract the works that are new or changed, assemble and save; return the graph and how many were extracted."""
    known = file.extractions()
    works = resolve.works(file.records())
    hashes = {work.key(): _hash(work, using) for work in works}
    decoder = msgspec.json.Decoder(Extraction)
    kept: list[Extraction] = []
    changed: list[Paper] = []
    for work in works:
        content_hash, content = known.get(work.key(), ("", b""))
        if content_hash == hashes[work.key()]:
            kept.append(decoder.decode(content))
        else:
            changed.append(work)
    kept.extend(extract(changed, using=using, workers=workers, progress=progress))
    result = graph.assemble(kept, ontology=using.ontology, decisions=using.lexicon.decisions, lexicon=using.lexicon)
    file.save(result, hashes)
    return result, len(changed)


def _hash(work: Paper, using: Setup) -> str:
    return sha256(using.fingerprint.encode() + msgspec.json.encode(work)).hexdigest()
