from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import rdflib
from handmade import ONTOLOGY
from rdflib import OWL, RDF, RDFS, SH

from kg.files import bundled
from kg.model import OntologyError
from kg.rdf import shapes, vocabulary

FILES = ("kg.ttl", "shapes.ttl", "README.md")
SOURCES = ("nodes.yaml", "relations.yaml", "prefixes.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in SOURCES:
        shutil.copy(bundled("ontology") / name, tmp_path / name)
    vocabulary.write(tmp_path)
    return tmp_path


def iri(curie: str) -> rdflib.URIRef:
    return rdflib.URIRef(ONTOLOGY.iri(curie))


def parsed(name: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=vocabulary.files(ONTOLOGY)[name], format="turtle")


def test_the_generated_files_of_the_project_are_up_to_date() -> None:
    assert vocabulary.stale(bundled("ontology")) == [], "kg check --write makes them anew"


def test_writing_makes_nothing_stale(folder: Path) -> None:
    assert sorted(p.name for p in folder.iterdir()) == sorted((*FILES, *SOURCES))
    assert vocabulary.stale(folder) == []


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_edited_file_is_stale(folder: Path, name: str) -> None:
    (folder / name).write_text((folder / name).read_text() + "\n")
    assert vocabulary.stale(folder) == [name]
    (folder / name).unlink()
    assert vocabulary.stale(folder) == [name]


def test_a_new_node_type_makes_all_files_stale_and_appears_in_them(folder: Path) -> None:
    stanza = """
Dataset:
  roles: [measure]
  plural: tables
  synonyms: []
  align: [schema:Dataset]
  colour: "#123456"
  shape: dot
  guide: A new type | with a bar.
"""
    (folder / "nodes.yaml").write_text((folder / "nodes.yaml").read_text() + stanza)
    assert vocabulary.stale(folder) == list(FILES)
    vocabulary.write(folder)
    found = rdflib.Graph().parse(folder / "shapes.ttl")
    assert (iri("kg:DatasetShape"), SH.targetClass, iri("kg:Dataset")) in found
    assert "with a bar" in (folder / "README.md").read_text()
    assert "\\| with" in (folder / "README.md").read_text()


def test_an_inconsistent_ontology_is_an_error_not_a_stale_file(folder: Path) -> None:
    (folder / "nodes.yaml").write_text("Paper: [\n")
    with pytest.raises(OntologyError, match=r"nodes\.yaml"):
        vocabulary.stale(folder)


@pytest.mark.parametrize("name", ["kg.ttl", "shapes.ttl"])
def test_turtle_files_parse_and_hold_no_blank_node(name: str) -> None:
    found = parsed(name)
    assert len(found) > 100
    assert not [term for triple in found for term in triple if isinstance(term, rdflib.BNode)]


def test_every_type_and_relation_is_declared_with_its_alignments() -> None:
    found = parsed("kg.ttl")
    for node_type in ONTOLOGY.types:
        subject = iri(f"kg:{node_type.name}")
        assert (subject, RDF.type, OWL.Class) in found
        assert (subject, RDFS.comment, rdflib.Literal(node_type.guide)) in found
        assert set(found.objects(subject, RDFS.subClassOf)) == {iri(c) for c in node_type.align}
    for relation in ONTOLOGY.relations:
        subject = iri(f"kg:{relation.name}")
        assert (subject, RDF.type, OWL.ObjectProperty) in found
        assert set(found.objects(subject, iri("schema:domainIncludes"))) == {iri(f"kg:{t}") for t in relation.domain}
        assert set(found.objects(subject, iri("schema:rangeIncludes"))) == {iri(f"kg:{t}") for t in relation.range}
        related = {*found.objects(subject, RDFS.subPropertyOf), *found.objects(subject, RDFS.seeAlso)}
        assert related == {iri(c) for _, some in relation.align for c in some}


def test_a_public_property_is_a_super_property_only_where_it_always_holds() -> None:
    found = parsed("kg.ttl")
    means = iri(f"kg:{ONTOLOGY.relation_as('means').name}")
    assert set(found.objects(means, RDFS.subPropertyOf)) == {iri("schema:mentions")}
    assert iri("lpwcp:hasMethod") in set(found.objects(means, RDFS.seeAlso))
    result = iri(f"kg:{ONTOLOGY.relation_as('result').name}")
    assert not set(found.objects(result, RDFS.subPropertyOf))


def test_the_traps_of_public_vocabularies_are_avoided() -> None:
    text = "".join(vocabulary.files(ONTOLOGY)[name] for name in ("kg.ttl", "shapes.ttl"))
    assert "fabio:hasArXivId" in text
    for trap in ("hasArXivID", "it6:ranOn", "usesMethodIn", "http://schema.org/"):
        assert trap not in text


def test_every_property_of_ours_that_shapes_use_is_declared() -> None:
    declared = set(parsed("kg.ttl").subjects(RDF.type))
    ours = {p for p in parsed("shapes.ttl").objects(None, SH.path) if str(p).startswith(ONTOLOGY.iri("kg:"))}
    assert ours
    assert ours <= declared


def test_lists_in_shapes_are_complete() -> None:
    found = parsed("shapes.ttl")
    heads = [o for p in (SH["or"], SH["in"]) for o in found.objects(None, p)]
    assert heads
    for head in heads:
        items = list(rdflib.collection.Collection(found, head))
        assert len(items) >= 2
        assert None not in items


def test_single_valued_properties_are_those_with_one_value_everywhere() -> None:
    single = shapes.single_valued(ONTOLOGY)
    assert {"rdfs:label", "kg:support", "oa:exact"} <= single
    assert not single & {"skos:altLabel", "prov:wasDerivedFrom", "oa:hasSelector"}


def test_the_reference_names_every_type_relation_and_namespace() -> None:
    text = vocabulary.files(ONTOLOGY)["README.md"]
    for name in (*(t.name for t in ONTOLOGY.types), *(r.name for r in ONTOLOGY.relations)):
        assert f"`kg:{name}`" in text
    for _, namespace in ONTOLOGY.prefixes:
        assert f"<{namespace}>" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)
