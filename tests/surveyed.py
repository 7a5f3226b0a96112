"""A landscape of fifteen papers for the tests of kg.landscape, small enough to count by hand. All of it is invented."""

from __future__ import annotations

from handmade import ONTOLOGY, claim, extraction, paper

from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Lexicon
from kg.model import Extraction

# number: year, then what it uses, is evaluated on, and targets
PAPERS = {
    1: (2022, ["Alpha"], ["BenchOne"], []),
    2: (2022, ["Alpha", "Beta"], ["BenchOne", "BenchTwo"], []),
    3: (2022, ["Alpha"], [], ["ChipOne"]),
    4: (2022, ["Gamma"], ["BenchOne"], []),
    5: (2022, ["Gamma"], [], []),
    6: (2024, ["Alpha", "Beta"], ["BenchTwo"], []),
    7: (2024, ["Beta", "Gamma"], ["BenchTwo"], ["ChipOne"]),
    8: (2024, ["Beta", "Alpha"], [], []),
    9: (2024, ["Beta"], [], []),
    10: (2024, ["Beta"], [], []),
    11: (None, ["Gamma"], [], []),
    13: (None, ["Gamma"], [], []),
    14: (None, ["Gamma"], [], []),
    15: (None, [], [], []),
}


def says(number: int, year: int | None, *claims: tuple[str, str, str], title: str = "") -> Extraction:
    """What one paper says; its abstract has a sentence for each claim."""
    about = " ".join(f"Then we see {name} at work." for name, _, _ in claims)
    of = paper(title or f"Paper {number:02}", about, year=year, url=f"https://example.org/{number}")
    return extraction(of, *(claim(of, *c) for c in claims))


def extractions() -> list[Extraction]:
    found = [
        says(
            number,
            year,
            *((name, "Technique", "uses") for name in used),
            *((name, "Benchmark", "evaluatedOn") for name in tested),
            *((name, "Hardware", "targets") for name in devices),
        )
        for number, (year, used, tested, devices) in PAPERS.items()
    ]
    own = says(
        12,
        2024,
        ("Delta", "Technique", "introduces"),
        ("Alpha", "Technique", "uses"),
        ("Gamma", "Technique", "comparesWith"),
        ("Omega", "Technique", "mentions"),
        ("BenchOne", "Benchmark", "evaluatedOn"),
        title="Delta: A Paper of its Own",
    )
    return [*found, own]


def surveyed(*more: Extraction, names: Lexicon | None = None) -> KnowledgeGraph:
    """The graph of the fifteen papers, and of more."""
    return assemble([*extractions(), *more], ontology=ONTOLOGY, lexicon=names or Lexicon())
