"""decisions.yaml: what it may say, what contradicts what, and how entries are added to a file that people write too."""

from __future__ import annotations

from pathlib import Path

import pytest
from handmade import ONTOLOGY
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.decisions import CONFIRM, REJECT, Decision, add, entries, lint, read_decisions, united
from kg.model import LexiconError, OntologyError, name_key


def read(folder: Path, text: str) -> tuple[Decision, ...]:
    path = folder / "decisions.yaml"
    path.write_text(text, encoding="utf-8")
    return read_decisions(path, ontology=ONTOLOGY)


def edge(verb: str, name: str = "LoRA", *, relation: str = "uses", where: str = "", by: str = "") -> Decision:
    return Decision(verb=verb, type="Technique", names=(name,), source="A Paper", relation=relation, where=where, by=by)


def test_a_decision_about_an_edge_knows_its_ends_and_who_decided(tmp_path: Path) -> None:
    (confirmed, rejected) = read(
        tmp_path,
        "confirm-edge:\n- {source: A Paper, relation: uses, type: Technique, name: LoRA, why: read it, by: Ada}\n"
        "reject-edge:\n- source: LoRA\n  source-type: Technique\n  relation: uses\n  type: Model\n  name: GPT-3\n",
    )
    assert confirmed == Decision(
        verb=CONFIRM, type="Technique", names=("LoRA",), source="A Paper", relation="uses", why="read it", by="Ada",
        where="decisions.yaml:2",
    )  # fmt: skip
    assert (rejected.verb, rejected.source_type, rejected.where) == (REJECT, "Technique", "decisions.yaml:4")
    assert str(rejected) == "reject-edge LoRA / uses / GPT-3"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{source: A, relation: uses, type: Technique}", "decisions.yaml:2: a reject-edge entry needs the keys name, "),
        ("{source: A, relation: eats, type: Technique, name: x}", "no relation called 'eats'"),
        (
            "{source: A, relation: targets, type: Model, name: x}",
            "decisions.yaml:2: no Paper can stand in targets to a",
        ),
        ("{source: A, source-type: Thing, relation: uses, type: Model, name: x}", "no node type called 'Thing'"),
        ("{source: 2401.1, relation: uses, type: Model, name: x}", "decisions.yaml:2: source must be a paper's title"),
        ("{source: A, relation: uses, type: Model, name: 4}", "decisions.yaml:2: names must be a list of names"),
    ],
)
def test_a_bad_decision_about_an_edge_is_told_with_its_line(tmp_path: Path, entry: str, message: str) -> None:
    with pytest.raises((LexiconError, OntologyError), match=message):
        read(tmp_path, f"reject-edge:\n- {entry}\n")


