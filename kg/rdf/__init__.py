"""Nodes and edges -> RDF 1.1: plain facts, a statement with evidence for each edge, and a description of the whole.

A term is a string as N-Triples writes it, a triple is three of them: ten times lighter than objects, sorted and joined
as they are. There are no blank nodes, so sorted lines are the canonical form. Texts are cleaned of what some writer or
parser would refuse, one character for one, so that evidence offsets stay true.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import chain
from urllib.parse import quote

from kg import __version__
from kg.model import Edge, Evidence, Node, Paper, digest
from kg.ontology import Ontology, Relation

Triple = tuple[str, str, str]

TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
DATASET = "kgr:dataset"
EVIDENCE_GRAPH = "kgr:graph/evidence"
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
ARXIV = r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(\.[A-Z]{2})?/[0-9]{7})(v[0-9]+)?"
DOI = r"10\.[0-9]{4,9}/[!-~]+"
FIELDS = ("title", "abstract", "curated")
DATE_TYPES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}

_HOW = (
    "Rules and a learned layer read titles and abstracts, known names and curated decisions settle who is who, and the "
    "ontology refuses what cannot be. The same papers give the same bytes."
)
# Public properties that are about one kind of subject only, by prefix: it6's are about models, LPWC's about papers.
_SUBJECT_ROLE = {"it6": "system", "lpwcp": "document"}
_UNRESERVED = "-._~+/"
_PLAIN = re.compile("[A-Za-z0-9._~+/-]*")
_NON_CHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_REFUSED = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NON_CHARACTERS}]")
_SPACE = re.compile("[\t\r]")
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_URL = re.compile(
    rf"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]+)?(?:/{_PCHAR}*)*(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
)
_DOTS = re.compile(r"/\.\.?(?=[/?#]|$)")
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_BARE = re.compile(r'"(true|false)"\^\^<.*#boolean>|"(-?[0-9]+)"\^\^<.*#integer>|"(-?[0-9]+\.[0-9]+)"\^\^<.*#decimal>')


def triples(
    nodes: Iterable[Node], edges: Iterable[Edge], ontology: Ontology, *, evidence: bool = True
) -> Iterator[Triple]:
    """Yield everything: the facts, with `evidence` the statements behind them, and the description with its counts."""
    nodes, edges = tuple(nodes), tuple(edges)
    size = 0
    for triple in chain(facts(nodes, edges, ontology), statements(edges, ontology) if evidence else ()):
        size += 1
        yield triple
    yield from description(nodes, edges, ontology, size=size)


def ntriples(found: Iterable[Triple]) -> str:
    """Return canonical N-Triples: each triple once, in byte order."""
    return "".join(sorted({f"{s} {p} {o} .\n" for s, p, o in found}))


# --- facts ----------------------------------------------------------------------------------------------------------


def facts(nodes: Iterable[Node], edges: Iterable[Edge], ontology: Ontology) -> Iterator[Triple]:
    """Yield what nodes are called and are, and one plain triple for each edge, with its public counterparts."""
    term = expander(ontology)
    nodes = tuple(nodes)
    types = {node.id: node.type for node in nodes}
    outgoing: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        outgoing[edge.source].append(edge)
    for node in nodes:
        subject = term(node_curie(node.id))
        links = [(edge.relation, edge.target, types[edge.target]) for edge in outgoing[node.id]]
        for predicate, value in about(node, links, ontology, term):
            yield subject, predicate, value


def about(
    node: Node,
    links: Iterable[tuple[str, str, str]],
    ontology: Ontology,
    term: Callable[[str], str],
    end: Callable[[str], str] | None = None,
) -> Mapping[tuple[str, str], None]:
    """Return predicates and values of a node, each pair once; `links` are relation, target and the target's type.

    `end` gives the term of a node's id, if somebody remembers it.
    """
    pairs = [*_node(node, ontology, term)]
    for name, target, kind in links:
        value = end(target) if end else term(node_curie(target))
        pairs += [(term(p), value) for p in said_by(name, node.type, kind, ontology)]
    return dict.fromkeys(pairs)


@lru_cache(maxsize=1024)
def said_by(relation: str, source: str, target: str, ontology: Ontology) -> tuple[str, ...]:
    """Return all properties (CURIEs) that say an edge between two types."""
    found = ontology.relation(relation)
    return (own(found.name), *aligned(found, source, target, ontology))


def aligned(relation: Relation, source: str, target: str, ontology: Ontology) -> tuple[str, ...]:
    """Return the public properties (CURIEs) that hold too when `relation` joins these two types."""
    roles = ontology.type(source).roles
    needed = {public: _SUBJECT_ROLE.get(public.partition(":")[0]) for public in relation.aligned(target)}
    return tuple(public for public, role in needed.items() if role is None or role in roles)


def _node(node: Node, ontology: Ontology, term: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    node_type = ontology.type(node.type)
    for name in (own(node.type), *node_type.align):
        yield term("rdf:type"), term(name)
    name = literal(node.name)
    yield term("rdfs:label"), name
    yield term("skos:prefLabel"), name
    for alias in map(literal, node.aliases):
        if alias != name:
            yield term("skos:altLabel"), alias
    yield term("kg:support"), typed(node.support, term("xsd:integer"))
    if titled(node.type, ontology):
        yield term("dcterms:title"), name
    if node.paper is not None:
        yield from _record(node.paper, term)


def titled(type_name: str, ontology: Ontology) -> bool:
    """Whether nodes of the type need a `dcterms:title`: documents, and whatever MLDCAT-AP (it6) describes."""
    node_type = ontology.type(type_name)
    return "document" in node_type.roles or any(c.startswith("it6:") for c in node_type.align)


def _record(paper: Paper, term: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    if issued := _issued(paper):
        yield term("dcterms:issued"), typed(issued, term(DATE_TYPES[len(issued)]))
    if re.fullmatch(ARXIV, paper.arxiv):
        yield term("fabio:hasArXivId"), literal(paper.arxiv)
        yield term("schema:sameAs"), f"<https://arxiv.org/abs/{paper.arxiv}>"
    if re.fullmatch(DOI, paper.doi):
        yield term("dcterms:identifier"), literal(f"doi:{paper.doi}")
        yield term("schema:sameAs"), f"<https://doi.org/{quote(paper.doi, safe=_UNRESERVED)}>"
    if url := web_address(paper.url):
        yield term("schema:url"), f"<{url}>"
    if paper.venue:
        yield term("kg:venue"), literal(paper.venue)
    for author in paper.authors:
        yield term("schema:author"), literal(author)
    if count := paper.author_count or len(paper.authors):
        yield term("kg:authorCount"), typed(count, term("xsd:integer"))
    for keyword in paper.keywords:
        yield term("schema:keywords"), literal(keyword)


def _issued(paper: Paper) -> str:
    """Return the date as far as it is a real one, else the year, else nothing."""
    for text in (paper.date, f"{paper.year:04d}" if paper.year else ""):
        if re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", text):
            try:
                date.fromisoformat((text + "-01-01")[:10])
            except ValueError:
                continue
            return text
    return ""


# --- evidence -------------------------------------------------------------------------------------------------------


def statements(edges: Iterable[Edge], ontology: Ontology) -> Iterator[Triple]:
    """Yield a statement for each edge: how sure, by which rules, from which papers, and the words that say so."""
    term = expander(ontology)
    seen: set[str] = set()
    rules: set[str] = set()
    for edge in edges:
        rules |= set(rules_of(edge))
        yield from statement(edge, term)
        for item in edge.evidence:
            curie = evidence_curie(item)
            if curie not in seen:
                seen.add(curie)
                yield from passage(curie, item, term)
    for rule in sorted(rules):
        yield from rule_told(rule, term)


def statement(edge: Edge, term: Callable[[str], str]) -> Iterator[Triple]:
    """Yield what is said of one edge, without the words and the rules themselves."""
    subject = term(statement_curie(edge))
    said = stated(
        edge,
        term,
        support=edge.support,
        papers=[term(node_curie(paper)) for paper in edge.papers],
        rules=[term(rule_curie(rule)) for rule in rules_of(edge)],
        passages=map(term, dict.fromkeys(map(evidence_curie, edge.evidence))),
    )
    yield from ((subject, predicate, value) for predicate, value in said)


def statement_curie(edge: Edge) -> str:
    """Return the name of what is said of an edge."""
    return f"kgr:statement/{edge.id}"


def stated(
    edge: Edge,
    term: Callable[[str], str],
    *,
    support: int,
    papers: Iterable[str],
    rules: Iterable[str],
    passages: Iterable[str],
) -> Iterator[tuple[str, str]]:
    """Yield predicates and values of an edge's statement; papers, rules and passages are terms already."""
    yield term("rdf:type"), term("rdf:Statement")
    yield term("rdf:type"), term("prov:Entity")
    yield term("rdf:subject"), term(node_curie(edge.source))
    yield term("rdf:predicate"), term(own(edge.relation))
    yield term("rdf:object"), term(node_curie(edge.target))
    yield term("kg:confidence"), typed(decimal(edge.confidence), term("xsd:decimal"))
    yield term("kg:support"), typed(support, term("xsd:integer"))
    yield term("kg:derived"), typed(str(edge.derived).lower(), term("xsd:boolean"))
    yield from ((term("prov:wasDerivedFrom"), paper) for paper in papers)
    yield from ((term("prov:wasGeneratedBy"), rule) for rule in rules)
    yield from ((term("kg:evidence"), passage) for passage in passages)


