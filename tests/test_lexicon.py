from __future__ import annotations

from pathlib import Path

import pytest

from kg import lexicon, ontology
from kg.lexicon import Decision, Kind, Lexicon, Name
from kg.model import LexiconError, OntologyError

ONTOLOGY = ontology.load()
HEADER = "name\taliases\tbroader\tguard\tsource\n"


def seeds(folder: Path, names: str = "", decisions: str | None = None, file: str = "technique.tsv") -> Path:
    (folder / "names").mkdir()
    (folder / "names" / file).write_text(HEADER + names, encoding="utf-8")
    if decisions is not None:
        (folder / "decisions.yaml").write_text(decisions, encoding="utf-8")
    return folder


def test_a_row_becomes_a_name_with_its_forms(tmp_path: Path) -> None:
    loaded = lexicon.load(
        seeds(tmp_path, "LoRA\tlow-rank adaptation|LoRA tuning\tPEFT\tcase\tcurated\n"), ontology=ONTOLOGY
    )
    (name,) = loaded.names
    assert name.forms == ("LoRA", "low-rank adaptation", "LoRA tuning")
    assert (name.type, name.broader, name.guard, name.source) == ("Technique", "PEFT", "case", "curated")
    assert loaded.decisions == ()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("LoRA\t\t\t\n", r"technique.tsv:2: 4 columns"),
        ("\t\t\t\tcurated\n", r"technique.tsv:2: empty name"),
        ("LoRA\t\t\tnever\tcurated\n", r"technique.tsv:2: unknown guard 'never'"),
    ],
)
def test_a_bad_row_is_told_with_file_and_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        lexicon.load(seeds(tmp_path, row), ontology=ONTOLOGY)


def test_a_wrong_header_and_an_unknown_type_are_told(tmp_path: Path) -> None:
    folder = seeds(tmp_path, file="techniques.tsv")
    with pytest.raises(LexiconError, match="no node type 'techniques' .one of benchmark"):
        lexicon.load(folder, ontology=ONTOLOGY)
    (folder / "names" / "techniques.tsv").rename(folder / "names" / "task.tsv")
    (folder / "names" / "task.tsv").write_text("name\n", encoding="utf-8")
    with pytest.raises(LexiconError, match="task.tsv:1: wrong header"):
        lexicon.load(folder, ontology=ONTOLOGY)


DECISIONS = """\
merge:
  - {type: Technique, names: [LoRA, low-rank adaptation], as: LoRA, why: one method}
keep-apart:
  - {type: Model, names: [BERT, RoBERTa]}
rename:
  - {type: Technique, name: lora, to: LoRA}
retype:
  - {type: Model, name: PyTorch, to: Technique, why: a library}
drop:
  - {type: Technique, name: method}
"""


def test_decisions_know_their_verb_names_and_line(tmp_path: Path) -> None:
    found = lexicon.load(seeds(tmp_path, decisions=DECISIONS), ontology=ONTOLOGY).decisions
    assert [(d.verb, d.to, d.where) for d in found] == [
        ("merge", "LoRA", "decisions.yaml:2"),
        ("keep-apart", "", "decisions.yaml:4"),
        ("rename", "LoRA", "decisions.yaml:6"),
        ("retype", "Technique", "decisions.yaml:8"),
        ("drop", "", "decisions.yaml:10"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fuse:\n  - {}\n", "decisions.yaml:2: unknown decision 'fuse'"),
        ("drop: LoRA\n", "drop must be a list"),
        ("drop:\n  - LoRA\n", "decisions.yaml:2: a drop entry needs the keys"),
        ("drop:\n  - {type: Technique}\n", "needs the keys"),
        ("drop:\n  - {type: Thing, name: x}\n", "no node type called 'Thing'"),
        ("merge:\n  - {type: Technique, names: [LoRA, Lora], as: LoRA}\n", "needs two names that differ"),
        ("merge:\n  - {type: Technique, names: LoRA, as: LoRA}\n", "names must be a list"),
        ("retype:\n  - {type: Technique, name: x, to: Thing}\n", "no node type called 'Thing'"),
        ("merge: [\n", r"decisions.yaml:\d+: invalid YAML"),
        ("- 1\n", "expected a mapping"),
        (
            "merge:\n  - {type: Model, names: [A, B], as: A}\nkeep-apart:\n  - {type: Model, names: [b, a]}\n",
            "decisions.yaml:4: keep-apart of b / a contradicts decisions.yaml:2",
        ),
        (
            "drop:\n  - {type: Model, name: A}\n  - {type: Model, name: a}\n",
            "decisions.yaml:3: drop of a repeats decisions.yaml:2",
        ),
    ],
)
def test_a_bad_decision_is_told_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises((LexiconError, OntologyError), match=message):
        lexicon.load(seeds(tmp_path, decisions=text), ontology=ONTOLOGY)


