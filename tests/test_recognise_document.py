"""From votes to the entities of a paper."""

from __future__ import annotations

from kg import ontology
from kg.model import Mention, Paper, Rejection, Span
from kg.recognise.candidate import Candidate
from kg.recognise.document import CAP, MOST_NAMES, consolidate

ONTOLOGY = ontology.load()
PAPER = Paper(id="p", title="SoftGate: Gates", abstract="SoftGate is a gate. SoftGates use LLaMA and CPU-GPU pairs.")


def _candidate(
    text: str, *, name: str = "", paper: Paper = PAPER, field: str = "abstract", **changes: object
) -> Candidate:
    start = paper.text(field).index(text)
    fields: dict[str, object] = {
        "span": Span(field=field, start=start, end=start + len(text)),
        "name": name or text,
        "type": "Technique",
        "rule": "test",
        "score": 0.8,
        "told": 0.8,
    }
    return Candidate(**{**fields, **changes})  # type: ignore[arg-type]


def _consolidated(*candidates: Candidate, paper: Paper = PAPER) -> tuple[tuple[Mention, ...], tuple[Rejection, ...]]:
    return consolidate([paper], [candidates], ONTOLOGY)[0]


def test_a_name_that_holds_for_the_paper_is_found_everywhere() -> None:
    ((mention,), ()) = _consolidated(_candidate("SoftGate", everywhere=True, new=True))
    assert [s.within(PAPER) for s in mention.spans] == ["SoftGate", "SoftGate", "SoftGates"]
    assert "new" in {v.rule for v in mention.votes}


def test_only_so_many_names_are_followed() -> None:
    names = [f"N{n}x" for n in range(MOST_NAMES + 5)]
    paper = Paper(id="p", title=" ".join(names), abstract=" ".join(names))
    mentions, _ = _consolidated(*(_candidate(n, paper=paper, everywhere=True) for n in names), paper=paper)
    assert sum(len(m.spans) == 2 for m in mentions) == MOST_NAMES


def test_rules_that_agree_are_surer_than_one_and_never_certain() -> None:
    ((one,), _) = _consolidated(_candidate("LLaMA", score=0.5))
    ((two,), _) = _consolidated(_candidate("LLaMA", score=0.5), _candidate("LLaMA", score=0.5, rule="other"))
    ((many,), _) = _consolidated(*(_candidate("LLaMA", score=0.9, rule=str(n)) for n in range(9)))
    assert one.confidence < two.confidence < many.confidence == CAP


def test_the_type_told_best_wins() -> None:
    ((mention,), _) = _consolidated(
        _candidate("LLaMA", told=0.2),
        _candidate("LLaMA", type="Model", told=0.6, rule="a"),
        _candidate("LLaMA", told=0.3),
    )
    assert mention.type == "Model"


def test_one_stretch_is_one_entity_and_the_known_name_names_it() -> None:
    ((mention,), _) = _consolidated(
        _candidate("LLaMA", name="Llama"), _candidate("LLaMA", name="LLaMA herd", known=True, rule="known")
    )
    assert mention.name == "LLaMA herd"


def test_of_two_names_that_overlap_the_surer_or_longer_stays() -> None:
    ((mention,), (refused,)) = _consolidated(_candidate("a gate"), _candidate("gate", name="gating"))
    assert mention.name == "a gate"
    assert (refused.name, refused.reason) == ("gating", "part of a longer or surer name")
    assert refused.evidence[0].text == "gate"


def test_weak_evidence_and_lonely_ambiguous_names_are_refused_with_the_reason() -> None:
    ((), refused) = _consolidated(_candidate("gate", score=0.2), _candidate("LLaMA", weak=True))
    assert {r.name: r.reason for r in refused} == {
        "gate": "too little evidence (0.20)",
        "LLaMA": "ambiguous name, and nothing else speaks for it",
    }


def test_an_ambiguous_name_counts_where_another_rule_speaks_for_it() -> None:
    ((mention,), ()) = _consolidated(_candidate("LLaMA", weak=True), _candidate("LLaMA", rule="introduced"))
    assert mention.name == "LLaMA"


def test_a_known_name_in_a_larger_word_gives_way_to_it() -> None:
    paper = Paper(id="p", title="t", abstract="We use Falcata-Chat and CPU-GPU.")
    mentions, _ = _consolidated(
        _candidate("Falcata", paper=paper, known=True, type="Model", rule="known"),
        _candidate("Falcata-Chat", paper=paper, rule="shape", score=0.3, told=0.1),
        _candidate("CPU", paper=paper, known=True, type="Hardware", rule="known"),
        _candidate("GPU", paper=paper, known=True, type="Hardware", rule="known"),
        _candidate("CPU-GPU", paper=paper, rule="shape", score=0.3, told=0.1),
        paper=paper,
    )
    assert [(m.type, m.name) for m in mentions] == [
        ("Model", "Falcata-Chat"),
        ("Hardware", "CPU"),
        ("Hardware", "GPU"),
    ]


def test_a_task_at_the_end_of_a_larger_word_does_not_make_it_a_task() -> None:
    paper = Paper(id="p", title="t", abstract="On MSRVTT-QA now.")
    mentions, (refused,) = _consolidated(
        _candidate("QA", paper=paper, known=True, type="Task", rule="known"),
        _candidate("MSRVTT-QA", paper=paper, rule="shape", score=0.3, told=0.1),
        paper=paper,
    )
    assert (mentions, refused.name) == ((), "MSRVTT-QA")


def test_repetition_speaks_for_a_name() -> None:
    paper = Paper(id="p", title="t", abstract="Zor and Zor")
    first, again = Span(field="abstract", start=0, end=3), Span(field="abstract", start=8, end=11)
    ((mention,), ()) = _consolidated(
        _candidate("Zor", paper=paper, score=0.3, span=first),
        _candidate("Zor", paper=paper, score=0.3, span=again),
        paper=paper,
    )
    assert mention.confidence == 0.44


def test_names_that_share_words_may_lie_over_each_other() -> None:
    paper = Paper(id="p", title="t", abstract="LLaMA 7B and 13B")
    mentions, _ = _consolidated(
        _candidate("LLaMA 7B", paper=paper, rule="sizes", name="LLaMA-7B"),
        _candidate("LLaMA 7B and 13B", paper=paper, rule="sizes", name="LLaMA-13B"),
        paper=paper,
    )
    assert {m.name for m in mentions} == {"LLaMA-7B", "LLaMA-13B"}
