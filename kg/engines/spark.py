"""`kg build --engine spark`: the stages of `kg.pipeline` as maps and keyed reduces of Spark's.

Workers parse, extract, read statements and write RDF, each paper alone (`kg.engines.tasks`); Spark itself counts,
sorts, joins and groups, and spills to disk when that takes more than memory. The driver gets what is small beside the
papers: which identifiers are one work, who is who, and what stands above what. What one stage makes is written down
before the next one reads it, so that nothing is made twice, whatever machine is lost.
"""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from kg import pipeline, rdf, readers, resolve
from kg.disjoint import Disjoint
from kg.engines import Engine, session, tasks
from kg.graph import assembly, kinds
from kg.graph.kinds import Place
from kg.model import Edge, Evidence, KGError, Node, ReadError, Skipped, WriteError
from kg.resolve import Entity, Resolution, Saying
from kg.resolve.aliases import Meaning

Frame = Any  # pyspark's DataFrame, which is imported only where it is used
_HEAD = 50  # lines that tell a format
_TOLD = 1000  # skipped lines that the report shows; all are in the folder `skipped`
_WORKS = 2000  # in one task: half a minute or less
_SCRATCH = "_under_way"
_TABLES = 12  # that a build writes, the last of them the triples
_saying = msgspec.json.Decoder(tuple[str, Meaning])
_EXTRACTED = {"paper": tasks.PAPER, "claims": tasks.CLAIMS, "rejections": tasks.REJECTIONS}
_PLACE = ("paper", "field", "start", "end", "text")


def build(
    output: str,
    sources: Sequence[str],
    *,
    using: pipeline.Setup | None = None,
    format: str | None = None,
    workers: int | None = None,
    progress: pipeline.Progress | None = None,
    own: Path | None = None,
) -> pipeline.Report:
    """Build a graph as a folder of Parquet and N-Triples, from JSONL or Parquet wherever Spark can read it.

    It is the graph of `pipeline.update` into a new file. One's own decisions come from the file `own`; decisions about
    single edges, which need all papers at once, are refused. What is there already is not touched.
    """
    using = pipeline.decided(using or pipeline.setup(), Path(output), own)
    if about := [d for d in using.lexicon.decisions if d.relation]:
        hint = "take it out, or build on one machine; decisions about names are followed"
        raise KGError("Spark builds follow no decision about a single edge", where=about[0].where, hint=hint)
    if not sources:
        raise KGError("Spark needs a SOURCE", hint="JSONL or Parquet files, at any path that Spark can read")
    with session.opened(workers) as spark, _plainly():
        files = session.Files(spark)
        if files.exists(output):
            hint = "name a new folder: what Spark builds is written whole"
            raise WriteError("it is there already", where=output, hint=hint)
        done = False
        try:
            report = _Build(spark, files, output.rstrip("/"), using, progress).run(sources, format)
            files.delete(f"{output}/{_SCRATCH}")
            done = True
        finally:
            if not done:
                files.delete(output)
    return report


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn what Spark raises into one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")  # which we do not use
            yield
    except (PySparkException, Py4JError) as error:
        what = next((line for line in reversed(str(error).splitlines()) if "Error: " in line), str(error))
        raise KGError(f"Spark failed: {what.strip().splitlines()[0]}", hint="--debug shows all of it") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Above:
    """What the driver makes of all papers: the entities that become nodes, and the edges up."""

    nodes: tuple[Node, ...]
    kin: tuple[Edge, ...]


