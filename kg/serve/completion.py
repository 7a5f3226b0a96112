"""What the boxes of the query page offer while one types: prefixes, classes and properties, words of questions.

Names of nodes are not among them: the script asks for those. Nothing here is a word of a paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from kg import rdf
from kg.ontology import Ontology
from kg.queries import particles
from kg.rdf.vocabulary import classes_and_properties
from kg.view import View
from kg.view.loaded import sets

_SAMPLE = 300  # nodes of a type, which show what is told of it; edges of a kind all have the same properties
_PHRASES = (
    "and", "or", "but not", "or below", "since", "how many", "what do", "share", "path from", "top 5", "sorted by year",
    "per year", "limit 10",
)  # fmt: skip
_SMALL = (
    particles.LEAD, particles.LINKING, particles.ARTICLES, particles.CONNECTORS, particles.NOT, particles.ROUTES,
    particles.TO, particles.COUNTING, particles.SHARING, particles.TAIL, particles.SINCE, particles.UNTIL,
    particles.COMMON, _PHRASES,
)  # fmt: skip


@cache
def script() -> str:
    """Return the page's module; it runs, and is allowed, where its text stands."""
    return (Path(__file__).parent / "assets" / "complete.js").read_text(encoding="utf-8")


def vocabulary(graph: View) -> dict[str, Sequence[str] | Sequence[tuple[str, str]]]:
    """Return what the script is told: prefixes, terms with what they are, words to offer, words that end a name."""
    ontology = graph.ontology
    phrases = [r.phrases + r.inverse for r in ontology.relations]
    kinds = [(t.plural, t.name.casefold(), *t.synonyms) for t in ontology.types]
    offered = dict.fromkeys(
        chain((t.plural for t in ontology.types), (r.label for r in ontology.relations),
              (r.inverse[0] for r in ontology.relations if r.inverse), _PHRASES)
    )  # fmt: skip
    small = {w for text in _words(chain(*phrases, *kinds, *_SMALL)) for w in text.casefold().split()}
    return {
        "prefixes": ontology.prefixes,
        "terms": terms(graph),
        "words": list(offered),
        "small": sorted(small),
    }


def _words(phrases: Iterable[str | tuple[str, ...]]) -> Iterator[str]:
    return (phrase if isinstance(phrase, str) else " ".join(phrase) for phrase in phrases)


def terms(graph: View) -> list[tuple[str, str]]:
    """Return the classes and properties that a query of this graph can use, as CURIEs, ours first, each with a word."""
    ontology = graph.ontology
    term = rdf.expander(ontology)
    about = list(classes_and_properties(ontology))
    own = {s: "class" if o == term("owl:Class") else "property" for s, p, o in about if p == rdf.TYPE}
    del own[f"<{ontology.iri('kg:').rstrip('#')}>"]
    told = {term(rdf.own(r.name)): f"property: {r.label}" for r in ontology.relations}
    for subject, predicate, value in about:
        if subject in own and predicate == term("rdfs:comment"):
            told[subject] = f"{own[subject]}: {value[1:-1]}".replace('\\"', '"')
    used: dict[str, str] = {}
    for _, predicate, value in _sample(graph):
        used.setdefault(predicate, "property")
        if predicate == rdf.TYPE:
            used.setdefault(value, "class")
    found = {iri: told.get(iri, kind) for iri, kind in (own | used).items()}
    return sorted(
        ((curie, note) for iri, note in found.items() if (curie := _curie(iri, ontology))),
        key=lambda pair: (not pair[0].startswith("kg:"), pair[0].casefold()),
    )


def _sample(graph: View) -> Iterator[rdf.Triple]:
    """Yield triples with every property that the graph has: of some nodes of each type, and of edges of each kind."""
    known = sets(graph)
    kinds = list(known.kinds())
    ids = [i for t in graph.ontology.types for i in known.ids((t.name,))[:_SAMPLE]]
    ends = [end for edge in kinds for end in (edge.source, edge.target)]
    yield from rdf.triples(known.values(dict.fromkeys((*ids, *ends))), kinds, graph.ontology)


def _curie(iri: str, ontology: Ontology) -> str:
    """Return a term's CURIE; '' where no prefix fits, or what follows it could not stand in a query."""
    bare = iri[1:-1]
    fitting = [(len(space), name) for name, space in ontology.prefixes if bare.startswith(space)]
    if not fitting:
        return ""
    length, name = max(fitting)
    return f"{name}:{bare[length:]}" if bare[length:].replace("_", "").isalnum() else ""
