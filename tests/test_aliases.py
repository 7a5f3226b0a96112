"""Which names of a claim are its own, what its acronym stands for, and which type all names of one thing take."""

from __future__ import annotations

import pytest
from handmade import ONTOLOGY, claim, paper

from kg.decisions import Decision
from kg.graph import KnowledgeGraph, assemble
from kg.lexicon import Lexicon, Name
from kg.model import Extraction

ROWS = (
    ("federated learning", "Technique", ("FL",)),
    ("BERT", "Model", ()),
    ("Gaussian process", "Technique", ("GP",)),
    ("recurrent neural network", "Technique", ("RNN",)),
    ("recursive neural network", "Technique", ()),
    ("domain adaptation", "Task", ()),
    ("reinforcement learning", "Technique", ("RL",)),
    ("continual learning", "Task", ("incremental learning",)),
    ("AG News", "Benchmark", ()),
    ("convolutional neural network", "Technique", ()),
    ("CLIP", "Model", ()),
)
LEXICON = Lexicon(names=tuple(Name(name=n, type=t, aliases=a, source="test") for n, t, a in ROWS))
RELATION = {t.name: next(r.name for r in ONTOLOGY.relations if r.allows("Paper", t.name)) for t in ONTOLOGY.types[1:]}
Said = tuple[str, str, tuple[str, ...], str]  # name, type, aliases, and what the text has instead of the name


def graph(*said: Said, decisions: tuple[Decision, ...] = ()) -> KnowledgeGraph:
    """The graph of papers that claim one thing each."""
    found = []
    for number, (name, kind, aliases, text) in enumerate(said):
        of = paper(f"Report {number}", f"On {text or name} ({'; '.join(aliases)}).")
        made = claim(of, text or name, kind, RELATION[kind], aliases=aliases)
        made = type(made)(
            name=name, type=kind, relation=made.relation, confidence=0.9, evidence=made.evidence, votes=made.votes,
            aliases=aliases,
        )  # fmt: skip
        found.append(Extraction(paper=of, claims=(made,)))
    return assemble(found, ontology=ONTOLOGY, decisions=decisions, lexicon=LEXICON)


def things(built: KnowledgeGraph) -> dict[str, set[str]]:
    """What papers name, with the names that papers or the lexicon give it."""
    return {n.name: set(n.aliases) for n in built.nodes if n.paper is None and n.support}


def test_an_acronym_that_the_paper_spells_out_otherwise_is_what_it_spells_out() -> None:
    found = things(graph(("federated learning", "Technique", ("FL", "Follow-The-Leader"), "FL")))
    assert found == {"Follow-The-Leader": set()}


def test_a_name_made_of_another_and_more_words_is_not_that_name() -> None:
    said = ("BERT", "Model", ("DR-BERT", "Dynamic Re-weighting BERT"), "DR-BERT")
    assert things(graph(said)) == {"Dynamic Re-weighting BERT": {"DR-BERT"}}
    both = ("BERT", "Model", ("DR-BERT", "Dynamic Re-weighting BERT"), "BERT")
    assert things(graph(both)) == {"BERT": set()}


@pytest.mark.parametrize("alias", ["Gaussian proces", "Gaussian processing"])
def test_a_full_form_alike_to_the_known_one_is_an_alias(alias: str) -> None:
    assert alias in things(graph(("Gaussian process", "Technique", (alias, "GP"), "GP")))["Gaussian process"]


def test_letters_that_do_not_spell_a_known_name_are_no_alias_of_it() -> None:
    assert things(graph(("domain adaptation", "Task", ("DODA",), ""))) == {"domain adaptation": set()}


def test_two_rows_that_are_spelt_alike_stay_two() -> None:
    found = things(
        graph(
            ("recurrent neural network", "Technique", ("RNN",), ""),
            ("recursive neural network", "Technique", ("RNN",), ""),
        )
    )
    assert set(found) == {"recurrent neural network", "recursive neural network"}


def test_an_acronym_of_the_lexicon_is_not_what_one_paper_of_another_type_defines() -> None:
    found = things(graph(("RL", "Technique", (), ""), ("relation linking", "Task", ("RL",), "")))
    assert set(found) == {"RL", "relation linking"}


