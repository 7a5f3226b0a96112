"""`kg check`: what is inconsistent, stale or dead in ontology/ and seeds/."""

from __future__ import annotations

from pathlib import Path

from kg import decisions, lexicon, ontology, pipeline, readers
from kg.files import bundled
from kg.graph import KnowledgeGraph
from kg.model import KGError
from kg.ontology import Ontology
from kg.rdf import vocabulary


def problems(folder: Path | None = None, *, write: bool = False) -> tuple[str, ...]:
    """Return one line for each problem, of the bundled data or of a folder that holds `ontology` and `seeds`.

    With `write` the generated files of the ontology are made anew first.
    """
    onto_folder = folder / "ontology" if folder else bundled("ontology")
    seeds = folder / "seeds" if folder else bundled("seeds")
    try:
        onto = ontology.load(onto_folder)
        if write:
            vocabulary.write(onto_folder)
        clashes = _clashes(seeds / "decisions.yaml", onto)
        if clashes:
            return clashes
        names = lexicon.load(seeds, ontology=onto)
        reading = readers.read(seeds / "papers")
        papers = tuple(reading.papers)
    except KGError as error:
        return (str(error),)
    using = pipeline.setup(onto, names)
    return (
        *(
            f"{onto_folder.name}/{name}: stale; kg check --write makes it anew"
            for name in vocabulary.stale(onto_folder)
        ),
        *lexicon.lint_names(names),
        *(f"{s.source}:{s.line}: {s.reason}" for s in reading.skipped),
        *_dead(pipeline.build(*papers, using=using)),
    )


def _dead(graph: KnowledgeGraph) -> list[str]:
    """Return one line for each decision that matches nothing in the bundled papers."""
    return [decision.dead for decision in graph.unmatched]


def _clashes(path: Path, onto: Ontology) -> tuple[str, ...]:
    """Return one line for each pair of decisions that contradict or repeat each other."""
    return tuple(decisions.lint(decisions.entries(path, ontology=onto))) if path.exists() else ()
