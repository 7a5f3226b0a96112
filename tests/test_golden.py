"""Small cases, one phenomenon each: tests/golden/<case>.yaml; whole abstracts: tests/golden/abstracts/<case>.yaml.

`known` is the lexicon of the case; without it the bundled one, and then a claim goes by any spelling of its name.
`expect` are claims as "relation Type name", in which '*' is any relation or type; `never` are names, or such claims,
that must not come out; `refused` are claims that the ontology forbids and whose refusal must be told. A case whose
phenomenon is not solved says why under `unsolved`, and must fail until it is. The rules judge the small cases, the
learned layer whole abstracts: those hold what any sane extractor must get right, whatever its weights.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kg import lexicon, ontology, recognise, relate
from kg.lexicon import Lexicon, Name
from kg.linear import taught
from kg.model import Claim, Paper, name_key
from kg.ontology import read_yaml
from kg.recognise.known import Matcher

ONTOLOGY = ontology.load()
FOLDER = Path(__file__).parent / "golden"
CASES = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("*.yaml"))}
ABSTRACTS = {path.stem: read_yaml(path) for path in sorted(FOLDER.glob("abstracts/*.yaml"))}
ALL = CASES | ABSTRACTS


@cache
def _bundled() -> Matcher:
    return Matcher(lexicon.load(ontology=ONTOLOGY))


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


def _claims(case: dict[str, Any]) -> tuple[tuple[Claim, ...], set[str]]:
    """Return what the paper says, and what was refused because the ontology forbids it."""
    paper = Paper(id="case", title=case["title"], abstract=case["abstract"])
    names = Matcher(_lexicon(case["known"])) if "known" in case else _bundled()
    mentions, _ = recognise.mentions(paper, names=names, ontology=ONTOLOGY)
    claims, refused = relate.claims(paper, mentions, ONTOLOGY)
    for claim in claims:
        assert all(paper.text(e.field)[e.start : e.end] == e.text for e in claim.evidence)
    return claims, {f"{r.reason.split(' ')[0]} {r.type} {r.name}" for r in refused if "cannot point" in r.reason}


def _holds(line: str, claim: Claim, spellings: tuple[str, ...]) -> bool:
    relation, type_name, name = line.split(" ", 2)
    same = name_key(name) in map(name_key, (claim.name, *spellings))
    return relation in ("*", claim.relation) and type_name in ("*", claim.type) and same


def _check(case: dict[str, Any]) -> None:
    claims, refused = _claims(case)
    spelt = {c: () if "known" in case else tuple(e.text for e in c.evidence) for c in claims}
    told = [f"{c.relation} {c.type} {c.name}" for c in claims]
    relations = {"*", *(relation.name for relation in ONTOLOGY.relations)}
    for line in case["expect"]:
        assert any(_holds(line, *item) for item in spelt.items()), f"{line!r} is not among {told}"
    for line in case["never"]:
        if line.split(" ")[0] in relations:
            assert not any(_holds(line, *item) for item in spelt.items()), f"{line!r} is among {told}"
        else:
            assert name_key(line) not in {name_key(c.name) for c in claims}, f"{line!r} is among {told}"
    assert set(case.get("refused", ())) <= refused


@pytest.mark.parametrize("name", [n for n, case in ALL.items() if "unsolved" not in case])
def test_the_phenomenon_is_handled(name: str) -> None:
    _check(ALL[name])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=case["unsolved"]))
        for n, case in ALL.items()
        if "unsolved" in case
    ],
)
def test_the_phenomenon_is_not_solved_yet(name: str) -> None:
    _check(ALL[name])


def test_every_case_names_its_phenomenon_once() -> None:
    told = [case["phenomenon"] for case in ALL.values()]
    assert len(set(told)) == len(told) == len(CASES) + len(ABSTRACTS)
    assert len(CASES) >= 40
    assert len(ABSTRACTS) >= 12


@pytest.mark.parametrize(("cases", "learned"), [(CASES, False), (ABSTRACTS, True)], ids=["small", "whole"])
def test_the_rules_judge_small_cases_and_the_learned_layer_whole_abstracts(
    cases: dict[str, dict[str, Any]], learned: bool
) -> None:
    for case in cases.values():
        assert taught(Paper(id="case", title=case["title"], abstract=case["abstract"])) == learned
        assert (len(case["abstract"]) >= 500) == learned
