"""The drawn page in a real browser, with the network off: it opens, answers, shows its evidence, and nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kg import ontology
from kg.explorer import iframe
from kg.explorer.page import drawn as draw
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Fact, Paper

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars --window-size=1400,900"
)
HOSTILE: list[str] = json.loads((Path(__file__).parent.parent / "samples" / "hostile.json").read_text(encoding="utf-8"))
WATCH = """
window.seen = [];
document.addEventListener("securitypolicyviolation", (e) => seen.push(`policy: ${e.violatedDirective}`));
window.addEventListener("error", (e) => seen.push("error: " + e.message));
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { seen.push(name); };
"""


class Page:
    """A browser tab, and what a person does in it."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver, self.folder = driver, folder

    def open(self, html: str) -> None:
        target = self.folder / "page.html"
        target.write_bytes(html.encode("utf-8"))
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.driver.get(target.as_uri())
        self.settle()

    def run(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def settle(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60)));"
        )

    def number(self, name: str) -> int:
        nodes = "JSON.parse(document.getElementById('data').textContent).nodes"
        return int(self.run(f"return {nodes}.findIndex(n => n[1] === arguments[0]);", name))

    def place(self, node: int) -> tuple[int, int]:
        """Where a node lies on the screen."""
        x, y = self.run(
            "const p = network.canvasToDOM(network.getPositions([arguments[0]])[arguments[0]]);"
            "const box = document.getElementById('mynetwork').getBoundingClientRect();"
            "return [p.x + box.left, p.y + box.top];",
            node,
        )
        return int(x), int(y)

    def point(self, node: int, *, click: bool) -> None:
        from selenium.webdriver import ActionChains

        for step in ("enter", "move", "click")[: 3 if click else 2]:
            chain = ActionChains(self.driver, duration=20)
            pointer: Any = chain.w3c_actions.pointer_action
            if step == "click":
                pointer.click()
            else:
                pointer.move_to_location(*self.place(node))
            chain.perform()
        if click:
            self.driver.execute_async_script("setTimeout(arguments[0], 350)")  # vis waits for a second click
        self.settle()

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText;", selector))

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

    def faults(self) -> list[str]:
        """Everything that should not have happened: console messages, refusals of the policy, dialogs, requests."""
        faults: list[str] = list(self.run("return window.seen;"))
        faults += [entry["message"] for entry in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(("file:", "data:", "about:")):
                    faults.append(f"request: {url}")
            elif message["method"] == "Page.javascriptDialogOpening":
                faults.append("dialog")
        return faults


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    if not CHROMIUM.exists() or not DRIVER.exists():
        pytest.skip("needs Debian's chromium and chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(service=Service(str(DRIVER)), options=options)
    browser.execute_cdp_cmd("Network.enable", {})
    off = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", off)
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: Any, tmp_path: Path) -> Page:
    return Page(driver, tmp_path)


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


def hostile(payloads: Sequence[str]) -> KnowledgeGraph:
    """Each payload as title, name, alias, quote, address and curated fact."""
    found = []
    for i, text in enumerate(payloads):
        facts = (Fact(relation="uses", type="Technique", name=text),)
        paper = Paper(id=text, title=f"{text} {i}", abstract=f"We use {text} here.", url=text, facts=facts)
        claims = (
            claim(paper, "introduces", "Model", f"{text} n{i}", text, aliases=(f"{text} alias {i}",)),
            claim(paper, "uses", "Technique", "hub", text),
            claim(paper, "uses", "Technique", f"{text} c{i}", str(facts[0])),
        )
        found.append(Extraction(paper=paper, claims=claims))
    return assemble(found, ontology=ontology.load())


def test_the_page_opens_offline_and_draws_without_a_fault(page: Page) -> None:
    page.open(draw(sample()))
    assert page.run("return document.body.dataset.ready;") == "yes"
    assert page.pixels() > 1000
    assert page.text("h1") == "Research map"
    assert "Showing 9 of 9 nodes" in page.text("#caption")
    assert page.run("return [document.title !== '', document.documentElement.lang];") == [True, "en"]
    assert page.faults() == []


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
        page.driver.execute_async_script("setTimeout(arguments[0], 450)")
        assert page.text("#panel h2") == found
        x, y = page.run("const p = network.getViewPosition(); return [p.x, p.y];")
        at = page.run("return network.getPositions([arguments[0]])[arguments[0]];", page.number(found))
        assert abs(at["x"] - x) < 3
        assert abs(at["y"] - y) < 3
        box.send_keys(Keys.ESCAPE)
        assert box.get_attribute("value") == ""
    page.driver.switch_to.active_element.send_keys("nothing like it")
    assert "No such name is drawn" in page.text("#hits")
    assert page.faults() == []


def test_a_click_on_a_node_shows_its_edges_with_the_quoted_words_marked(page: Page) -> None:
    page.open(draw(sample()))
    page.point(page.number("MetaMath"), click=True)
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
    assert page.faults() == []


def test_a_curated_statement_is_shown_as_one_and_neighbours_can_be_followed(page: Page) -> None:
    page.open(draw(sample()))
    page.point(page.number("LoRA"), click=True)
    assert "Also: Low-Rank Adaptation" in page.text("#panel")
    assert "Curated statement on Second paper" in page.text("#panel")
    assert page.run("return document.querySelector('.curated mark');") is None
    page.run("[...document.querySelectorAll('#panel .go')].find(b => b.innerText === 'MetaMath').click();")
    page.settle()
    assert page.text("#panel h2") == "MetaMath"
    page.run("network.body.emitter.emit('click', {nodes: [], edges: [0]});")
    assert "Connection" in page.text("#panel")
    assert page.run("return document.querySelectorAll('#panel mark, #panel .curated').length;") > 0
    page.run("network.body.emitter.emit('click', {nodes: [], edges: []});")
    assert page.run("return document.getElementById('panel').hidden;")
    assert page.faults() == []


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
    page.point(page.number("GPU"), click=True)
    page.run(f"{key}.click();", "hardware")
    assert page.run("return document.getElementById('panel').hidden;")
    assert page.faults() == []


def test_pointing_at_a_node_dims_the_rest_and_tells_its_name_as_text(page: Page) -> None:
    page.open(draw(sample()))
    full = page.pixels()
    page.point(page.number("GSM8K"), click=False)
    page.driver.execute_async_script("setTimeout(arguments[0], 400)")
    assert page.text("div.vis-tooltip") == "GSM8K\nBenchmark, 1 paper"
    assert page.pixels() < full
    assert page.faults() == []


def test_zoom_and_fit_work_from_buttons_and_keyboard(page: Page) -> None:
    page.open(draw(sample()))
    start = page.run("return network.getScale();")
    page.run("document.getElementById('closer').click();")
    page.driver.execute_async_script("setTimeout(arguments[0], 500)")
    assert page.run("return network.getScale();") > start
    page.run("document.getElementById('farther').click();")
    page.driver.execute_async_script("setTimeout(arguments[0], 500)")
    page.run("document.getElementById('fit').click();")
    assert abs(page.run("return network.getScale();") - start) < 0.01
    assert page.faults() == []


def test_a_neighbourhood_opens_with_the_node_that_was_asked_for(page: Page) -> None:
    page.open(draw(sample(), around="GSM8K"))
    assert page.text("#panel h2") == "GSM8K"
    assert "around GSM8K" in page.text("#caption")
    assert page.faults() == []


def test_dark_and_light_follow_the_system(page: Page) -> None:
    page.open(draw(sample()))
    background = "return getComputedStyle(document.body).backgroundColor;"
    light = page.run(background)
    edge = page.run("return edges.get(0).color.color;")
    for value, changed in (("dark", True), ("light", False)):
        features = [{"name": "prefers-color-scheme", "value": value}]
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.settle()
        assert (page.run(background) != light) is changed
        assert (page.run("return edges.get(0).color.color;") != edge) is changed
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert page.faults() == []


def test_hostile_names_stay_text_under_hover_click_and_search(page: Page) -> None:
    graph = hostile(HOSTILE)
    page.open(draw(graph))
    count = page.run("return nodes.length;")
    assert count > 2 * len(HOSTILE)
    for node in range(0, count, 60):
        page.run("network.moveTo({position: network.getPositions([arguments[0]])[arguments[0]], scale: 2});", node)
        page.point(node, click=True)
    page.run(
        """
        const query = document.getElementById("query");
        for (let i = 0; i < nodes.length; i++) {
          network.body.emitter.emit("hoverNode", {node: i});
          network.body.emitter.emit("showPopup", i);
          network.body.emitter.emit("click", {nodes: [i], edges: []});
          for (const d of document.querySelectorAll("details")) d.open = true;
          query.value = document.querySelector("#panel h2").textContent;
          query.dispatchEvent(new Event("input"));
        }
        for (let i = 0; i < edges.length; i++) network.body.emitter.emit("click", {nodes: [], edges: [i]});
        """
    )
    page.settle()
    odd = "img, iframe, object, embed, video, audio, form, base, math, marquee, [onerror], [onload], [onclick]"
    assert page.run("return document.querySelectorAll(arguments[0]).length;", odd) == 0
    assert page.run("return document.scripts.length;") == 4
    links = page.run("return [...document.querySelectorAll('a')].map(a => a.protocol);")
    assert set(links) <= {"http:", "https:"}
    assert page.faults() == []


def test_six_hundred_nodes_are_usable_at_once(page: Page) -> None:
    found = []
    for i in range(420):
        names = [f"Method {i}x", *(f"Shared {(i * k) % 311}y" for k in (1, 3, 7))]
        paper = Paper(id=str(i), title=f"Paper {i}", abstract=" and ".join(names) + ".")
        claims = tuple(
            claim(paper, "uses" if k else "introduces", "Technique", name, name) for k, name in enumerate(names)
        )
        found.append(Extraction(paper=paper, claims=claims))
    page.open(draw(assemble(found, ontology=ontology.load())))
    assert page.run("return nodes.length;") == 600
    loaded = page.run("return performance.getEntriesByType('navigation')[0].loadEventEnd;")
    assert loaded < 6000  # 0.9 s measured; shared machines are slow
    assert page.pixels() > 5000
    assert page.faults() == []


def test_the_notebook_frame_draws_inside_its_sandbox(page: Page) -> None:
    frame = iframe(sample(), height=500)
    page.open(f"<!DOCTYPE html><meta charset=utf-8><title>notebook</title>{frame}")
    page.driver.switch_to.frame(0)
    try:
        assert page.run("return document.body.dataset.ready;") == "yes"
        assert page.pixels() > 1000
        assert page.run("return window.origin;") == "null"
    finally:
        page.driver.switch_to.default_content()
    assert page.faults() == []
