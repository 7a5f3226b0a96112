"""A graph file read where it lies says exactly what the loaded graph says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import atlas
import pytest
import question_bank
import test_queries
import test_questions
from handmade import graph, paper, saved

from kg import lookup, pipeline, rdf, store
from kg.exporters import export
from kg.graph import KnowledgeGraph
from kg.model import KGError
from kg.queries import answer, proven, why, why_not
from kg.queries.explanations import format_explanation
from kg.rdf import writer
from kg.store import stored
from kg.view import Sets, View, year
from kg.view.loaded import sets

QUESTIONS = [case.ask for case in question_bank.cases()]
OTHERS = [question for question, _ in (*test_queries.BANK, *test_queries.EMPTY)]
GRAPHS = ("bank", "atlas", "handmade")


@cache
def loaded(name: str) -> KnowledgeGraph:
    if name == "bank":
        return question_bank.graph()
    return atlas.graph() if name == "atlas" else graph()


def kept(of: KnowledgeGraph, path: Path) -> Path:
    saved(path, of)
    return path


@pytest.fixture(scope="module", params=GRAPHS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[View, View]]:
    name: str = request.param
    path = kept(loaded(name), tmp_path_factory.mktemp(name) / "a.kg")
    with stored.view(path) as seen:
        yield loaded(name), seen


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, View]]:
    folder = tmp_path_factory.mktemp("views")
    with (
        stored.view(kept(loaded("bank"), folder / "bank.kg")) as bank,
        stored.view(kept(loaded("atlas"), folder / "atlas.kg")) as seen,
    ):
        yield {"bank": bank, "atlas": seen}


def told(of: View, question: str, limit: int) -> object:
    try:
        found = answer(of, question, limit=limit)
    except KGError as error:
        return str(error)
    return proven(of, found)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_of_the_bank_has_the_same_answer(question: str, views: dict[str, View]) -> None:
    for limit in (3, question_bank.EVERY):
        assert told(views["bank"], question, limit) == told(loaded("bank"), question, limit)


def test_so_have_questions_where_confidences_and_years_differ_and_random_ones(views: dict[str, View]) -> None:
    chance = random.Random(7)
    for question in (*OTHERS, *(test_questions._random_question(chance) for _ in range(300))):
        assert told(views["atlas"], question, 20) == told(loaded("atlas"), question, 20), question


@pytest.mark.parametrize("most", ["_OFTEN", "_MANY"])
def test_so_have_they_when_columns_and_edges_are_read_as_a_whole(
    most: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stored, most, 0)
    chance = random.Random(8)
    with stored.view(kept(loaded("atlas"), tmp_path / "a.kg")) as seen:
        for question in (*OTHERS, *(test_questions._random_question(chance) for _ in range(100))):
            assert told(seen, question, 20) == told(loaded("atlas"), question, 20), question


def test_nobody_need_wait_for_edges_that_are_not_asked_for(views: dict[str, View]) -> None:
    assert answer(views["bank"], "top 3 techniques", edges=False).edges == ()


def test_all_parts_are_there_in_the_same_order(pair: tuple[View, View]) -> None:
    whole, seen = pair
    assert tuple(seen.nodes) == tuple(whole.nodes)
    assert tuple(seen.edges) == tuple(whole.edges)
    assert tuple(seen.rejections) == tuple(whole.rejections)
    assert (len(seen.nodes), len(seen.edges), len(seen.rejections)) == (
        len(whole.nodes),
        len(whole.edges),
        len(whole.rejections),
    )
    assert (seen.ontology, seen.decisions, seen.counts()) == (whole.ontology, whole.decisions, whole.counts())
    first = next(iter(whole.nodes))
    assert first in seen.nodes
    assert first not in seen.edges  # type: ignore[comparison-overlap]


def test_what_is_looked_up_is_found(pair: tuple[View, View]) -> None:
    whole, seen = pair
    for ours, theirs in ((seen.by_id, whole.by_id), (seen.outgoing, whole.outgoing), (seen.incoming, whole.incoming)):
        assert dict(ours) == dict(theirs)
        assert len(ours) == len(theirs)
        assert "no node" not in ours
    assert dict(seen.names) == dict(seen.names.items()) == dict(whole.names)
    for node in whole.nodes:
        assert seen.find(node.name) == whole.find(node.name)
        assert (seen.below(node.id), seen.above(node.id)) == (whole.below(node.id), whole.above(node.id))


def test_sets_are_answered_alike(pair: tuple[View, View]) -> None:
    whole, seen = pair
    assert isinstance(seen, Sets)
    walking, looking = sets(whole), sets(seen)
    assert looking is seen
    types = [t.name for t in whole.ontology.types]
    for some in ((), types[:1], types[1:3]):
        assert list(looking.ids(some)) == list(walking.ids(some))
        assert looking.size(some) == walking.size(some)
        assert looking.undated(some) == walking.undated(some)
        assert sorted(looking.standing(some), key=repr) == sorted(walking.standing(some), key=repr)
    for some in ((), types[:1], types[1:]):
        assert list(looking.best(some, 5)) == list(walking.best(some, 5))
    for relation in whole.ontology.relations:
        assert list(looking.aims(relation.name)) == list(walking.aims(relation.name))
    assert looking.derived() == walking.derived()
    assert sorted(looking.kinds(), key=lambda e: e.key) == sorted(walking.kinds(), key=lambda e: e.key)
    assert set(looking.rules()) == set(walking.rules())
    assert list(looking.statements()) == list(walking.statements())
    assert list(looking.passages(rdf.passage_name)) == list(walking.passages(rdf.passage_name))
    ids = list(walking.ids(()))
    assert list(looking.values(ids)) == list(walking.values(ids)) == list(whole.nodes)
    for node in whole.nodes:
        assert (looking.type(node.id), looking.name(node.id)) == (node.type, node.name)
        if node.paper is not None:
            assert looking.year(node.id) == walking.year(node.id) == year(node.paper)
    with pytest.raises(KeyError):
        looking.type("no node")


def test_reasons_are_the_same(pair: tuple[View, View]) -> None:
    whole, seen = pair
    for node in list(whole.nodes)[:40]:
        for explain in (why, why_not):
            reasons = []
            for of in (whole, seen):
                try:
                    reasons.append(format_explanation(explain(of, node.name)))
                except KGError as error:
                    reasons.append(str(error))
            assert reasons[0] == reasons[1]
        assert lookup.describe(seen, node.id) == lookup.describe(whole, node.id)
        assert lookup.search(seen, node.name) == lookup.search(whole, node.name)
    assert lookup.summary(seen) == lookup.summary(whole)


def test_a_paper_is_found_by_its_identifiers_but_not_called_so(tmp_path: Path) -> None:
    made = paper(
        "A paper with a number", "It says nothing of anything.", arxiv="2401.00001", doi="10.1/x-y", date="2024"
    )
    of = pipeline.build(made)
    with stored.view(kept(of, tmp_path / "a.kg")) as seen:
        for name in ("arXiv:2401.00001", "https://doi.org/10.1/x-y"):
            assert lookup.one(seen, name) == lookup.one(of, name) == of.nodes[0]
            assert seen.find("10.1/x-y") == of.find("10.1/x-y") == ()


FORMS = {".nt": writer.ntriples, ".nq": writer.nquads, ".ttl": writer.turtle, ".trig": writer.trig}


@pytest.mark.parametrize(
    "suffix", [*FORMS, ".nodes.csv", ".edges.csv", ".jsonld", ".graphml", ".vault.zip", "_edges.tsv"]
)
def test_an_export_has_the_same_bytes(suffix: str, pair: tuple[View, View], tmp_path: Path) -> None:
    for number, of in enumerate(pair):
        export(of, tmp_path / f"{number}{suffix}")
    assert (tmp_path / f"0{suffix}").read_bytes() == (tmp_path / f"1{suffix}").read_bytes()


def test_rdf_written_subject_by_subject_is_that_of_sorted_triples(pair: tuple[View, View]) -> None:
    whole, seen = pair
    triples = list(rdf.triples(whole.nodes, whole.edges, whole.ontology))
    compactor = rdf.Compactor(whole.ontology)
    body = rdf.turtle(triples, compactor)
    assert b"".join(writer.ntriples(seen)).decode() == rdf.ntriples(triples)
    assert b"".join(writer.turtle(seen)).decode() == f"{rdf.turtle_prefixes(compactor)}\n{body}"


def test_after_papers_came_and_went_questions_are_still_answered_alike(tmp_path: Path) -> None:
    samples = Path(__file__).parent / "samples"
    target = tmp_path / "a.kg"
    steps = [[samples / "jsonl.jsonl"], [samples / "hf-listing.txt"], [samples / "arxiv-listing-page.txt"]]
    for sources in steps:
        pipeline.update(target, [str(source) for source in sources])
        _same(target)
    pipeline.remove(target, [store.load(target).papers[0].title])
    _same(target)


def _same(target: Path) -> None:
    whole = store.load(target)
    with stored.view(target) as seen:
        assert sorted(sets(seen).standing(()), key=repr) == sorted(sets(whole).standing(()), key=repr)
        assert dict(seen.names) == dict(whole.names)
        for question in ("techniques", "newest papers", "how many papers per year", "models that use anything"):
            assert told(seen, question, 20) == told(whole, question, 20)
