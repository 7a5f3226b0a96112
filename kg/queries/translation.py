"""A question -> the SPARQL that has the same rows on the exported graph, and what relations mean to both.

A condition is written as a pattern that binds `?x` and, for every paper behind it, `?paper` and `?sure`; it is counted
where two parts have to hold. Nothing here looks at the graph: which clauses are read through papers is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import count

from kg import rdf
from kg.ontology import Ontology, Relation
from kg.queries.meaning import Both, Clause, Condition, Either, Question, Subject, Without, in_words
from kg.queries.tables import printable
from kg.queries.words import Words

# A paper has one relation to a thing, the strongest; so what it is evaluated on or made for, it uses as well.
_IMPLIED_BY = {"means": ("result", "platform")}
# What holds of the experiments of a paper holds of what it uses; what else it uses or beats does not.
_EXPERIMENTAL = ("result", "platform", "goal")
_TRANSITIVE = ("variant", "hierarchy")
_ORDERS = {
    "support": "DESC(?support) DESC(?confidence)",
    "confidence": "DESC(?confidence) DESC(?support)",
    "name": "",
    "year": "DESC(?year) DESC(?support) DESC(?confidence)",
}
Through = Collection[tuple[Subject, Clause]]


def meant(relation: str, ontology: Ontology) -> tuple[str, ...]:
    """Return the relations that a word stands for: those that imply it too; without a relation, all but background."""
    if not relation:
        background = ontology.relation_as("background").name
        return tuple(r.name for r in ontology.relations if r.name != background)
    implied = _IMPLIED_BY.get(ontology.relation(relation).role, ())
    return (relation, *(ontology.relation_as(role).name for role in implied))


def transitive(relation: str, ontology: Ontology) -> bool:
    """Whether what stands below something below counts as well."""
    return bool(relation) and ontology.relation(relation).role in _TRANSITIVE


def carriers(relation: Relation, ontology: Ontology) -> tuple[Relation, ...]:
    """Return how a paper must be joined with an entity to speak for it."""
    roles = ("contribution", "means") if relation.role in _EXPERIMENTAL else ("contribution",)
    return tuple(ontology.relation_as(role) for role in roles)


def speaking(relation: Relation, ontology: Ontology) -> tuple[tuple[str, str, str], ...]:
    """Return what a paper may tell of an entity, as (carrier, type of the entity, type of the object).

    An entity that cannot have the relation itself (a benchmark for a task) must be what the paper introduces.
    """
    own = ontology.relation_as("contribution").name
    return tuple(
        (carrier.name, entity.name, end.name)
        for carrier in carriers(relation, ontology)
        for entity in ontology.types
        for end in ontology.types
        if relation.allows(entity.name, end.name) or (carrier.name == own and end.name in relation.range)
    )


def select(asked: Question, words: Words, *, through: Through, limit: int) -> str:
    """Return a question as SPARQL; `through` are the clauses that were read through papers."""
    made, subject = _Writer(asked, words.ontology, through), asked.subject
    once = made.named(subject) or made.aggregated(subject)
    if asked.counted == "all":
        return _whole(asked, words, f"SELECT (COUNT(*) AS ?count) {{\n{_indented(once)}\n}}")
    if asked.counted:
        pattern = _indented(f"{{\n{_indented(made.raw(subject))}\n}}\n{made.year('?paper', '?year')}")
        head = "SELECT ?year (COUNT(DISTINCT ?x) AS ?count)"
        return _whole(asked, words, f"{head} {{\n{pattern}\n}} GROUP BY ?year ORDER BY (!BOUND(?year)) ?year")
    columns = "?name ?type ?support ?confidence"
    if asked.order == "year":
        columns += " ?year"
        pattern = _indented(
            f"{{\n{_indented(made.raw(subject))}\n}}\n{made.year('?paper', '?y')}\nBIND(COALESCE(?y, 0) AS ?z)"
        )
        head = "SELECT ?x (COUNT(DISTINCT ?paper) AS ?support) (MAX(?sure) AS ?confidence) (MAX(?z) AS ?newest)"
        once = f"{{ {head} {{\n{pattern}\n}} GROUP BY ?x }}\nBIND(IF(?newest > 0, ?newest, ?unknown) AS ?year)"
    types = " ".join(f"({made.own(t.name)} {rdf.literal(t.name)})" for t in words.ontology.types)
    tail = f"?x rdfs:label ?name ; a ?class .\nVALUES (?class ?type) {{ {types} }}"
    order = " ".join(f"ORDER BY {_ORDERS[asked.order]} LCASE(?name) STR(?x) LIMIT {limit}".split())
    return _whole(asked, words, f"SELECT {columns} {{\n{_indented(once)}\n{_indented(tail)}\n}}\n{order}")


def route(asked: Question, words: Words, *, ends: tuple[Iterable[str], Iterable[str]], hops: int, limit: int) -> str:
    """Return the SPARQL of the paths that are `hops` edges long between two sets of nodes.

    Filters leave out those through a thing that has both links of the paper that introduces it.
    """
    made = _Writer(asked, words.ontology, ())
    ontology = words.ontology
    labels = " ".join(
        f"({made.own(name)} {rdf.literal(ontology.relation(name).label)})" for name in meant("", ontology)
    )
    lines = [made.values("?n0", ends[0]), made.values(f"?n{hops}", ends[1])]
    for i in range(1, hops + 1):
        a, b, e = f"?n{i - 1}", f"?n{i}", f"?e{i}"
        behind = made.in_years("?paper")
        support = f"{e} kg:support ?s{i} ."
        if behind:
            support = f"{{ SELECT {e} (COUNT(?paper) AS ?s{i}) {{ {e} prov:wasDerivedFrom ?paper . {behind} }}"
            support += f" GROUP BY {e} }}"
        lines += [
            f'{{ {e} rdf:subject {a} ; rdf:object {b} . BIND("" AS ?b{i}) BIND(" →" AS ?f{i}) }}',
            f'UNION {{ {e} rdf:object {a} ; rdf:subject {b} . BIND("← " AS ?b{i}) BIND("" AS ?f{i}) }}',
            f"{e} rdf:predicate ?p{i} ; kg:confidence ?c{i} . {support} {b} rdfs:label ?l{i} .",
            f"VALUES (?p{i} ?label{i}) {{ {labels} }} BIND(CONCAT(?b{i}, ?label{i}, ?f{i}) AS ?link{i})",
        ]
    introduces = made.own(ontology.relation_as("contribution").name)
    for i in range(1, hops):
        twin = f"?twin{i} {introduces} ?n{i} ; ?p{i} ?n{i - 1} ; ?p{i + 1} ?n{i + 1} .{made.in_years(f'?twin{i}')}"
        lines.append(f'FILTER(?f{i} != "" || ?f{i + 1} = "" || NOT EXISTS {{ {twin} }})')
    lines.append("?n0 rdfs:label ?from .")
    lines += [f"BIND(?l{i} AS {'?to' if i == hops else f'?via{i}'})" for i in range(1, hops + 1)]
    for letter, name in (("s", "?support"), ("c", "?confidence")):
        lines.append(_least([f"?{letter}{i}" for i in range(1, hops + 1)], name))
    shown = ["?from", *(f"?link{i} {'?to' if i == hops else f'?via{i}'}" for i in range(1, hops + 1))]
    order = " ".join(f"LCASE({name})" for part in shown for name in part.split())
    body = (
        f"SELECT {' '.join(shown)} ?support ?confidence {{\n"
        + _indented("\n".join(lines))
        + f"\n}}\nORDER BY DESC(?confidence) DESC(?support) {order} LIMIT {limit}"
    )
    return _whole(asked, words, body)


class _Writer:
    """Patterns for the parts of one question; every variable but the agreed ones is new."""

    def __init__(self, asked: Question, ontology: Ontology, through: Through) -> None:
        self.asked, self.ontology, self.through = asked, ontology, through
        self._number = count(1)
        self._term = rdf.expander(ontology)
        self.document = ontology.type_as("document").name

    def raw(self, subject: Subject, *, negated: bool = False) -> str:
        """Return a pattern that binds ?x, and ?paper and ?sure for every paper behind it."""
        if subject.condition is None:
            return self._standing(subject)
        return self._raw(subject.condition, subject, negated)

    def aggregated(self, subject: Subject) -> str:
        """Return a pattern that binds ?x once, with the number of papers behind it and how sure it is."""
        condition = subject.condition
        if isinstance(condition, Both):
            wanted, refused = _parted(condition)
            if len(wanted) > 1:
                parts = [self._raw(part, subject, False) for part in wanted]
                return self._joined(parts, "?support", "?confidence") + self._minus(refused, subject)
        return self._counted(self.raw(subject), "?support", "?confidence")

    def named(self, subject: Subject) -> str:
        """Return a pattern for bare names, which are found even where no paper names them; '' for all else."""
        years = self.asked.since is not None or self.asked.until is not None
        if not subject.ids or subject.condition is not None or years or subject.below or self.asked.order == "year":
            return ""
        return (
            f"{self.values('?x', subject.ids)}\nOPTIONAL {self._counted(self._standing(subject), '?n', '?m')}\n"
            "BIND(COALESCE(?n, 0) AS ?support) BIND(COALESCE(?m, 0.0) AS ?confidence)"
        )

    def _standing(self, subject: Subject) -> str:
        statement, who = self._new("statement"), self._fits("?x", subject)
        itself = f"{who}?x a {self.own(self.document)} . BIND(?x AS ?paper) BIND(1.0 AS ?sure)"
        told = f"{who}{statement} rdf:object ?x ; kg:derived false ; kg:confidence ?sure ; prov:wasDerivedFrom ?paper ."
        if subject.types == (self.document,) or (subject.types and self.document not in subject.types):
            return (itself if self.document in subject.types else told) + self.in_years("?paper")
        return f"{{ {itself} }} UNION {{ {told} }}{self.in_years('?paper')}"

    # --- conditions -------------------------------------------------------------------------------------------------

    def _raw(self, condition: Condition, subject: Subject, negated: bool) -> str:
        if isinstance(condition, Clause):
            return self._clause(condition, subject, negated)
        if isinstance(condition, Either):
            return "\nUNION\n".join(_group(self._raw(part, subject, negated)) for part in condition.parts)
        wanted, refused = _parted(condition)
        minus = self._minus(refused, subject)
        if not wanted:
            return self._standing(subject) + minus
        parts = [self._raw(part, subject, negated) for part in wanted]
        if len(parts) == 1:
            return _group(parts[0]) + minus
        # the papers are those of the part that has the fewest, the first of these
        fewest, branch, number = self._new("fewest"), self._new("branch"), self._new("part")
        papers = [f"{{ SELECT ?x ?paper ({i} AS {number}) {_group(part)} }}" for i, part in enumerate(parts, start=1)]
        joined = self._joined(parts, fewest, "?sure", which=branch)
        return joined + "\n" + "\nUNION\n".join(papers) + f"\nFILTER({number} = {branch})" + minus

    def _joined(self, parts: Sequence[str], support: str, sure: str, *, which: str = "") -> str:
        """Return a pattern for nodes that fulfil every part: as few papers and as sure as the weakest part has."""
        supports = [self._new("n") for _ in parts]
        sures = [self._new("m") for _ in parts]
        lines = [self._counted(*three) for three in zip(parts, supports, sures, strict=True)]
        lines += [_least(supports, support), _least(sures, sure)]
        if which:
            chosen = str(len(parts))
            for i in range(len(parts) - 1, 0, -1):
                chosen = f"IF({supports[i - 1]} = {support}, {i}, {chosen})"
            lines.append(f"BIND({chosen} AS {which})")
        return "\n".join(lines)

    def _counted(self, pattern: str, support: str, sure: str) -> str:
        head = f"SELECT ?x (COUNT(DISTINCT ?paper) AS {support}) (MAX(?sure) AS {sure})"
        return f"{{ {head} {_group(pattern)} GROUP BY ?x }}"

    def _minus(self, refused: Sequence[Without], subject: Subject) -> str:
        return "".join(f"\nMINUS {{ SELECT ?x {_group(self._raw(r.part, subject, True))} }}" for r in refused)

    def _clause(self, clause: Clause, subject: Subject, negated: bool) -> str:
        statement, other = self._new("statement"), self._new("o")
        wanted, limit = self._object(other, clause, negated)
        who = self._fits("?x", subject)
        if (subject, clause) in self.through and not negated:
            joined, limit = self._through(clause, other), ""
        else:
            here = self._new("o") if clause.above else "?x"
            names = meant(clause.relation, self.ontology)
            ahead = f"{statement} rdf:subject {here} ; rdf:object {other} ."
            back = f"{statement} rdf:object {here} ; rdf:subject {other} ."
            both = f"{{ {ahead} }} UNION {{ {back} }}"
            ends = both if not clause.relation else (back if clause.inverse else ahead)
            relation, sure = self._new("relation"), self._new("c") if limit else "?sure"
            joined = (
                f"{ends}\n{statement} rdf:predicate {relation} ; kg:confidence {sure} ; prov:wasDerivedFrom ?paper .\n"
                f"VALUES {relation} {{ {' '.join(map(self.own, names))} }}"
            )
            if clause.above:
                joined += f"\n{here} ({self._kin()})* ?x ."
            if limit:
                joined += "\n" + _least([sure, limit], "?sure")
        return f"{wanted}\n{joined}\n{who}".rstrip() + self.in_years("?paper")

    def _object(self, other: str, clause: Clause, negated: bool) -> tuple[str, str]:
        """Return a pattern for what a clause points at, and the variable that tells how sure that is, if anything."""
        subject, limit = clause.object, ""
        known = self._new("o") if transitive(clause.relation, self.ontology) else other
        if subject.condition is not None:
            limit = self._new("limit")
            inner = _group(self.raw(subject, negated=negated))
            pattern = f"{{ SELECT (?x AS {known}) (MAX(?sure) AS {limit}) {inner} GROUP BY ?x }}"
        else:
            pattern = self._fits(known, subject).rstrip()
        if known != other:
            steps = f"{self.own(clause.relation)}*"
            pattern += f"\n{known} {steps} {other} ." if clause.inverse else f"\n{other} {steps} {known} ."
        return pattern, limit

    def _through(self, clause: Clause, other: str) -> str:
        """Return a pattern for what papers join: they introduce or use the one, and say the relation of the other."""
        relation = self.ontology.relation(clause.relation)
        entity, end = (other, "?x") if clause.inverse else ("?x", other)
        by, said, joint, types, ends, carrier = map(self._new, ("by", "said", "joint", "type", "type", "relation"))
        ends_of: dict[tuple[str, str], list[str]] = {}
        for by_name, entity_type, end_type in speaking(relation, self.ontology):
            ends_of.setdefault((by_name, entity_type), []).append(end_type)
        types_of: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for (by_name, entity_type), found in ends_of.items():
            types_of.setdefault((by_name, tuple(found)), []).append(entity_type)
        # a filter, for engines begin with a VALUES of three variables, and then take minutes
        told = " || ".join(
            f"({carrier} = {self.own(name)} && {types} IN ({', '.join(map(self.own, those))})"
            f" && {ends} IN ({', '.join(map(self.own, found))}))"
            for (name, found), those in types_of.items()
        )
        carried = " ".join(self.own(r.name) for r in carriers(relation, self.ontology))
        return (
            f"{joint} a {self.own(self.document)} .\n"
            f"{by} rdf:subject {joint} ; rdf:object {entity} ; rdf:predicate {carrier} ; kg:confidence {by}sure .\n"
            f"VALUES {carrier} {{ {carried} }}\n"
            f"{said} rdf:subject {joint} ; rdf:object {end} ; rdf:predicate {self.own(relation.name)} ;"
            f" kg:confidence {said}sure ; prov:wasDerivedFrom ?paper .\n"
            f"{entity} a {types} . {end} a {ends} . FILTER({told})\n"
            f"FILTER({entity} != {end}) BIND(ROUND({by}sure * {said}sure * 10000) / 10000 AS ?sure)"
        )

    # --- nodes and years --------------------------------------------------------------------------------------------

    def _fits(self, variable: str, subject: Subject) -> str:
        if subject.ids and subject.below:
            known = self._new("o")
            return f"{self.values(known, subject.ids)} {variable} ({self._kin()})* {known} . "
        if subject.ids:
            return self.values(variable, subject.ids) + " "
        if len(subject.types) > 1:
            name = self._new("class")
            return f"{variable} a {name} . VALUES {name} {{ {' '.join(map(self.own, subject.types))} }} "
        return "".join(f"{variable} a {self.own(name)} . " for name in subject.types)

    def _kin(self) -> str:
        return "|".join(self.own(self.ontology.relation_as(role).name) for role in _TRANSITIVE)

    def values(self, variable: str, ids: Iterable[str]) -> str:
        """Return a pattern that binds a variable to these nodes."""
        return f"VALUES {variable} {{ {' '.join(self._term(rdf.node_curie(i)) for i in ids)} }}"

    def in_years(self, paper: str) -> str:
        """Return the condition that a paper is of the years asked for; '' when none are asked for."""
        year = self._new("year")
        bounds = [f"{year} >= {self.asked.since}"] * (self.asked.since is not None)
        bounds += [f"{year} <= {self.asked.until}"] * (self.asked.until is not None)
        return f"\n{self._issued(paper, year)} FILTER({' && '.join(bounds)})" if bounds else ""

    def year(self, paper: str, year: str) -> str:
        """Return a pattern that binds the year of a paper where it is known."""
        return f"OPTIONAL {{ {self._issued(paper, year)} }}"

    def _issued(self, paper: str, year: str) -> str:
        issued = self._new("issued")
        return f"{paper} dcterms:issued {issued} . BIND(xsd:integer(SUBSTR(STR({issued}), 1, 4)) AS {year})"

    def own(self, name: str) -> str:
        """Return a type or relation as SPARQL writes it."""
        short = rdf.own(name)
        return short if re.fullmatch(r"[a-z]+:\w+", short) else self._term(short)

    def _new(self, name: str) -> str:
        return f"?{name}{next(self._number)}"


def _parted(condition: Condition) -> tuple[list[Condition], list[Without]]:
    """Return what has to hold and what must not, with conjunctions in conjunctions taken apart."""
    if isinstance(condition, Without):
        return [], [condition]
    if not isinstance(condition, Both):
        return [condition], []
    pairs = [_parted(part) for part in condition.parts]
    return [w for wanted, _ in pairs for w in wanted], [r for _, refused in pairs for r in refused]


def _least(variables: Sequence[str], name: str) -> str:
    """Return binds for the least of some variables; SPARQL 1.1 has no function for that."""
    lines, least = [], variables[0]
    for i, variable in enumerate(variables[1:], start=2):
        new = name if i == len(variables) else f"{name}{i}"
        lines.append(f"BIND(IF({least} <= {variable}, {least}, {variable}) AS {new})")
        least = new
    return " ".join(lines) if lines else f"BIND({least} AS {name})"


def _group(pattern: str) -> str:
    return f"{{\n{_indented(pattern)}\n}}"


def _indented(pattern: str) -> str:
    return "\n".join(f"  {line}" for line in pattern.splitlines() if line.strip())


def _whole(asked: Question, words: Words, body: str) -> str:
    """Return the query with a comment on what it means and the prefixes that it uses, so that it runs anywhere."""
    used = set(re.findall(r"(?<![\w<:/])([a-z]+):(?=\w)", body))
    prefixes = [f"PREFIX {name}: <{iri}>" for name, iri in words.ontology.prefixes if name in used]
    return "\n".join([f"# {printable(in_words(asked, words))}", *prefixes, body])
