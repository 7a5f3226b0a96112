"""The order of the stages: read, recognise, relate, resolve, assemble. Nowhere else is it known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from kg import collector, decisions, graph, increment, readers, resolve, store
from kg.extracting import (
    Progress,
    Setup,
    crew,
    extract,
    extract_paper,
    packed,
    rules,
    setup,
    shared,
    worth_sharing,
)
from kg.files import bundled, source_digest
from kg.graph import KnowledgeGraph
from kg.increment import intake, upward
from kg.lexicon import Decision
from kg.model import KGError, Paper, Skipped
from kg.portions import portions
from kg.store import Packed

__all__ = [
    "Progress",
    "Report",
    "Setup",
    "build",
    "decided",
    "extract",
    "extract_paper",
    "own_decisions",
    "read",
    "reading",
    "redecide",
    "remove",
    "setup",
    "update",
]
_NOTHING = readers.Reading(papers=(), skipped=(), lines=0, used=0)
_KEPT = 1_000  # extractions kept at a time
_SCHEMA = intake.SCHEMA + increment.SCHEMA + upward.SCHEMA
# What brings a graph file up to date: when one of these changes, graphs are assembled anew.
_ASSEMBLING = (
    *("decisions", "disjoint", "files", "graph", "increment", "lexicon", "memo", "model", "naming", "networks"),
    *("ontology", "portions", "rdf", "registry", "resolve", "sentences", "store", "view", "yamltree"),
)
_VERSION, _MADE_WITH = "version", "made with"  # in the file's `meta`


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a build did: papers read from the sources, works new or changed and therefore extracted, works reused.

    `nodes` and `edges` count what the graph has of each type and relation, `derived` its derived edges. `notes` tell
    how sources were taken (guessed columns) and which bundled decisions give way to one's own.
    """

    read: int
    extracted: int
    reused: int
    skipped: tuple[Skipped, ...]
    nodes: Mapping[str, int]
    edges: Mapping[str, int]
    derived: int
    unmatched: tuple[Decision, ...]
    notes: tuple[str, ...] = ()


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


def read(sources: Sequence[Path | str], *, format: str | None = None) -> tuple[tuple[Paper, ...], tuple[Skipped, ...]]:
    """Read sources of any known format; without one, the bundled seeds."""
    found = reading(sources, format=format)
    return found.papers, found.skipped


def reading(sources: Sequence[Path | str], *, format: str | None = None) -> readers.Reading:
    """Read sources as `read` does; the notes tell how they were taken (guessed columns, bytes that are no text)."""
    return readers.joined(_stretches(sources, format))


