from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import atlas
import pyoxigraph
import pytest
import rdflib
from exported import RDF_FORMATS, by_rdflib, hostile, iri
from handmade import ONTOLOGY, graph
from othertools import part
from rdflib import RDF, SKOS, URIRef

from kg import exporters
from kg.exporters import EXPORTERS, profiles
from kg.files import bundled
from kg.model import ExportError

NAMES = [name for name in profiles.names() if name != profiles.FULL]
DATASET = iri("kgr:dataset")
DESCRIBED = ("void:classPartition", "void:propertyPartition", "prov:wasGeneratedBy")


@cache
def told(name: str) -> rdflib.Graph:
    return by_rdflib("turtle", exporters.exporter("x.ttl", profile=name)(part()))


def test_the_profiles_are_the_files_of_the_folder_and_the_whole() -> None:
    assert profiles.names() == ("full", "lpwc", "mldcat-ap", "schema", "skos")
    assert {path.stem for path in (bundled("ontology") / "profiles").iterdir()} == set(NAMES)


def test_the_whole_is_what_an_export_without_a_profile_is() -> None:
    for name in RDF_FORMATS:
        assert exporters.exporter(f"x.{name}", format=name, profile="full")(graph()) == EXPORTERS.get(name)(graph())


@pytest.mark.parametrize("profile", NAMES)
def test_a_query_gives_the_same_in_another_engine_over_the_full_export(profile: str) -> None:
    whole = atlas.graph().to_rdflib()
    found = whole.query(profiles.query(profile)).graph
    assert found is not None
    ours = by_rdflib("ntriples", exporters.exporter("x.nt", profile=profile)(atlas.graph()))
    described = {DATASET, *(o for p in DESCRIBED for o in ours.objects(DATASET, iri(p)))}
    assert set(found) == {t for t in ours if t[0] not in described}
    assert len(found) > 50


@pytest.mark.parametrize("profile", NAMES)
@pytest.mark.parametrize("name", list(RDF_FORMATS))
def test_every_rdf_format_has_every_profile(profile: str, name: str) -> None:
    data = exporters.exporter("-", format=name, profile=profile)(graph())
    assert data == exporters.exporter("-", format=name, profile=profile)(graph())
    found = by_rdflib(name, data)
    assert set(found) == set(by_rdflib("turtle", exporters.exporter("x.ttl", profile=profile)(graph())))
    assert not [t for triple in found for t in triple if isinstance(t, rdflib.BNode)]


@pytest.mark.parametrize("profile", profiles.names())
def test_every_profile_describes_itself_with_licence_counts_and_how_it_was_made(profile: str) -> None:
    data = told(profile)
    assert {iri("void:Dataset"), iri("dcat:Dataset")} <= set(data.objects(DATASET, RDF.type))
    for needed in ("dcterms:title", "dcterms:description", "dcterms:license", "dcterms:conformsTo", "void:entities"):
        assert data.value(DATASET, iri(needed)) is not None
    run = data.value(DATASET, iri("prov:wasGeneratedBy"))
    assert "Rules and a learned layer" in str(data.value(run, iri("dcterms:description")))
    partitions = {o for p in DESCRIBED[:2] for o in data.objects(DATASET, iri(p))}
    own = {DATASET, run, *partitions}
    about = [t for t in data if t[0] not in own]
    assert int(str(data.value(DATASET, iri("void:triples")))) == len(about)
    predicates = Counter(p for _, p, _ in about)
    for one in partitions:
        counted = data.value(one, iri("void:property"))
        if counted is not None:
            assert int(str(data.value(one, iri("void:triples")))) == predicates[counted]
        else:
            of = data.value(one, iri("void:class"))
            instances = {s for s in data.subjects(RDF.type, of) if s not in own}
            assert int(str(data.value(one, iri("void:entities")))) == len(instances)


HOMES = {
    "schema": ("https://schema.org/",),
    "skos": (str(SKOS), "http://purl.org/dc/terms/"),
    "lpwc": ("https://linkedpaperswithcode.com/", "http://purl.org/dc/terms/", "http://purl.org/spar/fabio/", "http://xmlns.com/foaf/"),
    "mldcat-ap": (
        "http://data.europa.eu/it6/", "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://xmlns.com/foaf/",
        "http://purl.org/spar/biro/", "https://linkedpaperswithcode.com/", "http://w3id.org/mlso/", "http://www.w3.org/ns/mls#",
    ),
}  # fmt: skip


@pytest.mark.parametrize("profile", NAMES)
def test_a_profile_speaks_only_the_vocabularies_it_says(profile: str) -> None:
    data = told(profile)
    own = {s for s in data.subjects() if "/id/dataset" in str(s) or "/id/build/" in str(s)}
    words = {p for s, p, _ in data if s not in own and p != RDF.type}
    words |= {o for s, _, o in data.triples((None, RDF.type, None)) if s not in own}
    allowed = (*HOMES[profile], *((ONTOLOGY.iri("kg:targets"),) if profile == "mldcat-ap" else ()))
    assert [w for w in words if not str(w).startswith(allowed)] == []


def test_no_profile_falls_into_the_known_traps() -> None:
    text = "".join("\n".join(li for li in profiles.query(p).splitlines() if not li.startswith("#")) for p in NAMES)
    for trap in ("hasArXivID", "ranOn", "usesMethodIn", "<http://schema.org/", "[]", "_:"):
        assert trap not in text
    assert set(told("lpwc").predicates()) >= {
        iri("fabio:hasArXivId"),
        iri("lpwcp:hasMethod"),
        iri("lpwcp:introducedBy"),
    }