def rules_of(edge: Edge) -> tuple[str, ...]:
    """Return the names of the rules that voted for an edge, each once."""
    return tuple(dict.fromkeys(clean(vote.rule) for vote in edge.votes))


def rule_told(rule: str, term: Callable[[str], str]) -> Iterator[Triple]:
    """Yield what a rule is."""
    subject = term(rule_curie(rule))
    yield subject, term("rdf:type"), term("prov:Activity")
    yield subject, term("rdfs:label"), literal(rule)
    yield subject, term("schema:softwareVersion"), literal(__version__)


def passage(curie: str, evidence: Evidence, term: Callable[[str], str]) -> Iterator[Triple]:
    """Yield one piece of evidence: which words stand where, in which paper."""
    whole, quoted, position = term(curie), term(f"{curie}-quote"), term(f"{curie}-position")
    offset = term("xsd:nonNegativeInteger")
    yield whole, term("rdf:type"), term("oa:SpecificResource")
    yield whole, term("oa:hasSource"), term(node_curie(evidence.paper))
    yield whole, term("kg:field"), literal(evidence.field)
    yield whole, term("oa:hasSelector"), quoted
    yield whole, term("oa:hasSelector"), position
    yield quoted, term("rdf:type"), term("oa:TextQuoteSelector")
    yield quoted, term("oa:exact"), literal(evidence.text)
    yield position, term("rdf:type"), term("oa:TextPositionSelector")
    yield position, term("oa:start"), typed(evidence.start, offset)
    yield position, term("oa:end"), typed(evidence.end, offset)


