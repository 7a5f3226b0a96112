"""The page: what is quoted, and that nothing in it can run or load."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import hostile
import pytest
from drawn import HOSTILE, SMALL, Row, graph_of, star

from kg import explorer, ontology
from kg.explorer import RENDERERS, iframe, payload, quotes
from kg.explorer.page import drawn as draw
from kg.explorer.page import icon
from kg.explorer.selection import select
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, ExportError, Extraction, Fact, KGError, Paper
from kg.ontology import Ontology


@pytest.fixture(scope="module")
def terms() -> Ontology:
    return ontology.load()


# --- quotes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("One. Two LoRA three. Four.", "LoRA", "Two LoRA three."),
        ("LoRA", "LoRA", "LoRA"),
        (
            "We use e.g. LoRA, i.e. the kind of Lee et al. (cf. Fig. 2). Next.",
            "LoRA",
            "We use e.g. LoRA, i.e. the kind of Lee et al. (cf. Fig. 2).",
        ),
        ('He said "Go!" Then LoRA came? Yes.', "LoRA", "Then LoRA came?"),
        ("It is 3.5 points. and LoRA is v2.0 now", "LoRA", "It is 3.5 points. and LoRA is v2.0 now"),
    ],
)
def test_a_quote_is_the_sentence_around_the_words(text: str, word: str, expected: str) -> None:
    start = text.index(word)
    first, last = quotes.marked(quotes.stretches(text, "abstract"), start, start + len(word))
    assert text[first:last] == expected


def test_words_of_one_sentence_are_marked_together_and_counted_as_the_browser_counts() -> None:
    text = "The \U0001f600 LoRA and GPT work. Other."
    facts = (Fact(relation="uses", type="Technique", name="LoRA"),)
    paper = Paper(id="p", title="A title. With LoRA", abstract=text, arxiv="2401.00001", facts=facts)

    def place(field: str, word: str) -> Evidence:
        start = paper.text(field).index(word)
        return Evidence(paper="p", field=field, start=start, end=start + len(word), text=word)

    spots = [
        *(place("abstract", word) for word in ("LoRA", "GPT", "LoRA and")),
        place("title", "LoRA"),
        place("curated", "uses Technique LoRA"),
    ]
    claim = Claim(name="LoRA", type="Technique", relation="uses", confidence=1.0, evidence=tuple(spots), votes=())
    graph = assemble([Extraction(paper=paper, claims=(claim,))], ontology=ontology.load())
    title, abstract, curated = quotes.quotes(graph, graph.edges[0].evidence)
    assert (title.text, title.marks) == ("A title. With LoRA", ((14, 18),))
    utf16 = abstract.text.encode("utf-16-le")
    assert [utf16[2 * a : 2 * b].decode("utf-16-le") for a, b in abstract.marks] == ["LoRA and", "GPT"]
    assert (curated.field, curated.text) == ("curated", "uses Technique LoRA")


def test_words_whose_paper_is_not_at_hand_are_quoted_alone() -> None:
    place = Evidence(paper="gone", field="abstract", start=3, end=7, text="LoRA")
    assert [q.text for q in quotes.quotes(graph_of(), [place])] == ["LoRA"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c&d", "https://example.org/a?b=c&d"),
        ("HTTP://example.org", "HTTP://example.org"),
        *(
            (bad, "")
            for bad in (
                "javascript:alert(1)",
                "https://a b",
                'https://a"b',
                "data:text/html,x",
                "//x.y",
                "file:///x",
                "https://" + "a" * 3000,
            )
        ),
    ],
)
def test_only_web_addresses_become_links(url: str, expected: str) -> None:
    assert quotes.link(Paper(id="p", title="T", url=url)) == expected


def test_a_paper_without_address_is_linked_by_its_identifier() -> None:
    assert quotes.link(Paper(id="p", title="T", doi="10.1/x")) == "https://doi.org/10.1/x"


# --- the data block ---------------------------------------------------------------------------------------------------


def test_statements_of_papers_outside_the_drawing_are_told_once_and_the_rest_is_counted() -> None:
    rows = [[("uses", "Technique", "LoRA")] for _ in range(30)]
    graph = graph_of([("introduces", "Model", "MetaMath"), ("uses", "Technique", "LoRA")], *rows)
    data = payload.payload(graph, select(graph, limit=2))
    lora = next(i for i, n in enumerate(data["nodes"]) if n[1] == "LoRA")
    told = [s for s in data["statements"] if s[2] == lora]
    assert len(told) == 12
    assert data["unseen"][lora] == 30 - 12
    assert all(s[3] for s in told)
    (edge,) = data["edges"]
    assert edge[3] == 1  # derived; its paper is not told twice


def test_many_quotes_of_one_edge_come_from_different_papers_and_the_rest_is_counted() -> None:
    rows: list[Row] = [("introduces", "Model", "MetaMath"), ("uses", "Technique", "LoRA")]
    graph = graph_of(*(rows for _ in range(8)))
    data = payload.payload(graph, select(graph, limit=2))
    (edge,) = data["edges"]
    assert len({data["quotes"][q][0] for q in edge[4]}) == 3
    assert edge[5] == 5


def test_a_spent_budget_leaves_quotes_out_and_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "_TEXT_BUDGET", 10)
    graph = star(12)
    data = payload.payload(graph, select(graph, limit=20))
    assert data["quotes"] == []
    assert data["statements"] == []
    assert sum(data["unseen"]) > 0
    assert all(edge[5] >= 1 for edge in data["edges"])
    assert len(data["nodes"]) == 20


# --- the page ---------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """What a browser would see: elements with their attributes, and the text inside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: list[tuple[str, dict[str, str], str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        if tag in ("script", "style") and data.strip():
            self.inside.append((tag, attributes, data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


ELEMENTS = (
    "html head meta title link style body header h1 h2 div input ul li p bdi main nav button svg path circle span "
    "noscript aside footer details summary table thead tbody tr th td script"
)
ALLOWED = set(ELEMENTS.split())


@pytest.fixture(scope="module")
def page() -> str:
    return draw(graph_of(*SMALL, url="https://example.org/paper"))


def policy(page: str) -> dict[str, list[str]]:
    (found,) = [m["content"] for m in Reader(page).all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    return {words[0]: words[1:] for words in (part.split() for part in found.split(";"))}


def test_no_address_remains_that_a_browser_would_load(page: str) -> None:
    reader = Reader(page)
    for tag, attributes in reader.elements:
        for name, value in attributes.items():
            if name in ("src", "href", "action", "srcset", "poster", "data", "background", "formaction", "ping"):
                assert value == "data:,", (tag, name, value)
            assert not name.startswith("on")
            assert name != "style"
    for tag, _, text in reader.inside:
        if tag == "style":
            assert not re.search(r"url\(|@import", text)
    assert "cdn" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).lower()
    assert not re.search("node_modules|bootstrap|sourceMappingURL", page)


def test_the_policy_allows_exactly_the_scripts_and_the_style_that_are_there(page: str) -> None:
    rules, reader = policy(page), Reader(page)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert rules["img-src"] == ["data:"]
    digests = {
        kind: [
            f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
            for tag, attributes, text in reader.inside
            if tag == kind and attributes.get("type") != "application/json"
        ]
        for kind in ("script", "style")
    }
    assert (rules["script-src"], len(digests["script"])) == (digests["script"], 3)
    assert (rules["style-src"], len(digests["style"])) == (digests["style"], 1)
    assert "unsafe" not in json.dumps(rules)
    assert "\r" not in page


def test_the_page_has_language_title_main_and_a_list_of_names(page: str) -> None:
    reader = Reader(page)
    assert reader.all("html") == [{"lang": "en"}]
    assert len(reader.all("title")) == len(reader.all("main")) == len(reader.all("h1")) == 1
    assert {tag for tag, _ in reader.elements} <= ALLOWED
    assert "<td><bdi>LoRA</bdi></td><td>Technique</td><td>2</td>" in page
    assert "<noscript>" in page
    assert "List of names (9 of 9)" in page


def test_the_legend_has_one_entry_for_each_type_and_relation_with_its_count(page: str) -> None:
    buttons = [b for b in Reader(page).all("button") if b.get("class") == "key"]
    assert len([b for b in buttons if "data-type" in b]) == 5
    assert len([b for b in buttons if "data-relation" in b]) == 4
    assert '<span>models</span><span class="count">1 of 2</span>' in page
    assert all(b["aria-pressed"] == "true" for b in buttons)


def test_ids_in_the_page_are_small_numbers_and_the_drawing_holds_no_text(page: str) -> None:
    (drawing,) = [t for _, _, t in Reader(page).inside if "new vis.Network(" in t and "@license" not in t]
    nodes = json.loads(re.search(r"nodes = new vis\.DataSet\((\[.*?\])\);", drawing).group(1))  # type: ignore[union-attr]
    assert [n["id"] for n in nodes] == list(range(9))
    assert set(nodes[0]) == {"id", "group", "size", "x", "y"}
    assert '"physics": {"enabled": false}' in drawing
    assert "innerHTML" not in (Path(payload.__file__).parent / "assets" / "explorer.js").read_text(encoding="utf-8")
    assert "popup" not in drawing


def test_an_unknown_shape_is_drawn_as_a_dot() -> None:
    assert "<circle" in icon("image", "#000000")


@pytest.mark.parametrize("title", ["plain", "a link with href in it"])
def test_a_title_with_href_does_not_switch_tooltips_to_markup(title: str) -> None:
    assert "popup.innerHTML" not in draw(graph_of(SMALL[0], title=title))


@pytest.fixture(scope="module")
def dangerous() -> KnowledgeGraph:
    return hostile.graph(HOSTILE)


@pytest.mark.parametrize("limit", [600, 150])
def test_hostile_text_never_becomes_markup(dangerous: KnowledgeGraph, limit: int) -> None:
    page = draw(dangerous, limit=limit)
    page.encode("utf-8")
    reader = Reader(page)
    assert {tag for tag, _ in reader.elements} <= ALLOWED
    assert len(reader.all("script")) == 4
    assert len(page.encode()) < 2_000_000
    outside = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    assert not set(block[1]) & set("<>&\u2028\u2029")
    data = json.loads(block[1])
    for text in HOSTILE:
        if set(text) & set("<>"):
            assert text not in outside
            assert text not in block[1]
    assert not re.search(
        "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]",
        outside + json.dumps(data, ensure_ascii=False),
    )
    assert all(url == "" or url.startswith("https://arxiv.org/abs/") for _, url, _ in data["papers"])


def test_the_scripts_are_the_same_for_hostile_and_harmless_names() -> None:
    """Text cannot reach a script: two graphs that differ in names only have equal policies."""
    harmless = hostile.graph([f"name {i}" for i in range(12)])
    assert policy(draw(harmless)) == policy(draw(hostile.graph([f"</script>{i}" for i in range(12)])))


def test_a_name_asked_for_is_escaped_in_the_caption() -> None:
    graph = graph_of([("introduces", "Model", "<b>X</b>"), ("uses", "Technique", "LoRA")])
    assert "around &lt;b&gt;X&lt;/b&gt;." in draw(graph, around="<b>X</b>")


def test_six_hundred_nodes_make_a_page_below_two_megabytes() -> None:
    graph = star(500, spokes=2)
    page = draw(graph)
    assert 500_000 < len(page.encode("utf-8")) < 2_000_000
    assert "Showing 600 of 1,501 nodes" in page


def test_nothing_is_written_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw(graph_of(*SMALL))
    assert list(tmp_path.iterdir()) == []


def test_a_frame_for_a_notebook_is_sandboxed_and_holds_the_page() -> None:
    graph = graph_of(*SMALL)
    (frame,) = Reader(iframe(graph, height=300)).all("iframe")
    assert frame["sandbox"].split() == ["allow-scripts", "allow-popups", "allow-popups-to-escape-sandbox"]
    assert frame["srcdoc"] == draw(graph, limit=200)
    assert frame["height"] == "300"


def test_another_pyvis_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyvis.network

    monkeypatch.setattr(pyvis.network.Network, "generate_html", lambda self: "<script>other()</script>")
    with pytest.raises(ExportError, match=r"install pyvis 0\.3\.2"):
        draw(graph_of(*SMALL))


def test_an_unknown_renderer_is_refused_and_the_known_ones_are_named() -> None:
    assert RENDERERS.names() == ("canvas", "pyvis")
    with pytest.raises(KGError, match=r"no renderer called 'gl' \(there are: canvas, pyvis\)"):
        explorer.draw(graph_of(*SMALL), renderer="gl")


PROGRAM = """
import hashlib, sys
from kg import ontology
from kg.explorer import draw
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Paper
def paper(i):
    text = f"It uses shared {i % 7}z and lora."
    place = Evidence(paper=str(i), field="abstract", start=0, end=2, text="It")
    rows = ("introduces", f"method {i}x"), ("uses", f"shared {i % 7}z"), ("uses", f"other {i % 5}w")
    claims = tuple(
        Claim(name=name, type="Technique", relation=relation, confidence=0.5, evidence=(place,), votes=())
        for relation, name in rows
    )
    return Extraction(paper=Paper(id=str(i), title=f"Paper {i}", abstract=text), claims=claims)
graph = assemble([paper(i) for i in range(60)], ontology=ontology.load())
for renderer in ("canvas", "pyvis"):
    for how in ({}, {"limit": 40}, {"around": "other 1w", "hops": 2}):
        print(hashlib.sha256(draw(graph, renderer=renderer, **how).encode()).hexdigest())
"""


def test_the_page_is_the_same_bytes_for_every_hash_seed() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("0", "1", "77")
    ]
    outputs = [run.communicate(timeout=120)[0] for run in runs]
    assert len(outputs[0].split()) == 6
    assert len(set(outputs)) == 1
