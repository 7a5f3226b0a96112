from __future__ import annotations

import re

import pytest
from handmade import EXTRACTIONS, ONTOLOGY, graph, paper
from hypothesis import given
from hypothesis import strategies as st

from kg import rdf
from kg.model import Edge, Evidence, Node, Vote

IRI_OF = ONTOLOGY.iri


def lines(*, evidence: bool = True) -> list[str]:
    made = graph()
    return rdf.ntriples(rdf.triples(made.nodes, made.edges, ONTOLOGY, evidence=evidence)).splitlines()


def facts_of(node: Node) -> set[tuple[str, str]]:
    compactor = rdf.Compactor(ONTOLOGY)
    return {(compactor.term(p), compactor.term(o)) for _, p, o in rdf.facts([node], [], ONTOLOGY)}


def test_every_edge_is_a_plain_triple_and_a_statement() -> None:
    made, found = graph(), set(lines())
    assert made.edges
    for edge in made.edges:
        ends = f"<{IRI_OF('kgr:' + edge.source)}> <{IRI_OF('kg:' + edge.relation)}> <{IRI_OF('kgr:' + edge.target)}> ."
        assert ends in found
        statement = f"<{IRI_OF('kgr:statement/' + edge.id)}>"
        assert f"{statement} <{IRI_OF('rdf:object')}> <{IRI_OF('kgr:' + edge.target)}> ." in found
        for source in edge.papers:
            assert f"{statement} <{IRI_OF('prov:wasDerivedFrom')}> <{IRI_OF('kgr:' + source)}> ." in found


def test_lines_are_sorted_by_byte_and_distinct() -> None:
    found = lines()
    assert found == sorted(set(found), key=str.encode)


def test_triples_come_once_and_the_description_counts_all_others() -> None:
    made = graph()
    everything = list(rdf.triples(made.nodes, made.edges, ONTOLOGY))
    assert len(everything) == len(set(everything))
    size = next(int(o.split('"')[1]) for s, p, o in everything if s.endswith("/dataset>") and p.endswith("#triples>"))
    described = list(rdf.description(made.nodes, made.edges, ONTOLOGY, size=size))
    assert size == len(everything) - len(described)


def test_without_evidence_there_are_facts_and_a_description_only() -> None:
    found = lines(evidence=False)
    assert set(found) < set(lines()) | {line for line in found if "void#triples" in line}
    assert not [line for line in found if "/statement/" in line or "/passage/" in line]


def test_there_is_no_blank_node() -> None:
    assert not [line for line in lines() if line.startswith("_:") or " _:" in line]


def test_abstracts_are_exported_as_quotes_only() -> None:
    text = "\n".join(lines())
    for extraction in EXTRACTIONS:
        assert extraction.paper.abstract not in text
    assert '"smartphones"' in text


def test_nodes_have_labels_classes_and_the_title_that_mldcat_demands() -> None:
    measure = ONTOLOGY.type_as("measure")
    found = facts_of(Node(id="benchmark/x", type=measure.name, name="X", aliases=("Y", "X"), support=2))
    assert {("rdf:type", c) for c in measure.align} <= found
    assert ("dcterms:title", '"X"') in found
    assert {v for p, v in found if p == "skos:altLabel"} == {'"Y"'}
    assert ("kg:support", "2") in found


@pytest.mark.parametrize(
    ("date", "year", "expected"),
    [
        ("2024-05-01", 2024, '"2024-05-01"^^xsd:date'),
        ("2024-05", 2024, '"2024-05"^^xsd:gYearMonth'),
        ("2024", 2024, '"2024"^^xsd:gYear'),
        ("", 2024, '"2024"^^xsd:gYear'),
        ("2024-13-40", 2023, '"2023"^^xsd:gYear'),
        ("last May", 2024, '"2024"^^xsd:gYear'),
        ("2023-02-29", None, ""),
        ("\u0662\u0660\u0662\u0664", None, ""),
        ("", 20240, ""),
        ("", None, ""),
    ],
)
def test_dates_are_exported_as_far_as_they_are_real(date: str, year: int | None, expected: str) -> None:
    record = paper("A title", date=date, year=year)
    found = facts_of(Node(id="paper/x", type=ONTOLOGY.type_as("document").name, name="A title", paper=record))
    assert {v for p, v in found if p == "dcterms:issued"} == ({expected} if expected else set())


def test_a_record_is_exported_with_what_is_valid_of_it() -> None:
    record = paper(
        "T",
        arxiv="2401.00001",
        doi="10.1000/a<b>",
        url="https://example.org/ä?q=1",
        venue="A Venue",
        authors=("Ada", "Bob"),
        keywords=("k",),
    )
    found = facts_of(Node(id="paper/x", type=ONTOLOGY.type_as("document").name, name="T", paper=record))
    assert {
        ("fabio:hasArXivId", '"2401.00001"'),
        ("schema:sameAs", "<https://arxiv.org/abs/2401.00001>"),
        ("dcterms:identifier", '"doi:10.1000/a<b>"'),
        ("schema:sameAs", "<https://doi.org/10.1000/a%3Cb%3E>"),
        ("schema:url", "<https://example.org/%C3%A4?q=1>"),
        ("kg:venue", '"A Venue"'),
        ("kg:authorCount", "2"),
        ("schema:keywords", '"k"'),
    } <= found
    invalid = paper("T", arxiv="no id", doi="11.1/x y", url="javascript:alert(1)")
    names = {
        p for p, _ in facts_of(Node(id="paper/x", type=ONTOLOGY.type_as("document").name, name="T", paper=invalid))
    }
    assert not names & {"fabio:hasArXivId", "dcterms:identifier", "schema:sameAs", "schema:url", "kg:authorCount"}


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org/a",
        "https://",
        "https://exa mple.org",
        "https://example.org/a/../b",
        "https://example.org/%zz",
        'https://example.org/">',
        "https://user:secret@example.org/",
        "https://example.org/\n",
        "//example.org",
    ],
)
def test_an_address_that_some_parser_would_refuse_or_change_is_left_out(address: str) -> None:
    assert rdf.web_address(address) == ""


