"""Hundreds of hostile labels in one page: nothing runs, everything is shown as text, exports stay well-formed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import hostile
import pyoxigraph
import pytest
from markdown_it import MarkdownIt
from tab import Tab, tab

import kg
from kg.explorer import canvas, draw
from kg.explorer.content import content

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
ODD = (
    "img, iframe, object, embed, video, audio, base, math, marquee, template, style:not(head style), "
    "[onerror], [onload], [onclick], [onfocus], [onmouseover], [ontoggle], a:not([href^=http])"
)
CHOSEN = """
// every payload once as the name of a model, and some of the papers
const chosen = (m, i, few) => m.id[i].startsWith("model/") || (i >= m.firstPaper && i % few === 0);
"""
WALK = """
const done = arguments[0];
(async () => {
  const {m, app} = atlas, wrong = [], query = document.getElementById("query");
  for (let i = 0; i < m.count; i++) {
    if (!chosen(m, i, 6)) continue;
    app.pick(i);
    const panel = document.getElementById("panel");
    if (panel.querySelector("h2").textContent !== m.name[i]) wrong.push(["panel", m.name[i]]);
    for (const b of panel.querySelectorAll(".toggle[aria-expanded=false]")) b.click();
    const also = m.aliases[i].length ? panel.querySelector(".aliases").textContent : "";
    if (m.aliases[i].some((a) => !also.includes(a))) wrong.push(["aliases", m.name[i]]);
    query.value = m.id[i];
    query.dispatchEvent(new Event("input"));
    const hit = document.querySelector("#hits li bdi");
    const shown = Array.from(m.name[i]).slice(0, 60).join("");
    if (!hit || !hit.textContent.startsWith(shown)) wrong.push(["search", m.name[i]]);
    query.dispatchEvent(new Event("blur"));
    if (i % 7 === 0) await new Promise((r) => setTimeout(r, 0));
  }
  for (let e = 0; e < m.links; e += 9) app.pickEdge(e);
  app.close();
  setTimeout(() => done(wrong), 200);
})();
"""
TIPS = """
const done = arguments[0], {m, cam} = atlas, canvas = document.getElementById("map"), wrong = [];
const box = canvas.getBoundingClientRect(), tip = document.getElementById("tip");
for (let i = 0; i < m.count; i++) {
  if (!chosen(m, i, 20)) continue;
  Object.assign(cam, {x: m.x[i], y: m.y[i], k: 3});
  atlas.draw();
  canvas.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + cam.w / 2, clientY: box.top + cam.h / 2}));
  const wanted = Array.from(m.name[i]).slice(0, 100).join("");
  if (tip.hidden || !tip.textContent.startsWith(wanted)) wrong.push(m.name[i]);
}
atlas.fit();
setTimeout(() => done(wrong), 400);
"""
COPIES = """
const done = arguments[1], {m, app} = atlas, texts = [];
(async () => {
  for (let i = 0; i < m.count; i += 2) {
    if (!chosen(m, i, 20)) continue;
    app.pick(i);
    for (const kind of arguments[0]) {
      await app.copy(kind);
      texts.push([kind, m.name[i], document.getElementById("words-text").value]);
    }
  }
  document.getElementById("words").close();
  done(texts);
})();
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """The page of all payloads as titles, names, aliases, quotes, authors, venues, facts, types and relations."""
    held = content(hostile.graph(hostile.PAYLOADS))
    for kind, column in (("types", 1), ("relations", 1), ("relations", 5)):
        for row, text in zip(held.core[kind], hostile.PAYLOADS, strict=False):
            row[column] = text
    with pytest.MonkeyPatch.context() as patch, tab(tmp_path_factory.mktemp("page")) as window:
        patch.setattr(canvas, "content", lambda *_, **__: replace(held))
        window.open(draw(hostile.graph(hostile.PAYLOADS[:1])))
        yield window
        assert window.faults() == []


def nothing_odd(page: Tab) -> None:
    assert page.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.outerHTML);", ODD) == []
    assert page.run("return document.querySelectorAll('script:not([type]), script[type=module]').length;") == 1
    assert set(page.run("return [...document.querySelectorAll('a')].map(a => a.protocol);")) <= {"http:", "https:"}
    assert page.run("return [({}).polluted, Object.keys(Object.prototype).length];") == [None, 0]
    assert page.faults() == []


def test_there_are_three_hundred_payloads_each_in_every_place(page: Tab) -> None:
    assert len(hostile.PAYLOADS) >= 300
    assert page.run("return atlas.m.count;") > 3 * len(hostile.PAYLOADS)
    nothing_odd(page)


