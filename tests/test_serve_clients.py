"""`kg serve` as other people's clients see it: SPARQLWrapper, rdflib's SPARQLStore, curl, and the command itself."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import handmade
import pytest
from served import Served, running

NAMES = "SELECT ?name { ?t a kg:Technique ; rdfs:label ?name } ORDER BY ?name"
FOUND = ["LoRA", "QLoRA", "TinyTune"]
PROGRAM = "import sys; sys.argv[0] = 'kg'; from kg.cli import main; main()"


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with running(handmade.graph()) as served:
        yield served


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("way", ["urlencoded", "postdirectly"])
def test_sparqlwrapper_reads_every_format(site: Served, method: str, way: str) -> None:
    wrapper = pytest.importorskip("SPARQLWrapper")
    client = wrapper.SPARQLWrapper(f"{site.address}sparql")
    client.setMethod(method)
    if method == "POST":
        client.setRequestMethod(way)
    client.setQuery(NAMES)
    client.setReturnFormat(wrapper.JSON)
    assert [b["name"]["value"] for b in client.query().convert()["results"]["bindings"]] == FOUND
    client.setReturnFormat(wrapper.XML)
    document = client.query().convert()
    assert [node.firstChild.data for node in document.getElementsByTagName("literal")] == FOUND
    client.setReturnFormat(wrapper.CSV)
    assert client.query().convert().decode().split() == ["name", *FOUND]
    client.setReturnFormat(wrapper.TSV)
    assert client.query().convert().decode().split() == ["?name", *(f'"{name}"' for name in FOUND)]
    client.setQuery("CONSTRUCT WHERE { ?s kg:uses ?o }")
    for form in (wrapper.TURTLE, wrapper.RDFXML, wrapper.JSONLD):
        client.setReturnFormat(form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of rdflib, in SPARQLWrapper
            assert len(client.query().convert()) > 2
    client.setReturnFormat(wrapper.JSON)
    client.setQuery("SELECT * {")
    with pytest.raises(wrapper.SPARQLExceptions.QueryBadFormed):
        client.query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("format", ["json", "xml", "csv"])
def test_rdflib_uses_the_server_as_a_store(site: Served, method: str, format: str) -> None:
    import rdflib
    from rdflib.plugins.stores.sparqlstore import SPARQLStore

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        store = SPARQLStore(f"{site.address}sparql", method=method, returnFormat=format)
        graph = rdflib.Graph(store)
        assert [str(row[0]) for row in graph.query(NAMES)] == FOUND  # type: ignore[index]
        lora = rdflib.URIRef("https://w3id.org/paperatlas/id/technique/lora")
        assert str(next(graph.objects(lora, rdflib.RDFS.label))) == "LoRA"
        if format != "csv":
            assert graph.query("ASK {}").askAnswer is True
        if format == "xml":  # rdflib asks for triples in no other way
            assert len(graph.query("CONSTRUCT WHERE { ?s kg:uses ?o }").graph or ()) > 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_what_it_asks_for(site: Served) -> None:
    def curl(*arguments: str) -> str:
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--noproxy", "*", *arguments]
        return subprocess.run(command, capture_output=True, check=False, text=True, timeout=30).stdout

    sparql = f"{site.address}sparql"
    assert curl("-H", "Accept: text/csv", "--data-urlencode", f"query={NAMES}", sparql).split() == ["name", *FOUND]
    assert curl("-G", "--data-urlencode", f"query={NAMES}", "-d", "format=csv", sparql).split() == ["name", *FOUND]
    direct = ("-H", "Content-Type: application/sparql-query", "--data-binary", NAMES)
    assert len(json.loads(curl(*direct, sparql))["results"]["bindings"]) == 3
    assert "@prefix" in curl("-H", "Accept: text/turtle", f"{site.address}paperatlas/id/technique/lora")
    assert json.loads(curl("-H", "Host: evil.example", sparql))["status"] == 421
    assert json.loads(curl("-X", "DELETE", f"{site.address}data"))["status"] == 405


def test_rdflib_reads_the_page_of_a_node_by_its_address(site: Served) -> None:
    import rdflib

    graph = rdflib.Graph().parse(f"{site.address}paperatlas/id/technique/lora")
    assert (
        rdflib.URIRef("https://w3id.org/paperatlas/id/technique/lora"),
        rdflib.RDFS.label,
        rdflib.Literal("LoRA"),
    ) in graph


def test_the_command_serves_a_file_until_interrupted(tmp_path: Path) -> None:
    from kg import pipeline

    listing = tmp_path / "papers.jsonl"
    listing.write_text('{"id": "a", "title": "Pruning", "abstract": "We use LoRA on GSM8K."}\n', encoding="utf-8")
    pipeline.update(tmp_path / "map.kg", [str(listing)], workers=1)
    command = [sys.executable, "-c", PROGRAM, "serve", str(tmp_path / "map.kg"), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent) as server:
        assert server.stderr is not None
        told = server.stderr.readline()
        assert "serving" in told
        server.send_signal(signal.SIGINT)
        rest = server.stderr.read()
    assert "Traceback" not in rest
    assert server.returncode == 0