def evidence_curie(evidence: Evidence) -> str:
    """Return the stable name of one piece of evidence, derived from all that it says."""
    place = evidence.paper, evidence.field, evidence.start, evidence.end, evidence.text
    return f"kgr:passage/{passage_name(*place)}"


def passage_name(paper: str, field: str, start: int, end: int, text: str) -> str:
    """Return what tells one piece of evidence from all others."""
    return digest(f"{paper}\t{field}\t{start}\t{end}\t{clean(text)}")


def rule_curie(rule: str) -> str:
    """Return the name of a rule of this version."""
    return f"kgr:rule/{quote(rule, safe='-._~')}-{__version__}"


# --- description ----------------------------------------------------------------------------------------------------


def description(nodes: Iterable[Node], edges: Iterable[Edge], ontology: Ontology, *, size: int) -> Iterator[Triple]:
    """Yield the VoID and DCAT description; `size` counts all triples but these. It holds no date, for equal bytes."""
    nodes = tuple(nodes)
    example = min(nodes, key=exemplary).id if nodes else ""
    types, relations = Counter(node.type for node in nodes), Counter(edge.relation for edge in edges)
    yield from summary(types, relations, ontology, size=size, example=example)


def exemplary(node: Node) -> tuple[bool, int, str]:
    """Order nodes by how well they show what a graph is about, the best first."""
    return (node.paper is not None, -node.support, node.id)


