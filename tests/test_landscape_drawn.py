from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import warnings
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring
from handmade import ONTOLOGY, claim, extraction, paper
from surveyed import surveyed
from test_cli import run

from kg.graph import KnowledgeGraph, assemble
from kg.landscape import RENDERERS, landscape, renderer, views
from kg.model import ExportError, KGError, QueryError

GRAPH = surveyed()
FORMATS = RENDERERS.names()
VIEWS = views(ONTOLOGY)
HOSTILE: list[str] = json.loads((Path(__file__).parent / "samples" / "hostile.json").read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"


def render(
    graph: KnowledgeGraph, format: str, view: str = "all", *, types: tuple[str, ...] = (), top: int = 20
) -> bytes:
    view = "ranking" if format == "csv" and view == "all" else view
    return renderer(graph.ontology, "-", format=format, view=view)(graph, landscape(graph, types=types, top=top), view)


@pytest.fixture(scope="module")
def hostile() -> KnowledgeGraph:
    """Names and titles that attack what they are written into; three papers each, so that all tables have them."""
    papers = []
    for number, name in enumerate(HOSTILE):
        for copy in range(3):
            of = paper(f"{name} ({number}.{copy})", f"{name} and Steady on MMLU.", year=2022 + copy)
            uses = [claim(of, n, "Technique", "uses") for n in (name, "Steady")]
            papers.append(extraction(of, *uses, claim(of, "MMLU", "Benchmark", "evaluatedOn")))
    return assemble(papers, ontology=ONTOLOGY)


class Page(HTMLParser):
    """Every start tag with its attributes, and all text."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.tags if name in attrs]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_every_view_and_the_graph_stays_as_it_was(format: str) -> None:
    graph = surveyed()
    for view in VIEWS if format not in ("png", "svg") else ("all", "pairs"):
        assert render(graph, format, view)
    assert graph == GRAPH


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_graph_is_drawn_too(format: str) -> None:
    told = render(assemble([], ontology=ONTOLOGY), format)
    assert told
    if format in ("table", "md", "html"):
        assert b"Nothing." in told
        assert b"no paper here bears a date" in told.lower()


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_stay_text_in_every_format(format: str, hostile: KnowledgeGraph) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = render(hostile, format, top=100)
    if format == "png":
        return
    text = told.decode()
    if format not in ("json", "csv"):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    if format == "html":
        page = Page(told)
        assert "script" not in {tag for tag, _ in page.tags}
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    if format == "svg":
        root = fromstring(text)
        assert {e.tag for e in root.iter()} & {f"{SVG}script", f"{SVG}a", f"{SVG}foreignObject"} == set()
    if format == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert {len(row) for row in rows} == {len(rows[0])}
        assert not [row[0] for row in rows if row[0].startswith(("=", "+", "-", "@", "\t", "\r"))]
    if format == "json":
        assert json.loads(text)["views"]["ranking"]["rows"]


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    code = (
        "import hashlib; from kg.landscape import *; from surveyed import surveyed; g = surveyed()\n"
        "for f in RENDERERS.names():\n"
        "    v = 'benchmarks' if f == 'csv' else 'all'\n"
        "    print(f, hashlib.sha256(renderer(g.ontology, '-', format=f, view=v)(g, landscape(g), v)).hexdigest())"
    )
    here = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]
    told = {
        subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:0] = {here}\n{code}"],
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
    assert len(told.pop().splitlines()) == len(FORMATS)


def test_the_page_runs_nothing_loads_nothing_and_shows_the_papers_behind_each_number() -> None:
    html = render(GRAPH, "html")
    page = Page(html)
    style = re.findall(r"<style>(.*?)</style>", html.decode(), re.DOTALL)
    digest = b64encode(sha256(style[0].encode()).digest()).decode()
    (policy,) = [a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert len(style) == 1
    assert "script" not in {tag for tag, _ in page.tags}
    assert not page.values("style")
    assert not page.values("src")
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert sorted(page.values("popovertarget")) == sorted(i for i in ids if re.fullmatch(r"p\d+", i))
    assert all(link.startswith(("#", "https://example.org/")) for link in page.values("href"))
    assert {link.removeprefix("#") for link in page.values("href") if link.startswith("#")} <= set(ids)
    assert "Alpha and BenchOne: 3 papers" in page.text
    assert "Then we see «BenchOne» at work." in page.text
    assert "Delta and BenchTwo: no paper in this graph" in page.text


def test_the_page_of_one_view_has_that_alone() -> None:
    page = Page(render(GRAPH, "html", "pairs"))
    assert [i for i in page.values("id") if not re.fullmatch(r"p\d+", i)] == ["pairs"]
    assert "nav" not in {tag for tag, _ in page.tags}


def test_the_page_names_types_only_when_there_are_several() -> None:
    assert "Type" not in Page(render(GRAPH, "html", "ranking")).text
    both = Page(render(GRAPH, "html", "ranking", types=("techniques", "hardware"))).text
    assert "Type" in both
    assert "Hardware" in both


def test_json_has_the_papers_behind_every_number() -> None:
    whole = json.loads(render(GRAPH, "json"))
    assert list(whole["views"]) == ["ranking", "rising", "pairs", "benchmarks", "hardware"]
    rows = [row for view in whole["views"].values() for row in (*view.get("rows", ()), *view.get("cells", ()))]
    counted = [row for row in rows if "count" in row]
    assert len(counted) > 12
    for row in counted:
        assert row["count"] == len(set(row["papers"]))
        assert set(row["papers"]) <= set(whole["papers"])
    first = whole["views"]["ranking"]["rows"][0]
    assert first["evidence"]["sentence"] == "Then we see «Alpha» at work."
    assert whole["papers"][first["evidence"]["paper"]]["year"] == 2024
    assert whole["counted"] == {"papers": 15, "dated": 11, "years": {"2022": 5, "2024": 6}}
    gap = whole["views"]["benchmarks"]["gaps"][0]
    assert whole["views"]["benchmarks"]["rows"][gap["row"]]["name"] == "Delta"


def test_csv_has_one_view_with_all_cells_and_gaps() -> None:
    rows = list(csv.DictReader(io.StringIO(render(GRAPH, "csv", "benchmarks").decode())))
    assert len(rows) == 8
    assert rows[0] | {"name": "Alpha", "on": "BenchOne", "papers": "3", "score": ""} == rows[0]
    assert rows[-1] | {"name": "Delta", "on": "BenchTwo", "papers": "0", "score": "0.2"} == rows[-1]
    assert render(GRAPH, "csv", "rising").decode().splitlines()[1] == "Beta,Technique,1,5,0.633,0.052,0.847,yes"


def test_tables_for_people_leave_out_columns_that_say_nothing() -> None:
    told = render(GRAPH, "table").decode()
    assert "15 papers. 11 of 15 papers bear a date; only they count by year." in told
    assert re.search(r"^name +papers +share +2022 +2024$", told, re.MULTILINE)  # no type; no paper is of 2023
    assert re.search(r"^Alpha +6 +0.4 +3 +3$", told, re.MULTILINE)
    assert "| Delta | BenchTwo | 0.2 | 1 | 1 | 0.2 |" in render(GRAPH, "md").decode()


def test_the_picture_has_text_for_text_and_no_date() -> None:
    root: ElementTree.Element = fromstring(render(GRAPH, "svg").decode())
    texts = {"".join(e.itertext()).strip() for e in root.iter(f"{SVG}text")}
    assert {"Most used techniques", "Alpha + Beta", "BenchTwo", "Delta", "?"} <= texts
    assert not [e for e in root.iter() if "date" in e.tag.lower()]
    png = render(GRAPH, "png")
    assert png.startswith(b"\x89PNG")
    assert b"Software" not in png


def test_drawing_minds_no_settings_of_the_machine_and_leaves_them_alone() -> None:
    import matplotlib

    before = render(GRAPH, "svg", "ranking")
    with matplotlib.rc_context({"font.size": 30.0, "text.usetex": True}):
        assert render(GRAPH, "svg", "ranking") == before
        assert matplotlib.rcParams["font.size"] == 30.0


def test_without_matplotlib_a_picture_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ExportError, match=r"drawing needs matplotlib \(pip install 'paperatlas\[plot\]', or write"):
        render(GRAPH, "png")
    assert render(GRAPH, "html")


@pytest.mark.parametrize(
    ("target", "format", "view", "error", "told"),
    [
        ("out.pdf", None, "all", ExportError, r"out\.pdf: no format called 'pdf' \(one of table, csv, md, json, html"),
        ("out", None, "all", ExportError, "no format called ''"),
        ("-", "gif", "all", ExportError, "no format called 'gif'"),
        ("-", None, "trends", QueryError, r"no view called 'trends' \(there are: all, ranking, rising, pairs, bench"),
        ("out.CSV", None, "all", QueryError, r"a CSV file holds one table \(name it: --view ranking\|"),
    ],
)
def test_mistakes_are_told_before_any_work(
    target: str, format: str | None, view: str, error: type[KGError], told: str
) -> None:
    with pytest.raises(error, match=told):
        renderer(ONTOLOGY, target, format=format, view=view)


def test_the_command_line_writes_what_the_ending_says(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    listing, graph = tmp_path / "papers.jsonl", tmp_path / "map.kg"
    facts = [{"relation": "uses", "type": "Technique", "name": "Alpha"}]
    papers = [{"title": f"Paper {n}", "year": 2020 + n // 6, "facts": facts} for n in range(12)]
    listing.write_text("".join(json.dumps(p) + "\n" for p in papers), encoding="utf-8")
    assert run("build", listing, "-o", graph, "--workers", 1) == 0
    capfdbinary.readouterr()
    assert run("landscape", graph, "--view", "rising", "--since", 2021) == 0
    assert b"Share of the 6 papers since 2021" in capfdbinary.readouterr().out
    assert run("landscape", graph, "-o", tmp_path / "out.html", "--type", "techniques", "--type", "hardware") == 0
    assert b"wrote" in capfdbinary.readouterr().err
    assert b"The landscape of techniques and hardware" in (tmp_path / "out.html").read_bytes()
    assert run("landscape", graph, "-o", tmp_path / "out.csv") == 1
    assert capfdbinary.readouterr().err.startswith(b"kg: a CSV file holds one table")
    assert run("landscape", graph, "--top", 0) == 2