def test_panel_aliases_and_search_show_every_name_as_text(page: Tab) -> None:
    page.driver.set_script_timeout(60)
    assert page.driver.execute_async_script(CHOSEN + WALK) == []
    nothing_odd(page)


def test_the_pointer_tells_every_name_as_text(page: Tab) -> None:
    assert page.driver.execute_async_script(CHOSEN + TIPS) == []
    nothing_odd(page)


def test_legend_and_views_show_them_as_text(page: Tab) -> None:
    legend = page.run("return [...document.querySelectorAll('#types .key')].map(k => k.children[1].textContent);")
    assert set(legend) <= set(hostile.PAYLOADS)
    for view in ("matrix", "timeline", "ranking", "table"):
        page.run("atlas.go({view: arguments[0], off: ''});", view)
        nothing_odd(page)
    page.run("while (document.querySelector('#sheet > .more')) document.querySelector('#sheet > .more').click();")
    rows = page.run("return [...document.querySelectorAll('.data tbody tr')].map(r => r.cells[0].textContent);")
    names = page.run("return atlas.m.name.map((n) => Array.from(n).length > 160 ? '' : n);")
    assert set(names) - {""} <= set(rows)
    nothing_odd(page)


def test_tables_as_csv_have_one_row_each_and_no_formula(page: Tab) -> None:
    page.run("atlas.go({view: 'table', off: ''});")
    for part, count in (("Names", "count"), ("Connections", "links")):
        page.run(
            "[...document.querySelectorAll('#sheet .row button')].find(b => b.innerText === arguments[0]).click();"
            "document.getElementById('csv').click();",
            part,
        )
        name = "nodes.csv" if part == "Names" else "edges.csv"
        rows = list(csv.reader(io.StringIO(page.saved(name).decode("utf-8-sig"), newline=""), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert len(rows) == 1 + page.on()[part != "Names"] <= 1 + page.run(f"return atlas.m.{count};")
        assert not [cell for row in rows for cell in row if re.match(r"[=+@\t\r]|-\D", cell)]
    page.run("atlas.go({view: 'map'});")


def test_copies_are_read_by_other_programs(page: Tab) -> None:
    texts: list[Any] = page.driver.execute_async_script(CHOSEN + COPIES, ["Turtle", "SPARQL", "Markdown", "BibTeX"])
    label = pyoxigraph.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    store, markdown = pyoxigraph.Store(), MarkdownIt()
    for kind, name, text in texts:
        if kind == "Turtle":
            triples = pyoxigraph.parse(text.encode(), format=pyoxigraph.RdfFormat.TURTLE)
            assert [t.object.value for t in triples if t.predicate == label] == [name]
        elif kind == "SPARQL":
            store.query(text)
        elif kind == "Markdown":
            (heading, *_), links = markdown.parse(text)[1:2], re.findall(r'href="([^"]*)', markdown.render(text))
            assert "".join(t.content for t in heading.children or () if t.type != "softbreak") == name.strip()
            assert all(link.startswith("http") for link in links)
            tags = re.findall(r"<(\w+)", markdown.render(text))
            assert set(tags) <= {"h2", "h3", "p", "ul", "li", "a"}
    assert len(texts) > 4 * 200


def test_all_of_bibtex_is_read_back(page: Tab, tmp_path: Any) -> None:
    page.run("atlas.app.pick(atlas.m.name.indexOf('hub'));")
    text = page.driver.execute_async_script(
        "const done = arguments[0]; atlas.app.copy('BibTeX').then(() => {"
        " done(document.getElementById('words-text').value); document.getElementById('words').close(); });"
    )
    source = tmp_path / "hub.bib"
    source.write_text(text, encoding="utf-8")
    papers, skipped = kg.read([source])
    assert len(papers) + len(skipped) == len(hostile.PAYLOADS)
    assert {found.reason for found in skipped} <= {"no title"}  # nothing but signs
    assert len(skipped) < 30


def test_drawings_are_well_formed_xml(page: Tab) -> None:
    page.run("atlas.app.close(); atlas.go({off: '', view: 'map'}); atlas.app.pick(atlas.m.name.indexOf('hub'));")
    page.run("atlas.app.gather();")
    page.wait()
    page.choose("save", "svg")
    root = ElementTree.fromstring(page.saved("hub.svg"))
    drawn = {title.text for title in root.iter("{http://www.w3.org/2000/svg}title")}
    assert len(drawn) > 100
    assert len(list(root.iter("{http://www.w3.org/2000/svg}script"))) == 0
    nothing_odd(page)