def test_public_properties_are_stated_of_the_subjects_they_are_about() -> None:
    document, system = ONTOLOGY.type_as("document").name, ONTOLOGY.type_as("system").name
    measure, procedure = ONTOLOGY.type_as("measure").name, ONTOLOGY.type_as("procedure").name
    result, means = ONTOLOGY.relation_as("result"), ONTOLOGY.relation_as("means")
    assert "it6:hasBenchmark" in rdf.aligned(result, system, measure, ONTOLOGY)
    assert "it6:hasBenchmark" not in rdf.aligned(result, document, measure, ONTOLOGY)
    assert "lpwcp:hasMethod" in rdf.aligned(means, document, procedure, ONTOLOGY)
    assert "lpwcp:hasMethod" not in rdf.aligned(means, system, procedure, ONTOLOGY)


def test_a_public_property_shared_by_two_relations_is_stated_once() -> None:
    document, procedure = ONTOLOGY.type_as("document").name, ONTOLOGY.type_as("procedure").name
    means, background = ONTOLOGY.relation_as("means").name, ONTOLOGY.relation_as("background").name
    quote = (Evidence(paper="paper/x", field="title", start=0, end=1, text="Y"),)
    nodes = [Node(id="paper/x", type=document, name="Y"), Node(id="technique/y", type=procedure, name="Y")]
    edges = [
        Edge(source="paper/x", relation=r, target="technique/y", confidence=1.0, evidence=quote)
        for r in (means, background)
    ]
    found = list(rdf.triples(nodes, edges, ONTOLOGY))
    assert len(found) == len(set(found))
    assert sum(p == f"<{IRI_OF('schema:mentions')}>" for _, p, _ in found) == 1


def test_rules_become_activities_whatever_they_are_called() -> None:
    quote = (Evidence(paper="paper/x", field="title", start=0, end=1, text="Y"),)
    edge = Edge(
        source="paper/x",
        relation=ONTOLOGY.relation_as("means").name,
        target="technique/y",
        confidence=0.5,
        evidence=quote,
        votes=(Vote(rule="cue: <we> use\ud800", score=0.5), Vote(rule="known", score=0.4)),
    )
    found = rdf.ntriples(rdf.statements([edge], ONTOLOGY))
    assert re.search(r"/rule/cue%3A%20%3Cwe%3E%20use%EF%BF%BD-[0-9.]+> <[^>]+#type> <[^>]+prov#Activity>", found)
    assert '"cue: <we> use\ufffd"' in found
    assert '"0.5"^^' in found


@pytest.mark.parametrize(("confidence", "text"), [(1.0, "1.0"), (0.0, "0.0"), (0.95, "0.95"), (0.12345, "0.1235")])
def test_confidence_is_a_canonical_decimal(confidence: float, text: str) -> None:
    quote = (Evidence(paper="paper/x", field="title", start=0, end=1, text="Y"),)
    means = ONTOLOGY.relation_as("means").name
    edge = Edge(source="paper/x", relation=means, target="technique/y", confidence=confidence, evidence=quote)
    assert f'"{text}"^^<{IRI_OF("xsd:decimal")}>' in rdf.ntriples(rdf.statements([edge], ONTOLOGY))


@pytest.mark.parametrize(
    ("node_id", "curie"),
    [
        ("technique/c++", "kgr:technique/c++"),
        ("model/..", "kgr:model/%2E%2E"),
        ("model/.", "kgr:model/%2E"),
        ("model/a b", "kgr:model/a%20b"),
    ],
)
def test_node_iris_survive_every_parser(node_id: str, curie: str) -> None:
    assert rdf.node_curie(node_id) == curie


@given(st.text())
def test_cleaning_keeps_the_length_and_leaves_only_what_xml_and_utf8_hold(text: str) -> None:
    cleaned = rdf.clean(text)
    assert len(cleaned) == len(text)
    cleaned.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]", cleaned)
    assert rdf.clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("term", "short"),
    [
        (f"<{IRI_OF('kgr:technique/lora')}>", "technique:lora"),
        (f"<{IRI_OF('kgr:technique/c++')}>", f"<{IRI_OF('kgr:technique/c++')}>"),
        (f"<{IRI_OF('kgr:model/a.')}>", f"<{IRI_OF('kgr:model/a.')}>"),
        ("<https://example.org/x>", "<https://example.org/x>"),
        (f'"3"^^<{IRI_OF("xsd:integer")}>', "3"),
        (f'"0.5"^^<{IRI_OF("xsd:decimal")}>', "0.5"),
        (f'"true"^^<{IRI_OF("xsd:boolean")}>', "true"),
        (f'"2024"^^<{IRI_OF("xsd:gYear")}>', '"2024"^^xsd:gYear'),
        (r'"a\"^^<http://x#boolean>"', r'"a\"^^<http://x#boolean>"'),
    ],
)
def test_terms_are_shortened_only_where_turtle_allows(term: str, short: str) -> None:
    assert rdf.Compactor(ONTOLOGY).term(term) == short
