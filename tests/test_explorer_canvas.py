"""The page of the explorer: what it holds, where things lie, and that nothing in it can run or load."""

from __future__ import annotations

import json
import math
import random
import re
import shutil
import subprocess
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import atlas
import pytest
from drawn import HOSTILE, SMALL, graph_of, star

from kg.explorer import canvas, draw, quotes
from kg.explorer.content import content
from kg.explorer.territory import territory
from kg.graph import KnowledgeGraph
from kg.model import KGError

ASSETS = Path(canvas.__file__).parent / "assets" / "atlas"
MODULES = sorted(p.stem for p in ASSETS.glob("*.js"))


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return atlas.graph()


def blocks(page: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/octet-stream" id="(\w+)">([A-Za-z0-9+/=]*)</script>', page)
    return {name: json.loads(zlib.decompress(b64decode(block), -15)) for name, block in found}


# --- content ----------------------------------------------------------------------------------------------------------


def test_the_page_holds_every_node_and_edge_once(graph: KnowledgeGraph) -> None:
    core = content(graph).core
    nodes, edges = core["nodes"], core["edges"]
    assert sorted(nodes["id"]) == [n.id for n in graph.nodes]
    relations = [r[0] for r in core["relations"]]
    told = {
        (nodes["id"][s], relations[r], nodes["id"][t])
        for s, r, t in zip(edges["source"], edges["relation"], edges["target"], strict=True)
    }
    assert told == {e.key for e in graph.edges}
    assert len(edges["by"]) == sum(edges["support"]) == sum(e.support for e in graph.edges)
    assert core["papers"]["first"] + core["papers"]["count"] == len(graph.nodes)


def test_every_piece_of_evidence_can_be_read_in_the_page_with_its_words_marked(graph: KnowledgeGraph) -> None:
    held = content(graph)
    core = held.core
    ids, relations = core["nodes"]["id"], [r[0] for r in core["relations"]]
    first = core["papers"]["first"]
    sentences = [
        (paper, text or core["nodes"]["name"][first + paper])
        for chunk in held.texts
        for paper, text in zip(chunk["paper"], chunk["text"], strict=True)
    ]
    rows = [row for chunk in held.places for row in chunk]
    by_key = {e.key: e for e in graph.edges}
    edges = core["edges"]
    for k, row in enumerate(rows):
        key = (ids[edges["source"][k]], relations[edges["relation"][k]], ids[edges["target"][k]])
        marked = {
            (ids[first + sentences[at][0]], sentences[at][1][a : a + n])
            for at, *marks in row
            for a, n in zip(marks[::2], marks[1::2], strict=True)
        }
        assert marked == {(e.paper, e.text) for e in by_key[key].evidence}


def test_nodes_come_most_telling_first_and_edges_strongest_first() -> None:
    core = content(star(60)).core
    assert core["nodes"]["name"][0] == "LoRA"
    assert core["edges"]["support"] == sorted(core["edges"]["support"], reverse=True)
    kinds = [t[4] for t in core["types"]]
    papers = ["document" in kinds[t] for t in core["nodes"]["type"]]
    assert papers == sorted(papers)


def test_communities_are_called_after_techniques(graph: KnowledgeGraph) -> None:
    core = content(graph).core
    assert core["groups"]
    for *_, names in core["groups"]:
        assert 0 < len(names) <= 2


def test_a_part_of_the_graph_names_papers_that_are_not_in_it(graph: KnowledgeGraph) -> None:
    page = draw(graph, around="GSM8K")
    core = blocks(page)["core"]
    assert len(core["nodes"]["id"]) < len(graph.nodes)
    assert core["focus"] == [core["nodes"]["name"].index("GSM8K")]
    assert "nodes and" in page
    assert "around GSM8K" in page
    only = {n.id for n in graph.nodes if n.name in ("LoRA", "QLoRA")}
    part = content(graph, only=only).core
    assert part["papers"]["count"] == 0
    assert part["papers"]["others"] == ["QLoRA: Adapters over Quantized Weights"]


def test_long_sentences_are_cut_and_spans_across_pieces_are_quoted_whole() -> None:
    text = "word " * 400 + "LoRA."
    pieces = quotes.stretches(text, "abstract")
    assert len(pieces) > 3
    assert pieces[0][0] == 0
    assert pieces[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in pairwise(pieces))
    solid = quotes.stretches("x" * 2000, "abstract")
    assert max(b - a for a, b in solid) <= 720
    assert quotes.stretches("", "abstract") == ((0, 0),)
    assert quotes.stretches("A title. Of two.", "title") == ((0, 16),)
    start, end = quotes.marked(pieces, pieces[0][1] - 3, pieces[1][0] + 3)
    assert (start, end) == (pieces[0][0], pieces[1][1])
    assert quotes.marked(((0, 4), (6, 9)), 3, 5) == (0, 5)


# --- territory --------------------------------------------------------------------------------------------------------


def cliques(count: int, size: int) -> list[tuple[int, int]]:
    inside = [(c * size + i, c * size + k) for c in range(count) for i in range(size) for k in range(i)]
    return inside + [(c * size, (c + 1) * size) for c in range(count - 1)]


def test_a_territory_is_the_same_every_time_and_leaves_the_random_state_alone() -> None:
    random.seed(5)
    before = random.getstate()
    first = territory([5.0] * 80, cliques(8, 10))
    assert random.getstate() == before
    assert first == territory([5.0] * 80, cliques(8, 10))


@pytest.mark.parametrize(
    ("count", "links"),
    [
        (0, []),
        (1, []),
        (2, [(0, 1)]),
        (80, cliques(8, 10)),
        (90, []),
        (300, [(i, i // 3) for i in range(1, 280)]),
    ],
)
def test_nodes_do_not_overlap_and_discs_neither_and_every_node_lies_in_its_disc(
    count: int, links: list[tuple[int, int]]
) -> None:
    radii = [4.5 + (9.0 if i % 17 == 0 else 0.0) for i in range(count)]
    land = territory(radii, [*links, (0, 0)] if count else links)
    assert len(land.points) == len(land.member) == count
    for i, (x, y) in enumerate(land.points):
        cx, cy, r = land.discs[land.member[i]]
        assert math.hypot(x - cx, y - cy) + radii[i] <= r + 2
        for k in range(i):
            assert math.dist(land.points[i], land.points[k]) > radii[i] + radii[k] - 1
    for i, (x, y, r) in enumerate(land.discs):
        for other in land.discs[:i]:
            assert math.hypot(x - other[0], y - other[1]) >= r + other[2]


def test_what_belongs_together_shares_a_disc_and_strays_are_gathered() -> None:
    land = territory([5.0] * 86, [*cliques(8, 10), (80, 81), (82, 83)])
    assert len({land.member[i] for i in range(10)}) == 1
    assert land.scattered
    assert {land.member[i] for i in range(80, 86)} == {len(land.discs) - 1}
    joined = territory([5.0] * 82, [*cliques(8, 10), (80, 3), (81, 80)])
    assert not joined.scattered
    assert joined.member[80] == joined.member[3]


def test_discs_on_one_spot_are_parted() -> None:
    from kg.explorer.territory import _parted

    spots = [[0.0, 0.0], [0.0, 0.0]]
    while _parted(spots, [10.0, 10.0]):
        pass
    assert math.dist(*spots) >= 20


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_policy_allows_exactly_the_script_and_the_style(graph: KnowledgeGraph) -> None:
    page = draw(graph)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    rules = {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}
    (script,) = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for name, text in (("script-src", script), ("style-src", style)):
        assert rules[name] == [f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert "unsafe" not in policy
    assert not re.search(r"\s(?:src|srcset|action|style|on\w+)=", page.split("{{")[0].split("<script")[0])
    assert "{{" not in page


def test_no_text_of_a_paper_is_markup() -> None:
    rows = [[("introduces", "Model", f"{text} n{i}"), ("uses", "Technique", "hub")] for i, text in enumerate(HOSTILE)]
    graph = graph_of(*rows)
    page = draw(graph)
    outside = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    for text in HOSTILE:
        if set(text) & set("<>"):
            assert text not in outside
    assert page.count("<script") == 1 + len(blocks(page))
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", outside)
    assert not re.search("[\x00-\x1f\u202a-\u202e]", "".join(blocks(page)["core"]["nodes"]["name"]))


def test_a_graph_of_many_papers_makes_a_page_of_moderate_size() -> None:
    page = draw(star(500))
    assert len(page.encode()) < 600_000
    assert blocks(page)["core"]["papers"]["count"] == 500


def test_an_unknown_name_and_senseless_numbers_are_refused(graph: KnowledgeGraph) -> None:
    with pytest.raises(KGError, match="did you mean"):
        draw(graph, around="GSM8")
    with pytest.raises(KGError, match="cannot draw"):
        draw(graph, around="GSM8K", hops=-1)


def test_the_page_without_script_lists_the_best_supported_names(graph: KnowledgeGraph) -> None:
    assert "<td><bdi>LoRA</bdi></td><td>Technique</td>" in draw(graph)
    assert "<noscript>" in draw(graph_of(*SMALL))


# --- the script -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_modules_are_small_typed_and_parse_no_markup(name: str) -> None:
    text = (ASSETS / f"{name}.js").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 500
    assert text.startswith("// @ts-check\n")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text)


def test_modules_share_one_scope_without_clashes_and_all_are_used() -> None:
    names: dict[str, str] = {}
    for module in MODULES:
        text = (ASSETS / f"{module}.js").read_text(encoding="utf-8")
        for line in re.findall(r"^(?:export )?(?:async )?(?:function|const|let|class) ([^=(]+)", text, re.MULTILINE):
            for name in re.findall(r"\w+", line):
                assert names.setdefault(name, module) == module, f"{name} in {module} and {names[name]}"
    script = canvas.bundle()
    assert "import " not in re.sub(r'import\("', "", script)
    assert "\nexport " not in script
    assert "@param" not in script
    assert "function matrix" in script


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node (Debian: nodejs)")
def test_the_modules_pass_their_own_tests() -> None:
    folder = Path(__file__).parent / "script"
    tests = sorted(str(p) for p in folder.glob("*.test.mjs"))
    done = subprocess.run(
        ["node", "--test", *tests],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


TSC = next(
    (str(p) for p in (Path(__file__).parent / "interop" / "node" / "node_modules" / ".bin" / "tsc",) if p.exists()),
    shutil.which("tsc"),
)


@pytest.mark.skipif(TSC is None, reason="needs tsc (npm ci --prefix tests/interop/node)")
def test_the_types_of_the_modules_hold(tmp_path: Path) -> None:
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "noImplicitAny": True, "target": "es2022", "module": "es2022",
        "lib": ["es2022", "dom", "dom.iterable"], "strictNullChecks": False,
    }  # fmt: skip
    settings = tmp_path / "tsconfig.json"
    settings.write_text(json.dumps({"compilerOptions": options, "include": [f"{ASSETS}/*.js"]}))
    done = subprocess.run([str(TSC), "-p", str(settings)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
