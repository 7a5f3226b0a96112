"""A graph file that has been through any changes is the graph assembled at once; so is who is who, block by block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from handmade import ONTOLOGY, claim, extraction, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import increment, lexicon, pipeline, resolve, store
from kg.disjoint import Disjoint
from kg.graph import assemble
from kg.increment.rules import Rules
from kg.lexicon import Decision
from kg.model import Extraction
from kg.resolve import blocks

BUNDLED = lexicon.load(ontology=ONTOLOGY)
# Names that the rules bring together or keep apart: by alias, acronym, generic word, maker, capitals, slip, version.
NAMES = (
    ("LoRA", ()), ("low-rank adaptation", ("LoRA",)), ("LoRA method", ()), ("LoRA+", ()),
    ("Zorbing", ("ZB",)), ("Zebra Boosting", ("ZB",)), ("ZB", ()), ("zorbing approach", ()),
    ("FLEURS", ()), ("Fleurs", ()), ("NVIDIA H100", ()), ("H100", ()), ("GPT-4", ()), ("GPT-4o", ()), ("GPT", ()),
    ("convolutional neural network", ("CNN",)), ("convolultional neural network", ()), ("CNNs", ()),
    ("Frobnet", ("FN",)), ("Frobnet-7B", ()), ("Frobnet-7B-Chat", ()), ("graph network", ()),
    ("gadget graph network", ()), ("object detection", ()), ("3D object detection", ()),
    ("GSM8K dataset", ()), ("GSM8K", ()), ("pinhole camera", ()), ("ToF camera", ()), ("image super-resolution", ()),
    ("low-light image enhancement", ()),
)  # fmt: skip
TYPES = ("Technique", "Model", "Benchmark", "Hardware", "Task")
RELATIONS = ("uses", "introduces", "evaluatedOn", "targets", "addresses", "comparesWith")
DECISIONS = (
    Decision(verb="merge", type="Technique", names=("Zorbing", "Frobnet"), where="d:1"),
    Decision(verb="keep-apart", type="Hardware", names=("NVIDIA H100", "H100"), where="d:2"),
    Decision(verb="drop", type="Model", names=("GPT",), where="d:3", why="vague"),
    Decision(verb="retype", type="Technique", names=("Fleurs",), to="Benchmark", where="d:4"),
    Decision(verb="rename", type="Technique", names=("ZB",), to="Zebra boosting", where="d:5"),
)
said = st.tuples(st.sampled_from(NAMES), st.sampled_from(TYPES), st.sampled_from(RELATIONS), st.floats(0.3, 1.0))
papers = st.lists(said, max_size=4, unique_by=lambda s: (s[0][0], s[1]))
changes = st.lists(
    st.dictionaries(st.integers(0, 5), st.none() | papers, min_size=1, max_size=4), min_size=1, max_size=4
)


def one(number: int, told: Sequence[tuple[tuple[str, tuple[str, ...]], str, str, float]]) -> Extraction:
    """Paper `number`, which says so much."""
    text = ". ".join(f"{name} ({', '.join(aliases)})" if aliases else name for (name, aliases), *_ in told)
    of = paper(f"Report {number}", text, year=2020 + number)
    claims = [
        replace(claim(of, name, kind, relation, aliases=aliases), confidence=round(confidence, 3))
        for (name, aliases), kind, relation, confidence in told
        if ONTOLOGY.relation(relation).allows("Paper", kind) or kind == "Task"
    ]
    return extraction(of, *claims)


@given(changes, st.lists(st.sampled_from(DECISIONS), unique=True, max_size=3))
@settings(max_examples=25, deadline=None)
def test_any_changes_give_the_graph_assembled_at_once(
    steps: list[dict[int, list[object] | None]], decided: list[Decision]
) -> None:
    names = BUNDLED.undecided
    rules = Rules(ontology=ONTOLOGY, lexicon=names, decisions=tuple(decided))
    there: dict[int, Extraction] = {}
    with TemporaryDirectory() as folder, store.update(Path(folder) / "a.kg", schema=pipeline._SCHEMA) as file:
        for step in steps:
            made = {n: one(n, told) for n, told in step.items() if told is not None}  # type: ignore[arg-type]
            gone = [there.pop(n).paper.key() for n in step if n in there]
            there |= made
            hashes = {n: repr(e).encode() for n, e in made.items()}
            with file.transaction():
                file.keep((hashes[n], store.packed(e, names)) for n, e in made.items())
                increment.apply(file, gone, [(e.paper, hashes[n]) for n, e in made.items()], rules)
            stored = file.graph()
            whole = assemble(there.values(), ontology=ONTOLOGY, decisions=decided, lexicon=names)
            assert stored.nodes == whole.nodes
            assert stored.edges == whole.edges
            assert stored == whole


@given(st.lists(papers, min_size=1, max_size=6), st.lists(st.sampled_from(DECISIONS), unique=True, max_size=3))
@settings(max_examples=25, deadline=None)
def test_who_is_who_is_the_union_of_who_is_who_in_the_blocks(told: list[list[object]], decided: list[Decision]) -> None:
    names = BUNDLED.undecided
    tally = resolve.tally([one(n, said) for n, said in enumerate(told)], names)  # type: ignore[arg-type]
    whole = resolve.entities(tally, decided, lexicon=names, ontology=ONTOLOGY)
    reach, sets = blocks.Reach(names, ONTOLOGY), Disjoint[str]()
    for keys in (*blocks.told(decided), *map(reach.keys, tally)):
        sets.join(keys)
    parts: dict[str, dict[resolve.Saying, int]] = defaultdict(dict)
    for saying, count in tally.items():
        parts[sets.find(reach.keys(saying)[0])][saying] = count
    found = [
        resolve.entities(
            part,
            [d for d in decided if sets.find(next(blocks.told([d]))[0]) == block],
            lexicon=names,
            ontology=ONTOLOGY,
        )
        for block, part in parts.items()
    ]
    assert sorted((e for who in found for e in who.entities), key=lambda e: e.id) == list(whole.entities)
    assert {pair: entity for who in found for pair, entity in who.index.items()} == whole.index
    assert all(who.says(saying) == whole.says(saying) for who in found for saying in who.meant)


@pytest.mark.parametrize("name", ["combinatorial optimization problems", "the GSM8K", "NVIDIA T4", "FLEURS"])
def test_what_a_rule_would_take_off_a_name_is_within_its_reach(name: str) -> None:
    of = paper("Report", f"On {name}")
    reach = blocks.Reach(BUNDLED.undecided, ONTOLOGY)
    for kind in TYPES:
        keys = reach.keys(resolve.saying(claim(of, name, kind, "uses"), BUNDLED.undecided))
        assert len(keys) > 1