CLASHES = {
    "confirmed and rejected": (
        "confirm-edge:\n- {source: A Paper, relation: uses, type: Technique, name: LoRA}\n"
        "reject-edge:\n- {source: a paper, relation: uses, type: Technique, name: lora}\n",
        "decisions.yaml:4: reject-edge a paper / uses / lora contradicts decisions.yaml:2",
    ),
    "two relations of one paper to one thing": (
        "confirm-edge:\n- {source: A, relation: uses, type: Technique, name: LoRA}\n"
        "- {source: A, relation: mentions, type: Technique, name: LoRA}\n",
        "decisions.yaml:3: confirm-edge A / mentions / LoRA contradicts decisions.yaml:2",
    ),
    "confirmed and dropped": (
        "drop:\n- {type: Technique, name: LoRA}\n"
        "confirm-edge:\n- {source: A, relation: uses, type: Technique, name: LoRA}\n",
        "decisions.yaml:4: confirm-edge A / uses / LoRA contradicts decisions.yaml:2",
    ),
    "kept apart, and merged through a third": (
        "merge:\n- {type: Model, names: [A, B], as: A}\n- {type: Model, names: [B, C], as: A}\n"
        "keep-apart:\n- {type: Model, names: [A, C]}\n",
        "decisions.yaml:5: keep-apart of A / C contradicts decisions.yaml:2",
    ),
    "merged under two names": (
        "merge:\n- {type: Model, names: [A, B], as: A}\n- {type: Model, names: [B, C], as: C}\n",
        "decisions.yaml:3: merge of B / C contradicts decisions.yaml:2",
    ),
    "merged and dropped": (
        "merge:\n- {type: Model, names: [A, B], as: A}\ndrop:\n- {type: Model, name: B}\n",
        "decisions.yaml:4: drop of B contradicts decisions.yaml:2",
    ),
    "merged under one name and renamed": (
        "merge:\n- {type: Model, names: [A, B], as: A}\nrename:\n- {type: Model, name: B, to: C}\n",
        "decisions.yaml:4: rename of B contradicts decisions.yaml:2",
    ),
    "renamed and dropped": (
        "rename:\n- {type: Model, name: A, to: C}\ndrop:\n- {type: Model, name: A}\n",
        "decisions.yaml:4: drop of A contradicts decisions.yaml:2",
    ),
    "retyped twice": (
        "retype:\n- {type: Model, name: A, to: Technique}\n- {type: Model, name: A, to: Benchmark}\n",
        "decisions.yaml:3: retype of A contradicts decisions.yaml:2",
    ),
    "said twice": (
        "merge:\n- {type: Model, names: [A, B], as: A}\n- {type: Model, names: [b, a], as: A}\n",
        "decisions.yaml:3: merge of b / a repeats decisions.yaml:2",
    ),
}


