"""`kg serve`: the graph store, nodes at their IRIs, pages for people, the JSON API."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import handmade
import pytest
import rdflib
from exported import GRAPHS
from served import Served, running

from kg import rdf
from kg.graph import KnowledgeGraph
from kg.model import Rejection
from kg.serve import completion, pages

GRAPH = handmade.graph()
TSC = next(
    (str(p) for p in (Path(__file__).parent / "interop" / "node" / "node_modules" / ".bin" / "tsc",) if p.exists()),
    shutil.which("tsc"),
)
ASSETS = Path(completion.__file__).parent / "assets"
NAMES = "SELECT ?name { ?t a kg:Technique ; rdfs:label ?name } ORDER BY ?name"


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(GRAPH) as served:
        yield served


# --- graph, nodes, pages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "media_type",
    [
        "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml", "application/trig",
        "application/n-quads",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/data", "/data?default"])
def test_the_graph_store_gives_the_whole_graph(site: Served, media_type: str, path: str) -> None:
    got = site.get(path, accept=media_type)
    assert (got.status, got.media_type) == (200, media_type)
    if media_type == "application/n-triples":
        assert got.text == rdf.ntriples(rdf.triples(GRAPH.nodes, GRAPH.edges, GRAPH.ontology))


@pytest.mark.parametrize(("name", "media_type"), [("trig", "application/trig"), ("nq", "application/n-quads")])
def test_the_graph_store_knows_formats_by_name(site: Served, name: str, media_type: str) -> None:
    assert site.get(f"/data?format={name}", accept="text/turtle").media_type == media_type
    assert site.get(f"/data?format={media_type}").media_type == media_type


def test_the_description_of_the_data_is_at_the_well_known_place(site: Served) -> None:
    got = site.get("/.well-known/void", accept="application/n-triples")
    assert got.status == 200
    assert f"<http://rdfs.org/ns/void#sparqlEndpoint> <{site.address}sparql>" in got.text
    size = rdf.ntriples(rdf.triples(GRAPH.nodes, GRAPH.edges, GRAPH.ontology))
    told = next(line for line in size.splitlines() if "id/dataset> <http://rdfs.org/ns/void#triples>" in line)
    assert told in got.text


@pytest.mark.parametrize("name", ["hostile", "atlas"])
def test_every_node_has_a_page_and_rdf_at_the_path_of_its_iri(name: str) -> None:
    graph = GRAPHS[name]()
    everything = set(rdf.ntriples(rdf.triples(graph.nodes, graph.edges, graph.ontology)).splitlines())
    with running(graph) as site:
        for node in graph.nodes[:: max(1, len(graph.nodes) // 12)]:
            iri = graph.ontology.iri(rdf.node_curie(node.id))
            path = "/" + iri.split("/", 3)[3]
            page = site.get(path, accept="text/html,*/*;q=0.8")
            assert (page.status, page.media_type) == (200, "text/html")
            assert "<script" not in page.text
            told = site.get(path, accept="application/n-triples").text.splitlines()
            assert set(told) <= everything
            assert {line for line in everything if line.startswith(f"<{iri}> ")} <= set(told)
            for media_type in ("text/turtle", "application/ld+json"):
                assert site.get(path, accept=media_type).media_type == media_type


def test_statements_are_found_at_their_iris_too(site: Served) -> None:
    got = site.get(f"/paperatlas/id/statement/{GRAPH.edges[0].id}", accept="text/turtle")
    assert got.status == 200
    assert "Statement" in got.text
    assert site.get(f"/paperatlas/id/statement/{GRAPH.edges[0].id}", accept="text/html").media_type == "text/plain"
    assert site.get("/paperatlas/id/dataset").headers["location"] == "/.well-known/void"


def test_the_page_has_examples_that_have_answers(site: Served) -> None:
    asked, queried = pages.examples(GRAPH)
    assert len(asked) >= 2
    assert len(queried) >= 3
    home = site.get("/").text
    for question in asked:
        got = site.get("/query?" + urlencode({"question": question}))
        assert got.status == 200
        assert "/paperatlas/id/paper/" in got.text
        assert urlencode({"question": question}) in home
    for _, query in queried:
        assert len(json.loads(site.sparql(query).body)["results"]["bindings"]) > 0


def test_the_page_of_a_graph_without_papers_has_no_examples() -> None:
    empty = KnowledgeGraph(nodes=(), edges=(), extractions=(), decisions=(), ontology=GRAPH.ontology)
    asked, _ = pages.examples(empty)
    assert asked == ()


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"question": "techniques"}, 200, "Read as"),
        ({"question": "how many techniques"}, 200, "Answer"),
        ({"question": "techniques evaluated-on NOSUCH"}, 400, 'role="alert"'),
        ({"sparql": NAMES}, 200, "QLoRA"),
        ({"sparql": "ASK {}"}, 200, "true"),
        ({"sparql": "CONSTRUCT WHERE { ?s kg:uses ?o }"}, 200, '<a href="/paperatlas/id/technique/lora">'),
        ({"sparql": "SELECT * { SERVICE <http://e/> {} }"}, 403, 'role="alert"'),
        ({"sparql": "SELECT ('<script>alert(1)</script>' AS ?x) {}"}, 200, "&lt;script&gt;alert(1)"),
        ({"question": '"><script>alert(1)</script>'}, 400, "&quot;&gt;&lt;script&gt;"),
    ],
)
def test_the_query_page_shows_answers_and_refusals(
    site: Served, query: dict[str, str], status: int, words: str
) -> None:
    got = site.get("/query?" + urlencode(query))
    assert got.status == status
    assert words in got.text
    assert got.text.count("<script") == 1
    assert f'<script type="module">{completion.script()}</script>' in got.text


def test_only_the_page_to_ask_on_has_a_script_and_its_policy_allows_no_other(site: Served) -> None:
    policy = site.get("/").headers["content-security-policy"]
    allowed = b64encode(sha256(completion.script().encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'; connect-src 'self'" in policy
    assert policy.startswith("default-src 'none'; ")
    other = site.get("/paperatlas/id/technique/lora", accept="text/html")
    assert "<script" not in other.text
    assert "script-src" not in other.headers["content-security-policy"]


def test_the_boxes_are_told_what_the_graph_can_be_asked(site: Served) -> None:
    held = re.search(r'data-words="([^"]*)"', site.get("/").text)
    assert held is not None
    told = json.loads(unescape(held.group(1)))
    assert ["kg", "https://w3id.org/paperatlas/ontology#"] in told["prefixes"]
    assert "techniques" in told["words"]
    assert {"that", "techniques", "evaluated-on", "on"} <= set(told["small"])
    graph = GRAPH.to_rdflib()
    terms = {GRAPH.ontology.iri(curie) for curie, _ in told["terms"]}
    used = {str(p) for p in graph.predicates()} | {str(o) for o in graph.objects(None, rdflib.RDF.type)}
    assert used <= terms
    kinds = {curie: note.partition(":")[0] for curie, note in told["terms"]}
    assert (kinds["kg:Technique"], kinds["kg:uses"], kinds["rdfs:label"]) == ("class", "property", "property")


def test_a_term_without_a_prefix_or_a_plain_name_is_not_offered() -> None:
    for iri in ("<x:y>", "<https://w3id.org/paperatlas/id/technique/lora>", f"<{GRAPH.ontology.iri('kg:')}>"):
        assert completion._curie(iri, GRAPH.ontology) == ""


def test_the_script_makes_no_markup() -> None:
    text = completion.script()
    assert text.startswith("// @ts-check\n")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|</script", text)


@pytest.mark.skipif(TSC is None, reason="needs tsc (npm ci --prefix tests/interop/node)")
def test_the_types_of_the_script_hold(tmp_path: Path) -> None:
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "noImplicitAny": True, "strict": True, "target": "es2022",
        "module": "es2022", "lib": ["es2022", "dom", "dom.iterable"],
    }  # fmt: skip
    settings = tmp_path / "tsconfig.json"
    settings.write_text(json.dumps({"compilerOptions": options, "include": [f"{ASSETS}/*.js"]}))
    done = subprocess.run([str(TSC), "-p", str(settings)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_the_explorer_is_served_with_its_own_policy(site: Served) -> None:
    got = site.get("/explorer")
    assert got.status == 200
    assert got.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "LoRA" in got.text


# --- JSON API -------------------------------------------------------------------------------------------------------


def test_the_openapi_description_is_true_of_every_operation(site: Served) -> None:
    described = json.loads(site.get("/openapi.json").body)
    assert described["openapi"] == "3.1.0"
    values = {"name": "A Survey of Adapters", "query": "lora", "question": "techniques", "relation": "uses"}
    for path, operation in ((p, m["get"]) for p, m in described["paths"].items() if p.startswith("/api/")):
        given = {p["name"]: values[p["name"]] for p in operation["parameters"] if p["name"] in values}
        got = site.get(f"{path}?{urlencode(given)}")
        assert got.status == 200, got.text
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        _fits(json.loads(got.body), schema, described["components"]["schemas"])


def _fits(value: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Check a value against the few words of JSON Schema that the description uses."""
    if "$ref" in schema:
        _fits(value, schemas[schema["$ref"].rpartition("/")[2]], schemas)
    elif "anyOf" in schema:
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
        plain = [kinds[one["type"]] for one in schema["anyOf"] if "type" in one]
        if not any(isinstance(value, kind) for kind in plain):  # type: ignore[arg-type]
            _fits(value, next(one for one in schema["anyOf"] if "$ref" in one), schemas)
    elif schema["type"] == "array":
        for item in value:
            _fits(item, schema["items"], schemas)
    elif schema["type"] == "object":
        assert set(schema.get("required", ())) <= set(value) <= set(schema["properties"])
        for name, part in value.items():
            _fits(part, schema["properties"][name], schemas)
    else:
        assert (
            type(value)
            in {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}[schema["type"]]
        )


