from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from handmade import ONTOLOGY, claim, extraction
from hypothesis import given
from hypothesis import strategies as st
from surveyed import PAPERS, says, surveyed

from kg.explorer.content import content
from kg.explorer.payload import payload
from kg.explorer.selection import select
from kg.graph import KnowledgeGraph, assemble
from kg.landscape import captions, landscape, statistics
from kg.landscape.matrices import gaps, matrix
from kg.landscape.scope import Scope
from kg.landscape.values import Matrix, Used
from kg.lexicon import Lexicon, Name
from kg.model import Paper, QueryError
from kg.pipeline import build
from kg.queries import answer

GRAPH = surveyed()
ATLAS = Path(__file__).parents[1] / "kg" / "explorer" / "assets" / "atlas"


@pytest.fixture(scope="module")
def bundled() -> KnowledgeGraph:
    return build()


def numbers(graph: KnowledgeGraph, papers: tuple[str, ...]) -> set[int]:
    """The papers of the hand-made graph by their numbers."""
    names = [graph.by_id[p].name for p in papers]
    return {12 if name.startswith("Delta") else int(name.split()[1]) for name in names}


def counts(rows: tuple[Used, ...]) -> list[tuple[str, int]]:
    return [(row.name, row.count) for row in rows]


def filled(graph: KnowledgeGraph, found: Matrix) -> dict[tuple[str, str], set[int]]:
    return {
        (found.rows[r].name, found.columns[c].name): numbers(graph, papers)
        for r, line in enumerate(found.cells)
        for c, papers in enumerate(line)
        if papers
    }


def test_the_ranking_counts_who_uses_a_thing_not_who_introduces_compares_or_mentions_it() -> None:
    found = landscape(GRAPH)
    assert counts(found.ranking.rows) == [("Alpha", 6), ("Beta", 6), ("Gamma", 6)]
    assert found.ranking.total == 3
    alpha = found.ranking.rows[0]
    assert numbers(GRAPH, alpha.papers) == {1, 2, 3, 6, 8, 12}
    assert alpha.years == ((2022, 3), (2024, 3))
    assert found.ranking.rows[2].years == ((2022, 2), (2024, 1))
    assert (found.papers, found.dated, found.years) == (15, 11, ((2022, 5), (2024, 6)))
    assert found.notes == ("11 of 15 papers bear a date; only they count by year",)


def test_other_types_are_ranked_by_what_uses_them_too() -> None:
    assert counts(landscape(GRAPH, types=("benchmarks",)).ranking.rows) == [("BenchOne", 4), ("BenchTwo", 3)]
    both = landscape(GRAPH, types=("hardware", "Method"))
    assert both.kinds == "techniques and hardware"
    assert counts(both.ranking.rows) == [("Alpha", 6), ("Beta", 6), ("Gamma", 6), ("ChipOne", 2)]


@pytest.mark.parametrize("word", ["paper", "sandwiches", ""])
def test_a_word_that_is_no_type_to_rank_tells_what_there_is(word: str) -> None:
    with pytest.raises(QueryError, match=r"no type '.*' to rank \(there are: techniques, models, "):
        landscape(GRAPH, types=(word,))


@pytest.mark.parametrize(("compared", "told"), [(3, "hardly one"), (19, "hardly one"), (60, "about 2")])
def test_it_is_told_how_many_would_look_sure_by_chance(compared: int, told: str) -> None:
    found = landscape(GRAPH)
    caption = captions.rising(replace(found, rising=replace(found.rising, compared=compared)))
    assert caption.about.endswith(f" Of {compared} compared, {told} would look sure by chance.")


def test_what_rises_is_a_share_of_the_dated_papers_with_an_interval() -> None:
    found = landscape(GRAPH).rising
    assert (found.cut, found.before, found.after, found.compared) == (2024, 5, 6, 3)
    (beta,) = found.rows
    assert (beta.thing.name, beta.before, beta.after) == ("Beta", 1, 5)
    assert beta.change == pytest.approx(5 / 6 - 1 / 5)
    assert (beta.low, beta.high) == pytest.approx((0.0522, 0.8466), abs=1e-3)
    assert beta.sure


def test_since_is_where_the_newer_period_begins() -> None:
    found = landscape(GRAPH, since=2023)
    assert (found.rising.cut, found.rising.before, found.rising.after) == (2023, 5, 6)
    assert counts(found.ranking.rows) == [("Beta", 5), ("Alpha", 3), ("Gamma", 1)]
    assert found.papers == 6
    assert found.notes[1] == "4 of 15 papers bear no date and do not count"


def test_without_dates_nothing_rises_and_the_reason_is_told() -> None:
    undated = assemble([says(n, None, ("Alpha", "Technique", "uses")) for n in range(9)], ontology=ONTOLOGY)
    found = landscape(undated)
    assert (found.rising.rows, found.rising.cut, found.rising.reason) == ((), None, "no paper here bears a date")
    assert found.years == ()
    assert counts(found.ranking.rows) == [("Alpha", 9)]