def test_few_other_definitions_do_not_count_against_many_and_the_others_keep_their_full_name() -> None:
    many = [("gradient descent", "Technique", ("GD",), "")] * 8
    built = graph(*many, ("GD", "Technique", ("generalized Dirichlet",), ""), ("GD", "Technique", (), ""))
    assert set(things(built)) == {"gradient descent", "generalized Dirichlet"}
    (node,) = (n for n in built.nodes if n.name == "gradient descent")
    assert node.support == 9
    assert [m.reason for m in node.merges] == ["defined as an acronym or alias by most papers that define it"]
    assert len(things(graph(*many[:3], ("GD", "Technique", ("generalized Dirichlet",), "")))) == 2


def test_of_a_known_acronym_without_a_known_full_form_the_majority_tells_it() -> None:
    found = things(
        graph(
            ("CLIP", "Model", ("contrastive language-image pre-training",), ""),
            ("CLIP", "Model", ("contrastive language-image pre-training",), ""),
            ("CLIP", "Model", ("Common Lisp Instrumentation Package",), ""),
        )
    )
    assert found == {"CLIP": {"contrastive language-image pre-training"}, "Common Lisp Instrumentation Package": set()}


def test_all_names_of_one_thing_take_the_type_of_most_papers() -> None:
    built = graph(
        ("LSTM", "Technique", (), ""),
        ("LSTM", "Technique", (), ""),
        ("LSTM", "Model", ("long short-term memory",), ""),
        ("long short-term memory", "Model", (), ""),
    )
    (node,) = (n for n in built.nodes if n.paper is None)
    assert (node.type, node.support) == ("Model", 4)


def test_an_alias_of_the_lexicon_follows_its_name_to_another_type() -> None:
    found = things(
        graph(
            ("continual learning", "Technique", ("incremental learning",), "incremental learning"),
            ("continual learning", "Technique", (), ""),
            ("continual learning", "Task", (), ""),
        )
    )
    assert found == {"continual learning": {"incremental learning"}}


def test_a_slip_of_the_pen_in_a_known_name_is_mended_and_says_so() -> None:
    built = graph(("convolultional neural networks", "Technique", (), ""))
    (node,) = (n for n in built.nodes if n.paper is None and n.support)
    assert node.merges[0].reason == "a known name but for a slip of the pen"
    assert len(things(graph(*[("convolultional neural networks", "Technique", (), "")] * 4))) == 1


def test_capitals_are_the_name_in_small_letters_unless_something_is_called_so_without_its_s() -> None:
    assert len(things(graph(("FLEURS", "Benchmark", (), ""), ("Fleurs", "Benchmark", (), "")))) == 1
    assert len(things(graph(("CLUES", "Benchmark", (), ""), ("Clues", "Benchmark", (), "")))) == 1
    found = graph(("CLUES", "Benchmark", (), ""), ("Clues", "Benchmark", (), ""), ("CLUE", "Benchmark", (), ""))
    assert len(things(found)) == 2


def test_a_merge_decision_settles_the_type_of_its_names() -> None:
    said: tuple[Said, ...] = (("KD", "Model", (), ""), ("KD", "Model", (), ""), ("KD", "Technique", (), ""))
    decision = Decision(verb="merge", type="Technique", names=("KD", "knowledge distillation"), to="KD", where="d:1")
    built = graph(*said, ("knowledge distillation", "Technique", (), ""), decisions=(decision,))
    (node,) = (n for n in built.nodes if n.paper is None)
    assert (node.type, node.name, node.support) == ("Technique", "KD", 4)


def test_a_relation_that_gives_way_to_a_stronger_one_is_told() -> None:
    of = paper("Report", "LoRA, low-rank.")
    claims = (claim(of, "LoRA", "Technique", "uses"), claim(of, "LoRA", "Technique", "comparesWith"))
    built = assemble([Extraction(paper=of, claims=claims)], ontology=ONTOLOGY)
    assert [e.relation for e in built.edges] == ["uses"]
    ((_, rejection),) = built.rejections
    assert rejection.reason == "comparesWith gives way to uses, which the paper also claims of it"
