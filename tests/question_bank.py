"""The bank of questions: the bundled facts as a graph, and three ways to an answer that have to agree.

The answer itself; the SPARQL that it comes with, run by another engine on the exported triples; and what the question
means, written by hand in the bank. Run as a program it writes the bank's rows anew, so far as the three agree.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx
import pyoxigraph

from kg import lexicon, ontology, pipeline, rdf, relate
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction
from kg.ontology import read_yaml
from kg.queries import Answer, answer, worker

FILE = Path(__file__).parent / "questions" / "bank.yaml"
SHOWN = 10
EVERY = 100_000
LINKS = ["introduces", "uses", "evaluatedOn", "targets", "addresses", "comparesWith", "variantOf", "broader", "partOf"]
SHORT = {
    "USES": "(kg:uses|kg:evaluatedOn|kg:targets)",
    "KIN": "(kg:variantOf|kg:broader)",
    "LINK": "(" + "|".join(f"kg:{name}" for name in LINKS) + ")",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One entry of the bank."""

    ask: str
    means: str
    total: int
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""


def cases() -> tuple[Case, ...]:
    """The entries of the bank."""
    entries: list[dict[str, Any]] = read_yaml(FILE)["questions"]
    return tuple(Case(**{**entry, "rows": tuple(tuple(row) for row in entry["rows"])}) for entry in entries)


@cache
def graph() -> KnowledgeGraph:
    """The bundled landscape, by its curated facts only."""
    onto = ontology.load()
    names = lexicon.load(ontology=onto)
    papers, _ = pipeline.read([], format="curated")
    said = [Extraction(paper=paper, claims=relate.claims(paper, (), onto)[0]) for paper in papers]
    return assemble(said, ontology=onto, decisions=names.decisions, lexicon=names)


def exported(of: KnowledgeGraph) -> pyoxigraph.Store:
    """The graph as its export has it, in another engine."""
    store = pyoxigraph.Store()
    triples = rdf.ntriples(rdf.triples(of.nodes, of.edges, of.ontology))
    store.bulk_load(triples.encode(), pyoxigraph.RdfFormat.N_TRIPLES)
    return store


def selected(store: pyoxigraph.Store, sparql: str) -> tuple[tuple[Any, ...], ...]:
    """Run a SELECT; the values as `kg query --sparql` shows them."""
    found = store.query(sparql)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    names = [variable.value for variable in found.variables]
    return tuple(tuple(worker._value(solution[name]) for name in names) for solution in found)


def same(one: tuple[tuple[Any, ...], ...], other: tuple[tuple[Any, ...], ...]) -> bool:
    """Whether two tables are equal; an integer 1 and a decimal 1.0 are."""
    return [[str(float(v)) if isinstance(v, int | float) else v for v in row] for row in one] == [
        [str(float(v)) if isinstance(v, int | float) else v for v in row] for row in other
    ]


def disagreement(case: Case, of: KnowledgeGraph, store: pyoxigraph.Store) -> str:
    """How the hand-written meaning differs from the answer; '' when it does not."""
    found = answer(of, case.ask, limit=EVERY)
    if case.means.startswith("path "):
        return _other_paths(case, of, found)
    means = re.sub("|".join(SHORT), lambda short: SHORT[short.group()], case.means)
    base = f"BASE <{of.ontology.iri('kgr:')}> "
    prefixes = "".join(f"PREFIX {name}: <{iri}> " for name, iri in of.ontology.prefixes)
    if found.columns == ("year", "count"):
        dated = "OPTIONAL { ?x dcterms:issued ?i . BIND(SUBSTR(STR(?i), 1, 4) AS ?y) }"
        text = f"SELECT ?y (COUNT(DISTINCT ?x) AS ?n) {{ {means.rstrip(' .')} . {dated} }} GROUP BY ?y"
        counted = dict(selected(store, prefixes + base + text))
        years = {str(year) if year else None: number for year, number in found.rows}
        return "" if counted == years else f"counts are {counted}, not {years}"
    meant = {row[0] for row in selected(store, f"{prefixes}{base}SELECT DISTINCT ?x {{ {means} }}")}
    if found.columns == ("count",):
        return "" if found.rows == ((len(meant),),) else f"there are {len(meant)}, not {found.rows}"
    told = {of.ontology.iri("kgr:") + i for i in found.ids}
    if found.truncated or "rows" in found.note:  # top N: those that are shown are among them
        return "" if told <= meant and len(meant) > len(told) else f"not meant: {sorted(told - meant)[:5]}"
    return "" if told == meant else f"only told: {sorted(told - meant)[:5]}, only meant: {sorted(meant - told)[:5]}"