class _Build:
    """One build: each method is a stage, and what it gives is written down."""

    def __init__(self, spark: Any, files: session.Files, output: str, using: pipeline.Setup, progress: Any) -> None:
        from pyspark.sql import functions

        self._spark, self._files, self._output, self._f = spark, files, output, functions
        self._progress, self._done = progress, 0
        self._using, self._shared = using, spark.sparkContext.broadcast(using)
        self._lexicon = using.lexicon.undecided

    def run(self, sources: Sequence[str], format: str | None) -> pipeline.Report:
        """Go through the stages."""
        f = self._f
        records = self._kept("records", self._parsed(sources, format))
        read = records.where("content IS NOT NULL").count()
        if not read:
            raise ReadError("no paper found", where=", ".join(sources), hint="one JSON object a line, with a title")
        works = self._kept("works", self._works(records.where("content IS NOT NULL"), read))
        papers = works.count()
        self._write(
            "extractions",
            works.select("node", *(self._json(name, kind).alias(name) for name, kind in _EXTRACTED.items())),
        )
        who = self._identified(works)
        stated = self._kept("stated", self._stated(works, who))
        above = self._above(stated, who)
        implied = self._kept("implied", self._implied(stated, above))
        facts = self._kept("facts", self._facts(implied, above))
        refused = f.explode(self._json("rejections", tasks.REJECTIONS)).alias("r")
        self._write("rejections", stated.select(f.col("node").alias("paper"), refused).select("paper", "r.*"))
        self._write("nodes", self._all(stated, "nodes", facts))
        self._write("edges", self._all(stated, "edges", implied))
        edges = self._read("edges")
        evidence = edges.select(f.col("id").alias("edge"), f.explode("evidence").alias("e")).select("edge", "e.*")
        self._write("evidence", evidence)
        skipped = self._skipped(records)
        relations = dict(edges.groupBy("relation").count().collect())
        types = Counter(node.type for node in above.nodes)
        types[self._using.ontology.type_as("document").name] += papers
        made = (stated, implied, facts)
        self._ntriples(made, self._described(made, edges, above.nodes, types, relations))
        return pipeline.Report(
            read=read,
            extracted=papers,
            reused=0,
            skipped=skipped,
            nodes=dict(types),
            edges=relations,
            derived=edges.where("derived").count(),
            unmatched=who.unmatched,
            notes=self._using.notes,
        )

    # --- papers -------------------------------------------------------------------------------------------------------

    def _parsed(self, sources: Sequence[str], format: str | None) -> Frame:
        """Return the records of all sources, with a row for every line that is none."""
        f = self._f
        parts = []
        for source in sources:
            files = self._files.listed(source)
            if not files:
                raise ReadError("no such file", where=source)
            columnar = format == "parquet" or (format is None and files[0].endswith(".parquet"))
            rows = self._spark.read.parquet(source) if columnar else self._spark.read.text(source)
            line = f.to_json(f.struct("*")) if columnar else f.col("value")
            name = "jsonl" if columnar else self._format(rows, source, format)
            lines = rows.select(line.cast("binary").alias("line"), f.col("_metadata.file_name").alias("source"))
            parts.append(lines.mapInArrow(partial(tasks.parsed, format=name), tasks.RECORD))
        return _united(parts)

    def _format(self, rows: Frame, source: str, format: str | None) -> str:
        """Return the format of a source by its first lines: one that has a record a line."""
        name = format
        if name is None:
            head = "\n".join(row.value for row in rows.limit(_HEAD).collect())
            reader = readers.recognised(head, Path(source))
            name = reader.name if reader else "unknown"
        linewise = [reader.name for _, reader in readers.READERS.items() if reader.stretches]
        if name not in linewise:
            hint = "a record a line: " + ", ".join(linewise) + "; or parquet"
            raise ReadError(f"Spark cannot part the format {name!r}", where=source, hint=hint)
        return name

    def _works(self, records: Frame, number: int) -> Frame:
        """Bring the records of one work together, and say what each work says.

        Of all identifiers few are shared, and of these few are shared by a record that shares another: only what such
        records link is told to the driver. A group may hold several works, which `resolve.groups` tells apart.
        """
        f = self._f
        rows = records.select("digest", f.explode("keys").alias("key")).distinct()
        several = rows.groupBy("key").count().where("count > 1").select("key")
        shared = rows.join(several, "key").groupBy("digest").agg(f.sort_array(f.collect_list("key")).alias("keys"))
        shared = self._kept("shared", shared)
        sets = Disjoint[str]()
        for (linked,) in shared.where("size(keys) > 1").select("keys").distinct().toLocalIterator():
            sets.join(linked)
        roots = self._frame("key string, root string", [(key, sets.find(key)) for key in sorted(sets.parents)])
        first = shared.select("digest", f.col("keys")[0].alias("key")).join(roots, "key", "left")
        grouped = records.join(first.select("digest", f.coalesce("root", "key").alias("group")), "digest", "left")
        grouped = grouped.select("content", f.coalesce("group", "digest").alias("group"))
        parts = max(self._spark.sparkContext.defaultParallelism, number // _WORKS)
        groups = grouped.repartition(parts, "group").groupBy("group").agg(f.collect_list("content").alias("contents"))
        return groups.select("contents").mapInArrow(partial(tasks.extracted, shared=self._shared), tasks.EXTRACTED)

    # --- who is who ---------------------------------------------------------------------------------------------------

    def _identified(self, works: Frame) -> Resolution:
        """Count what papers say, and settle who is who: the one step that needs all names at once."""
        f = self._f
        counted = works.select(f.explode(f.array_distinct("sayings")).alias("saying")).groupBy("saying").count()
        table = counted.toArrow()
        tally: Counter[Saying] = Counter()
        for batch in table.to_batches():
            said, numbers = (column.to_pylist() for column in batch.columns)
            tally.update(dict(zip(map(_saying.decode, said), numbers, strict=True)))
        using = self._using
        return resolve.entities(tally, using.lexicon.decisions, lexicon=self._lexicon, ontology=using.ontology)

    def _stated(self, works: Frame, who: Resolution) -> Frame:
        """Tell each paper what its claims mean, and have them read into statements."""
        f = self._f
        entities = {entity.id: entity for entity in who.entities}
        meant = self._frame(
            "saying string, entity string, reason string, type string, name string",
            [(tasks.packed(saying), *_meaning(who.says(saying), entities)) for saying in who.meant],
        )
        claims = works.select("node", f.posexplode("sayings").alias("at", "saying")).join(meant, "saying")
        told = f.sort_array(f.collect_list(f.struct("at", "entity", "reason", "type", "name")))
        told = claims.groupBy("node").agg(f.to_json(told).alias("meant"))
        rows = works.select("node", *_EXTRACTED).join(told, "node", "left").select(*_EXTRACTED, "meant")
        return rows.mapInArrow(partial(tasks.stated, shared=self._shared), tasks.STATED)

    # --- above papers -------------------------------------------------------------------------------------------------

    def _above(self, stated: Frame, who: Resolution) -> _Above:
        """Find what stands above what; of each entity the number of its papers and the surest places come together."""
        from pyspark.sql import Window

        f = self._f
        places = stated.select(f.explode(self._json("places", tasks.PLACES)).alias("p")).select("p.*")
        support = dict(places.groupBy("entity").count().collect())
        order = Window.partitionBy("entity").orderBy(f.desc("confidence"), "paper", "field", "start", "end")
        surest = places.withColumn("rank", f.row_number().over(order)).where(f.col("rank") <= kinds.PLACES)
        named: dict[str, list[Place]] = defaultdict(list)
        for entity, confidence, *place, _ in surest.toLocalIterator():
            named[entity].append((confidence, Evidence(**dict(zip(_PLACE, place, strict=True)))))
        unnamed, kin = kinds.taxonomy(who, named, lexicon=self._lexicon, ontology=self._using.ontology)
        linked = {end for edge in kin for end in (edge.source, edge.target)}
        nodes = [assembly.entity_node(e, support[e.id]) for e in who.entities if e.id in support]
        nodes += [assembly.entity_node(e, 0) for e in unnamed if e.id in linked]
        return _Above(nodes=tuple(nodes), kin=kin)

    def _implied(self, stated: Frame, above: _Above) -> Frame:
        """Bring together what papers have a part in: the edges between entities, and those up."""
        f = self._f
        parts = stated.select(f.explode(self._json("implied", tasks.IMPLIED)).alias("i")).select("i.*")
        ends = [f.first(name).alias(name) for name in ("source_label", "target_label", "target_type")]
        edges = parts.groupBy("source", "relation", "target").agg(*ends, f.collect_list("part").alias("parts"))
        made = edges.mapInArrow(partial(tasks.merged, shared=self._shared), tasks.LINKED)
        names, types = {n.id: n.name for n in above.nodes}, {n.id: n.type for n in above.nodes}
        up = tasks.linked(above.kin, names, types, self._using.ontology)
        return made.union(self._spark.createDataFrame(up, made.schema))

    def _facts(self, implied: Frame, above: _Above) -> Frame:
        """Tell of each entity what it is and what it is linked to."""
        f = self._f
        nodes = self._frame("id string, content string", [(node.id, tasks.packed(node)) for node in above.nodes])
        links = implied.groupBy(f.col("source").alias("id")).agg(
            f.collect_list(f.struct("relation", "target", "target_type")).alias("links")
        )
        rows = nodes.join(links, "id", "left").select("content", "links")
        return rows.mapInArrow(partial(tasks.facts, shared=self._shared), tasks.FACTS)

    # --- what is written ----------------------------------------------------------------------------------------------

    def _described(
        self,
        frames: Sequence[Frame],
        edges: Frame,
        nodes: Sequence[Node],
        types: Mapping[str, int],
        relations: Mapping[str, int],
    ) -> str:
        """Return what is told of the whole graph and of the rules."""
        f, ontology = self._f, self._using.ontology
        term = rdf.expander(ontology)
        named = [row.rule for row in edges.select(f.explode("rules").alias("rule")).distinct().collect()]
        rules = [triple for rule in named for triple in rdf.rule_told(rule, term)]
        size = len(rules) + sum(frame.agg(f.coalesce(f.sum("size"), f.lit(0))).first()[0] for frame in frames)
        best = min(nodes, key=rdf.exemplary, default=None)
        example = best.id if best else frames[0].agg(f.min("node")).first()[0]
        summary = rdf.summary(types, relations, ontology, size=size, example=example)
        return rdf.ntriples([*rules, *summary]).removesuffix("\n")

    def _ntriples(self, frames: Sequence[Frame], description: str) -> None:
        """Write all triples as part-00000.nt.gz and so on: names by which bulk loaders know what is in a file."""
        folder = f"{self._output}/ntriples"
        told = self._frame("triples string", [(description,)])
        rows = _united([*(frame.select("triples").where("triples <> ''") for frame in frames), told])
        rows.write.text(folder, compression="gzip")
        for number, path in enumerate(self._files.listed(folder)):
            self._files.rename(path, f"{folder}/part-{number:05}.nt.gz")

    def _skipped(self, records: Frame) -> tuple[Skipped, ...]:
        """Write what was not understood; return the first of it."""
        rows = records.where("content IS NULL").select("source", "text", "reason")
        self._write("skipped", rows)
        shown = rows.orderBy("source", "text").limit(_TOLD).collect()
        return tuple(Skipped(source=source, line=0, text=text, reason=reason) for source, text, reason in shown)

    def _all(self, stated: Frame, column: str, others: Frame) -> Frame:
        """Return the rows that papers have in a column of lists, and the others."""
        rows = stated.select(self._f.explode(column).alias("row")).select("row.*")
        return rows.union(others.select(rows.columns))

    def _json(self, column: str, kind: str) -> Any:
        return self._f.from_json(column, kind)

    def _kept(self, name: str, frame: Frame) -> Frame:
        """Write down what others read more than once."""
        self._write(f"{_SCRATCH}/{name}", frame)
        return self._read(f"{_SCRATCH}/{name}")

    def _write(self, name: str, frame: Frame) -> None:
        frame.write.parquet(f"{self._output}/{name}")
        self._done += 1
        if self._progress:
            self._progress(self._done, _TABLES)

    def _read(self, name: str) -> Frame:
        return self._spark.read.parquet(f"{self._output}/{name}")

    def _frame(self, columns: str, rows: Sequence[tuple[Any, ...]]) -> Frame:
        """Return rows of the driver's."""
        return self._spark.createDataFrame(tasks.tabled(columns, rows), columns)


def _meaning(meant: resolve.Meant, entities: Mapping[str, Entity]) -> tuple[str | None, str, str, str]:
    found, reason = meant
    return (found, reason, entities[found].type, entities[found].name) if found else (None, reason, "", "")


def _united(frames: Sequence[Frame]) -> Frame:
    first, *rest = frames
    for frame in rest:
        first = first.union(frame)
    return first


ENGINE = Engine(build=build, following="the folder ntriples for a store, nodes and edges for data frames (README)")
