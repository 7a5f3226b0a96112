"""`kg mcp` with the SDK's own client: over stdio to the command itself, and in memory."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import handmade
import pytest
from mcp import Client, StdioServerParameters

from kg import mcp, pipeline
from kg.mcp import tools
from kg.model import KGError
from kg.queries.standby import Engine

GRAPH = handmade.graph()
PROGRAM = "import sys; sys.argv[0] = 'kg'; from kg.cli import main; main()"
NAMES = ["ask", "describe", "neighbours", "search", "sparql", "why"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(GRAPH) as made:
        yield made


def asked(where: Any, work: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
    async def whole() -> Any:
        async with Client(where) as client:
            return await work(client)

    return asyncio.run(whole())


def called(engine: Engine, tool: str, **arguments: Any) -> Any:
    result = asked(tools.server(GRAPH, engine), lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content
    return result.structured_content


def refused(engine: Engine, tool: str, **arguments: Any) -> str:
    result = asked(tools.server(GRAPH, engine), lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return str(result.content[0].text)


def test_every_tool_is_typed_told_and_read_only(engine: Engine) -> None:
    listed = asked(tools.server(GRAPH, engine), lambda client: client.list_tools()).tools
    assert sorted(tool.name for tool in listed) == NAMES
    for tool in listed:
        assert tool.output_schema["type"] == "object"
        assert tool.description
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint


def test_ids_go_from_tool_to_tool(engine: Engine) -> None:
    hit = called(engine, "search", query="lora", type="Technique")["hits"][0]
    assert hit["id"] == "technique/lora"
    about = called(engine, "describe", name=hit["id"])
    assert about["node"] == hit
    near = called(engine, "neighbours", name=hit["id"], relation="uses", limit=2)
    all_of_them = sum(count["count"] for count in about["links"] if count["relation"] == "uses")
    assert (len(near["links"]), near["total"], near["truncated"]) == (2, all_of_them, True)
    paper = near["links"][0]["other"]["id"]
    because = called(engine, "why", name=paper, relation="uses", other=hit["id"])
    assert "«LoRA»" in because["reasons"][0]["quotes"][0]["text"]
    assert called(engine, "describe", name=paper)["paper"]["title"]


def test_a_question_comes_with_evidence_and_sparql(engine: Engine) -> None:
    told = called(engine, "ask", question="papers that use LoRA")
    assert len(told["rows"]) == len(told["ids"]) == len(told["evidence"]) == 3
    assert all("LoRA" in lines[0] for lines in told["evidence"])
    again = called(engine, "sparql", query=told["sparql"])
    assert len(again["rows"]) == 3


def test_sparql_gives_rows_truth_and_triples(engine: Engine) -> None:
    names = "SELECT ?name { ?t a kg:Technique ; rdfs:label ?name } ORDER BY ?name"
    assert called(engine, "sparql", query=names)["rows"] == [["LoRA"], ["QLoRA"], ["TinyTune"]]
    assert called(engine, "sparql", query=names, limit=1)["truncated"]
    assert called(engine, "sparql", query="ASK {}")["rows"] == [[True]]
    assert len(called(engine, "sparql", query="CONSTRUCT WHERE { ?s kg:uses ?o }")["rows"][0]) == 3


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("describe", {"name": "LoRAA"}, "LoRA"),
        ("search", {"query": "x", "type": "Person"}, "Person"),
        ("search", {"query": "x", "limit": 100_000}, "limit"),
        ("search", {"query": "x" * 1000}, "query"),
        ("why", {"name": "LoRA"}, "name a relation"),
        ("ask", {"question": "frobnicate the quux"}, "frobnicate"),
        ("sparql", {"query": "SELEKT"}, "invalid SPARQL"),
        ("sparql", {"query": "SELECT * { SERVICE <http://e/> {} }"}, "SERVICE"),
        ("sparql", {"query": "INSERT DATA { <a:a> <a:b> 1 }"}, "change the graph"),
    ],
)
def test_a_mistake_comes_back_as_words_to_mend_it(
    engine: Engine, tool: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in refused(engine, tool, **arguments)


def test_the_command_answers_over_stdio(tmp_path: Path) -> None:
    listing = tmp_path / "papers.jsonl"
    listing.write_text('{"id": "a", "title": "Pruning", "abstract": "We use LoRA on GSM8K."}\n', encoding="utf-8")
    pipeline.update(tmp_path / "map.kg", [str(listing)], workers=1)
    command = StdioServerParameters(
        command=sys.executable,
        args=["-c", PROGRAM, "mcp", str(tmp_path / "map.kg")],
        cwd=Path(__file__).parent.parent,
    )

    async def work(client: Client) -> Any:
        return (await client.list_tools()).tools, await client.call_tool("search", {"query": "LoRA"})

    listed, result = asked(command, work)
    assert sorted(tool.name for tool in listed) == NAMES
    assert result.structured_content["hits"][0]["name"] == "LoRA"


def test_without_the_sdk_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kg.mcp.tools", None)
    with pytest.raises(KGError, match=r"paperatlas\[mcp\]"):
        mcp.run(GRAPH)


def test_run_serves_the_tools_until_the_client_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Server:
        def run(self, *, transport: str) -> None:
            told.append(transport)

    monkeypatch.setattr(tools, "server", lambda graph, engine: Server())
    mcp.run(GRAPH)
    assert told == ["stdio"]
