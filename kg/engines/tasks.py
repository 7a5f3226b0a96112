"""What Spark's workers do: batches of rows in, batches of rows out, by the functions that build on one machine.

Values cross as JSON, as they lie in a graph file; what ends in a Parquet file crosses as the table of an export. Each
function is a pure one of its rows and of `shared`, what a build is made with, which Spark sends to each worker once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from kg import extracting, rdf, resolve
from kg.exporters import parquet
from kg.graph import assembly
from kg.graph.corrections import Rulings
from kg.model import Claim, Edge, Extraction, Node, Paper, ReadError, Rejection, digest
from kg.ontology import Ontology
from kg.readers import READERS
from kg.readers.source import whole
from kg.recognise.known import Matcher

if TYPE_CHECKING:
    import pyarrow

    Batches = Iterable[pyarrow.RecordBatch]

_PLACE = "paper string, field string, start int, end int, text string"
_FACT = "relation string, type string, name string"
_TRIPLES = "triples string, size long"
RECORD = "digest string, content string, keys array<string>, source string, text string, reason string"
EXTRACTED = "node string, paper string, claims string, rejections string, sayings array<string>"
NODE = (
    "id string, label string, type string, aliases array<string>, support int, year int, date string, venue string, "
    "authors array<string>, arxiv string, doi string, url string"
)
EDGE = (
    "id string, source string, relation string, target string, source_label string, target_label string, "
    "confidence double, support int, derived boolean, papers array<string>, rules array<string>, "
    f"evidence array<struct<{_PLACE}>>"
)
_TOLD = f"node string, implied string, places string, rejections string, {_TRIPLES}"
STATED = f"{_TOLD}, nodes array<struct<{NODE}>>, edges array<struct<{EDGE}>>"
LINKED = f"{EDGE}, target_type string, {_TRIPLES}"
FACTS = f"{NODE}, {_TRIPLES}"
# JSON that Spark itself takes apart:
PAPER = (
    "struct<id string, title string, abstract string, year int, date string, venue string, authors array<string>, "
    "author_count int, url string, keywords array<string>, arxiv string, doi string, "
    f"facts array<struct<{_FACT}>>, source string>"
)
CLAIMS = (
    f"array<struct<name string, type string, relation string, confidence double, evidence array<struct<{_PLACE}>>, "
    "votes array<struct<rule string, score double>>, aliases array<string>>>"
)
REJECTIONS = f"array<struct<name string, type string, reason string, evidence array<struct<{_PLACE}>>>>"
IMPLIED = (
    "array<struct<source string, relation string, target string, source_label string, target_label string, "
    "target_type string, part string>>"
)
PLACES = f"array<struct<entity string, confidence double, {_PLACE}>>"


class Shared(Protocol):
    """What Spark sends to all workers."""

    @property
    def value(self) -> extracting.Setup:
        """What the build is made with."""


class _Implied(msgspec.Struct):
    """A part in an edge that a paper's claims imply."""

    source: str
    relation: str
    target: str
    source_label: str
    target_label: str
    target_type: str
    part: str


class _Place(msgspec.Struct):
    """Where an entity is named."""

    entity: str
    confidence: float
    paper: str
    field: str
    start: int
    end: int
    text: str


class _Meant(msgspec.Struct):
    """What a claim of a paper means."""

    entity: str | None = None
    reason: str = ""
    type: str = ""
    name: str = ""


_paper = msgspec.json.Decoder(Paper)
_node = msgspec.json.Decoder(Node)
_claims = msgspec.json.Decoder(tuple[Claim, ...])
_rejections = msgspec.json.Decoder(tuple[Rejection, ...])
_part = msgspec.json.Decoder(tuple[Claim, bool, float])
_meant = msgspec.json.Decoder(list[_Meant])


class _Tools:
    """What takes long to make, made once in each worker."""

    def __init__(self, using: extracting.Setup) -> None:
        self.using, self.ontology, self.lexicon = using, using.ontology, using.lexicon.undecided

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self.using.lexicon)


_made: dict[str, _Tools] = {}


def _tools(shared: Shared) -> _Tools:
    using = shared.value
    if using.fingerprint not in _made:
        _made.clear()
        _made[using.fingerprint] = _Tools(using)
    return _made[using.fingerprint]


# --- papers -----------------------------------------------------------------------------------------------------------


