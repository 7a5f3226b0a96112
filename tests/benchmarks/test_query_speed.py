"""How long whoever asks a graph file waits: whole processes from a cold start, as a person has them.

`GRAPH=big.kg just bench -k query` measures a graph of one's own, else it is the bundled map. Ratios to the start of
`kg --version` compare between machines; seconds do not. `EVERYTHING=1` also
measures a query that needs all triples: minutes for a large graph.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.store import stored
from kg.view import View
from kg.view.loaded import sets

RUNS = 3
QUESTIONS = (
    "{problem}",
    "papers that use {name}",
    "techniques",
    "newest models",
    "top benchmarks by papers",
    "tasks addressed by models",
    "techniques evaluated on {measure} since 2020",
    "techniques that target {device} and are not evaluated on anything",
    "{name} or below",
    "what do {name} and {other} share",
    "path from {name} to {device}",
    "how many papers per year",
)
SPARQL = (
    "SELECT ?n {{ ?p kg:uses <{iri}> ; rdfs:label ?n }} LIMIT 50",
    "SELECT ?n ?c {{ ?x a kg:Benchmark ; kg:support ?c ; rdfs:label ?n }} ORDER BY DESC(?c) LIMIT 10",
    "SELECT ?q {{ ?s rdf:object <{iri}> ; kg:evidence/oa:hasSelector/oa:exact ?q }} LIMIT 20",
    "SELECT ?x ?t {{ ?x rdfs:label {name} ; a ?t }}",
    "SELECT ?n (COUNT(?p) AS ?c) {{ ?p kg:uses ?t . ?t a kg:Model ; rdfs:label ?n }}"
    " GROUP BY ?n ORDER BY DESC(?c) LIMIT 10",
    "SELECT ?p ?o {{ <{iri}> ?p ?o }}",
    "SELECT ?n (COUNT(?p) AS ?c) {{ ?p kg:uses ?t . ?t a kg:Technique ; rdfs:label ?n }}"
    " GROUP BY ?n ORDER BY DESC(?c) LIMIT 10",
)
EVERYTHING = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if given := os.environ.get("GRAPH"):
        return Path(given).resolve()
    target = tmp_path_factory.mktemp("graph") / "map.kg"
    kg("build", "-o", str(target))
    return target


@pytest.fixture(scope="module")
def words(graph: Path) -> dict[str, str]:
    """The best supported names: the hardest, for most edges are theirs."""
    with stored.view(graph) as seen:
        technique, problem, measure, device = (
            _best(seen, role) for role in ("procedure", "problem", "measure", "device")
        )
        first, second = technique
        iri = seen.ontology.iri("kgr:" + seen.find(first)[0].id)
        named = {"name": first, "other": second, "problem": problem[0], "measure": measure[0], "device": device[0]}
        return {key: f'"{name}"' for key, name in named.items()} | {"iri": iri}


def _best(seen: View, role: str) -> list[str]:
    return [seen.by_id[i].name for i in sets(seen).best((seen.ontology.type_as(role).name,), 2)]


def kg(*arguments: str) -> tuple[float, float]:
    """Return the seconds that a command took, on the clock and of the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", "from kg.cli import main; main()", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    spent, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(label: str, *arguments: str) -> float:
    """Print and return the least of several runs; the first one may have to read the disk."""
    runs = [kg(*arguments) for _ in range(RUNS)]
    least, processor = min(spent for spent, _ in runs), min(used for _, used in runs)
    print(f"{least:8.2f} s {processor:8.2f} s CPU   first {runs[0][0]:6.2f} s   {label}")
    return least


def test_questions_and_sparql_from_a_cold_start(
    graph: Path, words: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(f"\n{graph.stat().st_size / 1e6:,.0f} MB")
    start = measured("kg --version", "--version")
    slowest = max(measured(q.format(**words), "query", str(graph), q.format(**words)) for q in QUESTIONS)
    print(f"the slowest question takes {slowest / start:.1f} times the start of the program")
    monkeypatch.setenv("KG_CACHE", str(tmp_path))
    for text in SPARQL:
        measured(text.format(**words), "query", str(graph), "--sparql", text.format(**words))
    assert not list(tmp_path.iterdir())  # none of these needs all triples
    if os.environ.get("EVERYTHING"):
        spent, processor = kg("query", str(graph), "--sparql", EVERYTHING)
        print(f"{spent:8.2f} s {processor:8.2f} s CPU   SPARQL that needs all triples, which are then kept")
        measured(SPARQL[0].format(**words), "query", str(graph), "--sparql", SPARQL[0].format(**words))
    for verb in (("why", words["name"].strip('"')), ("stats",)):
        measured(f"kg {verb[0]}", verb[0], str(graph), *verb[1:])


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".edges.csv"])
def test_export(suffix: str, graph: Path, tmp_path: Path) -> None:
    target = tmp_path / f"graph{suffix}"
    spent, processor = kg("export", str(graph), str(target))
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    size = target.stat().st_size / 1e6
    print(f"\n{suffix}: {spent:.1f} s, {processor:.1f} s CPU, {size:,.0f} MB, memory so far at most {most:,.0f} MB")