@pytest.mark.parametrize("since", [1900, 2022, 2030])
def test_too_few_papers_on_either_side_are_not_compared(since: int) -> None:
    assert "too few to compare" in landscape(GRAPH, since=since).rising.reason


def test_pairs_are_those_used_together_more_than_by_chance() -> None:
    found = landscape(GRAPH).pairs
    assert (found.total, found.papers) == (1, 14)
    (pair,) = found.rows
    assert (pair.one.name, pair.other.name) == ("Alpha", "Beta")
    assert numbers(GRAPH, pair.papers) == {2, 6, 8}
    assert pair.expected == pytest.approx(36 / 14)
    assert pair.lift == pytest.approx(14 * 3 / 36)


def test_what_is_unlike_chance_comes_before_what_is_popular() -> None:
    rare = [says(n, 2024, ("Phi", "Technique", "uses"), ("Psi", "Technique", "uses")) for n in range(20, 23)]
    found = landscape(surveyed(*rare)).pairs
    assert [(p.one.name, p.other.name) for p in found.rows] == [("Phi", "Psi"), ("Alpha", "Beta")]
    assert found.rows[0].weight > found.rows[1].weight


def test_a_thing_and_its_family_are_no_pair_and_families_count_what_is_below_them() -> None:
    names = Lexicon(names=(Name(name="Alpha", type="Technique"), Name(name="Beta", type="Technique", broader="Alpha")))
    family = surveyed(names=names)
    assert landscape(family).pairs.rows == ()
    assert counts(landscape(family).ranking.rows)[0] == ("Alpha", 6)
    folded = landscape(family, families=True)
    assert counts(folded.ranking.rows)[0] == ("Alpha", 9)
    assert folded.notes[-1] == "a family or kind counts the papers of all techniques below it"
    assert filled(family, folded.matrices[0])["Alpha", "BenchTwo"] == {2, 6, 7}


def test_a_cell_holds_the_papers_that_work_with_its_row_and_have_results_on_its_column() -> None:
    found = landscape(GRAPH).matrices[0]
    assert (found.name, found.links) == ("benchmarks", "evaluated-on")
    assert counts(found.rows) == [("Alpha", 4), ("Beta", 3), ("Gamma", 3), ("Delta", 1)]
    assert counts(found.columns) == [("BenchOne", 4), ("BenchTwo", 3)]
    assert filled(GRAPH, found) == {
        ("Alpha", "BenchOne"): {1, 2, 12},
        ("Alpha", "BenchTwo"): {2, 6},
        ("Beta", "BenchOne"): {2},
        ("Beta", "BenchTwo"): {2, 6, 7},
        ("Gamma", "BenchOne"): {4, 12},
        ("Gamma", "BenchTwo"): {7},
        ("Delta", "BenchOne"): {12},
    }


def test_hardware_is_what_a_paper_targets_or_uses() -> None:
    more = says(30, 2024, ("Alpha", "Technique", "uses"), ("ChipTwo", "Hardware", "uses"))
    graph = surveyed(more)
    found = landscape(graph).matrices[1]
    assert (found.name, found.links) == ("hardware", "targets or uses")
    assert filled(graph, found) == {
        ("Alpha", "ChipOne"): {3},
        ("Alpha", "ChipTwo"): {30},
        ("Beta", "ChipOne"): {7},
        ("Gamma", "ChipOne"): {7},
    }


def test_a_gap_is_an_empty_cell_whose_neighbours_are_filled() -> None:
    (gap,) = landscape(GRAPH).matrices[0].gaps
    found = landscape(GRAPH).matrices[0]
    assert (found.rows[gap.row].name, found.columns[gap.column].name) == ("Delta", "BenchTwo")
    assert gap.expected == pytest.approx(1 * 3 / 15)
    assert (gap.like_rows, gap.like_columns) == (1.0, 1.0)
    assert gap.score == pytest.approx(0.2)


def test_only_as_many_rows_as_asked_for() -> None:
    found = landscape(GRAPH, top=1)
    assert len(found.ranking.rows) == len(found.rising.rows) == len(found.pairs.rows) == 1
    assert [(len(m.rows), len(m.columns)) for m in found.matrices] == [(1, 1), (1, 1)]
    assert found.ranking.total == 3


def test_an_empty_graph_has_an_empty_landscape() -> None:
    found = landscape(assemble([], ontology=ONTOLOGY))
    assert (found.papers, found.ranking.rows, found.pairs.rows, found.rising.rows) == (0, (), (), ())
    assert not any((*m.rows, *m.columns, *m.cells, *m.gaps) for m in found.matrices)


