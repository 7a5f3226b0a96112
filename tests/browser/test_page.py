"""The page drawn by pyvis in a real browser, without network: it opens, answers, shows its evidence, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator

import hostile
import pytest
from drawn import HOSTILE
from tab import Tab, tab

from kg import ontology
from kg.explorer import iframe
from kg.explorer.page import drawn as draw
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Fact, Paper

SHORT = [text for text in HOSTILE if len(text) < 1000]
pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Page(Tab):
    """The page that pyvis' vis-network draws."""

    def number(self, name: str) -> int:
        nodes = "JSON.parse(document.getElementById('data').textContent).nodes"
        return int(self.run(f"return {nodes}.findIndex(n => n[1] === arguments[0]);", name))

    def press(self, node: int) -> None:
        x, y = self.run(
            "const p = network.canvasToDOM(network.getPositions([arguments[0]])[arguments[0]]);"
            "const box = document.getElementById('mynetwork').getBoundingClientRect();"
            "return [p.x + box.left, p.y + box.top];",
            node,
        )
        self.click((round(x), round(y)))
        self.wait(350)  # vis waits for a second click

    def pixels(self) -> int:
        """How many points of the canvas are coloured."""
        return int(
            self.run(
                "const c = document.querySelector('canvas'), copy = document.createElement('canvas');"
                "[copy.width, copy.height] = [c.width, c.height];"
                "const context = copy.getContext('2d', {willReadFrequently: true}); context.drawImage(c, 0, 0);"
                "const d = context.getImageData(0, 0, c.width, c.height).data;"
                "let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i + 3] && Math.max(d[i], d[i+1], d[i+2])"
                " - Math.min(d[i], d[i+1], d[i+2]) > 40) n++; return n;"
            )
        )


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with tab(tmp_path_factory.mktemp("page")) as window:
        window.size(1400, 900)
        yield Page(window.driver, window.folder, window.reaching)


@pytest.fixture
def page(opened: Page) -> Iterator[Page]:
    yield opened
    assert opened.faults() == []


def claim(paper: Paper, relation: str, kind: str, name: str, words: str, *, aliases: tuple[str, ...] = ()) -> Claim:
    field = next(f for f in ("abstract", "title", "curated") if words in paper.text(f))
    start = paper.text(field).index(words)
    place = Evidence(paper=paper.id, field=field, start=start, end=start + len(words), text=words)
    return Claim(name=name, type=kind, relation=relation, confidence=0.9, evidence=(place,), votes=(), aliases=aliases)


def sample() -> KnowledgeGraph:
    """Three papers: one with an address, one with a curated fact only, one whose quote has an astral letter."""
    first = Paper(
        id="p1",
        title="MetaMath: own questions",
        abstract="Something first. MetaMath tunes with LoRA \U0001f600 and is tested on GSM8K. Then more.",
        url="https://example.org/metamath",
        year=2023,
    )
    fact = Fact(relation="uses", type="Technique", name="LoRA")
    second = Paper(id="p2", title="Second paper", facts=(fact,))
    third = Paper(id="p3", title="Third paper", abstract="QLoRA runs on a GPU with quantization.")
    return assemble(
        [
            Extraction(
                paper=first,
                claims=(
                    claim(first, "introduces", "Model", "MetaMath", "MetaMath"),
                    claim(first, "uses", "Technique", "LoRA", "LoRA", aliases=("Low-Rank Adaptation",)),
                    claim(first, "evaluatedOn", "Benchmark", "GSM8K", "GSM8K"),
                ),
            ),
            Extraction(paper=second, claims=(claim(second, "uses", "Technique", "LoRA", str(fact)),)),
            Extraction(
                paper=third,
                claims=(
                    claim(third, "introduces", "Technique", "QLoRA", "QLoRA"),
                    claim(third, "targets", "Hardware", "GPU", "GPU"),
                    claim(third, "uses", "Technique", "quantization", "quantization"),
                ),
            ),
        ],
        ontology=ontology.load(),
    )


def test_the_page_opens_offline_and_draws_without_a_fault(page: Page) -> None:
    page.open(draw(sample()))
    assert page.run("return document.body.dataset.ready;") == "yes"
    assert page.pixels() > 1000
    assert page.text("h1") == "Research map"
    assert "Showing 9 of 9 nodes" in page.text("#caption")
    assert page.run("return [document.title !== '', document.documentElement.lang];") == [True, "en"]


