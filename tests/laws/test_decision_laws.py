"""Law 5: decisions have their effect through every rebuild; dead and contradicting ones are told with file and line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from handmade import ONTOLOGY, claim, paper
from hypothesis import given, settings
from hypothesis import strategies as st
from lawful import confused, outputs, unheeded, unproved

from kg.decisions import CONFIRM, REJECT, Decision, add, entries, lint, read_decisions
from kg.graph import KnowledgeGraph, assemble
from kg.model import Extraction, LexiconError
from kg.resolve import paper_id

NAMES = {
    "LoRA": "Technique", "low-rank adaptation": "Technique", "pruning": "Technique", "KD": "Technique",
    "GPT-4": "Model", "GPT-4o": "Model", "GSM8K": "Benchmark", "A100 GPU": "Hardware", "Zeta": "Model",
}  # fmt: skip
RANGES = {r.name: r.range for r in ONTOLOGY.relations if "Paper" in r.domain}
BY_TYPE = {t: [n for n, kind in NAMES.items() if kind == t] for t in set(NAMES.values())}
names = st.sampled_from(sorted(NAMES))


@st.composite
def extractions(draw: st.DrawFn) -> list[Extraction]:
    found = []
    for number in sorted(draw(st.sets(st.integers(0, 4), min_size=1))):
        chosen = sorted(draw(st.sets(names, max_size=5)))
        of = paper(f"Paper {number}", f"Text {'; '.join(chosen)}")
        claims = []
        for name in chosen:
            kind = "Technique" if NAMES[name] == "Model" and draw(st.booleans()) else NAMES[name]
            relation = draw(st.sampled_from([r for r, kinds in sorted(RANGES.items()) if kind in kinds]))
            aliases = ("LoRA",) if name == "low-rank adaptation" and "LoRA" in chosen else ()
            claims.append(claim(of, name, kind, relation, aliases=aliases))
        found.append(Extraction(paper=of, claims=tuple(claims)))
    return found


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    verb = draw(st.sampled_from(("merge", "keep-apart", "rename", "retype", "drop", CONFIRM, REJECT)))
    if verb in ("merge", "keep-apart"):
        kind = draw(st.sampled_from([t for t, found in sorted(BY_TYPE.items()) if len(found) > 1]))
        pair = draw(st.lists(st.sampled_from(BY_TYPE[kind]), unique=True, min_size=2, max_size=2))
        return Decision(verb=verb, type=kind, names=tuple(pair), to=pair[0] if verb == "merge" else "")
    name = draw(names)
    if verb in (CONFIRM, REJECT):
        relation = draw(st.sampled_from([r for r, kinds in sorted(RANGES.items()) if NAMES[name] in kinds]))
        source = f"Paper {draw(st.integers(0, 5))}"
        return Decision(verb=verb, type=NAMES[name], names=(name,), source=source, relation=relation)
    to = {"rename": f"The {name}", "retype": draw(st.sampled_from(("Technique", "Model"))), "drop": ""}[verb]
    return Decision(verb=verb, type=NAMES[name], names=(name,), to=to)


@st.composite
def files(draw: st.DrawFn) -> tuple[Decision, ...]:
    """What a decisions file holds that was written entry by entry; what would contradict it is not written."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.yaml"
        for decision in draw(st.lists(decisions(), max_size=4)):
            with suppress(LexiconError):
                add(path, [decision], ontology=ONTOLOGY)
        return read_decisions(path, ontology=ONTOLOGY) if path.exists() else ()


def built(found: list[Extraction], decided: tuple[Decision, ...]) -> KnowledgeGraph:
    return assemble(found, ontology=ONTOLOGY, decisions=decided)


@given(extractions(), files(), st.integers(0, 4))
@settings(max_examples=60, deadline=None)
def test_decisions_have_their_effect_through_every_rebuild(
    found: list[Extraction], decided: tuple[Decision, ...], cut: int
) -> None:
    graph = built(found, decided)
    rebuilt = built(found[:cut], decided) | built(found[cut:], decided)
    assert outputs(rebuilt) == outputs(built(found[::-1], decided)) == outputs(graph)
    fewer = graph.without({paper_id(e.paper) for e in found[:cut]})
    assert outputs(fewer) == outputs(built(found[cut:], decided))
    for one in (graph, rebuilt, fewer):
        assert [str(d) for d in decided if unheeded(one, d)] == []
        assert [*unproved(one), *confused(one)] == []
        assert all(d.dead.startswith("decisions.yaml:") for d in one.unmatched)


@given(st.lists(decisions(), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_decisions_that_contradict_each_other_are_told_with_both_lines(made: list[Decision]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.yaml"
        path.touch()
        for number, decision in enumerate(made):
            one = path.with_name(f"{number}.yaml")
            add(one, [decision], ontology=ONTOLOGY)
            text = one.read_text(encoding="utf-8")
            path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
        lines = path.read_text(encoding="utf-8").splitlines()
        found = _entries(lines, made)
    told = lint(found)
    for line in told:
        where, rest = line.split(": ", 1)
        assert where in {d.where for d in found}
        assert any(f"{d.where}" in rest for d in found)
    verbs = {(d.verb, frozenset(d.names)) for d in found}
    for verb, both in verbs:
        if verb == "merge" and ("keep-apart", both) in verbs:
            assert any("contradicts" in line for line in told)
    assert bool(told) or len({(d.verb, d.names, d.source, d.relation) for d in made}) == len(made)


def _entries(lines: list[str], made: list[Decision]) -> tuple[Decision, ...]:
    """Read the entries of a file in which one verb may come several times: each as the decision of its line."""
    heads = [number for number, line in enumerate(lines, start=1) if not line.startswith((" ", "-")) and line]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "decisions.yaml"
        found: list[Decision] = []
        for head, end in zip(heads, [*heads[1:], len(lines) + 1], strict=True):
            blank = "\n" * (head - 1)
            path.write_text(blank + "\n".join(lines[head - 1 : end - 1]) + "\n", encoding="utf-8")
            found += entries(path, ontology=ONTOLOGY)
    assert len(found) == len(made)
    return tuple(found)