def test_an_empty_decisions_file_decides_nothing(tmp_path: Path) -> None:
    assert lexicon.load(seeds(tmp_path, decisions="# none yet\ndrop:\n"), ontology=ONTOLOGY).decisions == ()
    (tmp_path / "decisions.yaml").write_text("# nothing\n", encoding="utf-8")
    assert lexicon.load(tmp_path, ontology=ONTOLOGY).decisions == ()


def test_names_claimed_twice_and_dangling_parents_are_told() -> None:
    names = (
        Name(name="LoRA", type="Technique", aliases=("low-rank adaptation",), broader="PEFT"),
        Name(name="Low Rank Adaptations", type="Technique"),
    )
    problems = lexicon.lint_names(Lexicon(names=names))
    assert problems == [
        "Technique 'LoRA': broader 'PEFT' is no row",
        "Technique 'Low Rank Adaptations' and Technique 'LoRA' share 'low rank adaptation'",
    ]


def kinds(folder: Path, text: str) -> Path:
    seeds(folder, "LoRA\tlow-rank adaptation\t\t\tcurated\n")
    (folder / "broader.tsv").write_text("type\tname\tbroader\tsource\n" + text, encoding="utf-8")
    return folder


def test_what_stands_above_a_name_is_read_and_found_by_any_spelling(tmp_path: Path) -> None:
    loaded = lexicon.load(kinds(tmp_path, "technique\tlow-rank adaptation\tPEFT\tcurated\n"), ontology=ONTOLOGY)
    (kind,) = loaded.kinds
    assert (kind.type, kind.name, kind.broader, kind.source) == ("Technique", "low-rank adaptation", "PEFT", "curated")
    assert loaded.parents == {("Technique", "lora"): (kind,)}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("technique\tLoRA\n", "broader.tsv:2: 2 columns"),
        ("method\tLoRA\tPEFT\t\n", "broader.tsv:2: no node type 'method'"),
        ("technique\tLoRA\t\t\n", "broader.tsv:2: empty name"),
    ],
)
def test_a_bad_row_of_kinds_is_told_with_file_and_line(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(LexiconError, match=message):
        lexicon.load(kinds(tmp_path, row), ontology=ONTOLOGY)


def test_circles_and_repetitions_of_kinds_are_told() -> None:
    rows = [("LoRA", "PEFT"), ("PEFT", "tuning"), ("tuning", "lora"), ("LoRA", "peft"), ("pruning", "compression")]
    found = Lexicon(kinds=tuple(Kind(type="Technique", name=name, broader=broader) for name, broader in rows))
    assert lexicon.lint_names(found) == [
        "Technique 'LoRA': broader 'peft' is said twice",
        "Technique: lora -> peft -> tuning -> lora is a circle of kinds",
    ]


def test_two_lexicons_together_know_what_both_know() -> None:
    one, other = (Lexicon(names=(Name(name=name, type="Technique"),)) for name in ("LoRA", "QLoRA"))
    assert one | one == one
    assert one | other == other | one
    assert hash(one | other) == hash(other | one)
    assert {n.name for n in (one | other).names} == {"LoRA", "QLoRA"}


def test_the_bundled_seeds_are_consistent() -> None:
    loaded = lexicon.load(ontology=ONTOLOGY)
    assert len(loaded.names) > 5000
    assert lexicon.lint_names(loaded) == []
    assert all(isinstance(d, Decision) for d in loaded.decisions)
