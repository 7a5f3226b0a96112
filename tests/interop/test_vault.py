"""The Obsidian vault: as Obsidian's rules say, and as obsidiantools reads it."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from exported import GRAPHS, exported
from handmade import ONTOLOGY, graph, paper
from othertools import absent, part

from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction

MADE: dict[str, Callable[[], KnowledgeGraph]] = {**GRAPHS, "part": part}
FORBIDDEN = set('#^[]|\\/:*?"<>')


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest) -> KnowledgeGraph:
    return MADE[request.param]()


def notes(of: KnowledgeGraph) -> dict[str, str]:
    """The notes by their path."""
    with ZipFile(io.BytesIO(exported("obsidian", of))) as archive:
        assert archive.testzip() is None
        return {n: archive.read(n).decode() for n in archive.namelist() if n.endswith(".md")}


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(text.split("---\n")[1], Loader=yaml.CSafeLoader)
    return found


def test_every_node_is_a_note_and_every_edge_a_link_that_resolves(made: KnowledgeGraph) -> None:
    found = notes(made)
    names = {path.rpartition("/")[2].removesuffix(".md") for path in found}
    assert len(names) == len(found) == len(made.nodes) + 1
    by_id = {front(text)["id"]: path for path, text in found.items() if text.startswith("---")}
    assert set(by_id) == {n.id for n in made.nodes}
    name_of = {i: path.rpartition("/")[2].removesuffix(".md") for i, path in by_id.items()}
    for text in found.values():
        assert set(re.findall(r"\[\[([^\]|#]+)", text)) <= names
    for edge in made.edges:
        text = found[by_id[edge.source]]
        assert f"[[{name_of[edge.target]}]]" in front(text)[edge.relation]
        assert f"- [[{name_of[edge.target]}]]" in text


def test_note_names_are_unique_and_allowed_on_every_system(made: KnowledgeGraph) -> None:
    names = [path.rpartition("/")[2].removesuffix(".md") for path in notes(made)]
    folded = [unicodedata.normalize("NFC", name).casefold() for name in names]
    assert len(set(folded)) == len(folded)
    for name in names:
        assert not FORBIDDEN & set(name)
        assert name == name.strip(" .")
        assert len(name.encode()) < 200


def test_texts_of_papers_are_not_markup(made: KnowledgeGraph) -> None:
    for text in notes(made).values():
        body = text.split("\n---\n")[-1]
        without = re.sub(r"- \[\[[^\]]+\]\]", "", body)
        assert not re.search(r"(?<!\\)(<|\[|`|!\[)", without)
        assert not re.search(r"(?<!\\)#\w", without)


def test_names_that_differ_in_case_or_only_in_type_get_notes_of_their_own() -> None:
    of = paper("Maps", "We study map, MAP and Map, con, and the task Map.")
    types = [ONTOLOGY.type_as(role).name for role in ("procedure", "system", "problem")]
    means, goal = ONTOLOGY.relation_as("means").name, ONTOLOGY.relation_as("goal").name

    def said(name: str, kind: str, relation: str) -> Claim:
        start = of.abstract.index(name)
        evidence = Evidence(paper=of.key(), field="abstract", start=start, end=start + len(name), text=name)
        return Claim(name=name, type=kind, relation=relation, confidence=0.9, evidence=(evidence,), votes=())

    claims = [said("MAP", types[0], means), said("map", types[1], means), said("con", types[1], means)]
    claims.append(said("Map", types[2], goal))
    made = assemble([Extraction(paper=of, claims=tuple(claims))], ontology=ONTOLOGY)
    names = {path.rpartition("/")[2] for path in notes(made)}
    assert {n.casefold() for n in names} >= {"map.md", "con_.md", "maps.md"}
    assert len(names) == len(made.nodes) + 1
    test_every_node_is_a_note_and_every_edge_a_link_that_resolves(made)


def test_the_graph_view_is_coloured_by_type() -> None:
    with ZipFile(io.BytesIO(exported("obsidian", graph()))) as archive:
        settings = json.loads(archive.read(".obsidian/graph.json"))
    assert len(settings["colorGroups"]) == len(ONTOLOGY.types)
    assert settings["hideUnresolved"] is True


@pytest.mark.filterwarnings("ignore")
def test_obsidiantools_finds_all_notes_and_no_broken_link(tmp_path: Path) -> None:
    try:
        import obsidiantools.api as obsidian
    except ImportError:
        absent("obsidiantools (PyPI) is not installed")
    made = GRAPHS["atlas"]()
    with ZipFile(io.BytesIO(exported("obsidian", made))) as archive:
        archive.extractall(tmp_path)
    vault = obsidian.Vault(tmp_path).connect().gather()
    assert len(vault.md_file_index) == len(made.nodes) + 1
    assert vault.nonexistent_notes == []
    by_id = {v["id"]: k for k, v in ((k, vault.get_front_matter(k)) for k in vault.md_file_index) if "id" in v}
    linked = {(by_id[e.source], by_id[e.target]) for e in made.edges}
    found = {(a, b) for a, b, _ in vault.graph.edges}
    assert linked <= found
    assert {a for a, _ in found - linked} <= {"Map"}