def test_linked_papers_with_code_gets_the_datatypes_of_its_own_shapes() -> None:
    data = told("lpwc")
    for predicate, datatype in (
        ("dcterms:date", "xsd:date"),
        ("lpwcp:introducedYear", "xsd:gYear"),
        ("lpwcp:hasURLAbstract", "xsd:anyURI"),
        ("lpwcp:numberPapers", "xsd:integer"),
    ):
        values = list(data.objects(None, iri(predicate)))
        assert values
        assert {getattr(v, "datatype", None) for v in values} == {iri(datatype)}
    for predicate, kind in (("lpwcp:hasMethod", "method"), ("lpwcp:usesDataset", "dataset"), ("lpwcp:hasTask", "task")):
        for value in data.objects(None, iri(predicate)):
            assert (value, RDF.type, iri(f"lpwcc:{kind}")) in data


def test_the_thesauri_keep_the_integrity_conditions_of_skos() -> None:
    data = told("skos")
    concepts, schemes = set(data.subjects(RDF.type, SKOS.Concept)), set(data.subjects(RDF.type, SKOS.ConceptScheme))
    assert concepts
    assert not concepts & schemes  # S9
    for concept in concepts:
        labels = list(data.objects(concept, SKOS.prefLabel))
        assert len(labels) == 1  # S14
        assert labels[0] not in set(data.objects(concept, SKOS.altLabel))  # S13
        (scheme,) = data.objects(concept, SKOS.inScheme)
        top = (scheme, SKOS.hasTopConcept, concept) in data
        assert top == ((concept, SKOS.topConceptOf, scheme) in data)
        assert top != bool(list(data.objects(concept, SKOS.broader)))
        assert concept not in set(data.transitive_objects(concept, SKOS.broader)) - {concept}
    assert {(o, s) for s, o in data.subject_objects(SKOS.broader)} == set(data.subject_objects(SKOS.narrower))
    assert len(list(data.subject_objects(SKOS.broader))) > 10


def test_mldcat_has_what_it_demands_as_far_as_a_listing_tells() -> None:
    data = told("mldcat-ap")
    demanded: dict[str, tuple[str, ...]] = {
        "it6:MachineLearningModel": ("dcterms:title", "dcterms:identifier"),
        "it6:Benchmark": ("dcterms:title",),
        "it6:Hardware": ("dcterms:title",),
        "dcat:Dataset": ("dcterms:title", "dcterms:description"),
        "dcat:Catalog": ("dcterms:title", "dcterms:description", "dcterms:publisher"),
        "foaf:Agent": ("foaf:name",),
        "biro:BibliographicReference": ("dcterms:bibliographicCitation", "dcterms:format"),
        "lpwcc:paper": ("dcterms:title", "dcterms:date", "it6:hasDocument"),
    }
    for kind, properties in demanded.items():
        things = set(data.subjects(RDF.type, iri(kind)))
        assert things, kind
        for thing in things:
            for needed in properties:
                assert len(list(data.objects(thing, iri(needed)))) == 1, (thing, needed)
    for predicate, kind in (
        ("it6:hasBenchmark", "it6:Benchmark"),
        ("it6:testedOn", "dcat:Dataset"),
        ("it6:hasVariation", "it6:MachineLearningModel"),
        ("it6:hasDocument", "foaf:Document"),
        ("it6:hasBibliographicReference", "biro:BibliographicReference"),
        ("lpwcp:hasModel", "it6:MachineLearningModel"),
    ):
        values = set(data.objects(None, iri(predicate)))
        assert values, predicate
        assert all((value, RDF.type, iri(kind)) in data for value in values)


def test_hostile_texts_stay_texts_in_every_profile() -> None:
    for profile in NAMES:
        data = exporters.exporter("x.nt", profile=profile)(hostile())
        assert len(set(pyoxigraph.parse(data, format=pyoxigraph.RdfFormat.N_TRIPLES))) == len(data.splitlines())
        assert all(isinstance(s, URIRef) for s in by_rdflib("ntriples", data).subjects())


def test_an_unknown_profile_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"no profile called 'dcat' \(there are: full, lpwc, mldcat-ap, sch.*, skos\)"
    ):
        exporters.export(graph(), tmp_path / "x.ttl", profile="dcat")


def test_a_format_that_is_no_rdf_has_no_profiles() -> None:
    with pytest.raises(ExportError, match=r"gexf has no profiles \(formats that have: turtle, "):
        exporters.exporter("x.gexf", profile="skos")


def test_a_profile_must_be_a_construct_query(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_: str) -> Any:
        return "ASK { ?s ?p ?o }"

    monkeypatch.setattr(profiles, "query", ask)
    with pytest.raises(ExportError, match="CONSTRUCT"):
        profiles.triples(graph(), "skos")


def test_a_profile_of_nothing_is_a_description(tmp_path: Path) -> None:
    empty = graph().without([n.id for n in graph().nodes])
    for profile in profiles.names():
        exporters.export(empty, tmp_path / "x.ttl", profile=profile)
        assert re.search("dcterms:license", (tmp_path / "x.ttl").read_text())
