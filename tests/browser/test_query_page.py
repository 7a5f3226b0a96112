"""The query page of `kg serve` in a real browser: completion by keyboard and pointer, and nothing beyond our server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import atlas
import pytest
from exported import GRAPHS
from served import Served, running
from tab import Tab, tab

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

ARROW_DOWN, ARROW_UP, CONTROL, ENTER, ESCAPE, TAB = "\ue015", "\ue013", "\ue009", "\ue007", "\ue00c", "\ue004"
LORA = "<https://w3id.org/paperatlas/id/technique/lora>"


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(atlas.graph()) as served:
        yield served


@pytest.fixture(scope="module")
def opened(site: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with tab(tmp_path_factory.mktemp("page"), reaching=site.address) as window:
        yield window


@pytest.fixture
def page(opened: Tab, site: Served) -> Iterator[Tab]:
    """The page as it is when opened; whatever a test does, nothing may go wrong."""
    opened.go(site.address)
    opened.until("return !document.getElementById('vocabulary').hidden;")
    yield opened
    assert opened.faults() == []


def write(page: Tab, box: str, text: str) -> None:
    """Empty a box and type into it."""
    page.run("const e = document.getElementById(arguments[0]); e.value = ''; e.focus();", box)
    page.keys(text)


def control(page: Tab, key: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(page.driver, duration=0).key_down(CONTROL).send_keys(key).key_up(CONTROL).perform()


def options(page: Tab, box: str) -> list[str]:
    return [str(o) for o in page.run(
        "const list = document.getElementById(arguments[0] + '-choices');"
        "return list.hidden ? [] : [...list.children].map((o) => o.firstChild.textContent);", box)]  # fmt: skip


def offered(page: Tab, box: str, option: str) -> list[str]:
    """Wait until a completion is offered, and return all."""
    page.until(
        "return [...document.getElementById(arguments[0] + '-choices').children]"
        ".some((o) => o.firstChild.textContent === arguments[1]);", box, option,
    )  # fmt: skip
    return options(page, box)


def value(page: Tab, box: str) -> str:
    return str(page.run("return document.getElementById(arguments[0]).value;", box))


def test_terms_and_names_complete_a_query_by_keys_alone_and_it_runs(page: Tab) -> None:
    write(page, "sparql", "SELECT ?paper { ?paper kg:us")
    assert options(page, "sparql") == ["kg:uses"]
    page.keys(ARROW_DOWN, ENTER, " LoR")
    place = offered(page, "sparql", "LoRA").index("LoRA")
    page.keys(*[ARROW_DOWN] * (place + 1), TAB, " }")
    assert value(page, "sparql") == f"SELECT ?paper {{ ?paper kg:uses {LORA} }}"
    control(page, ENTER)
    page.until("return document.readyState === 'complete' && document.querySelector('main table tbody tr');")
    assert "/paperatlas/id/" in page.run("return document.querySelector('main table a').href;")


@pytest.mark.parametrize(
    ("typed", "option", "whole"),
    [
        ("PREFIX sko", "skos:", "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>\n"),
        ("ASK { ?x evalu", "kg:evaluatedOn", "ASK { ?x kg:evaluatedOn"),
        ("ASK { ?x a kg:Ben", "kg:Benchmark", "ASK { ?x a kg:Benchmark"),
        ("ASK { <lo", "LoRA", f"ASK {{ {LORA}"),
        ("SELECT ?name { ?x rdfs:label ?", "?name", "SELECT ?name { ?x rdfs:label ?name"),
        ("selec", "SELECT", "SELECT"),
    ],
)
def test_each_kind_of_word_is_completed(page: Tab, typed: str, option: str, whole: str) -> None:
    write(page, "sparql", typed)
    place = offered(page, "sparql", option).index(option)
    page.keys(*[ARROW_DOWN] * (place + 1), ENTER)
    assert value(page, "sparql") == whole
    assert options(page, "sparql") == []


def test_nothing_is_taken_that_was_not_chosen(page: Tab) -> None:
    write(page, "sparql", "ASK { ?x kg:us")
    assert options(page, "sparql") == ["kg:uses"]
    page.keys(ENTER)
    assert value(page, "sparql") == "ASK { ?x kg:us\n"
    write(page, "sparql", "ASK { ?x kg:us")
    page.keys(ARROW_DOWN, ESCAPE)
    assert options(page, "sparql") == []
    assert value(page, "sparql") == "ASK { ?x kg:us"
    control(page, " ")
    assert options(page, "sparql") == ["kg:uses"]
    page.keys(TAB)
    assert page.run("return document.activeElement.textContent;") == "Run"
    assert options(page, "sparql") == []


def test_the_arrows_go_round_and_the_list_tells_where_they_are(page: Tab) -> None:
    write(page, "sparql", "ASK { ?x rdf:")
    found = options(page, "sparql")
    active = (
        "const id = document.getElementById('sparql').getAttribute('aria-activedescendant');"
        "const chosen = document.querySelectorAll('[aria-selected=true]');"
        "return id && chosen.length === 1 && chosen[0].id === id ? chosen[0].firstChild.textContent : null;"
    )
    page.keys(ARROW_DOWN)
    assert page.run(active) == found[0]
    page.keys(ARROW_UP)
    assert page.run(active) is None
    page.keys(ARROW_UP)
    assert page.run(active) == found[-1]
    assert page.text("#said") == f"{len(found)} completions"


def test_a_pointer_takes_an_option_and_it_can_be_undone(page: Tab) -> None:
    write(page, "sparql", "ASK { <lora")
    place = offered(page, "sparql", "LoRA").index("LoRA")
    x, y = page.run(
        "const r = document.getElementById('sparql-choices').children[arguments[0]].getBoundingClientRect();"
        "return [r.x + 20, r.y + r.height / 2];", place,
    )  # fmt: skip
    page.click((round(x), round(y)))
    assert value(page, "sparql") == f"ASK {{ {LORA}"
    page.run("document.execCommand('undo');")
    assert value(page, "sparql") == "ASK { <lora"


def test_a_question_is_completed_with_words_and_names_and_answered(page: Tab) -> None:
    write(page, "question", "papers that evaluat")
    place = offered(page, "question", "evaluated-on").index("evaluated-on")
    page.keys(*[ARROW_DOWN] * (place + 1), ENTER, "GSM")
    place = offered(page, "question", "GSM8K").index("GSM8K")
    page.keys(*[ARROW_DOWN] * (place + 1), ENTER)
    assert value(page, "question") == "papers that evaluated-on GSM8K "
    page.keys(ENTER)
    page.until("return document.readyState === 'complete' && document.querySelector('main table tbody tr');")


def test_a_server_that_is_gone_costs_the_names_only(page: Tab) -> None:
    page.run("window.fetch = () => Promise.reject(new TypeError('gone'));")
    write(page, "sparql", "ASK { ?x label")
    assert options(page, "sparql") == ["rdfs:label"]
    page.run("window.fetch = () => Promise.resolve(new Response('{}', {status: 503}));")
    write(page, "sparql", "ASK { ?x label")
    page.settle()
    assert options(page, "sparql") == ["rdfs:label"]


def test_axe_finds_nothing_with_the_list_open_or_closed_light_or_dark(page: Tab) -> None:
    axe_core_python = pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    page.run((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    for theme in ("light", "dark"):
        features = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
        for box, text in (("sparql", "ASK { ?x kg:"), ("question", "papers that u")):
            write(page, box, text)
            page.keys(ARROW_DOWN)
            assert options(page, box)
            found: Any = page.driver.execute_async_script("axe.run(document).then(arguments[0]);")
            told = [(v["id"], v["nodes"][0]["target"], v["nodes"][0]["failureSummary"]) for v in found["violations"]]
            assert told == [], (theme, box)
            page.keys(ESCAPE)
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_names_of_papers_are_text_in_the_list(opened: Tab, tmp_path: Path) -> None:
    with running(GRAPHS["hostile"]()) as hostile, tab(tmp_path, reaching=hostile.address) as page:
        page.go(hostile.address)
        page.until("return !document.getElementById('vocabulary').hidden;")
        inside = "return [...document.querySelectorAll('[role=listbox] *')].map((e) => e.tagName);"
        for typed in ("<script", "<alert", "cdata", "bogus"):
            write(page, "sparql", f"ASK {{ {typed}")
            tags = page.until(f"const tags = (() => {{ {inside} }})(); return tags.length && tags;")
            assert set(tags) == {"LI", "BDI", "SPAN"}
        assert page.faults() == []


def test_without_scripts_the_page_asks_and_answers(page: Tab, site: Served) -> None:
    page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page.driver.get(site.address)
        box = page.driver.find_element("id", "question")
        box.send_keys("techniques evaluated-on GSM8K", ENTER)
        assert page.driver.find_elements("css selector", "main table tbody tr")
        assert not page.driver.find_element("id", "vocabulary").is_displayed()
    finally:
        page.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        page.go(site.address)