def test_search_finds_by_name_and_by_alias_with_the_keyboard_alone(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(draw(sample()))
    for typed, found in (("gsm8", "GSM8K"), ("low rank adapt", "LoRA"), ("metamath", "MetaMath")):
        page.run("document.activeElement.blur();")
        page.driver.find_element("tag name", "body").send_keys("/")
        box = page.driver.switch_to.active_element
        assert box.get_attribute("id") == "query"
        box.send_keys(typed)
        assert found in page.text("#hits")
        box.send_keys(Keys.ENTER)
        page.wait(450)
        assert page.text("#panel h2") == found
        x, y = page.run("const p = network.getViewPosition(); return [p.x, p.y];")
        at = page.run("return network.getPositions([arguments[0]])[arguments[0]];", page.number(found))
        assert abs(at["x"] - x) < 3
        assert abs(at["y"] - y) < 3
        box.send_keys(Keys.ESCAPE)
        assert box.get_attribute("value") == ""
    page.driver.switch_to.active_element.send_keys("nothing like it")
    assert "No such name is drawn" in page.text("#hits")


def test_a_click_on_a_node_shows_its_edges_with_the_quoted_words_marked(page: Page) -> None:
    page.open(draw(sample()))
    page.press(page.number("MetaMath"))
    panel = page.text("#panel")
    assert "MetaMath" in panel
    assert "Named by 1 paper" in panel
    assert "evaluated-on (1)" in panel
    assert "introduces this (1)" in panel
    marks = page.run("return [...document.querySelectorAll('#panel mark')].map(m => m.textContent);")
    assert sorted(set(marks)) == ["GSM8K", "LoRA", "MetaMath"]
    quote = page.run("return document.querySelector('#panel blockquote bdi').textContent;")
    assert quote == "MetaMath tunes with LoRA \U0001f600 and is tested on GSM8K."
    links = page.run("return [...document.querySelectorAll('#panel a')].map(a => [a.href, a.rel, a.target]);")
    assert links[0] == ["https://example.org/metamath", "noopener noreferrer", "_blank"]
    page.run("document.getElementById('close').click();")
    assert page.run("return document.getElementById('panel').hidden;")


def test_the_legend_switches_a_type_or_a_relation_off_and_on(page: Page) -> None:
    page.open(draw(sample()))
    hidden = "return [nodes.get().filter(n => n.hidden).length, edges.get().filter(e => e.hidden).length];"
    key = "[...document.querySelectorAll('.key')].find(k => k.innerText.startsWith(arguments[0]))"
    page.run(f"{key}.click();", "papers")
    before = page.run(hidden)
    assert before[0] == 3
    assert before[1] >= 7
    assert page.run(f"return {key}.getAttribute('aria-pressed');", "papers") == "false"
    page.run(f"{key}.click();", "papers")
    assert page.run(hidden) == [0, 0]
    page.run(f"{key}.click();", "targets")
    assert page.run(hidden) == [0, 2]
    page.run(f"{key}.dispatchEvent(new MouseEvent('dblclick'));", "models")
    assert page.run(hidden)[0] == 8
    page.run(f"{key}.dispatchEvent(new MouseEvent('dblclick'));", "models")
    assert page.run(hidden) == [0, 2]
    page.press(page.number("GPU"))
    page.run(f"{key}.click();", "hardware")
    assert page.run("return document.getElementById('panel').hidden;")


def test_a_neighbourhood_opens_with_the_node_that_was_asked_for(page: Page) -> None:
    page.open(draw(sample(), around="GSM8K"))
    assert page.text("#panel h2") == "GSM8K"
    assert "around GSM8K" in page.text("#caption")


def test_dark_and_light_follow_the_system(page: Page) -> None:
    page.open(draw(sample()))
    background = "return getComputedStyle(document.body).backgroundColor;"
    light = page.run(background)
    edge = page.run("return edges.get(0).color.color;")
    for value, changed in (("dark", True), ("light", False)):
        page.media(prefers_color_scheme=value)
        assert (page.run(background) != light) is changed
        assert (page.run("return edges.get(0).color.color;") != edge) is changed
    page.media()


def test_hostile_names_stay_text_under_hover_click_and_search(page: Page) -> None:
    page.open(draw(hostile.graph(SHORT)))
    assert page.run("return nodes.length;") > 2 * len(SHORT)
    page.run(
        """
        const query = document.getElementById("query");
        for (let i = 0; i < nodes.length; i += 5) {
          network.body.emitter.emit("hoverNode", {node: i});
          network.body.emitter.emit("showPopup", i);
          network.body.emitter.emit("click", {nodes: [i], edges: []});
          for (const d of document.querySelectorAll("details")) d.open = true;
          query.value = document.querySelector("#panel h2").textContent;
          query.dispatchEvent(new Event("input"));
        }
        for (let i = 0; i < edges.length; i += 5) network.body.emitter.emit("click", {nodes: [], edges: [i]});
        """
    )
    page.settle()
    odd = "img, iframe, object, embed, video, audio, form, base, math, marquee, [onerror], [onload], [onclick]"
    assert page.run("return document.querySelectorAll(arguments[0]).length;", odd) == 0
    assert page.run("return document.scripts.length;") == 4
    links = page.run("return [...document.querySelectorAll('a')].map(a => a.protocol);")
    assert set(links) <= {"http:", "https:"}


def test_the_notebook_frame_draws_inside_its_sandbox(page: Page) -> None:
    frame = iframe(sample(), height=500)
    notebook = page.folder / "notebook.html"
    notebook.write_text(f"<!DOCTYPE html><meta charset=utf-8><title>notebook</title>{frame}", encoding="utf-8")
    page.go(notebook.as_uri())
    page.settle()
    page.driver.switch_to.frame(0)
    try:
        assert page.run("return document.body.dataset.ready;") == "yes"
        assert page.pixels() > 1000
        assert page.run("return window.origin;") == "null"
    finally:
        page.driver.switch_to.default_content()