def test_the_type_of_the_columns_is_no_row() -> None:
    assert landscape(GRAPH, types=("benchmarks",)).matrices[0].rows == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"year": 2020}, 2020),
        ({"date": "2021-05"}, 2021),
        ({"date": "May"}, None),
        ({}, None),
        ({"year": 2024, "date": "2023-12-19"}, 2023),
    ],
)
def test_the_year_of_a_paper_is_the_same_in_tables_questions_and_pages(
    fields: dict[str, object], expected: int | None
) -> None:
    of = Paper(id="p", title="Alpha works", **fields)  # type: ignore[arg-type]
    graph = assemble([extraction(of, claim(of, "Alpha", "Technique", "uses"))], ontology=ONTOLOGY)
    assert landscape(graph).years == (((expected, 1),) if expected else ())
    assert answer(graph, "how many papers per year").rows == ((expected, 1),)
    assert content(graph).core["papers"]["year"] == [expected or 0]
    assert [year for _, _, year in payload(graph, select(graph))["papers"]] == [expected or 0]


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_intervals_hold_the_change_and_turn_round_with_it(before: int, after: int, data: st.DataObject) -> None:
    old, new = data.draw(st.integers(0, before)), data.draw(st.integers(0, after))
    change, low, high = statistics.difference((old, before), (new, after))
    assert -1 <= low <= change + 1e-12
    assert change - 1e-12 <= high <= 1
    back = statistics.difference((new, after), (old, before))
    assert back == pytest.approx((-change, -high, -low))


@given(st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=6))
def test_gaps_are_empty_cells_the_likeliest_first(table: list[list[int]]) -> None:
    found = gaps(
        table, rows=[sum(line) for line in table], columns=[sum(c) for c in zip(*table, strict=True)], papers=9
    )
    assert all(table[g.row][g.column] == 0 for g in found)
    assert all(0 <= g.like_rows <= 1.000001 and 0 <= g.like_columns <= 1.000001 for g in found)
    assert all(one.score >= other.score - 1e-9 for one, other in pairwise(found))


def test_the_bundled_landscape_agrees_with_the_edges(bundled: KnowledgeGraph) -> None:
    found = landscape(bundled)
    keys = {e.key for e in bundled.edges}
    assert found.ranking.rows[0].count > 10
    for row in found.ranking.rows:
        assert all((p, "uses", row.id) in keys for p in row.papers)
    for held in found.matrices:
        assert held.gaps
        assert all(not held.cells[g.row][g.column] for g in held.gaps)
        assert all(1 <= len(line) == len(held.columns) for line in held.cells)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node (Debian: nodejs)")
def test_cells_and_gaps_are_those_of_the_explorer_s_matrix(bundled: KnowledgeGraph, tmp_path: Path) -> None:
    types = tuple(t.name for role in ("procedure", "system") for t in ONTOLOGY.types_as(role))
    measure = ONTOLOGY.type_as("measure").name
    ours = matrix(Scope(graph=bundled), types, column=measure, roles=("result",), top=10**6, wide=10**6)
    (tmp_path / "core.json").write_text(json.dumps(content(bundled).core), encoding="utf-8")
    script = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ build, titleOf }} from "{ATLAS.as_uri()}/data.js";
        import {{ crossed, gaps }} from "{ATLAS.as_uri()}/sheets.js";
        const m = build(JSON.parse(readFileSync("core.json", "utf8"))), rows = [], columns = [];
        for (let i = 0; i < m.firstPaper; i++) {{
          if (m.types[m.type[i]][4].includes("measure")) columns.push(i);
          else if (m.types[m.type[i]][4].some((r) => r === "procedure" || r === "system")) rows.push(i);
        }}
        const cells = crossed(m, new Uint8Array(m.links).fill(1), rows, columns), found = [];
        cells.forEach((line, r) => line.forEach((papers, c) => {{
          if (papers.size) found.push([m.id[rows[r]], m.id[columns[c]], [...papers].map((p) => titleOf(m, p)).sort()]);
        }}));
        const [table, ...totals] = JSON.parse(readFileSync("table.json", "utf8"));
        console.log(JSON.stringify([found, gaps(table, ...totals).map((g) => [g.row, g.column, g.score])]));
    """
    small = matrix(Scope(graph=bundled), types, column=measure, roles=("result",), top=20, wide=20)
    table = [[len(papers) for papers in line] for line in small.cells]
    worked = Scope(graph=bundled).worked(types)
    totals = (
        [len(worked[row.id]) for row in small.rows],
        [column.count for column in small.columns],
        len(bundled.papers),
    )
    (tmp_path / "table.json").write_text(json.dumps([table, *totals]), encoding="utf-8")
    (tmp_path / "cells.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(["node", "cells.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    said, gapped = json.loads(done.stdout)
    assert [(g.row, g.column) for g in small.gaps] == [(row, column) for row, column, _ in gapped]
    assert [g.score for g in small.gaps] == pytest.approx([score for _, _, score in gapped])
    theirs = {(row, column): titles for row, column, titles in said}
    cells = {
        (ours.rows[r].id, ours.columns[c].id): sorted(bundled.by_id[p].name for p in papers)
        for r, line in enumerate(ours.cells)
        for c, papers in enumerate(line)
        if papers
    }
    assert cells == theirs
    assert len(cells) > 100


def test_the_hand_made_papers_are_what_the_tests_count() -> None:
    assert len(PAPERS) + 1 == len(GRAPH.papers) == 15
