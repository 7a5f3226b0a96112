"""A graph -> a file that another tool reads. Each exporter is a pure function from graph to bytes, the same every time.

An exporter is one module and one row of `EXPORTERS`; its suffixes and words are one row of `FORMATS`. An installed
package adds its own with an entry point in `kg.exporter`; its suffix is then its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from kg.exporters import profiles
from kg.files import write_bytes, write_parts
from kg.model import ExportError
from kg.registry import Registry
from kg.view import View

Exporter = Callable[[View], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What a format is called, and which file names mean it."""

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    description: str
    rdf: bool = False


FORMATS = (
    Format(name="turtle", suffixes=(".ttl",), media_type="text/turtle", description="RDF for people", rdf=True),
    Format(name="ntriples", suffixes=(".nt",), media_type="application/n-triples", description="RDF, canonical lines",
           rdf=True),
    Format(name="nquads", suffixes=(".nq",), media_type="application/n-quads", description="RDF, evidence apart",
           rdf=True),
    Format(name="trig", suffixes=(".trig",), media_type="application/trig", description="Turtle, evidence apart",
           rdf=True),
    Format(name="jsonld", suffixes=(".jsonld",), media_type="application/ld+json", description="RDF as plain JSON",
           rdf=True),
    Format(name="rdfxml", suffixes=(".rdf",), media_type="application/rdf+xml", description="RDF for older OWL tools",
           rdf=True),
    Format(
        name="graphml", suffixes=(".graphml",), media_type="application/graphml+xml", description="yEd, igraph, Gephi"
    ),
    Format(name="gexf", suffixes=(".gexf",), media_type="application/gexf+xml", description="Gephi, with colours"),
    Format(name="cytoscape", suffixes=(".cyjs",), media_type="application/json", description="Cytoscape, cytoscape.js"),
    Format(name="nodes-csv", suffixes=(".nodes.csv",), media_type="text/csv", description="one node a row"),
    Format(name="edges-csv", suffixes=(".edges.csv", ".csv"), media_type="text/csv", description="one edge a row"),
    Format(name="nodes-parquet", suffixes=(".nodes.parquet",), media_type="application/vnd.apache.parquet",
           description="one node a row, typed"),
    Format(name="edges-parquet", suffixes=(".edges.parquet", ".parquet"), media_type="application/vnd.apache.parquet",
           description="one edge a row, typed, all evidence"),
    Format(name="neo4j-nodes", suffixes=(".neo4j.nodes.csv",), media_type="text/csv",
           description="nodes for neo4j-admin import"),
    Format(name="neo4j-edges", suffixes=(".neo4j.edges.csv",), media_type="text/csv",
           description="relationships for neo4j-admin import"),
    Format(name="kgx-nodes", suffixes=("_nodes.tsv", ".nodes.tsv"), media_type="text/tab-separated-values",
           description="nodes for KGX (Biolink)"),
    Format(name="kgx-edges", suffixes=("_edges.tsv", ".edges.tsv"), media_type="text/tab-separated-values",
           description="edges for KGX (Biolink)"),
    Format(name="obsidian", suffixes=(".vault.zip", ".zip"), media_type="application/zip",
           description="an Obsidian vault, one note a node"),
)  # fmt: skip
EXPORTERS = Registry(
    kind="exporter",
    builtin=(
        ("turtle", "kg.exporters.turtle:write"),
        ("ntriples", "kg.exporters.ntriples:write"),
        ("nquads", "kg.exporters.ntriples:write_quads"),
        ("trig", "kg.exporters.turtle:write_trig"),
        ("jsonld", "kg.exporters.jsonld:write"),
        ("rdfxml", "kg.exporters.rdfxml:write"),
        ("graphml", "kg.exporters.graphml:write"),
        ("gexf", "kg.exporters.gexf:write"),
        ("cytoscape", "kg.exporters.cytoscape:write"),
        ("nodes-csv", "kg.exporters.tables:write_nodes"),
        ("edges-csv", "kg.exporters.tables:write_edges"),
        ("nodes-parquet", "kg.exporters.parquet:write_nodes"),
        ("edges-parquet", "kg.exporters.parquet:write_edges"),
        ("neo4j-nodes", "kg.exporters.neo4j:write_nodes"),
        ("neo4j-edges", "kg.exporters.neo4j:write_edges"),
        ("kgx-nodes", "kg.exporters.kgx:write_nodes"),
        ("kgx-edges", "kg.exporters.kgx:write_edges"),
        ("obsidian", "kg.exporters.obsidian:write"),
    ),
)

_PARTS = {  # what may be too much to be held: the same bytes, yielded
    "turtle": "kg.rdf.writer:turtle",
    "ntriples": "kg.rdf.writer:ntriples",
    "nquads": "kg.rdf.writer:nquads",
    "trig": "kg.rdf.writer:trig",
    "nodes-csv": "kg.exporters.tables:node_parts",
    "edges-csv": "kg.exporters.tables:edge_parts",
}


def export(graph: View, target: Path | str, *, format: str | None = None, profile: str | None = None) -> None:
    """Write the graph to a file, atomically, in the format that its suffix or `format` names; '-' is standard output.

    A `profile` restates RDF in the words of one public vocabulary. An unknown suffix, format or profile is an
    `ExportError` that tells what there is; a target that cannot be written is a `WriteError`, and the old file stays.
    """
    write = exporter(target, format=format, profile=profile)
    name = format if format is not None else _by_suffix(str(target))
    if name in _PARTS and profile in (None, profiles.FULL):
        module, _, parts = _PARTS[name].partition(":")
        write_parts(target, getattr(import_module(module), parts)(graph))
    else:
        write_bytes(target, write(graph))


def reads(target: Path | str, *, format: str | None = None) -> bool:
    """Whether the exporter for a target takes any graph that can be read: those of others may need a loaded one."""
    return (format if format is not None else _by_suffix(str(target))) in {f.name for f in FORMATS}


def exporter(target: Path | str, *, format: str | None = None, profile: str | None = None) -> Exporter:
    """Return the exporter for a target: the function alone, so that a caller may find mistakes before long work."""
    name = format if format is not None else _by_suffix(str(target))
    if name not in EXPORTERS.names():
        raise ExportError(f"no format called {name!r}", hint="there are: " + ", ".join(EXPORTERS.names()))
    write = EXPORTERS.get(name)
    if profile is not None:
        known = [f.name for f in FORMATS if f.rdf]
        if name not in known:
            raise ExportError(f"{name} has no profiles", hint="formats that have: " + ", ".join(known))
        if profile != profiles.FULL:
            profiles.query(profile)
        write = partial(write, profile=profile)
    found: Exporter = write
    return found


def suffixes() -> dict[str, str]:
    """Return every known suffix with its format."""
    known = {suffix: f.name for f in FORMATS for suffix in f.suffixes}
    rows = {f.name for f in FORMATS}
    return known | {f".{name}": name for name in EXPORTERS.names() if name not in rows}


def _by_suffix(target: str) -> str:
    if target == "-":
        raise ExportError("standard output has no suffix", hint="name a format: " + ", ".join(EXPORTERS.names()))
    known = suffixes()
    name = Path(target).name.casefold()
    for suffix in sorted(known, key=len, reverse=True):
        table = suffix.count(".") > 1 and name == suffix.removeprefix(".")  # "nodes.csv" has no name before it
        if name.endswith(suffix) or table:
            return known[suffix]
    raise ExportError(
        "no exporter for this suffix", where=target, hint="known: " + " ".join(known) + ", or name a format"
    )
