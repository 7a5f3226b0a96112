"""The page of kg landscape in a real browser, with the network off: it opens, answers by popovers, and runs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from surveyed import surveyed
from tab import Tab, tab
from test_landscape_drawn import HOSTILE

from kg.landscape import landscape
from kg.landscape.page import html

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

SHOWN = "return [...document.querySelectorAll(':popover-open')].map((p) => p.innerText);"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    graph = surveyed()
    with tab(tmp_path_factory.mktemp("landscape")) as window:
        (window.folder / "landscape.html").write_bytes(html(graph, landscape(graph), "all"))
        yield window


@pytest.fixture
def page(opened: Tab) -> Iterator[Tab]:
    opened.go((opened.folder / "landscape.html").as_uri())
    yield opened
    assert opened.faults() == []


def test_a_number_shows_its_papers_by_mouse_and_by_keyboard(page: Tab) -> None:
    assert page.run(SHOWN) == []
    page.run("document.querySelector('.matrix td button').click();")
    (told,) = page.run(SHOWN)
    assert told.startswith("Alpha and BenchOne: 3 papers")
    assert "Then we see «BenchOne» at work." in told
    page.keys("\ue00c")  # Escape
    assert page.run(SHOWN) == []
    page.run("document.querySelector('.gap button').focus();")
    page.keys("\ue007")  # Enter
    (told,) = page.run(SHOWN)
    assert told.startswith("Delta and BenchTwo: no paper in this graph")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Tab, theme: str) -> None:
    axe_core_python = pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    features = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    page.run((Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    for opens in ("", "document.querySelector('.matrix td button').click();"):
        page.run(opens)
        found: Any = page.driver.execute_async_script("axe.run(document).then(arguments[0]);")
        told = [(v["id"], v["nodes"][0]["target"], v["nodes"][0]["failureSummary"]) for v in found["violations"]]
        assert told == []


def test_a_phone_scrolls_tables_and_not_the_page(page: Tab) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.settle()
        assert page.run("return document.documentElement.scrollWidth <= 390;")
    finally:
        page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | {"width": 1280, "mobile": False})


def test_hostile_names_do_nothing(opened: Tab) -> None:
    from handmade import ONTOLOGY, claim, extraction, paper

    from kg.graph import assemble

    papers = []
    for number, name in enumerate(HOSTILE):
        of = paper(f"{name} ({number})", f"{name} on MMLU.", year=2024)
        result = claim(of, "MMLU", "Benchmark", "evaluatedOn")
        papers.append(extraction(of, claim(of, name, "Technique", "uses"), result))
    graph = assemble(papers, ontology=ONTOLOGY)
    (opened.folder / "hostile.html").write_bytes(html(graph, landscape(graph, top=100), "all"))
    opened.go((opened.folder / "hostile.html").as_uri())
    opened.run("for (const b of document.querySelectorAll('button')) b.click();")
    opened.settle()
    assert opened.faults() == []