def test_an_answer_that_was_cut_says_so_in_words_that_fit_here(site: Served) -> None:
    told = json.loads(site.get("/api/ask?question=papers&limit=1").body)
    assert (told["truncated"], told["note"]) == (True, "the first 1 of 3 rows, a higher limit shows more")


def test_search_finds_by_words_parts_and_likeness(site: Served) -> None:
    def found(**query: str) -> list[str]:
        return [hit["name"] for hit in json.loads(site.get("/api/search?" + urlencode(query)).body)["hits"]]

    assert found(query="lora")[0] == "LoRA"
    assert len(found(query="adapters")) == 2
    assert len(found(query="adapters", limit="1")) == 1
    assert found(query="gsm", type="Benchmark") == ["GSM8K"]
    assert "TinyTune" in found(query="TinyTunne")
    assert found(query="zzzzzzzz") == []
    assert found(query="...") == []


def test_the_reasons_of_an_edge_have_their_quotes(site: Served) -> None:
    told = json.loads(site.get("/api/why?name=TinyTune:+Cheap+Adapters+for+Phones&relation=uses&other=LoRA").body)
    assert told["reasons"][0]["label"] == "uses"
    assert "«LoRA»" in told["reasons"][0]["quotes"][0]["text"]


def test_what_was_refused_is_told_too() -> None:
    paper = next(n.id for n in GRAPH.nodes if n.paper is not None)
    refused = Rejection(name="Adapters", type="Technique", reason="too general")
    graph = replace(GRAPH, rejections=((paper, refused),))
    with running(graph) as site:
        told = json.loads(site.get("/api/why?name=Adapters&refused=true").body)
    assert [r["reason"] for r in told["refused"]] == ["too general"]
