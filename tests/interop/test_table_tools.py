"""Tables in the hands of DuckDB, pandas, pyarrow and Ladybug; and the grammars of Neo4j and KGX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from exported import GRAPHS, exported
from othertools import absent, part

from kg.graph import KnowledgeGraph
from kg.rdf import clean, node_curie
from kg.view import year

MADE: dict[str, Callable[[], KnowledgeGraph]] = {**GRAPHS, "part": part}


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return MADE[request.param]()


def module(name: str) -> Any:
    """A Python tool, or a reason to skip."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        absent(f"{name} (PyPI) is not installed")


def written(name: str, graph: KnowledgeGraph, path: Path, file: str) -> Path:
    target = path / file
    target.write_bytes(exported(name, graph))
    return target


def plain(cell: str) -> str:
    """A cell without what keeps spreadsheets from calculating it."""
    return cell.removeprefix("'")


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_duckdb_reads_the_csv_strictly(made: KnowledgeGraph, tmp_path: Path) -> None:
    sql = module("duckdb").connect()
    nodes = written("nodes-csv", made, tmp_path, "nodes.csv")
    edges = written("edges-csv", made, tmp_path, "edges.csv")
    strict = "header = true, strict_mode = true, quote = '\"', escape = '\"', delim = ','"
    found = sql.execute(f"SELECT id, support FROM read_csv('{nodes}', {strict})").fetchall()
    assert [(i, int(s)) for i, s in found] == [(n.id, n.support) for n in made.nodes]
    query = f"SELECT e.id FROM read_csv('{edges}', {strict}) e JOIN read_csv('{nodes}', {strict}) n ON e.source = n.id"
    assert {i for (i,) in sql.execute(query).fetchall()} == {e.id for e in made.edges}


def test_pandas_reads_the_csv(made: KnowledgeGraph, tmp_path: Path) -> None:
    pandas = module("pandas")
    frame = pandas.read_csv(written("edges-csv", made, tmp_path, "edges.csv"), keep_default_na=False)
    assert list(frame["id"]) == [e.id for e in made.edges]
    assert list(frame["confidence"]) == [e.confidence for e in made.edges]
    assert list(frame["derived"]) == [e.derived for e in made.edges]
    assert [plain(q) for q in frame["quote"]] == [plain(clean(e.evidence[0].text)) for e in made.edges]


# --- Parquet --------------------------------------------------------------------------------------------------------


def test_pyarrow_reads_the_parquet_with_its_types(made: KnowledgeGraph, tmp_path: Path) -> None:
    parquet = module("pyarrow.parquet")
    nodes = parquet.read_table(written("nodes-parquet", made, tmp_path, "nodes.parquet"))
    assert nodes.column("id").to_pylist() == [n.id for n in made.nodes]
    assert nodes.column("aliases").to_pylist() == [list(map(clean, n.aliases)) for n in made.nodes]
    assert nodes.column("year").to_pylist() == [year(n.paper) for n in made.nodes]
    assert str(nodes.schema.field("support").type) == "int32"
    edges = parquet.read_table(written("edges-parquet", made, tmp_path, "edges.parquet"))
    assert edges.column("id").to_pylist() == [e.id for e in made.edges]
    assert edges.column("derived").to_pylist() == [e.derived for e in made.edges]
    for row, edge in zip(edges.column("evidence").to_pylist(), made.edges, strict=True):
        assert [(e["paper"], e["field"], e["start"], e["end"], e["text"]) for e in row] == [
            (e.paper, e.field, e.start, e.end, clean(e.text)) for e in edge.evidence
        ]


def test_duckdb_asks_the_parquet(made: KnowledgeGraph, tmp_path: Path) -> None:
    sql = module("duckdb").connect()
    edges = written("edges-parquet", made, tmp_path, "edges.parquet")
    count = f"SELECT relation, count(*), sum(len(evidence)) FROM '{edges}' GROUP BY relation"
    found = {str(relation): (n, int(quotes)) for relation, n, quotes in sql.execute(count).fetchall()}
    for relation, number in made.counts()[1].items():
        assert found[relation] == (number, sum(len(e.evidence) for e in made.edges if e.relation == relation))


# --- Neo4j ----------------------------------------------------------------------------------------------------------

# The manual's header format: name, then a type or a role, a role perhaps with the name of an id space.
_TYPES = (
    "int|long|float|double|boolean|byte|short|char|string|point|date|localtime|time|localdatetime|datetime|duration"
)
_FIELD = re.compile(
    rf"(?P<name>[A-Za-z_]\w*)?:(?:(?P<role>ID|START_ID|END_ID)(?:\((?P<space>\w+)\))?|(?P<only>LABEL|TYPE|IGNORE)"
    rf"|(?P<type>{_TYPES})(?P<array>\[\])?)"
)


def neo4j(name: str, graph: KnowledgeGraph) -> tuple[list[re.Match[str]], list[list[str]]]:
    text = exported(name, graph).decode()
    head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert len(rows) == text.count("\n") - 1, "a cell of several lines needs --multiline-fields"
    fields = [_FIELD.fullmatch(field) for field in head]
    assert all(fields), head
    return [f for f in fields if f], rows