def parsed(batches: Batches, format: str) -> Iterator[pyarrow.RecordBatch]:
    """Read lines as records; a line that is none becomes a row with the reason, and no record is dropped in silence."""
    for batch in batches:
        lines, sources = batch.column("line").to_pylist(), batch.column("source").to_pylist()
        rows = [row for line, source in zip(lines, sources, strict=True) for row in _records(line, source, format)]
        yield from tabled(RECORD, rows).to_batches()


def _records(line: bytes, source: str, format: str) -> Iterator[tuple[Any, ...]]:
    text = line.decode("utf-8", "replace").removeprefix("\ufeff")
    if not text or text.isspace():
        return
    reader, lines = READERS.get(format), iter([(1, text)])
    try:
        reading = reader.read(lines if reader.pieces else whole(lines, source), source)
    except ReadError as error:
        yield None, None, None, source, text.strip()[:500], error.what
        return
    for paper in reading.papers:
        content = packed(paper)
        yield digest(content), content, keys(paper), source, None, None


def keys(paper: Paper) -> list[str]:
    """Return what a record may have in common with others of its work, in short: the same place or an identifier."""
    names = (f"record:{paper.source}/{paper.id}", *(resolve.shared(paper) or [paper.key()]))
    return sorted(set(map(digest, names)))


def extracted(batches: Batches, shared: Shared) -> Iterator[pyarrow.RecordBatch]:
    """Join the records of each group that shares identifiers into works, and say what these say."""
    tools = _tools(shared)
    for batch in batches:
        works: list[Paper] = []
        for contents in batch.column("contents").to_pylist():
            records = resolve.one_each(map(_paper.decode, sorted(contents)))
            works += {work.key(): work for work in map(resolve.join, resolve.groups(records))}.values()
        said = extracting.extract_papers(works, tools.matcher, tools.ontology)
        yield from tabled(EXTRACTED, [_extracted(found, tools) for found in said]).to_batches()


def _extracted(found: Extraction, tools: _Tools) -> tuple[Any, ...]:
    sayings = [packed(resolve.saying(claim, tools.lexicon)) for claim in found.claims]
    work, claims, rejections = found.paper, packed(found.claims), packed(found.rejections)
    return resolve.paper_id(work), packed(work), claims, rejections, sayings


# --- statements -------------------------------------------------------------------------------------------------------


def stated(batches: Batches, shared: Shared) -> Iterator[pyarrow.RecordBatch]:
    """Read extractions into nodes, edges, refusals and RDF of their papers, now that it is known who is who.

    What edges between entities are implied, and where entities are named, is for others to bring together.
    """
    ontology, rulings = _tools(shared).ontology, Rulings((), ())
    for batch in batches:
        nodes, edges, counts, rows = [], [], [], []
        labels: dict[str, str] = {}
        term = rdf.expander(ontology)
        for row in batch.to_pylist():
            paper = _paper.decode(row["paper"])
            extraction = Extraction(
                paper=paper, claims=_claims.decode(row["claims"]), rejections=_rejections.decode(row["rejections"])
            )
            meant = _meant.decode(row["meant"] or "[]")
            names = {m.entity: (m.type, m.name) for m in meant if m.entity}
            told = assembly.read(extraction, [(m.entity, m.reason) for m in meant], names, rulings, ontology)
            said = list(assembly.direct(told))
            node = assembly.paper_node(paper, ontology)
            links = [(edge.relation, edge.target, names[edge.target][0]) for edge in said]
            triples = [_about(node, links, ontology, term), *(rdf.statement(edge, term) for edge in said)]
            claims = (*(claim for _, claim in told.said), *(made.claim for made in told.implied))
            shown = {place for claim in claims for place in claim.evidence}
            triples += [rdf.passage(rdf.evidence_curie(place), place, term) for place in shown]
            labels.update({node.id: node.name, **{entity: name for entity, (_, name) in names.items()}})
            nodes.append(node)
            edges += said
            counts.append(len(said))
            rows.append((node.id, _implied(told, names), _places(told), packed(told.rejections), *_text(triples)))
        table = tabled(_TOLD, rows).append_column("nodes", _nested(parquet.nodes(nodes), [1] * len(nodes)))
        table = table.append_column("edges", _nested(parquet.edges(edges, labels.__getitem__), counts))
        yield from table.to_batches()


def _implied(told: assembly.Statement, names: Mapping[str, tuple[str, str]]) -> str:
    return packed(
        [
            _Implied(
                source=made.source,
                relation=made.relation,
                target=made.target,
                source_label=names[made.source][1],
                target_label=names[made.target][1],
                target_type=names[made.target][0],
                part=packed((made.claim, made.inherited, made.confidence)),
            )
            for made in told.implied
        ]
    )


