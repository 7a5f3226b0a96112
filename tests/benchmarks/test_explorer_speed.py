"""The explorer's limits, in headless Chromium with software rendering, beside the pyvis page of the same graph.

The bundled map always; 200,000 edges from 33,000 papers when the corpus is in ../shared, or from the graph file that
ATLAS_GRAPH names (building one takes some minutes). Ratios of one run compare; milliseconds are this machine's.
"""

from __future__ import annotations

import json
import lzma
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tab import Tab, tab

from kg import pipeline, store
from kg.explorer import draw
from kg.graph import KnowledgeGraph

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "conference-papers.jsonl.xz"
PREPARED = os.environ.get("ATLAS_GRAPH", "")
PAPERS, EDGES = 33_000, 200_000
TIMES = 3  # the best counts: other work may share the machine
FRAMES = """
const done = arguments[0], a = atlas, spent = [];
a.fit();
setTimeout(() => {
  let last = performance.now();
  const step = () => {
    a.cam.x += 20; a.cam.k *= 1.01; a.draw();
    const now = performance.now();
    spent.push(now - last); last = now;
    if (spent.length < 60) requestAnimationFrame(step);
    else { spent.sort((x, y) => x - y); done(1000 / spent[30]); }
  };
  requestAnimationFrame(step);
}, 600);
"""
PYVIS = """
const spent = [], p = network.getViewPosition();
for (let k = 0; k < 15; k++) {
  const t = performance.now();
  network.moveTo({position: {x: p.x + 3 * k, y: p.y}, animation: false});
  network.body.emitter.emit("_redraw");
  spent.push(performance.now() - t);
}
return [spent.sort((x, y) => x - y)[7], performance.getEntriesByType("navigation")[0].loadEventEnd, nodes.length];
"""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("bench")) as opened:
        opened.driver.set_script_timeout(120)
        yield opened


def measured(window: Tab, graph: KnowledgeGraph) -> dict[str, float]:
    """Return the milliseconds of every kind of step, the slowest of its kind except for the redraw (median)."""
    start = time.perf_counter()
    page = draw(graph)
    found = {"drawn in s": time.perf_counter() - start, "MB": len(page.encode()) / 1e6}
    window.open(page)
    runs = []
    for _ in range(TIMES):
        window.visit(window.folder / "page.html")
        spent = window.exercise()
        runs.append({kind: max(times) for kind, times in spent.items()})
        runs[-1] |= {"redraw": sorted(spent["redraw"])[len(spent["redraw"]) // 2]}
        runs[-1] |= {"usable": window.usable(), "longest task": window.longest()}
        runs[-1] |= {"ms a frame": 1000 / window.driver.execute_async_script(FRAMES)}
    assert window.faults() == []
    found |= {kind: min(run[kind] for run in runs) for kind in runs[0]}
    return {kind: round(value, 1) for kind, value in found.items()}


def test_the_bundled_map_beside_pyvis(window: Tab) -> None:
    graph = pipeline.build()
    found = measured(window, graph)
    start = time.perf_counter()
    page = draw(graph, renderer="pyvis")
    drawn = time.perf_counter() - start
    window.open(page)
    redraw, usable, shown = window.run(PYVIS)
    other = {"drawn in s": drawn, "MB": len(page.encode()) / 1e6, "usable": usable, "redraw": redraw}
    print(f"\nbundled, {len(graph.nodes)} nodes, {len(graph.edges)} edges: {json.dumps(found)}")
    print(f"pyvis, {shown} of them: {json.dumps({kind: round(value, 1) for kind, value in other.items()})}")
    print(f"ours / pyvis: {json.dumps({kind: round(found[kind] / value, 2) for kind, value in other.items()})}")
    assert shown >= 500  # the page works
    assert found["MB"] <= 2
    assert found["usable"] <= 1500
    assert found["redraw"] <= 60
    assert found["longest task"] <= 200


@pytest.mark.skipif(not CORPUS.exists() and not PREPARED, reason="needs ../shared/corpora, or a graph in ATLAS_GRAPH")
def test_two_hundred_thousand_edges(window: Tab, tmp_path: Path) -> None:
    if PREPARED:
        graph = store.load(PREPARED)
    else:
        source = tmp_path / "papers.jsonl"
        with lzma.open(CORPUS, "rt", encoding="utf-8") as lines:
            source.write_text("".join(line for _, line in zip(range(PAPERS), lines, strict=False)), encoding="utf-8")
        graph = pipeline.build(source)
    found = measured(window, graph)
    print(f"\n{len(graph.nodes)} nodes, {len(graph.edges)} edges: {json.dumps(found)}")
    assert len(graph.edges) >= EDGES
    assert found["MB"] <= 25
    assert found["usable"] <= 6000
    assert found["search"] <= 100
    assert max(found[kind] for kind in ("filter", "years", "focus", "hops", "path", "close", "view")) <= 300
    assert found["ms a frame"] <= 1000 / 15