def test_the_neo4j_files_keep_to_the_grammar_of_its_import(made: KnowledgeGraph) -> None:
    fields, nodes = neo4j("neo4j-nodes", made)
    roles = [f["role"] or f["only"] for f in fields if f["role"] or f["only"]]
    assert roles == ["ID", "LABEL"]
    edge_fields, edges = neo4j("neo4j-edges", made)
    assert [f["role"] or f["only"] for f in edge_fields if f["role"] or f["only"]] == ["START_ID", "END_ID", "TYPE"]
    assert {f["space"] for f in (*fields, *edge_fields) if f["role"]} == {"Node"}
    ids = [row[0] for row in nodes]
    assert len(set(ids)) == len(ids) == len(made.nodes)
    assert {end for row in edges for end in (row[0], row[-2])} <= set(ids)
    for columns, rows in ((fields, nodes), (edge_fields, edges)):
        for row in rows:
            assert len(row) == len(columns)
            for field, cell in zip(columns, row, strict=True):
                if field["type"] == "int":
                    assert re.fullmatch("-?[0-9]*", cell)
                elif field["type"] == "double":
                    float(cell)
                elif field["type"] == "boolean":
                    assert cell in ("true", "false")
                elif field["only"]:
                    assert re.fullmatch("[A-Za-z][A-Za-z_]*", cell)
    aliases = [f["name"] for f in fields].index("aliases")
    for row, node in zip(nodes, made.nodes, strict=True):
        assert row[aliases].count(";") == max(0, len(node.aliases) - 1)


def test_a_graph_database_loads_the_neo4j_files(tmp_path: Path) -> None:
    graph = GRAPHS["atlas"]()
    ladybug = module("ladybug")
    nodes = written("neo4j-nodes", graph, tmp_path, "nodes.csv")
    rows = list(csv.reader(exported("neo4j-edges", graph).decode().splitlines()[1:]))
    ends = tmp_path / "ends.csv"
    with ends.open("w", newline="") as file:
        csv.writer(file).writerows([r[0], r[-2], r[-1], r[2]] for r in rows)
    run = ladybug.Connection(ladybug.Database(str(tmp_path / "db"))).execute
    columns = (
        "name STRING, aliases STRING, support INT64, year INT64, date STRING, venue STRING, arxiv STRING, doi STRING"
    )
    run(f"CREATE NODE TABLE Node(id STRING, {columns}, url STRING, label STRING, PRIMARY KEY (id))")
    run("CREATE REL TABLE Edge(FROM Node TO Node, type STRING, confidence DOUBLE)")
    run(f"COPY Node FROM '{nodes}' (header = true)")
    run(f"COPY Edge FROM '{ends}' (header = false)")
    assert run("MATCH (n:Node) RETURN count(*)").get_next() == [len(graph.nodes)]
    assert run("MATCH (:Node)-[e:Edge]->(:Node) RETURN count(*)").get_next() == [len(graph.edges)]


# --- KGX ------------------------------------------------------------------------------------------------------------

# kgx itself asks the network for the Biolink model, so its format is checked here
_REQUIRED = {
    "kgx-nodes": {"id", "category"},
    "kgx-edges": {"subject", "predicate", "object", "knowledge_level", "agent_type"},
}
_CURIE = re.compile(r"[A-Za-z]\w*:[!-~]+")


def kgx(name: str, graph: KnowledgeGraph) -> list[dict[str, str]]:
    lines = exported(name, graph).decode().removesuffix("\n").split("\n")
    head = lines[0].split("\t")
    assert _REQUIRED[name] <= set(head)
    cells = [line.split("\t") for line in lines[1:]]
    assert {len(row) for row in cells} == {len(head)}
    return [dict(zip(head, row, strict=True)) for row in cells]


def test_the_kgx_files_are_unquoted_tables_of_curies(made: KnowledgeGraph) -> None:
    nodes, edges = kgx("kgx-nodes", made), kgx("kgx-edges", made)
    assert [n["id"] for n in nodes] == [node_curie(n.id) for n in made.nodes]
    assert len(edges) == len(made.edges)
    ids = {n["id"] for n in nodes}
    assert all(_CURIE.fullmatch(i) for i in ids)
    assert all(n["category"].startswith("biolink:") for n in nodes)
    for edge in edges:
        assert {edge["subject"], edge["object"], *edge["publications"].split("|")} <= ids
        assert edge["predicate"].startswith("biolink:")
        assert edge["knowledge_level"] in ("logical_entailment", "not_provided")
        assert edge["agent_type"] == "text_mining_agent"


def test_pandas_reads_the_kgx_files_as_kgx_does(made: KnowledgeGraph, tmp_path: Path) -> None:
    pandas = module("pandas")
    path = written("kgx-edges", made, tmp_path, "g_edges.tsv")
    frame = pandas.read_csv(path, sep="\t", quoting=csv.QUOTE_NONE, dtype=str, keep_default_na=False)
    assert list(frame["id"]) == [f"kgr:statement/{e.id}" for e in made.edges]
