from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from handmade import EXTRACTIONS

from kg import ontology, scoring
from kg.model import KGError
from kg.scoring import Figures, Labelled

SHARED = Path(__file__).parents[1].parent / "shared"
ONTOLOGY = ontology.load()


def entity(name: str, type_name: str = "Technique", relation: str = "uses", **more: object) -> Labelled:
    return Labelled(name=name, type=type_name, relation=relation, **more)  # type: ignore[arg-type]


def rows(predicted: list[Labelled], gold: list[Labelled]) -> dict[str, Figures]:
    return dict(scoring.score({"p": predicted}, {"p": gold}, ontology=ONTOLOGY).rows)


def test_equal_spellings_match_whatever_case_plural_or_hyphen() -> None:
    found = rows([entity("Low Rank Adaptations")], [entity("low-rank adaptation")])
    assert found["entity"] == found["relation"] == Figures(tp=1, fp=0, fn=0)


def test_half_of_the_joint_tokens_is_enough_and_less_is_not() -> None:
    assert rows([entity("structured pruning")], [entity("pruning")])["entity"].tp == 1
    assert rows([entity("very structured pruning")], [entity("pruning")])["entity"] == Figures(tp=0, fp=1, fn=1)


def test_types_must_agree() -> None:
    assert rows([entity("CLIP", "Model")], [entity("CLIP")])["entity"] == Figures(tp=0, fp=1, fn=1)


def test_optional_gold_is_neither_rewarded_nor_punished() -> None:
    assert "entity" not in rows([entity("attention")], [entity("attention", optional=True)])
    assert "entity" not in rows([], [entity("attention", optional=True)])


def test_background_counts_as_entity_but_not_as_relation() -> None:
    found = rows([entity("LoRA", relation="mentions")], [entity("LoRA", relation="mentions")])
    assert "relation" not in found
    wrong = rows([entity("LoRA", relation="mentions")], [entity("LoRA")])
    assert (wrong["entity"].tp, wrong["relation"]) == (1, Figures(tp=0, fp=0, fn=1))


def test_matching_is_one_to_one_the_most_similar_first() -> None:
    found = rows([entity("pruning"), entity("structured pruning")], [entity("structured pruning")])
    assert found["entity"] == Figures(tp=1, fp=1, fn=0)


def test_precision_recall_and_f1_of_nothing_are_zero() -> None:
    empty = Figures(tp=0, fp=0, fn=0)
    assert (empty.precision, empty.recall, empty.f1) == (0, 0, 0)
    assert Figures(tp=1, fp=1, fn=0).f1 == pytest.approx(2 / 3)


def test_mistakes_name_paper_kind_and_names() -> None:
    result = scoring.score(
        {"p": [entity("A"), entity("B", relation="targets")]}, {"p": [entity("B"), entity("C")]}, ontology=ONTOLOGY
    )
    assert [(m.kind, m.name, m.relation) for m in result.mistakes] == [
        ("spurious", "A", "uses"),
        ("relation", "B", "targets for uses"),
        ("missed", "C", "uses"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read: no such file"),
        ("", "no scored lines"),
        ('{"id": "a", "entities": []}\n{"id": 3}\n', r"p.jsonl:2: not a scored line"),
    ],
)
def test_a_bad_file_is_one_line_with_its_place(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "p.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(KGError, match=message):
        scoring.read(tmp_path / "p.jsonl")


def test_an_extraction_line_reads_back(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(b"".join(map(scoring.line, EXTRACTIONS)))
    rows_read = scoring.read(tmp_path / "p.jsonl")
    assert [e.name for e in rows_read[EXTRACTIONS[0].paper.id]] == ["TinyTune", "LoRA", "QLoRA", "GSM8K", "smartphones"]


@pytest.mark.skipif(
    not (SHARED / "score.py").exists(), reason="../shared is not there: no reference scorer to compare with"
)
@pytest.mark.parametrize("name", ["listing", "conference"])
def test_the_figures_are_those_of_the_reference_scorer(tmp_path: Path, name: str) -> None:
    gold = SHARED / "gold" / f"{name}-entities.jsonl"
    distorted = tmp_path / "predicted.jsonl"
    with gold.open(encoding="utf-8") as lines, distorted.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines):  # a systematic mixture of hits, misses, wrong types and relations
            row = json.loads(line)
            for i, e in enumerate(row["entities"]):
                e["relation"] = "uses" if (number + i) % 4 == 0 else e["relation"]
                e["type"] = "Technique" if (number + i) % 5 == 0 else e["type"]
                e["name"] = e["name"].upper() + (" extra words here" if (number + i) % 7 == 0 else "")
                e["surface"] = [] if i % 2 else e["surface"]
                e.pop("optional", None)
            row["entities"] = [e for i, e in enumerate(row["entities"]) if (number + i) % 6]
            out.write(json.dumps(row) + "\n")
    ours = dict(scoring.score(scoring.read(distorted), scoring.read(gold), ontology=ONTOLOGY).rows)
    command = [sys.executable, str(SHARED / "score.py"), str(gold), str(distorted), "--json"]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert {k: (f.tp, f.fp, f.fn) for k, f in ours.items()} == {
        k: (f["tp"], f["fp"], f["fn"]) for k, f in theirs.items()
    }