@pytest.mark.parametrize(("text", "told"), CLASHES.values(), ids=CLASHES)
def test_decisions_that_contradict_each_other_are_told_with_both_lines(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(text, encoding="utf-8")
    assert lint(entries(path, ontology=ONTOLOGY)) == [told]
    with pytest.raises(LexiconError, match="decisions.yaml"):
        read_decisions(path, ontology=ONTOLOGY)


def test_what_goes_together_is_no_contradiction(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        "merge:\n- {type: Model, names: [A, B], as: A}\nrename:\n- {type: Model, name: A, to: A}\n"
        "retype:\n- {type: Model, name: C, to: Technique}\ndrop:\n- {type: Task, name: A}\n"
        "keep-apart:\n- {type: Model, names: [A, D]}\n"
        "confirm-edge:\n- {source: LoRA, source-type: Technique, relation: uses, type: Model, name: A}\n"
        "- {source: LoRA, source-type: Technique, relation: comparesWith, type: Model, name: A}\n"
        "reject-edge:\n- {source: P, relation: uses, type: Model, name: A}\n",
    )


def test_ones_own_decisions_win_over_the_bundled_ones() -> None:
    def apart(where: str, verb: str = "keep-apart", to: str = "") -> Decision:
        return Decision(verb=verb, type="Model", names=("A", "B"), to=to, where=where)

    other = Decision(verb="drop", type="Task", names=("x",), where="seeds/decisions.yaml:9")
    bundled = (apart("seeds/decisions.yaml:2"), other)
    mine = apart("decisions.yaml:2", "merge", "A")
    every, notes = united(bundled, (mine,))
    assert every == (other, mine)
    assert notes == ("seeds/decisions.yaml:2: keep-apart of A / B contradicts decisions.yaml:2, which wins",)
    again = apart("decisions.yaml:2")
    assert united(bundled, (again,)) == ((other, again), ())


WRITTEN = """\
# what we settled
merge:
  # models
  - type: Model   # two spellings
    names: [GPT-4, ChatGPT-4]
    as: GPT-4
    why: >
      the field says
      GPT-4
  # nothing more

drop:
- {type: Task, name: task}  # generic
keep-apart: [{type: Model, names: [A, B]}]
rename:
# the end
"""


def test_new_entries_go_behind_the_last_of_their_list_and_all_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    new = (
        Decision(verb="merge", type="Technique", names=("CoT", "chain of thought"), to="CoT", why="one: idea"),
        Decision(verb="drop", type="Task", names=("yes",)),
        Decision(verb="keep-apart", type="Model", names=("C", "D")),
        Decision(verb="rename", type="Model", names=("E",), to="F"),
        edge(CONFIRM, by="Ada"),
        edge(REJECT, "null"),
    )
    add(path, new, ontology=ONTOLOGY)
    text = path.read_text(encoding="utf-8")
    assert text == (
        "# what we settled\n"
        "merge:\n"
        "  # models\n"
        "  - type: Model   # two spellings\n"
        "    names: [GPT-4, ChatGPT-4]\n"
        "    as: GPT-4\n"
        "    why: >\n"
        "      the field says\n"
        "      GPT-4\n"
        "  - type: Technique\n"
        "    names: [CoT, chain of thought]\n"
        "    as: CoT\n"
        "    why: 'one: idea'\n"
        "  # nothing more\n"
        "\n"
        "drop:\n"
        "- {type: Task, name: task}  # generic\n"
        "- type: Task\n"
        "  name: 'yes'\n"
        "keep-apart: [{type: Model, names: [A, B]}, {type: Model, names: [C, D]}]\n"
        "rename:\n"
        "- type: Model\n"
        "  name: E\n"
        "  to: F\n"
        "# the end\n"
        "\n"
        "confirm-edge:\n"
        "- source: A Paper\n"
        "  relation: uses\n"
        "  type: Technique\n"
        "  name: LoRA\n"
        "  by: Ada\n"
        "\n"
        "reject-edge:\n"
        "- source: A Paper\n"
        "  relation: uses\n"
        "  type: Technique\n"
        "  name: 'null'\n"
    )


def test_a_file_is_made_where_there_is_none_and_line_ends_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yaml"
    add(path, [edge(REJECT)], ontology=ONTOLOGY)
    assert path.read_bytes().startswith(b"reject-edge:\n- source: A Paper\n")
    path.write_bytes(b"drop:\r\n- {type: Task, name: x}")
    add(path, [Decision(verb="drop", type="Task", names=("y",))], ontology=ONTOLOGY)
    assert path.read_bytes() == b"drop:\r\n- {type: Task, name: x}\r\n- type: Task\r\n  name: y\r\n"


def test_what_contradicts_the_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    with pytest.raises(LexiconError, match="contradicts decisions.yaml:4.*nothing was written"):
        add(path, [Decision(verb="keep-apart", type="Model", names=("GPT-4", "ChatGPT-4"))], ontology=ONTOLOGY)
    assert path.read_text(encoding="utf-8") == WRITTEN


def test_a_layout_that_cannot_be_added_to_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "decisions.yaml"
    text = "{drop: [{type: Task, name: x}]}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match="decisions.yaml: cannot add to this layout"):
        add(path, [edge(REJECT)], ontology=ONTOLOGY)
    assert path.read_text(encoding="utf-8") == text
    path.write_bytes(b"\xff")
    with pytest.raises(LexiconError, match="cannot read"):
        add(path, [edge(REJECT)], ontology=ONTOLOGY)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), min_size=1, max_size=20)


@given(st.lists(st.tuples(texts, texts), max_size=5, unique_by=lambda pair: name_key(pair[1])))
@settings(max_examples=60, deadline=None)
def test_whatever_a_thing_is_called_its_decision_reads_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("seeds") / "decisions.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    new = [
        Decision(verb=REJECT, type="Model", names=(name,), source=source, relation="uses", why=source)
        for source, name in found
        if name.strip() and source.strip()
    ]
    for decision in new:
        add(path, [decision], ontology=ONTOLOGY)
    read_back = [d for d in entries(path, ontology=ONTOLOGY) if d.verb == REJECT]
    assert [(d.source, d.names, d.why) for d in read_back] == [(d.source, d.names, d.why) for d in new]
    assert path.read_text(encoding="utf-8").startswith(WRITTEN.rstrip("\n"))