def _stretches(sources: Sequence[Path | str], format: str | None) -> Iterator[readers.Reading]:
    paths = list(sources) or [bundled("seeds") / "papers"]
    return chain.from_iterable([readers.stretches(path, format=format) for path in paths])


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

    One's own decisions come from the file `own`, else from decisions.yaml beside the graph. What has been read through
    is kept from time to time, so that an interrupted build goes on where it was; the graph changes all at once.
    """
    using = decided(using or setup(), target, own)
    stretches = _stretches(sources, format)  # settled before the graph is there: it may lie in a folder that is read
    with store.update(target, schema=_SCHEMA) as file:
        with file.transaction():
            read, told = _put(file, stretches)
            version = _counted(file)
        extracted = _refresh(file, using, version, workers, progress)
        return _report(file, using, extracted, read, told)


def _put(file: store.Store, stretches: Iterable[readers.Reading]) -> tuple[int, readers.Reading]:
    """Put what is read into the file bit by bit; return how many papers that were, and the account without them."""
    read, told = 0, []
    for stretch in stretches:
        intake.put(file, stretch.papers)
        read += len(stretch.papers)
        told.append(replace(stretch, papers=()))
    return read, readers.joined(told)


def remove(target: Path, papers: Iterable[str], *, using: Setup | None = None, own: Path | None = None) -> Report:
    """Take papers (by node id, own id or title) out of a graph file: exactly the graph built without them remains."""
    using = decided(using or setup(), target, own)
    with store.read(target):
        pass  # a missing or foreign file is told before anything is created
    with store.update(target, schema=_SCHEMA) as file:
        with file.transaction():
            for name in papers:
                doomed = intake.called(file, name)
                if not doomed:
                    raise KGError(f"no paper called {name!r}", where=str(target), hint="give its id or exact title")
                intake.drop(file, doomed)
            version = _counted(file)
        return _report(file, using, _refresh(file, using, version))


def redecide(target: Path, *, using: Setup | None = None, own: Path | None = None) -> Report:
    """Bring a graph file up to date with the decisions; the papers stay as they are."""
    using = decided(using or setup(), target, own)
    with store.read(target):
        pass
    with store.update(target, schema=_SCHEMA) as file:
        with file.transaction():
            version = _counted(file)
        return _report(file, using, _refresh(file, using, version))


def _counted(file: store.Store) -> str:
    """Count the changes of a file, so that a build can tell whether another one has come between."""
    version = str(int(file.value(_VERSION) or 0) + 1)
    file.put_value(_VERSION, version)
    return version


def _refresh(
    file: store.Store,
    using: Setup,
    version: str,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Extract the works that are new or changed and bring the graph up to date; return how many were extracted."""
    made_with = _made_with(using)
    anew = file.value(_MADE_WITH) != made_with
    change = intake.changed(file, everything=anew)
    works = {work.key(): (work, _hash(work, using)) for work in map(resolve.join, change.groups)}
    members = [(resolve.join(group).key(), group) for group in change.groups]
    hashes = dict(file.rows("SELECT key, hash FROM work WHERE key IN EACH", works))
    come = [found for key, found in works.items() if anew or hashes.get(key) != found[1]]
    gone = [key for key in change.before if key not in works or hashes.get(key) != works[key][1]]
    known = file.known(content_hash for _, content_hash in come)
    fresh = [(paper, content_hash) for paper, content_hash in come if content_hash not in known]
    with crew(using, workers) as helpers:
        packs = packed([paper for paper, _ in fresh], using=using, helpers=helpers, progress=progress)
        _keep(file, zip((content_hash for _, content_hash in fresh), packs, strict=True))
        share = shared(helpers) if worth_sharing(come, helpers) else None
        with file.transaction(), collector.paused():
            if file.value(_VERSION) != version:
                hint = "say it again: what was read is kept"
                raise KGError("another build has changed the graph meanwhile", hint=hint)
            old = file.among("SELECT hash FROM work WHERE key IN EACH", gone)
            if anew:
                increment.clear(file)
            if any(decision.relation for decision in using.lexicon.decisions):
                _whole(file, come, gone, using)
            elif anew or come or gone:
                increment.apply(file, () if anew else gone, come, rules(using), progress, share)
            intake.settled(file, members)
            file.forget_extractions(None if anew else old)
            file.put_value(_MADE_WITH, made_with)
    return len(fresh)


def _keep(file: store.Store, packs: Iterator[tuple[bytes, Packed]]) -> None:
    """Keep what papers say as it comes, some at a time."""
    for some in portions(packs, _KEPT):
        with file.transaction():
            file.keep(some)


def _whole(file: store.Store, come: Sequence[tuple[Paper, bytes]], gone: Collection[str], using: Setup) -> None:
    """Assemble the graph as a whole, as decisions about edges need it."""
    file.rows("DELETE FROM work WHERE key IN EACH", gone)
    packs = file.packs(content_hash for _, content_hash in come)
    fresh = (store.extraction(paper, content) for (paper, _), (content, _) in zip(come, packs, strict=True))
    extractions = [*fresh, *file.graph_extractions()]
    file.put_works((*paper, ()) for paper in come)
    result = graph.assemble(
        extractions, ontology=using.ontology, decisions=using.lexicon.decisions, lexicon=using.lexicon
    )
    file.save(result)


def _report(file: store.Store, using: Setup, extracted: int, read: int = 0, told: readers.Reading = _NOTHING) -> Report:
    nodes, edges, derived = file.counts()
    return Report(
        read=read,
        extracted=extracted,
        reused=nodes.get(using.ontology.type_as("document").name, 0) - extracted,
        skipped=told.skipped,
        nodes=nodes,
        edges=edges,
        derived=derived,
        unmatched=file.unmatched(),
        notes=(*told.notes, *using.notes),
    )


def _hash(work: Paper, using: Setup) -> bytes:
    return sha256(using.fingerprint.encode() + msgspec.json.encode(work)).digest()


def _made_with(using: Setup) -> str:
    """Return a digest of all that a graph is made with besides its papers."""
    lexicon = using.lexicon
    parts = (lexicon.decisions, lexicon.kinds)
    state = sha256(using.fingerprint.encode() + msgspec.json.encode(parts))
    return sha256(state.digest() + source_digest(_ASSEMBLING)).hexdigest()
