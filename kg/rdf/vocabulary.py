"""Ontology -> the files that others read: kg.ttl (OWL/RDFS), shapes.ttl (SHACL) and README.md. No blank nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg import ontology as ontologies
from kg.files import write_bytes
from kg.ontology import Ontology, Relation
from kg.rdf import LICENCE, Compactor, Triple, aligned, expander, literal, own, turtle, turtle_prefixes
from kg.rdf.shapes import shapes

_NOTE = "Generated from nodes.yaml, relations.yaml and prefixes.yaml by `kg check --write`: edit those."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """One property of ours that is no relation."""

    name: str
    domain: str
    range: str
    comment: str


_PROPERTIES = (
    _Own(name="kg:confidence", domain="rdf:Statement", range="xsd:decimal", comment="How sure we are, from 0 to 1."),
    _Own(name="kg:support", domain="rdf:Statement", range="xsd:integer", comment="How many papers say so."),
    _Own(name="kg:derived", domain="rdf:Statement", range="xsd:boolean",
         comment="Whether no paper says it in words: inherited by what a paper introduces, or a family or kind."),
    _Own(name="kg:evidence", domain="rdf:Statement", range="oa:SpecificResource", comment="The words that say so."),
    _Own(name="kg:field", domain="oa:SpecificResource", range="xsd:string",
         comment="The field of the paper that the words stand in, and that offsets count in."),
    _Own(name="kg:venue", domain="schema:ScholarlyArticle", range="xsd:string", comment="Where it appeared."),
    _Own(name="kg:authorCount", domain="schema:ScholarlyArticle", range="xsd:integer", comment="How many authors."),
)  # fmt: skip


def files(ontology: Ontology) -> dict[str, str]:
    """Return the generated files of an ontology folder, by name."""
    note = f"# {_NOTE}\n"
    return {
        "kg.ttl": note + _turtle(classes_and_properties(ontology), ontology),
        "shapes.ttl": note + _turtle(shapes(ontology), ontology),
        "README.md": reference(ontology),
    }


def stale(folder: Path) -> list[str]:
    """Return the names of the generated files that are missing or differ from what the YAML says."""
    made = files(ontologies.load(folder))
    return [
        name
        for name, text in made.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != text.encode()
    ]


def write(folder: Path) -> None:
    """Write the generated files of an ontology folder anew."""
    for name, text in files(ontologies.load(folder)).items():
        write_bytes(folder / name, text.encode())


def _turtle(triples: Iterable[Triple], ontology: Ontology) -> str:
    compactor = Compactor(ontology)
    body = turtle(triples, compactor)
    return f"{turtle_prefixes(compactor)}\n{body}"


# --- OWL ------------------------------------------------------------------------------------------------------------


def classes_and_properties(ontology: Ontology) -> Iterator[Triple]:
    """Yield the OWL/RDFS vocabulary.

    Domains and ranges are `schema:domainIncludes` / `rangeIncludes`: a union needs blank nodes, and several
    `rdfs:domain` would mean all of them at once. A public property is a super-property only where it holds for every
    pair that the relation allows; else it is merely named by `rdfs:seeAlso` and stated edge by edge in the data.
    """
    term = expander(ontology)
    a, home = term("rdf:type"), f"<{ontology.iri('kg:').rstrip('#')}>"
    yield home, a, term("owl:Ontology")
    yield home, term("dcterms:title"), literal("paperatlas: papers, techniques, models, benchmarks, hardware, tasks")
    yield home, term("dcterms:license"), f"<{LICENCE}>"
    yield home, term("rdfs:comment"), literal(_NOTE)
    for node_type in ontology.types:
        subject = term(own(node_type.name))
        yield from ((subject, a, term("owl:Class")), (subject, term("rdfs:isDefinedBy"), home))
        yield subject, term("rdfs:label"), literal(node_type.name)
        yield subject, term("rdfs:comment"), literal(node_type.guide)
        for public in node_type.align:
            yield subject, term("rdfs:subClassOf"), term(public)
        for synonym in node_type.synonyms:
            yield subject, term("skos:altLabel"), literal(synonym)
    for relation in ontology.relations:
        subject = term(own(relation.name))
        yield from ((subject, a, term("owl:ObjectProperty")), (subject, term("rdfs:isDefinedBy"), home))
        yield subject, term("rdfs:label"), literal(relation.label)
        for name in relation.domain:
            yield subject, term("schema:domainIncludes"), term(own(name))
        for name in relation.range:
            yield subject, term("schema:rangeIncludes"), term(own(name))
        always = _always(relation, ontology)
        for public in dict.fromkeys(p for _, some in relation.align for p in some):
            yield subject, term("rdfs:subPropertyOf" if public in always else "rdfs:seeAlso"), term(public)
    for one in _PROPERTIES:
        subject = term(one.name)
        kind = "owl:DatatypeProperty" if one.range.startswith("xsd:") else "owl:ObjectProperty"
        yield from ((subject, a, term(kind)), (subject, term("rdfs:isDefinedBy"), home))
        yield subject, term("rdfs:label"), literal(one.name.partition(":")[2])
        yield subject, term("rdfs:comment"), literal(one.comment)
        yield subject, term("schema:domainIncludes"), term(one.domain)
        yield subject, term("schema:rangeIncludes"), term(one.range)
    for node_type in ontology.types:
        yield term("kg:support"), term("schema:domainIncludes"), term(own(node_type.name))


def _always(relation: Relation, ontology: Ontology) -> frozenset[str]:
    pairs = [(s, t) for s in relation.domain for t in relation.range if relation.allows(s, t)]
    found = [frozenset(aligned(relation, s, t, ontology)) for s, t in pairs]
    return frozenset.intersection(*found) if found else frozenset()


# --- README ---------------------------------------------------------------------------------------------------------


def reference(ontology: Ontology) -> str:
    """Return the readable reference in Markdown."""
    types, relations = ontology.types, ontology.relations
    document, means = ontology.type_as("document"), ontology.relation_as("means")
    lines = [
        f"<!-- {_NOTE} -->",
        "# The ontology",
        "",
        "Node types and relations are data: `nodes.yaml`, `relations.yaml` and `prefixes.yaml` are written by hand,",
        "`kg.ttl` (OWL/RDFS), `shapes.ttl` (SHACL) and this page are made from them; `kg check` tells what is stale.",
        "",
        "## Node types",
        "",
        *_table(
            ("type", "what it is", "asked for as", "also typed as", "colour"),
            [
                (_codes((own(t.name),)), t.guide, ", ".join((t.plural, *t.synonyms)), _codes(t.align), t.colour)
                for t in types
            ],
        ),
        "",
        "## Relations",
        "",
        f"A pair outside these columns is refused, and the refusal kept. What a {document.name} introduces inherits the"
        " relations marked so.",
        "",
        *_table(
            ("relation", "from", "to", "inherited", "drawn", "asked for as", "the other way round"),
            [
                (
                    f"`kg:{r.name}`",
                    ", ".join(r.domain),
                    "the same type" if r.same_type else ", ".join(r.range),
                    "yes" if r.inherited else "no",
                    "yes" if r.drawn else "no",
                    ", ".join(r.phrases),
                    ", ".join(r.inverse),
                )
                for r in relations
            ],
        ),
        "",
        "## Public properties",
        "",
        "Each edge is stated with our own property and with those public ones that mean the same for its object.",
        "",
        *_table(
            ("relation", "object", "public properties"),
            [(f"`kg:{r.name}`", "any" if t == "*" else t, _codes(some)) for r in relations for t, some in r.align],
        ),
        "",
        "LPWC's properties (`lpwcp:`) are about papers, it6's about models: they are stated of no other subject.",
        "Traps we keep out of: `it6:ranOn` points at a data set, not at hardware; `cito:usesMethodIn` joins papers;",
        "the property is `fabio:hasArXivId`, not `hasArXivID`; schema.org is `https`.",
        "",
        "## Evidence",
        "",
        "Every edge is also a statement, in RDF 1.1 and without blank nodes:",
        "",
        "```turtle",
        f"paper:arxiv-2401.00001 kg:{means.name} technique:lora .",
        "statement:3f1c a rdf:Statement, prov:Entity ;",
        f"    rdf:subject paper:arxiv-2401.00001 ; rdf:predicate kg:{means.name} ; rdf:object technique:lora ;",
        "    kg:confidence 0.9 ; kg:support 1 ; kg:derived false ;",
        "    prov:wasDerivedFrom paper:arxiv-2401.00001 ; prov:wasGeneratedBy rule:known-0.1.0 ;",
        "    kg:evidence passage:77a0 .",
        'passage:77a0 a oa:SpecificResource ; oa:hasSource paper:arxiv-2401.00001 ; kg:field "abstract" ;',
        "    oa:hasSelector passage:77a0-quote, passage:77a0-position .",
        'passage:77a0-quote a oa:TextQuoteSelector ; oa:exact "LoRA" .',
        "passage:77a0-position a oa:TextPositionSelector ; oa:start 60 ; oa:end 64 .",
        "```",
        "",
        *_table(("property", "of", "value", "meaning"),
                [(f"`{p.name}`", f"`{p.domain}`", f"`{p.range}`", p.comment) for p in _PROPERTIES]),
        "",
        "Offsets count characters of the field. Abstracts are not exported. Characters that XML or RDF cannot hold",
        "become U+FFFD, one for one, so that offsets stay true.",
        "",
        "## Namespaces",
        "",
        *_table(("prefix", "namespace"), [(f"`{name}:`", f"<{namespace}>") for name, namespace in ontology.prefixes]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _codes(curies: Sequence[str]) -> str:
    return ", ".join(f"`{c}`" for c in curies)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    def row(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return [row(head), "|" + "---|" * len(head), *map(row, rows)]