def summary(
    types: Mapping[str, int], relations: Mapping[str, int], ontology: Ontology, *, size: int, example: str
) -> Iterator[Triple]:
    """Yield the description of a graph with so many nodes and edges of each kind; `example` is the id of a node."""
    term = expander(ontology)
    whole, integer = term(DATASET), term("xsd:integer")
    yield from described(ontology, size=size, entities=sum(types.values()))
    yield whole, term("dcterms:conformsTo"), f"<{ontology.iri('kg:').rstrip('#')}>"
    yield whole, term("void:vocabulary"), term("kg:")
    if example:
        yield whole, term("void:exampleResource"), term(node_curie(example))
    for kind, verb, counted, counts in (
        ("class", "void:classPartition", "void:entities", types),
        ("property", "void:propertyPartition", "void:triples", relations),
    ):
        for name, count in sorted(counts.items()):
            part = term(f"{DATASET}/{kind}/{_quoted(name)}")
            yield whole, term(verb), part
            yield part, term("rdf:type"), term("void:Dataset")
            yield part, term(f"void:{kind}"), term(own(name))
            yield part, term(counted), typed(count, integer)


def described(ontology: Ontology, *, size: int, entities: int) -> Iterator[Triple]:
    """Yield what every export tells of itself: what it is, how large, under which licence and how it was made."""
    term = expander(ontology)
    whole, made, a, integer = term(DATASET), term(f"kgr:build/{__version__}"), term("rdf:type"), term("xsd:integer")
    yield from ((whole, a, term("void:Dataset")), (whole, a, term("dcat:Dataset")))
    yield whole, term("dcterms:title"), literal("Map of machine-learning research")
    what = "Built by paperatlas from paper listings; every edge has evidence."
    yield whole, term("dcterms:description"), literal(what)
    yield whole, term("dcterms:license"), f"<{LICENCE}>"
    yield whole, term("dcterms:rights"), literal("The facts are CC0. Titles and quotations belong to their authors.")
    yield whole, term("void:uriSpace"), literal(ontology.iri("kgr:"))
    yield whole, term("void:triples"), typed(size, integer)
    yield whole, term("void:entities"), typed(entities, integer)
    yield whole, term("schema:softwareVersion"), literal(__version__)
    yield whole, term("prov:wasGeneratedBy"), made
    yield from ((made, a, term("prov:Activity")), (made, term("rdfs:label"), literal("paperatlas")))
    yield made, term("schema:softwareVersion"), literal(__version__)
    yield made, term("dcterms:description"), literal(_HOW)


# --- terms ----------------------------------------------------------------------------------------------------------


def expander(ontology: Ontology) -> Callable[[str], str]:
    """Return a function from CURIE to N-Triples term that remembers what it has expanded."""
    known: dict[str, str] = {}

    def term(curie: str) -> str:
        found = known.get(curie)
        if found is None:
            found = known[curie] = f"<{ontology.iri(curie)}>"
        return found

    return term


def own(name: str) -> str:
    """Return the CURIE of one of our own types or relations."""
    return f"kg:{_quoted(name)}"


def node_curie(node_id: str) -> str:
    """Return the CURIE of a node. Ids are safe as they are, save segments of dots, which IRI resolution would eat."""
    path = "/".join(s.replace(".", "%2E") if s in (".", "..") else s for s in _quoted(node_id).split("/"))
    return f"kgr:{path}"


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe=_UNRESERVED, errors="surrogatepass")


