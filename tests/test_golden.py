"""Small cases, one phenomenon each: tests/golden/<case>.yaml.

`known` is the lexicon of the case; `expect` are claims as "relation Type name"; `never` are names, or whole claims,
that must not come out. A case whose phenomenon is not solved says why under `unsolved`, and must fail until it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kg import ontology, recognise, relate
from kg.lexicon import Lexicon, Name
from kg.model import Claim, Paper, name_key
from kg.ontology import read_yaml
from kg.recognise.known import Matcher

ONTOLOGY = ontology.load()
CASES = {path.stem: read_yaml(path) for path in sorted(Path(__file__).parent.glob("golden/*.yaml"))}


def _lexicon(known: dict[str, list[Any]]) -> Lexicon:
    rows = [
        (type_name, row if isinstance(row, dict) else {"name": row})
        for type_name, rows in known.items()
        for row in rows
    ]
    return Lexicon(
        names=tuple(
            Name(name=row["name"], type=type_name, aliases=tuple(row.get("aliases", ())), guard=row.get("guard", ""))
            for type_name, row in rows
        )
    )


def _claims(case: dict[str, Any]) -> tuple[Claim, ...]:
    paper = Paper(id="case", title=case["title"], abstract=case["abstract"])
    mentions, _ = recognise.mentions(paper, names=Matcher(_lexicon(case["known"])), ontology=ONTOLOGY)
    claims, _ = relate.claims(paper, mentions, ONTOLOGY)
    for claim in claims:
        assert all(paper.text(e.field)[e.start : e.end] == e.text for e in claim.evidence)
    return claims


def _key(claim: str) -> tuple[str, str, str]:
    relation, type_name, name = claim.split(" ", 2)
    return relation, type_name, name_key(name)


def _check(case: dict[str, Any]) -> None:
    claims = _claims(case)
    found = {(c.relation, c.type, name_key(c.name)) for c in claims}
    assert {_key(line) for line in case["expect"]} <= found
    relations = {relation.name for relation in ONTOLOGY.relations}
    for line in case["never"]:
        if line.split(" ")[0] in relations:
            assert _key(line) not in found
        else:
            assert name_key(line) not in {name for _, _, name in found}


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "unsolved" not in case])
def test_the_phenomenon_is_handled(name: str) -> None:
    _check(CASES[name])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=case["unsolved"]))
        for n, case in CASES.items()
        if "unsolved" in case
    ],
)
def test_the_phenomenon_is_not_solved_yet(name: str) -> None:
    _check(CASES[name])


def test_every_case_names_its_phenomenon_once() -> None:
    told = [case["phenomenon"] for case in CASES.values()]
    assert len(set(told)) == len(told) >= 40
