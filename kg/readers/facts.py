"""Curated statements, checked against the ontology before they are believed."""

from __future__ import annotations

from kg.model import Fact
from kg.ontology import Ontology
from kg.readers import clean


class UnsoundError(ValueError):
    """A statement the ontology does not know or allow: what is wrong, and the choices."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} ({hint})")
        self.what, self.hint = what, hint


def relations(ontology: Ontology) -> tuple[str, ...]:
    """Return the relations that a paper can have."""
    document = ontology.type_as("document").name
    return tuple(r.name for r in ontology.relations if document in r.domain)


def fact(relation: str, type_name: str, name: str, *, ontology: Ontology) -> Fact:
    """Return a statement about a paper; raise UnsoundError where the ontology does not allow it."""
    check(relation, type_name, ontology=ontology)
    if not clean.line(name):
        raise UnsoundError("empty name", f"a {type_name} needs one")
    return Fact(relation=relation, type=type_name, name=clean.line(name))


def check(relation: str, type_name: str, *, ontology: Ontology) -> None:
    """Raise UnsoundError unless a paper may have this relation to an entity of this type."""
    known = relations(ontology)
    if relation not in known:
        raise UnsoundError(f"unknown relation {relation!r}", "one of " + ", ".join(known))
    allowed = ontology.relation(relation).range
    if type_name not in {t.name for t in ontology.types}:
        raise UnsoundError(f"unknown type {type_name!r}", "one of " + ", ".join(allowed))
    if type_name not in allowed:
        raise UnsoundError(f"{relation} never points to {type_name}", "only to " + ", ".join(allowed))