def web_address(text: str) -> str:
    """Return `text` as a plain http or https address that every RDF parser takes, or '' if it is none.

    >>> web_address("https://example.org/a?b=c"), web_address("javascript:alert(1)"), web_address("https://a b")
    ('https://example.org/a?b=c', '', '')
    """
    address = re.sub(r"[^\x00-\x7f]+", lambda m: quote(m[0], errors="surrogatepass"), text)
    return address if _URL.fullmatch(address) and not _DOTS.search(address) else ""


def clean(text: str) -> str:
    r"""Return `text` with nothing that XML, RDF or UTF-8 refuses: one character for one, so that offsets hold.

    >>> clean("a\x00b\tc") == "a\ufffdb c"
    True
    """
    if text.isascii() and text.isprintable():
        return text
    return _SPACE.sub(" ", _REFUSED.sub("\ufffd", text))


def literal(text: str) -> str:
    """Return a plain literal."""
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def typed(value: int | str, datatype: str) -> str:
    """Return a literal of a datatype; the value is digits and letters only."""
    return f'"{value}"^^{datatype}'


def decimal(value: float) -> str:
    """Return the canonical form of an xsd:decimal."""
    text = f"{value:.4f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


# --- Turtle ---------------------------------------------------------------------------------------------------------


class Compactor:
    """Shortens terms for Turtle and JSON-LD, and remembers which prefixes that took.

    `known` are all prefixes: the ontology's, and one for each folder of ids, so that `kgr:passage/1` is `passage:1`.
    """

    def __init__(self, ontology: Ontology) -> None:
        base = ontology.iri("kgr:")
        folders = [*(t.name.casefold() for t in ontology.types), "statement", "passage", "rule"]
        self.known = {f: f"{base}{f}/" for f in folders if re.fullmatch("[a-z][a-z0-9-]*", f)} | dict(ontology.prefixes)
        self._by_namespace = {namespace: prefix for prefix, namespace in self.known.items()}
        self._known: dict[str, str] = {}
        self._used: set[str] = set()

    def prefixes(self) -> Mapping[str, str]:
        """Return the prefixes used so far."""
        return {prefix: self.known[prefix] for prefix in sorted(self._used)}

    def curie(self, iri: str) -> str:
        """Return `prefix:local`, or the IRI itself when it has no safe short form."""
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        if prefix is None or not _LOCAL.fullmatch(iri, cut):
            return iri
        self._used.add(prefix)
        return f"{prefix}:{iri[cut:]}"

    def term(self, term: str) -> str:
        """Return an N-Triples term as Turtle writes it best; texts are not remembered, there are too many."""
        if term.endswith('"'):
            return term
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = self._short(term)
        return found

    def _short(self, term: str) -> str:
        if term.startswith("<"):
            curie = self.curie(term[1:-1])
            return term if curie == term[1:-1] else curie
        if bare := _BARE.fullmatch(term):
            return str(bare[bare.lastindex or 0])
        value, _, datatype = term.rpartition("^^")
        return f"{value}^^{self._short(datatype)}"


def turtle(found: Iterable[Triple], compactor: Compactor, *, indent: str = "") -> str:
    """Return sorted Turtle blocks, one a subject, its types first; `turtle_prefixes` goes before them."""
    blocks: list[str] = []
    lines: list[str] = []
    last: tuple[str, str] = ("", "")
    short = compactor.term
    for subject, predicate, value in sorted(set(found), key=_in_turtle):
        if (subject, predicate) == last:
            lines[-1] += f", {short(value)}"
            continue
        if subject != last[0]:
            if lines:
                blocks.append(f" ;\n{indent}    ".join(lines) + " .\n")
            lines = []
        begin = "" if lines else f"{indent}{short(subject)} "
        lines.append(f"{begin}{'a' if predicate == TYPE else short(predicate)} {short(value)}")
        last = (subject, predicate)
    if lines:
        blocks.append(f" ;\n{indent}    ".join(lines) + " .\n")
    return "\n".join(blocks)


def _in_turtle(triple: Triple) -> tuple[str, str, str]:
    return triple if triple[1] != TYPE else (triple[0], "", triple[2])


def turtle_prefixes(compactor: Compactor) -> str:
    """Return the prefix lines for what the compactor has shortened so far."""
    return "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in compactor.prefixes().items())
