"""JSON-LD 1.1 with its context inside, one object a line: good as plain JSON too, for it always has the same shape."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import groupby
from typing import Any

from kg import rdf
from kg.exporters import profiles
from kg.ontology import Ontology
from kg.rdf.shapes import single_valued
from kg.view import View


def write(graph: View, *, profile: str = profiles.FULL) -> bytes:
    """Return JSON-LD: our own types and properties by short name, others with a prefix; what may repeat is a list."""
    shortener = _Shortener(graph.ontology)
    home = f"<{graph.ontology.iri('kg:')}"
    triples = sorted(
        set(profiles.triples(graph, profile)),
        key=lambda t: (t[0], t[1] != rdf.TYPE, t[1], not t[2].startswith(home), t[2]),
    )
    kinds: dict[str, set[str]] = defaultdict(set)
    for _, predicate, value in triples:
        kinds[predicate].add(_kind(value))
    single = {f"<{graph.ontology.iri(curie)}>" for curie in single_valued(graph.ontology)}
    lines = []
    for subject, about in groupby(triples, lambda t: t[0]):
        entry: dict[str, Any] = {"id": shortener.reference(subject)}
        for predicate, group in groupby(about, lambda t: t[1]):
            if predicate == rdf.TYPE:
                entry["type"] = [shortener.name(value) for _, _, value in group]
                continue
            values = [shortener.value(value, coerced=len(kinds[predicate]) == 1) for _, _, value in group]
            entry[shortener.name(predicate)] = values[0] if predicate in single and len(values) == 1 else values
        lines.append(_json(entry))
    context = _context(shortener, kinds, single)
    body = ",\n".join(lines)
    return f'{{"@context": {_json(context)},\n"@graph": [\n{body}\n]}}\n'.encode()


class _Shortener:
    """Gives the names that the context defines."""

    def __init__(self, ontology: Ontology) -> None:
        self._home = f"<{ontology.iri('kg:')}"
        self.compactor = rdf.Compactor(ontology)
        self._taken = {"id", "type", *self.compactor.known}
        self.terms: dict[str, str] = {}

    def reference(self, term: str) -> str:
        return self.compactor.curie(term[1:-1])

    def name(self, term: str) -> str:
        short = self.reference(term)
        name = short.partition(":")[2]
        if not term.startswith(self._home) or short == term[1:-1] or name in self._taken:
            return short
        self.terms[name] = short
        return name

    def value(self, term: str, *, coerced: bool) -> Any:
        kind = _kind(term)
        if kind == "@id":
            short = self.reference(term)
            return short if coerced else {"@id": short}
        if not kind:
            return json.loads(term)
        text = term[1 : term.rindex('"')]
        if kind.endswith("#integer>"):
            return int(text)
        if kind.endswith("#boolean>"):
            return text == "true"
        return text if coerced else {"@value": text, "@type": self.reference(kind)}


def _kind(term: str) -> str:
    """Return '@id' for an IRI, '' for plain text, else the datatype."""
    if term.startswith("<"):
        return "@id"
    return "" if term.endswith('"') else term[term.rindex("^^") + 2 :]


def _context(shortener: _Shortener, kinds: dict[str, set[str]], single: set[str]) -> dict[str, Any]:
    """Define every name used. A property whose values are all of one kind says so, and they are then plain strings."""
    terms: dict[str, Any] = {}
    for predicate, found in sorted(kinds.items()):
        if predicate == rdf.TYPE:
            continue
        definition: dict[str, str] = {"@id": shortener.reference(predicate)}
        kind = next(iter(found)) if len(found) == 1 else ""
        if kind and not kind.endswith(("#integer>", "#boolean>")):
            definition["@type"] = "@id" if kind == "@id" else shortener.reference(kind)
        if predicate not in single:
            definition["@container"] = "@set"
        terms[shortener.name(predicate)] = definition
    own = {name: curie for name, curie in shortener.terms.items() if name not in terms}
    prefixes = dict(shortener.compactor.prefixes())
    return {"@version": 1.1, **prefixes, "id": "@id", "type": "@type", **dict(sorted((own | terms).items()))}


def _json(value: Any) -> str:
    """Write JSON that stays harmless inside an HTML script element."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/").replace("<!", "\\u003c!")
