"""Extractions + who is who -> KnowledgeGraph: a pure function of the set of extractions and of the decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kg import derivation, kinds, networks, rdfreader, resolve
from kg import ontology as ontologies
from kg.corrections import Rulings, lost
from kg.lexicon import Decision, Lexicon
from kg.model import (
    Claim,
    Edge,
    Evidence,
    Extraction,
    KGError,
    Merge,
    Node,
    Paper,
    Rejection,
    Vote,
    name_key,
)
from kg.ontology import Ontology
from kg.registry import Registry

if TYPE_CHECKING:
    import networkx

# Drawing stands above the graph, so it is asked for by name, as any outsider's plug-in would be.
_NOTEBOOK = Registry(kind="notebook", builtin=(("frame", "kg.explorer:iframe"),))


@dataclass(frozen=True, kw_only=True)
class KnowledgeGraph:
    """The graph: nodes sorted by id, edges sorted by key, and the extractions that they were assembled from.

    `rejections` are the candidates that were refused, by paper node id. Two graphs of the same extractions,
    decisions, ontology and lexicon are equal.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    extractions: tuple[Extraction, ...]
    decisions: tuple[Decision, ...]
    ontology: Ontology
    rejections: tuple[tuple[str, Rejection], ...] = ()
    unmatched: tuple[Decision, ...] = ()
    lexicon: Lexicon = field(default_factory=Lexicon)

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by their id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their source."""
        return _grouped((edge.source, edge) for edge in self.edges)

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by the id of their target."""
        return _grouped((edge.target, edge) for edge in self.edges)

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Node ids by `name_key` of every name, alias and id."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in self.nodes:
            for name in (node.name, *node.aliases, node.id):
                found[name_key(name)].add(node.id)
        return {key: tuple(sorted(ids)) for key, ids in found.items()}

    def find(self, name: str) -> tuple[Node, ...]:
        """Return the nodes that bear this name, alias or id, best supported first."""
        nodes = [self.by_id[i] for i in self.names.get(name_key(name), ())]
        return tuple(sorted(nodes, key=lambda n: (-n.support, n.id)))

    def below(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of all variants and narrower kinds of a node, at any depth, the nearest first."""
        return tuple(kinds.reached((node_id,), self._kin[0]))[1:]

    def above(self, node_id: str) -> tuple[str, ...]:
        """Return the ids of the families and broader kinds that a node belongs to, the nearest first."""
        return tuple(kinds.reached((node_id,), self._kin[1]))[1:]

    @cached_property
    def _kin(self) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
        """What is right below each node, and what is right above it."""
        relations = {self.ontology.relation_as(role).name for role in ("variant", "hierarchy")}
        down: dict[str, list[str]] = defaultdict(list)
        up: dict[str, list[str]] = defaultdict(list)
        for edge in self.edges:
            if edge.relation in relations:
                down[edge.target].append(edge.source)
                up[edge.source].append(edge.target)
        return down, up

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers that the graph was built from."""
        return tuple(extraction.paper for extraction in self.extractions)

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """Return how many nodes there are of each type, and how many edges of each relation."""
        return Counter(n.type for n in self.nodes), Counter(e.relation for e in self.edges)

    def without(self, papers: Collection[str]) -> KnowledgeGraph:
        """Return exactly the graph built without these papers (given by node id)."""
        self._need_extractions()
        kept = [e for e in self.extractions if resolve.paper_id(e.paper) not in papers]
        return assemble(kept, ontology=self.ontology, decisions=self.decisions, lexicon=self.lexicon)

    def __or__(self, other: KnowledgeGraph) -> KnowledgeGraph:
        """Return the graph of both sets of extractions; of a paper in both, the fuller extraction counts."""
        self._need_extractions()
        other._need_extractions()
        return assemble(
            [*self.extractions, *other.extractions],
            ontology=self.ontology,
            decisions=sorted({*self.decisions, *other.decisions}, key=repr),
            lexicon=self.lexicon | other.lexicon,
        )

    def _need_extractions(self) -> None:
        if self.nodes and not self.extractions:
            raise KGError("this graph was read from elsewhere, without the papers", hint="build it from the papers")

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Return a fresh networkx MultiDiGraph; edge keys are globally unique, predicates are attributes."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for node in self.nodes:
            graph.add_node(node.id, **networks.node_attributes(node))
        for edge in self.edges:
            graph.add_edge(edge.source, edge.target, key=edge.id, **networks.edge_attributes(edge))
        return graph

    @classmethod
    def from_networkx(cls, graph: networkx.MultiDiGraph[Any], *, ontology: Ontology | None = None) -> KnowledgeGraph:
        """Return the graph whose nodes and edges `to_networkx` gave, all or some of them; nothing of them is lost.

        What it was built from does not travel along, so that papers cannot be taken out of the result.
        """
        nodes = (networks.node(name, attributes) for name, attributes in graph.nodes(data=True))
        edges = (networks.edge(source, target, attributes) for source, target, attributes in graph.edges(data=True))
        return cls._read(nodes, edges, ontology)

    @classmethod
    def from_rdflib(cls, graph: Any, *, ontology: Ontology | None = None) -> KnowledgeGraph:
        """Return the graph that our RDF tells of: an rdflib Graph, from whatever store or file.

        Written again it gives the same RDF. Abstracts, and so what it was built from, are not in RDF.
        """
        known = ontology or ontologies.load()
        return cls._read(*rdfreader.nodes_and_edges(graph, known), known)

    @classmethod
    def _read(cls, nodes: Iterable[Node], edges: Iterable[Edge], ontology: Ontology | None) -> KnowledgeGraph:
        return cls(
            nodes=tuple(sorted(nodes, key=lambda n: n.id)),
            edges=tuple(sorted(edges, key=lambda e: e.key)),
            extractions=(),
            decisions=(),
            ontology=ontology or ontologies.load(),
        )

    def _repr_html_(self) -> str:
        """Draw the graph in a notebook: a sandboxed frame, nothing written beside the notebook."""
        return str(_NOTEBOOK.get("frame")(self))

    def to_rdflib(self) -> Any:
        """Return the facts and evidence as an rdflib Graph."""
        import rdflib

        from kg import rdf

        graph = rdflib.Graph()
        graph.parse(data=rdf.ntriples(rdf.triples(self.nodes, self.edges, self.ontology)), format="nt")
        return graph


def assemble(
    extractions: Iterable[Extraction],
    *,
    ontology: Ontology,
    decisions: Sequence[Decision] = (),
    lexicon: Lexicon | None = None,
) -> KnowledgeGraph:
    """Merge what the papers say into one graph; order and batching of the extractions do not matter."""
    unique = _one_per_paper(extractions)
    known = (lexicon or Lexicon()).undecided
    rulings = Rulings(unique, decisions)
    who = resolve.entities(rulings.extractions, rulings.about_names, lexicon=known, ontology=ontology)
    rulings.meet(who)
    types = {e.id: e.type for e in who.entities}
    names = {e.id: (e.type, e.name) for e in who.entities}
    merged: dict[tuple[str, str, str], list[tuple[Claim, bool, float]]] = defaultdict(list)
    supporters: dict[str, set[str]] = defaultdict(set)
    named: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
    rejections: list[tuple[str, Rejection]] = []
    gone: dict[tuple[str, str, str], list[tuple[str, Rejection]]] = defaultdict(list)
    for extraction in rulings.extractions:
        source = resolve.paper_id(extraction.paper)
        resolved, refused = _resolved(extraction, source, who)
        claims, overruled, impossible = _claims(resolved, source, types, rulings, ontology)
        rejections += [(source, r) for r in (*extraction.rejections, *refused, *overruled, *impossible)]
        for target, claim in claims:
            merged[source, claim.relation, target].append((claim, False, claim.confidence))
            supporters[target].add(source)
            named[target] += [(claim.confidence, evidence) for evidence in claim.evidence[:1]]
        implied = tuple(derivation.derived(extraction.paper, claims, types, ontology))
        for made in implied:
            merged[made.key].append((made.claim, made.inherited, made.confidence))
        if overruled:
            whole, _, _ = _claims(resolved, source, types, Rulings((), ()), ontology)
            before = {d.key: d.claim for d in derivation.derived(extraction.paper, whole, types, ontology)}
            for key, rejection in lost(before, [d.key for d in implied], overruled, names).items():
                gone[key].append((source, rejection))
    rejections += [refusal for key, told in gone.items() if key not in merged for refusal in told]
    unnamed, kin = kinds.taxonomy(who, named, lexicon=known, ontology=ontology)
    names |= {e.id: (e.type, e.name) for e in unnamed}
    edges, overturned = rulings.settle([*(_edge(key, parts) for key, parts in merged.items()), *kin], names)
    rejections += overturned
    linked = {end for e in edges for end in (e.source, e.target)}
    return KnowledgeGraph(
        nodes=_nodes(
            unique,
            [e for e in who.entities if e.id in supporters] + [e for e in unnamed if e.id in linked],
            supporters,
            ontology,
        ),
        edges=tuple(sorted(edges, key=lambda e: e.key)),
        extractions=unique,
        decisions=tuple(decisions),
        ontology=ontology,
        rejections=tuple(sorted(rejections, key=repr)),
        unmatched=rulings.unmatched(who.unmatched),
        lexicon=known,
    )


def _one_per_paper(extractions: Iterable[Extraction]) -> tuple[Extraction, ...]:
    chosen: dict[str, Extraction] = {}
    for extraction in extractions:
        node = resolve.paper_id(extraction.paper)
        other = chosen.get(node)
        if other is None or _fullness(extraction) > _fullness(other):
            chosen[node] = extraction
    return tuple(chosen[node] for node in sorted(chosen))


def _fullness(extraction: Extraction) -> tuple[int, int, str]:
    return (len(extraction.paper.abstract), len(extraction.claims), repr(extraction))


def _resolved(
    extraction: Extraction, source: str, who: resolve.Resolution
) -> tuple[dict[str, list[Claim]], list[Rejection]]:
    """Return a paper's claims by entity, their evidence placed in the paper; what a decision dropped is refused."""
    by_target: dict[str, list[Claim]] = defaultdict(list)
    refused: list[Rejection] = []
    for claim in extraction.claims:
        target = who.entity_id(claim)
        if target is None:
            refused.append(
                Rejection(name=claim.name, type=claim.type, reason=who.refusal(claim), evidence=claim.evidence)
            )
            continue
        placed = sorted((replace(e, paper=source) for e in set(claim.evidence)), key=_place)
        by_target[target].append(replace(claim, evidence=tuple(placed)))
    return by_target, refused


def _claims(
    by_target: Mapping[str, Sequence[Claim]],
    source: str,
    types: Mapping[str, str],
    rulings: Rulings,
    ontology: Ontology,
) -> tuple[list[tuple[str, Claim]], list[Rejection], list[Rejection]]:
    """Settle a paper's claims: one relation a target (the guide's first that applies), its evidence united.

    Return them, what decisions overrule, and what the ontology does not allow or a stronger relation makes needless.
    """
    overruled: list[Rejection] = []
    impossible: list[Rejection] = []
    document = ontology.type_as("document").name
    result: list[tuple[str, Claim]] = []
    for target in sorted(by_target):
        kept, refused = rulings.heard(
            source,
            target,
            by_target[target],
            possible=_possible(ontology, document, types[target]),
        )
        overruled += refused
        allowed = []
        for claim in kept:
            if ontology.relation(claim.relation).allows(document, types[target]):
                allowed.append(claim)
            else:
                reason = f"{claim.relation} cannot point at a {types[target]}"
                impossible.append(
                    Rejection(name=claim.name, type=types[target], reason=reason, evidence=claim.evidence)
                )
        if allowed:
            first = min(allowed, key=lambda c: (ontology.relation(c.relation).priority, -c.confidence, c.name))
            same = [c for c in allowed if c.relation == first.relation]
            evidence = tuple(sorted({e for c in same for e in c.evidence}, key=_place))
            result.append((target, replace(first, evidence=evidence, votes=_votes(same))))
            for claim in allowed:
                if claim.relation != first.relation:
                    reason = f"{claim.relation} gives way to {first.relation}, which the paper also claims of it"
                    impossible.append(
                        Rejection(name=claim.name, type=types[target], reason=reason, evidence=claim.evidence)
                    )
    return result, overruled, impossible


def _possible(ontology: Ontology, source: str, target: str) -> Callable[[str], bool]:
    """Return what tells whether a relation may stand between two types."""
    return lambda relation: ontology.relation(relation).allows(source, target)


def _edge(key: tuple[str, str, str], parts: Sequence[tuple[Claim, bool, float]]) -> Edge:
    """Merge the claims behind one edge. More evidence never lowers its confidence."""
    source, relation, target = key
    return Edge(
        source=source,
        relation=relation,
        target=target,
        confidence=round(max(confidence for _, _, confidence in parts), 4),
        evidence=tuple(sorted({e for claim, _, _ in parts for e in claim.evidence}, key=_place)),
        votes=_votes([claim for claim, _, _ in parts]),
        derived=all(derived for _, derived, _ in parts),
    )


def _votes(claims: Iterable[Claim]) -> tuple[Vote, ...]:
    """Return the rules behind some claims, each with the highest score that it gave."""
    votes: dict[str, float] = {}
    for claim in claims:
        for vote in claim.votes:
            votes[vote.rule] = max(vote.score, votes.get(vote.rule, 0.0))
    return tuple(Vote(rule=rule, score=score) for rule, score in sorted(votes.items()))


def _nodes(
    extractions: Sequence[Extraction],
    entities: Iterable[resolve.Entity],
    supporters: Mapping[str, set[str]],
    ontology: Ontology,
) -> tuple[Node, ...]:
    document = ontology.type_as("document").name
    nodes = [
        Node(id=resolve.paper_id(e.paper), type=document, name=e.paper.title, support=1, paper=e.paper)
        for e in extractions
    ]
    nodes += [
        Node(
            id=entity.id,
            type=entity.type,
            name=entity.name,
            aliases=entity.aliases,
            support=len(supporters.get(entity.id, ())),
            merges=tuple(sorted(set(entity.merges), key=_merge_order)),
        )
        for entity in entities
    ]
    return tuple(sorted(nodes, key=lambda n: n.id))


def _merge_order(merge: Merge) -> tuple[str, str]:
    return (merge.name, merge.reason)


def _place(evidence: Evidence) -> tuple[str, int, int, int]:
    """Order evidence by paper, and in a paper title before abstract before curated facts."""
    return (evidence.paper, ("title", "abstract", "curated").index(evidence.field), evidence.start, evidence.end)


def _grouped(pairs: Iterable[tuple[str, Edge]]) -> Mapping[str, tuple[Edge, ...]]:
    groups: dict[str, list[Edge]] = defaultdict(list)
    for key, edge in pairs:
        groups[key].append(edge)
    return {key: tuple(edges) for key, edges in groups.items()}
