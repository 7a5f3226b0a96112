"""Values built by hand for the tests: papers, claims, extractions and a small graph."""

from __future__ import annotations

from pathlib import Path

from kg import ontology, store
from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Decision, Lexicon
from kg.model import Claim, Evidence, Extraction, Paper, Vote

ONTOLOGY = ontology.load()


def paper(title: str, abstract: str = "", **fields: object) -> Paper:
    """A paper whose id is its key."""
    made = Paper(id="", title=title, abstract=abstract, **fields)  # type: ignore[arg-type]
    return Paper(**{**{n: getattr(made, n) for n in Paper.__dataclass_fields__}, "id": fields.get("id") or made.key()})


def claim(
    of: Paper, name: str, type_name: str, relation: str, *, confidence: float = 0.9, aliases: tuple[str, ...] = ()
) -> Claim:
    """A claim with evidence for every spelling that stands in the title or abstract."""
    evidence = []
    for spelling in (name, *aliases):
        for field in ("title", "abstract"):
            start = of.text(field).find(spelling)
            if start >= 0:
                end = start + len(spelling)
                evidence.append(Evidence(paper=of.key(), field=field, start=start, end=end, text=spelling))
    assert evidence, f"{name!r} does not stand in {of.title!r}"
    return Claim(
        name=name,
        type=type_name,
        relation=relation,
        confidence=confidence,
        evidence=tuple(evidence),
        votes=(Vote(rule="test", score=confidence),),
        aliases=aliases,
    )


def extraction(of: Paper, *claims: tuple[str, str, str] | Claim) -> Extraction:
    """What a paper says, from (name, type, relation) triples."""
    return Extraction(paper=of, claims=tuple(c if isinstance(c, Claim) else claim(of, *c) for c in claims))


TINY = paper(
    "TinyTune: Cheap Adapters for Phones",
    "We propose TinyTune, which builds on LoRA. It beats QLoRA on GSM8K and runs on smartphones.",
    date="2024-05-01",
    year=2024,
    url="https://example.org/tinytune",
)
BENCH = paper(
    "RiddleBench: A Benchmark of Riddles",
    "RiddleBench tests question answering. We evaluate GPT-4 and LoRA-tuned models.",
    arxiv="2401.00001",
    year=2024,
)
SURVEY = paper(
    "A Survey of Adapters", "Adapters such as LoRA are everywhere. Low-Rank Adaptation (LoRA) leads.", year=2022
)

EXTRACTIONS = (
    extraction(
        TINY,
        ("TinyTune", "Technique", "introduces"),
        ("LoRA", "Technique", "uses"),
        ("QLoRA", "Technique", "comparesWith"),
        ("GSM8K", "Benchmark", "evaluatedOn"),
        ("smartphones", "Hardware", "targets"),
    ),
    extraction(
        BENCH,
        ("RiddleBench", "Benchmark", "introduces"),
        ("question answering", "Task", "addresses"),
        ("GPT-4", "Model", "uses"),
        ("LoRA", "Technique", "uses"),
    ),
    extraction(SURVEY, claim(SURVEY, "Low-Rank Adaptation", "Technique", "uses", aliases=("LoRA",))),
)


def graph(decisions: tuple[Decision, ...] = ()) -> KnowledgeGraph:
    """The graph of the three papers."""
    return assemble(EXTRACTIONS, ontology=ONTOLOGY, decisions=decisions)


def saved(path: Path, made: KnowledgeGraph) -> None:
    """Write a graph to a file, as a build does that assembles it as a whole."""
    with store.update(path) as file, file.transaction():
        file.connection.execute("INSERT OR IGNORE INTO record VALUES ('s', 'i', '')")  # what it is built from
        put(file, made)


def put(file: store.Store, made: KnowledgeGraph) -> None:
    """Put a graph in the place of the one in an open file."""
    hashes = [(e.paper.key().encode(), e) for e in made.extractions]
    file.keep((key, store.packed(e, Lexicon())) for key, e in hashes)
    file.connection.execute("DELETE FROM work")
    file.put_works((e.paper, key, ()) for key, e in hashes)
    file.save(made)
