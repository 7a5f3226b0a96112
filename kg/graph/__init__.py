"""Extractions + who is who -> KnowledgeGraph: a pure function of the set of extractions and of the decisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kg import networks, resolve
from kg import ontology as ontologies
from kg.graph import assembly, kinds
from kg.graph.corrections import Rulings
from kg.lexicon import Decision, Lexicon
from kg.model import (
    Edge,
    Extraction,
    KGError,
    Node,
    Paper,
    Rejection,
    name_key,
)
from kg.ontology import Ontology
from kg.rdf import reader
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
        return cls._read(*reader.nodes_and_edges(graph, known), known)

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
    sayings = resolve.tally(rulings.extractions, known)
    who = resolve.entities(sayings, rulings.about_names, lexicon=known, ontology=ontology)
    rulings.meet(who)
    names = {e.id: (e.type, e.name) for e in who.entities}
    statements = assembly.Statements()
    for extraction in rulings.extractions:
        meant = [who.says(resolve.saying(claim, known)) for claim in extraction.claims]
        statements.add(assembly.read(extraction, meant, names, rulings, ontology))
    rejections = statements.rejections()
    unnamed, kin = kinds.taxonomy(who, statements.places(), lexicon=known, ontology=ontology)
    names |= {e.id: (e.type, e.name) for e in unnamed}
    edges, overturned = rulings.settle([*statements.edges(), *kin], names)
    linked = {end for e in edges for end in (e.source, e.target)}
    entities = [e for e in who.entities if e.id in statements.supporters]
    nodes = [assembly.paper_node(e.paper, ontology) for e in unique]
    nodes += [assembly.entity_node(e, statements.supporters[e.id]) for e in entities]
    nodes += [assembly.entity_node(e, 0) for e in unnamed if e.id in linked]
    return KnowledgeGraph(
        nodes=tuple(sorted(nodes, key=lambda n: n.id)),
        edges=tuple(sorted(edges, key=lambda e: e.key)),
        extractions=unique,
        decisions=tuple(decisions),
        ontology=ontology,
        rejections=tuple(sorted([*rejections, *overturned], key=assembly.refusal_order)),
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


def _grouped(pairs: Iterable[tuple[str, Edge]]) -> Mapping[str, tuple[Edge, ...]]:
    groups: dict[str, list[Edge]] = defaultdict(list)
    for key, edge in pairs:
        groups[key].append(edge)
    return {key: tuple(edges) for key, edges in groups.items()}
