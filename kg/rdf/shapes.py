"""What an export may hold, as SHACL shapes without a blank node: lists have named cells.

The same table of constraints tells the JSON-LD writer which properties have one value only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.ontology import Ontology
from kg.rdf import ARXIV, DATASET, DATE_TYPES, DOI, FIELDS, Triple, aligned, expander, literal, own, titled, typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """What may follow a property: how many values, of which datatypes or else classes, and more of SHACL."""

    path: str
    least: int = 0
    most: int | None = None
    datatypes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    pattern: str = ""
    values: tuple[str, ...] = ()
    bounds: tuple[tuple[str, str], ...] = ()


_TEXT, _INTEGER, _OFFSET = ("xsd:string",), ("xsd:integer",), ("xsd:nonNegativeInteger",)
_POSITIVE = (("sh:minInclusive", "1"),)
_NATURAL = (("sh:minInclusive", "0"),)
_WEB = "^https?://"

_EVERY_NODE = (
    Constraint(path="rdfs:label", least=1, most=1, datatypes=_TEXT),
    Constraint(path="skos:prefLabel", least=1, most=1, datatypes=_TEXT),
    Constraint(path="skos:altLabel", datatypes=_TEXT),
    # a family or kind that no paper names has no support of its own
    Constraint(path="kg:support", least=1, most=1, datatypes=_INTEGER, bounds=_NATURAL),
)
_TITLED = (Constraint(path="dcterms:title", least=1, most=1, datatypes=_TEXT),)
_DOCUMENT = (
    Constraint(path="dcterms:issued", most=1, datatypes=tuple(DATE_TYPES.values())),
    Constraint(path="fabio:hasArXivId", most=1, datatypes=_TEXT, pattern=f"^{ARXIV}$"),
    Constraint(path="dcterms:identifier", most=1, datatypes=_TEXT, pattern=f"^doi:{DOI}$"),
    Constraint(path="schema:sameAs", pattern=_WEB),
    Constraint(path="schema:url", most=1, pattern=_WEB),
    Constraint(path="kg:venue", most=1, datatypes=_TEXT),
    Constraint(path="schema:author", datatypes=_TEXT),
    Constraint(path="kg:authorCount", most=1, datatypes=_INTEGER, bounds=_POSITIVE),
    Constraint(path="schema:keywords", datatypes=_TEXT),
)
_RULE = (
    Constraint(path="rdfs:label", least=1, most=1, datatypes=_TEXT),
    Constraint(path="schema:softwareVersion", least=1, most=1, datatypes=_TEXT),
    Constraint(path="dcterms:description", most=1, datatypes=_TEXT),
)
_QUOTE = (
    Constraint(path="oa:exact", least=1, most=1, datatypes=_TEXT, bounds=(("sh:minLength", "1"),)),
)  # fmt: skip
_POSITION = (
    Constraint(path="oa:start", least=1, most=1, datatypes=_OFFSET, bounds=(("sh:lessThan", "oa:end"),)),
    Constraint(path="oa:end", least=1, most=1, datatypes=_OFFSET),
)
_DATASET = (
    Constraint(path="dcterms:title", least=1, most=1, datatypes=_TEXT),
    Constraint(path="dcterms:description", least=1, most=1, datatypes=_TEXT),
    Constraint(path="dcterms:license", least=1, most=1, pattern=_WEB),
    Constraint(path="dcterms:rights", least=1, most=1, datatypes=_TEXT),
    Constraint(path="void:uriSpace", least=1, most=1, datatypes=_TEXT),
    Constraint(path="void:vocabulary", least=1, pattern=_WEB),
    Constraint(path="void:triples", least=1, most=1, datatypes=_INTEGER, bounds=_NATURAL),
    Constraint(path="void:entities", least=1, most=1, datatypes=_INTEGER, bounds=_NATURAL),
    Constraint(path="void:exampleResource", most=1),
    Constraint(path="dcterms:conformsTo", least=1, pattern=_WEB),
    Constraint(path="prov:wasGeneratedBy", least=1, most=1, classes=("prov:Activity",)),
    Constraint(path="void:classPartition"),
    Constraint(path="void:propertyPartition"),
    Constraint(path="schema:softwareVersion", least=1, most=1, datatypes=_TEXT),
)


def single_valued(ontology: Ontology) -> frozenset[str]:
    """Return the properties (CURIEs) that no subject has twice."""
    found = [c for _, _, constraints in _targets(ontology) for c in constraints]
    return frozenset(c.path for c in found if c.most == 1)


def _targets(ontology: Ontology) -> Iterator[tuple[str, tuple[str, str], tuple[Constraint, ...]]]:
    """Yield (name of the shape, its target, its constraints) for all that is exported, relations aside."""
    document = own(ontology.type_as("document").name)
    for node_type in ontology.types:
        own_class = own(node_type.name)
        constraints = _EVERY_NODE + (_TITLED if titled(node_type.name, ontology) else ())
        yield node_type.name, ("sh:targetClass", own_class), constraints + (_DOCUMENT if own_class == document else ())
    entities = tuple(own(t.name) for t in ontology.types)
    relations = tuple(own(r.name) for r in ontology.relations)
    statement = (
        Constraint(path="rdf:subject", least=1, most=1, classes=entities),
        Constraint(path="rdf:predicate", least=1, most=1, values=relations),
        Constraint(path="rdf:object", least=1, most=1, classes=entities),
        Constraint(path="kg:confidence", least=1, most=1, datatypes=("xsd:decimal",),
                   bounds=(("sh:minInclusive", "0"), ("sh:maxInclusive", "1"))),
        Constraint(path="kg:support", least=1, most=1, datatypes=_INTEGER, bounds=_POSITIVE),
        Constraint(path="kg:derived", least=1, most=1, datatypes=("xsd:boolean",)),
        Constraint(path="prov:wasDerivedFrom", least=1, classes=(document,)),
        Constraint(path="prov:wasGeneratedBy", classes=("prov:Activity",)),
        Constraint(path="kg:evidence", least=1, classes=("oa:SpecificResource",)),
    )  # fmt: skip
    evidence = (
        Constraint(path="oa:hasSource", least=1, most=1, classes=(document,)),
        Constraint(path="oa:hasSelector", least=2, most=2, classes=("oa:TextQuoteSelector", "oa:TextPositionSelector")),
        Constraint(path="kg:field", least=1, most=1, datatypes=_TEXT, values=tuple(map(literal, FIELDS))),
    )
    yield "Export-Statement", ("sh:targetClass", "rdf:Statement"), statement
    yield "Export-Evidence", ("sh:targetClass", "oa:SpecificResource"), evidence
    yield "Export-Quote", ("sh:targetClass", "oa:TextQuoteSelector"), _QUOTE
    yield "Export-Position", ("sh:targetClass", "oa:TextPositionSelector"), _POSITION
    yield "Export-Rule", ("sh:targetClass", "prov:Activity"), _RULE
    yield "Export-Dataset", ("sh:targetNode", DATASET), _DATASET
    for name, one, counted, values in (
        ("Export-ClassPartition", "void:class", "void:entities", entities),
        ("Export-PropertyPartition", "void:property", "void:triples", relations),
    ):
        parts = (
            Constraint(path=one, least=1, most=1, values=values),
            Constraint(path=counted, least=1, most=1, datatypes=_INTEGER, bounds=_POSITIVE),
        )
        yield name, ("sh:targetSubjectsOf", one), parts


def shapes(ontology: Ontology) -> Iterator[Triple]:
    """Yield the SHACL shapes: every class and property of an export, who may relate to whom, and what must agree."""
    term = expander(ontology)
    a = term("rdf:type")
    for name, (how, target), constraints in _targets(ontology):
        shape = term(own(f"{name}Shape"))
        yield from ((shape, a, term("sh:NodeShape")), (shape, term(how), term(target)))
        yield shape, term("sh:nodeKind"), term("sh:IRI")
        for constraint in constraints:
            yield from _property(f"{name}Shape", constraint, ontology)
    for node_type in ontology.types:
        yield from _type_shape(node_type.name, ontology)
    for shape, public in (
        ("Statement", "prov:Entity"),
        ("Export-Dataset", "void:Dataset"),
        ("Dataset", "dcat:Dataset"),
    ):
        yield term(own(f"{shape}Shape")), term("sh:class"), term(public)
    for relation in ontology.relations:
        shape = term(own(f"SubjectsOf-{relation.name}"))
        yield from ((shape, a, term("sh:NodeShape")), (shape, term("sh:targetSubjectsOf"), term(own(relation.name))))
        yield from _any_class(shape, f"SubjectsOf-{relation.name}", tuple(map(own, relation.domain)), ontology)
    yield from _public_properties(ontology)
    yield from _agreements(ontology)


def _type_shape(name: str, ontology: Ontology) -> Iterator[Triple]:
    """Yield what a node of a type also is, what it cannot be, and which relations it may have, to what."""
    term = expander(ontology)
    shape = term(own(f"{name}Shape"))
    for public in ontology.type(name).align:
        yield shape, term("sh:class"), term(public)
    for other in ontology.types:
        if other.name != name:
            yield shape, term("sh:not"), _is(own(other.name), ontology)
    for relation in ontology.relations:
        targets = tuple(own(t) for t in relation.range if relation.allows(name, t))
        allowed = Constraint(path=own(relation.name), classes=targets, most=None if targets else 0)
        yield from _property(f"{name}Shape", allowed, ontology)


def _public_properties(ontology: Ontology) -> Iterator[Triple]:
    """Yield a shape for each public property that edges are also stated with: its objects are of the right types."""
    term = expander(ontology)
    objects: dict[str, dict[str, None]] = {}
    for relation in ontology.relations:
        for source in relation.domain:
            for target in relation.range:
                if relation.allows(source, target):
                    for public in aligned(relation, source, target, ontology):
                        objects.setdefault(public, {})[own(target)] = None
    for public, targets in objects.items():
        name = "SubjectsOf-" + public.replace(":", "-")
        shape = term(own(name))
        yield from ((shape, term("rdf:type"), term("sh:NodeShape")), (shape, term("sh:targetSubjectsOf"), term(public)))
        yield from _property(name, Constraint(path=public, classes=tuple(targets)), ontology)


def _agreements(ontology: Ontology) -> Iterator[Triple]:
    """Yield the constraints between several properties, which only SPARQL can say."""
    term = expander(ontology)
    derived = term("prov:wasDerivedFrom")
    for name, message, where in (
        (
            "asserted",
            "the statement's own triple is missing",
            f"$this {term('rdf:subject')} ?s ; {term('rdf:predicate')} ?p ; {term('rdf:object')} ?o . "
            "FILTER NOT EXISTS { ?s ?p ?o }",
        ),
        (
            "sourced",
            "a quote is from a paper that the statement is not derived from",
            f"$this {term('kg:evidence')}/{term('oa:hasSource')} ?paper . "
            f"FILTER NOT EXISTS {{ $this {derived} ?paper }}",
        ),
        (
            "unsupported",
            "a paper behind the statement has no quote",
            f"$this {derived} ?paper . "
            f"FILTER NOT EXISTS {{ $this {term('kg:evidence')}/{term('oa:hasSource')} ?paper }}",
        ),
    ):
        rule = term(own(f"Export-StatementShape-{name}"))
        yield from (
            (term("kg:Export-StatementShape"), term("sh:sparql"), rule),
            (rule, term("rdf:type"), term("sh:SPARQLConstraint")),
        )
        yield rule, term("sh:message"), literal(message)
        yield rule, term("sh:select"), literal(f"SELECT $this WHERE {{ {where} }}")


def _property(shape: str, constraint: Constraint, ontology: Ontology) -> Iterator[Triple]:
    term = expander(ontology)
    integer = term("xsd:integer")
    name = f"{shape}-{constraint.path.replace(':', '-')}"
    subject = term(own(name))
    yield from (
        (term(own(shape)), term("sh:property"), subject),
        (subject, term("rdf:type"), term("sh:PropertyShape")),
    )
    yield subject, term("sh:path"), term(constraint.path)
    yield subject, term("sh:nodeKind"), term("sh:Literal" if constraint.datatypes else "sh:IRI")
    if constraint.least:
        yield subject, term("sh:minCount"), typed(constraint.least, integer)
    if constraint.most is not None:
        yield subject, term("sh:maxCount"), typed(constraint.most, integer)
    if constraint.pattern:
        yield subject, term("sh:pattern"), literal(constraint.pattern)
    for bound, value in constraint.bounds:
        yield subject, term(bound), term(value) if ":" in value else typed(value, integer)
    if constraint.values:
        values = [v if v.startswith('"') else term(v) for v in constraint.values]
        yield from _list(subject, "sh:in", f"{name}-in", values, ontology)
    yield from _any_class(subject, name, constraint.classes, ontology)
    if len(constraint.datatypes) == 1:
        yield subject, term("sh:datatype"), term(constraint.datatypes[0])
    elif constraint.datatypes:
        helpers = []
        for datatype in constraint.datatypes:
            helper = term(own(f"Is-{datatype.replace(':', '-')}"))
            helpers.append(helper)
            yield from ((helper, term("rdf:type"), term("sh:NodeShape")), (helper, term("sh:datatype"), term(datatype)))
        yield from _list(subject, "sh:or", f"{name}-or", helpers, ontology)


def _any_class(subject: str, name: str, classes: Sequence[str], ontology: Ontology) -> Iterator[Triple]:
    """Yield that a value is of one of some classes."""
    term = expander(ontology)
    if len(classes) == 1:
        yield subject, term("sh:class"), term(classes[0])
    elif classes:
        for one in classes:
            helper = _is(one, ontology)
            yield from ((helper, term("rdf:type"), term("sh:NodeShape")), (helper, term("sh:class"), term(one)))
        yield from _list(subject, "sh:or", f"{name}-or", [_is(one, ontology) for one in classes], ontology)


def _is(class_curie: str, ontology: Ontology) -> str:
    return expander(ontology)(own(f"Is-{class_curie.replace(':', '-')}"))


def _list(subject: str, predicate: str, name: str, items: Sequence[str], ontology: Ontology) -> Iterator[Triple]:
    """Yield an RDF list whose cells have names, so that there is no blank node."""
    term = expander(ontology)
    cells = [term(own(f"{name}-{i}")) for i in range(1, len(items) + 1)]
    yield subject, term(predicate), cells[0]
    for cell, item, rest in zip(cells, items, [*cells[1:], term("rdf:nil")], strict=True):
        yield from ((cell, term("rdf:first"), item), (cell, term("rdf:rest"), rest))
