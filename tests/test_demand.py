"""The triples that a query can depend on: fewer than all, and the answer is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import question_bank
from handmade import graph
from rdflib.plugins.sparql.algebra import translateQuery

from kg.graph import KnowledgeGraph
from kg.queries import answer, engine, worker
from kg.rdf.demand import demanded
from kg.rdf.matching import Facts, UnboundedError
from kg.store import stored
from kg.view import View

PREFIXES = dict(graph().ontology.prefixes)


@cache
def whole(name: str) -> tuple[KnowledgeGraph, Any, tuple[tuple[str, str, str], ...]]:
    """A graph, a store of all its triples, and these."""
    made = question_bank.graph() if name == "bank" else graph()
    text = engine.triples(made)
    lines = (tuple(line.removesuffix(" .").split(" ", 2)) for line in text.splitlines())
    return made, worker.loaded(text.encode()), tuple((s, p, o) for s, p, o in lines)


@pytest.fixture(scope="module", params=["loaded", "stored"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    from handmade import saved

    if request.param == "loaded":
        yield graph()
        return
    path = tmp_path_factory.mktemp("graph") / "a.kg"
    saved(path, graph())
    with stored.view(path) as seen:
        yield seen


def needed(text: str, of: View, **options: Any) -> bytes:
    return demanded(translateQuery(worker.check(text, PREFIXES)).algebra, Facts(of), **options)


def rows(text: str, store: Any) -> list[Any]:
    found = worker._asked(store, text, prefixes=PREFIXES, max_rows=100_000)
    assert not found["truncated"]
    return sorted(map(repr, found["rows"]))


def same(text: str, of: View, store: Any) -> int:
    """Compare the answer from the triples that are needed with that from all, and return how many are needed."""
    triples = needed(text, of)
    assert rows(text, worker.loaded(triples)) == rows(text, store), text
    return triples.count(b"\n")


# --- single patterns ------------------------------------------------------------------------------------------------


def test_every_triple_is_found_by_each_of_its_terms(small: View) -> None:
    _, _, triples = whole("handmade")
    chosen = random.Random(1)
    subjects, predicates, values = (sorted({triple[i] for triple in triples}) for i in range(3))
    plain = [o for o in values if o.startswith("<") or o.endswith('"')]
    for _ in range(150 if isinstance(small, stored.Stored) else 1200):
        s = chosen.choice(chosen.choice((subjects, subjects, values))) if chosen.random() < 0.5 else None
        p = chosen.choice(predicates) if chosen.random() < 0.7 else None
        o = chosen.choice(plain) if chosen.random() < 0.4 else None
        given = [None if term is None else frozenset((term,)) for term in (s, o)]
        try:
            found = set(Facts(small).triples(given[0], p, given[1]))
        except UnboundedError:
            continue
        wanted = {t for t in triples if (s in (None, t[0])) and (p in (None, t[1])) and (o in (None, t[2]))}
        assert found == wanted, (s, p, o)


def test_every_predicate_is_known_to_the_kind_of_its_subject(small: View) -> None:
    _, _, triples = whole("handmade")
    facts = Facts(small)
    for s, p, o in triples:
        kind = facts._kind(s)
        assert kind in facts.subjects(p)
        assert kind in facts.subjects(p, {o})
        if o.startswith("<"):
            assert p == f"<{PREFIXES['rdf']}type>" or facts._kind(o) in facts.values(p) or kind == "whole"


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("SELECT ?n { ?p kg:uses <{iri}> ; rdfs:label ?n }", 500),
        ("SELECT ?x { ?x rdfs:label 'LoRA' }", 1),
        ("SELECT * { ?x a kg:Technique . ?x rdfs:label 'LoRA' }", 2),
        ("SELECT * { ?s rdf:object <{iri}> ; kg:evidence/oa:hasSelector/oa:exact ?q }", 1500),
        ("SELECT * { <{iri}> ?p ?o }", 50),
        ("SELECT * { ?s ?p <{iri}> }", 1000),
        ("DESCRIBE <{iri}>", 50),
        ("ASK { <{iri}> a kg:Technique }", 1),
        ("SELECT * { ?p kg:uses <{iri}> OPTIONAL { ?p dcterms:issued ?d } }", 500),
    ],
)
def test_a_narrow_query_needs_few_triples(text: str, most: int) -> None:
    made, store, triples = whole("bank")
    text = text.replace("{iri}", "https://w3id.org/paperatlas/id/technique/lora")
    assert same(text, made, store) <= most < len(triples) / 10
    assert worker._asked(store, text, prefixes=PREFIXES, max_rows=1)["rows"]


# --- whole queries --------------------------------------------------------------------------------------------------


def test_all_questions_of_the_bank_have_the_same_rows_from_what_they_need() -> None:
    made, store, triples = whole("bank")
    few = 0
    for case in question_bank.cases():
        text = answer(made, case.ask, limit=7, edges=False).sparql
        few += same(text, made, store) < len(triples) / 2
    assert few > len(question_bank.cases()) * 0.9


FORMS = [
    "SELECT * { ?a kg:uses ?b OPTIONAL { ?b kg:broader ?c } }",
    "SELECT * { ?a kg:uses ?b OPTIONAL { ?a kg:addresses ?c . ?c rdfs:label ?d } ?c a kg:Task }",
    "SELECT * { ?a a kg:Paper OPTIONAL { ?b kg:uses ?c } ?a kg:introduces ?b }",
    "SELECT * { ?a a kg:Technique MINUS { ?b kg:uses ?a } }",
    "SELECT * { ?a a kg:Technique MINUS { ?b kg:uses ?c } }",
    "SELECT * { ?a a kg:Technique FILTER NOT EXISTS { ?b kg:uses ?a } }",
    "SELECT * { ?a a kg:Paper FILTER EXISTS { ?a kg:uses ?b MINUS { ?b a kg:Model } } }",
    "SELECT * { ?a a kg:Technique FILTER(EXISTS { ?b kg:uses ?a } || ?a = kg:x) }",
    "SELECT ?n (COUNT(?p) AS ?k) { ?p kg:uses ?t . ?t rdfs:label ?n } GROUP BY ?n HAVING(COUNT(?p) > 1) ORDER BY ?k",
    "SELECT ?t ?k ?n { { SELECT ?t (COUNT(?p) AS ?k) { ?p kg:uses ?t } GROUP BY ?t } ?t rdfs:label ?n }",
    "SELECT * { { SELECT ?t { ?t a kg:Technique } ORDER BY ?t LIMIT 2 } ?p kg:uses ?t }",
    "SELECT * { ?p kg:introduces ?t { SELECT ?t { ?t a kg:Technique } ORDER BY ?t LIMIT 2 } }",
    "SELECT * { { ?a kg:uses ?b } UNION { ?b kg:broader ?a } ?b rdfs:label ?n }",
    "SELECT * { { ?a kg:uses ?b } UNION { ?a kg:uses ?c } ?b rdfs:label ?n }",
    "SELECT * { VALUES (?a ?n) { (UNDEF 'LoRA') (kg:x 'QLoRA') } ?a rdfs:label ?n }",
    "SELECT * { ?a rdfs:label ?n VALUES ?n { 'LoRA' 'QLoRA' } ?p kg:uses ?a }",
    "SELECT * { ?a kg:variantOf* ?b . ?a rdfs:label 'QLoRA' }",
    "SELECT * { ?a rdfs:label 'QLoRA' . ?a (kg:variantOf|kg:broader)+ ?b . ?b rdfs:label ?n }",
    "SELECT * { ?a rdfs:label ?n . ?a kg:variantOf? ?b . ?b rdfs:label 'LoRA' }",
    "SELECT * { <https://w3id.org/paperatlas/id/technique/lora> kg:variantOf* ?b }",
    "SELECT * { <https://w3id.org/paperatlas/id/technique/nothing> kg:variantOf* ?b }",
    "SELECT * { VALUES ?a { <https://w3id.org/paperatlas/id/technique/lora> kg:Technique } ?a kg:variantOf* ?b }",
    "SELECT * { ?x a/rdfs:subClassOf* kg:Benchmark }",
    "SELECT * { ?x ^kg:uses/kg:uses ?y . ?x rdfs:label 'LoRA' }",
    "SELECT * { ?x ^(kg:uses/kg:broader)|rdfs:label ?y }",
    "SELECT * { ?x (^kg:uses/kg:uses)+ ?y . ?x rdfs:label 'LoRA' }",
    "SELECT * { ?x kg:uses [ rdfs:label ?n ] }",
    "SELECT * { ?x rdfs:label ?n . ?y skos:altLabel ?n }",
    "SELECT * { ?x rdfs:label 'LoRA'@en }",
    "SELECT * { ?x rdfs:label 'LoRA'^^xsd:string ; kg:support ?n }",
    "SELECT * { ?x kg:support 1 }",
    "SELECT * { ?x a kg:Technique ; kg:support 1.0 }",
    "SELECT * { ?x a kg:Technique ; kg:support '01'^^xsd:integer }",
    "SELECT * { ?s rdf:predicate kg:uses ; kg:confidence ?c FILTER(?c > 0.5) }",
    "SELECT * { ?s rdf:predicate ?p ; kg:derived true . ?x ?p ?y . ?s rdf:subject ?x ; rdf:object ?y }",
    "SELECT * { ?s prov:wasDerivedFrom ?p . ?p rdfs:label ?n ; kg:introduces ?x }",
    "SELECT * { ?s rdf:subject ?p ; prov:wasGeneratedBy ?r . ?r rdfs:label ?n }",
    "SELECT * { ?r a prov:Activity ; rdfs:label ?n }",
    "SELECT * { ?e oa:hasSource ?p ; oa:hasSelector ?h . ?h oa:start ?o . ?p kg:introduces ?x }",
    "SELECT * { ?d a void:Dataset ; ?p ?o . ?d void:class ?c }",
    "SELECT * { <https://w3id.org/paperatlas/id/dataset> void:exampleResource ?x . ?x rdfs:label ?n }",
    "SELECT ?p ?d { ?p kg:uses ?x ; schema:author ?a ; dcterms:issued ?d . ?x rdfs:label 'LoRA' }",
    "SELECT * { ?p schema:mentions ?x . ?x rdfs:label ?n }",
    "SELECT * { BIND(<https://w3id.org/paperatlas/id/technique/lora> AS ?x) ?p kg:uses ?x }",
    "SELECT * { ?p kg:uses ?x BIND(?x AS ?y) ?y rdfs:label ?n }",
    "SELECT * { ?p kg:uses ?x BIND(EXISTS { ?x kg:broader ?z } AS ?y) }",
    "SELECT * { ?p kg:usess ?x }",
    "SELECT * {}",
    "SELECT * { ?x oa:exact ?y }",
    "SELECT * { ?x prov:wasGeneratedBy ?y }",
    "CONSTRUCT { ?x kg:y ?z } WHERE { ?x kg:uses/kg:broader ?z }",
    "DESCRIBE <https://w3id.org/paperatlas/id/technique/lora>",
    "DESCRIBE kg:x <https://w3id.org/paperatlas/id/technique/lora> { ?x kg:uses ?y }",
]


@pytest.mark.parametrize("text", FORMS)
def test_every_form_has_the_same_rows_from_what_it_needs(text: str, small: View) -> None:
    assert same(text, small, whole("handmade")[1]) < len(whole("handmade")[2])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o }",
        "SELECT * { ?x !kg:uses ?y }",
        "SELECT * { ?x kg:uses* ?y }",
        "SELECT * { ?x kg:uses? 1 }",
        "SELECT * { GRAPH ?g { ?x kg:uses ?y } }",
        "SELECT * { VALUES ?a { kg:x } ?a kg:variantOf* ?b }",
        "SELECT * { ?x void:triples ?y }",
        "SELECT * { ?x ?p 'LoRA' }",
        "SELECT * { ?x ?p kg:Technique }",
        "SELECT * { <https://w3id.org/paperatlas/id/passage/0> oa:exact ?y }",
        "SELECT * { kg:nothing kg:uses* kg:none }",
        "DESCRIBE ?x { ?x a kg:Paper }",
        "SELECT ?x (EXISTS { ?x kg:broader ?z } AS ?y) { ?p kg:uses ?x } ORDER BY (EXISTS { ?x kg:variantOf ?z })",
        "SELECT (COUNT(?p) AS ?n) { ?p kg:uses ?t } GROUP BY (EXISTS { ?t kg:broader ?p })",
    ],
)
def test_what_may_depend_on_any_triple_needs_them_all(text: str, small: View) -> None:
    with pytest.raises(UnboundedError):
        needed(text, small)


def test_more_triples_than_it_pays_to_make_are_not_made(small: View) -> None:
    with pytest.raises(UnboundedError):
        needed("SELECT * { ?x rdfs:label ?n }", small, most=5)


def test_a_text_that_parsers_may_read_otherwise_narrows_nothing(small: View) -> None:
    text = "SELECT * { ?x rdfs:label 'LoRA' }"
    assert needed(text, small, exact=False).count(b"\n") > needed(text, small).count(b"\n")


class Maker:
    """Random queries whose parts share variables."""

    def __init__(self, seed: int) -> None:
        self.chosen = random.Random(seed)
        self.triples = whole("handmade")[2]
        self.names: dict[str, str] = {}

    def query(self) -> str:
        return f"SELECT * {{ {self.group(2)} }}"

    def path(self, depth: int = 2) -> str:
        kind = self.chosen.random()
        if depth == 0 or kind < 0.7:
            return self.chosen.choice(self.triples)[1]
        one, other = self.path(depth - 1), self.path(depth - 1)
        if kind < 0.9:
            return f"({one}{self.chosen.choice('/|')}{other})"
        return f"^({one})" if kind < 0.95 else f"({one}){self.chosen.choice('+*?')}"

    def pattern(self) -> str:
        """A triple of the graph, most of whose ends are variables that stand for them in other patterns too."""
        near = [t for t in self.triples if t[0] in self.names or t[2] in self.names]
        subject, path, value = self.chosen.choice(near or self.triples)
        ends = [self.end(subject), self.end(value)]
        if self.chosen.random() < 0.3:
            path = self.path()
        return f"{ends[0]} {'?p' if self.chosen.random() < 0.05 else path} {ends[1]} ."

    def end(self, term: str) -> str:
        if self.chosen.random() < 0.2:
            return term
        if term not in self.names:
            free = [name for name in ("?a", "?b", "?c") if name not in self.names.values()]
            self.names[term] = self.chosen.choice(free or ["?a", "?b", "?c"])
        return self.names[term]

    def group(self, depth: int) -> str:
        parts = [self.pattern() for _ in range(self.chosen.randint(1, 3))]
        for _ in range(self.chosen.randint(0, 2) if depth else 0):
            inner = self.group(depth - 1)
            form = self.chosen.choice(
                ("OPTIONAL {{ {} }}", "MINUS {{ {} }}", "FILTER NOT EXISTS {{ {} }}", "FILTER EXISTS {{ {} }}",
                 "{{ {} }} UNION {{ {} }}", "{{ SELECT DISTINCT ?a {{ {} }} }}", "{{ {} }}",
                 "{{ SELECT ?b (COUNT(*) AS ?k) {{ {} }} GROUP BY ?b }}")
            )  # fmt: skip
            parts.append(form.format(inner, self.group(depth - 1)))
        self.chosen.shuffle(parts)
        return " ".join(parts)


def test_random_queries_have_the_same_rows_from_what_they_need(small: View) -> None:
    _, store, triples = whole("handmade")
    compared = fewer = answered = 0
    seeds = 40 if isinstance(small, stored.Stored) else 250
    for seed in range(seeds):
        text = Maker(seed).query()
        try:
            made = needed(text, small)
        except UnboundedError:
            continue
        found = worker._asked(store, text, prefixes=PREFIXES, max_rows=2000)
        if not found["truncated"]:
            again = worker._asked(worker.loaded(made), text, prefixes=PREFIXES, max_rows=2000)
            assert sorted(map(repr, again["rows"])) == sorted(map(repr, found["rows"])), (seed, text)
            compared, fewer = compared + 1, fewer + (made.count(b"\n") < len(triples) / 2)
            answered += bool(found["rows"])
    assert min(compared, fewer) > seeds / 2
    assert answered > seeds / 4