def _other_paths(case: Case, of: KnowledgeGraph, found: Answer) -> str:
    _, start, goal, *since = case.means.split()
    background = of.ontology.relation_as("background").name
    links: Any = networkx.Graph()
    names: dict[tuple[str, str], set[str]] = {}
    for edge in of.edges:
        years = [p.year or int(p.date[:4] or 0) for i in edge.papers if (p := of.by_id[i].paper) is not None]
        if edge.relation != background and (not since or max(years, default=0) >= int(since[0])):
            links.add_edge(edge.source, edge.target)
            for here, there in ((edge.source, edge.target), (edge.target, edge.source)):
                label = of.ontology.relation(edge.relation).label
                shown = f"{label} →" if here == edge.source else f"← {label}"
                names.setdefault((here, there), set()).add(shown)
    expected = set()
    contribution = of.ontology.relation_as("contribution").name
    paths = list(networkx.all_shortest_paths(links, start, goal))
    for path in paths:
        twins = [
            {e.source for e in of.incoming.get(thing, ()) if e.relation == contribution and links.has_node(e.source)}
            for thing in path
        ]
        rows: list[tuple[str, ...]] = [(of.by_id[start].name,)]
        for at, (here, there) in enumerate(pairwise(path)):
            rows = [(*row, link, of.by_id[there].name) for row in rows for link in names[here, there]]
            if at:  # the same links of a paper that introduces what lies between say the same
                before, after = names.get((path[at - 1], here), set()), names[here, there]
                rows = [
                    row
                    for row in rows
                    if not any(
                        row[-4].startswith("←")
                        and row[-2].endswith("→")
                        and row[-4] in names.get((path[at - 1], twin), set()) & before
                        and row[-2] in names.get((twin, there), set()) & after
                        for twin in twins[at]
                    )
                ]
        expected |= set(rows)
    told = {row[:-2] for row in found.rows}
    return (
        ""
        if told == expected
        else f"only told: {sorted(told - expected)[:2]}, only there: {sorted(expected - told)[:2]}"
    )


def _entry(case: Case) -> str:
    lines = [f"- ask: {json.dumps(case.ask)}", f"  means: {json.dumps(case.means)}"]
    lines += [f"  note: {json.dumps(case.note, ensure_ascii=False)}"] if case.note else []
    lines += [f"  total: {case.total}", "  rows:" + " []" * (not case.rows)]
    return "\n".join([*lines, *(f"  - {json.dumps(row, ensure_ascii=False)}" for row in case.rows)])


def main() -> None:
    """Write the rows of the bank anew; entries whose three answers differ are told and left as they are."""
    of, store = graph(), exported(graph())
    entries = []
    for case in cases():
        found = answer(of, case.ask, limit=EVERY)
        wrong = disagreement(case, of, store)
        wrong = wrong or ("" if same(selected(store, found.sparql), found.rows) else "the SPARQL has other rows")
        if wrong:
            print(f"{case.ask}: {wrong}")
        entries.append(_entry(case if wrong else replace(case, total=len(found.rows), rows=found.rows[:SHOWN])))
    comment = FILE.read_text(encoding="utf-8").partition("questions:")[0]
    FILE.write_text(f"{comment}questions:\n" + "\n".join(entries) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
