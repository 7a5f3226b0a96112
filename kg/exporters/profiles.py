"""Profiles of the RDF: the whole, or what one public vocabulary has words for.

A profile is a SPARQL CONSTRUCT query, one file in `ontology/profiles/`, run over the full export; a new file there is a
new profile. What comes out is described like the whole: VoID and DCAT, with counts of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from kg import rdf
from kg.files import bundled
from kg.model import ExportError
from kg.ontology import Ontology
from kg.rdf import Triple
from kg.view import View

FULL = "full"
_STANDARDS = {
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/TR/skos-reference/",
    "lpwc": "https://linkedpaperswithcode.com/ontology",
    "mldcat-ap": "https://semiceu.github.io/MLDCAT-AP/releases/3.1.0/",
}


def names() -> tuple[str, ...]:
    """Return the names of all profiles, the whole first."""
    return (FULL, *sorted(path.stem for path in (bundled("ontology") / "profiles").glob("*.rq")))


def query(profile: str) -> str:
    """Return the CONSTRUCT query of a profile; an unknown name tells what there is."""
    if profile == FULL or profile not in names():
        raise ExportError(f"no profile called {profile!r}", hint="there are: " + ", ".join(names()))
    return (bundled("ontology") / "profiles" / f"{profile}.rq").read_text(encoding="utf-8")


def triples(graph: View, profile: str = FULL) -> Iterable[Triple]:
    """Return what a profile says of the graph, its description included."""
    if profile == FULL:
        return rdf.triples(graph.nodes, graph.edges, graph.ontology)
    facts = _constructed(graph, query(profile))
    return [*facts, *_description(facts, graph.ontology, profile)]


def _constructed(graph: View, text: str) -> list[Triple]:
    import pyoxigraph

    store = pyoxigraph.Store()
    whole = rdf.ntriples(rdf.triples(graph.nodes, graph.edges, graph.ontology))
    store.bulk_load(whole.encode(), format=pyoxigraph.RdfFormat.N_TRIPLES)
    found = store.query(text)
    if not isinstance(found, pyoxigraph.QueryTriples):
        raise ExportError("a profile must be a CONSTRUCT query", where="ontology/profiles")
    return sorted({(str(t.subject), str(t.predicate), str(t.object)) for t in found})


def _description(facts: Iterable[Triple], ontology: Ontology, profile: str) -> Iterator[Triple]:
    """Yield the description of a profile, with its counts of classes and properties."""
    term = rdf.expander(ontology)
    whole, integer = term(rdf.DATASET), term("xsd:integer")
    members: dict[str, set[str]] = defaultdict(set)
    uses: Counter[str] = Counter()
    for subject, predicate, value in facts:
        uses[predicate] += 1
        if predicate == rdf.TYPE:
            members[value].add(subject)
    entities = set().union(*members.values())
    yield from rdf.described(ontology, size=uses.total(), entities=len(entities))
    if profile in _STANDARDS:
        yield whole, term("dcterms:conformsTo"), f"<{_STANDARDS[profile]}>"
    shortener = rdf.Compactor(ontology)
    counts = {name: len(subjects) for name, subjects in members.items()}
    for kind, counted, found in (("class", "void:entities", counts), ("property", "void:triples", dict(uses))):
        for name in sorted(found):
            safe = quote(shortener.curie(name[1:-1]).replace(":", "-"), safe="-._~")
            part = term(f"{rdf.DATASET}/{profile}/{kind}/{safe}")
            yield whole, term(f"void:{kind}Partition"), part
            yield part, term("rdf:type"), term("void:Dataset")
            yield part, term(f"void:{kind}"), name
            yield part, term(counted), rdf.typed(found[name], integer)