def _places(told: assembly.Statement) -> str:
    return packed(
        [
            _Place(target, confidence, e.paper, e.field, e.start, e.end, e.text)
            for target, claim in told.said
            for confidence, e in assembly.places(claim)
        ]
    )


def merged(batches: Batches, shared: Shared) -> Iterator[pyarrow.RecordBatch]:
    """Merge the parts that papers have in each implied edge."""
    for batch in batches:
        rows = batch.to_pylist()
        edges = [
            assembly.merged((r["source"], r["relation"], r["target"]), [_part.decode(part) for part in r["parts"]])
            for r in rows
        ]
        labels = {r[end]: r[f"{end}_label"] for r in rows for end in ("source", "target")}
        types = {r["target"]: r["target_type"] for r in rows}
        yield from linked(edges, labels, types, _tools(shared).ontology).to_batches()


def linked(
    edges: Sequence[Edge], labels: Mapping[str, str], types: Mapping[str, str], ontology: Ontology
) -> pyarrow.Table:
    """Return edges between entities with their RDF; `labels` and `types` are of the nodes at their ends."""
    term = rdf.expander(ontology)
    rows = [(types[edge.target], *_text([rdf.statement(edge, term)])) for edge in edges]
    return _beside(parquet.edges(edges, labels.__getitem__), tabled(f"target_type string, {_TRIPLES}", rows))


def facts(batches: Batches, shared: Shared) -> Iterator[pyarrow.RecordBatch]:
    """Tell of entities what they are, and what they are linked to."""
    ontology = _tools(shared).ontology
    for batch in batches:
        term = rdf.expander(ontology)
        nodes, rows = [], []
        for row in batch.to_pylist():
            node = _node.decode(row["content"])
            links = [(link["relation"], link["target"], link["target_type"]) for link in row["links"] or ()]
            nodes.append(node)
            rows.append(_text([_about(node, links, ontology, term)]))
        yield from _beside(parquet.nodes(nodes), tabled(_TRIPLES, rows)).to_batches()


# --- rows -------------------------------------------------------------------------------------------------------------


def _about(
    node: Node, links: Iterable[tuple[str, str, str]], ontology: Ontology, term: Callable[[str], str]
) -> Iterator[rdf.Triple]:
    subject = term(rdf.node_curie(node.id))
    return ((subject, predicate, value) for predicate, value in rdf.about(node, links, ontology, term))


def _text(found: Iterable[Iterable[rdf.Triple]]) -> tuple[str, int]:
    """Return triples as lines, each once, and how many these are."""
    lines = rdf.ntriples(triple for triples in found for triple in triples)
    return lines.removesuffix("\n"), lines.count("\n")


def packed(value: object) -> str:
    """Return a value as it crosses between machines."""
    return msgspec.json.encode(value).decode()


def tabled(columns: str, rows: Sequence[tuple[Any, ...]]) -> pyarrow.Table:
    """Return rows as columns of simple types; these are declared as Spark has them declared."""
    import pyarrow

    types = {"string": pyarrow.string(), "long": pyarrow.int64(), "array<string>": pyarrow.list_(pyarrow.string())}
    declared = [column.split(" ") for column in columns.split(", ")]
    values = zip(*rows, strict=True) if rows else [()] * len(declared)
    return pyarrow.table({n: pyarrow.array(v, types[t]) for (n, t), v in zip(declared, values, strict=True)})


def _plain(table: pyarrow.Table) -> pyarrow.Table:
    """Return a table without dictionaries, which Spark does not take."""
    import pyarrow

    is_dictionary = pyarrow.types.is_dictionary
    fields = [f.with_type(pyarrow.string()) if is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pyarrow.schema(fields))


def _beside(table: pyarrow.Table, more: pyarrow.Table) -> pyarrow.Table:
    table = _plain(table)
    for name in more.column_names:
        table = table.append_column(name, more.column(name))
    return table


def _nested(table: pyarrow.Table, counts: Iterable[int]) -> pyarrow.Array:
    """Return a list of structures a row: as many of the table's rows as told."""
    import pyarrow

    offsets = pyarrow.array([0, *accumulate(counts)], pyarrow.int32())
    return pyarrow.ListArray.from_arrays(offsets, _plain(table).to_struct_array().combine_chunks())
