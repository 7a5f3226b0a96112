"""Law 4, the half of it that is about spelling: what never counts in a name, and that digits always do."""

from __future__ import annotations

import re
import unicodedata

import pytest
from handmade import ONTOLOGY, extraction, paper
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import lexicon
from kg.lexicon import Lexicon
from kg.model import fold, name_key
from kg.resolve import entities, entity_id, tally

KNOWN = lexicon.load(ontology=ONTOLOGY)
REAL = tuple(sorted({form for name in KNOWN.names for form in name.forms if form.isascii()}))
NOUNS = tuple(
    sorted(
        {
            w
            for n in KNOWN.names
            for w in re.findall(r"(?<!\S)[a-z]{4,}$", n.name)
            if name_key(w) == w and w[-1] not in "isu" and w[-2:] != "ie"
        }
    )
)
JOINERS = " -\u00a0\u2010\u2011\u2012\u2013\u2014\u2212_/\u2009"
ACCENTS = "\u0301\u0308\u0302\u0327\u030c"
PARTS = st.sampled_from(
    ("GPT", "Llama", "v", "B", "bench", "LoRA", "4", "4o", "7B", "27", "2", "10", "3.5", "0.5", "x", "+")
)
BUILT = st.lists(st.tuples(PARTS, st.sampled_from(["", " ", "-", "_"])), min_size=1, max_size=5).map(
    lambda pairs: "".join(part + joiner for part, joiner in pairs)
)
RELATIONS = {"Technique": "uses", "Model": "uses", "Benchmark": "evaluatedOn", "Hardware": "targets"}
NAMES = st.one_of(st.sampled_from(REAL), BUILT)


def digits(text: str) -> list[str]:
    return re.findall(r"[0-9]+", text)


def plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "ch", "sh", "ss")) and noun not in ("cache", "niche") else "s")


@given(NAMES, st.randoms())
def test_case_never_counts_but_in_the_last_letter_of_an_acronym(name: str, random: st.DataObject) -> None:
    name = re.sub("S\\Z", "s", name)
    other = "".join(random.choice((c.upper(), c.lower())) for c in name[:-2])  # type: ignore[attr-defined]
    other += name[-2:].lower() if name.endswith("s") else name[-2:].swapcase()
    name = name[:-2] + name[-2:].lower() if name.endswith("s") else name
    assert name_key(other) == name_key(name)


@pytest.mark.parametrize("before", ["", "few-shot "])
@given(short=st.text("BCDGKLMNPRT", min_size=2, max_size=6))
def test_an_acronym_with_a_capital_s_is_another_name_and_with_a_small_one_its_plural(before: str, short: str) -> None:
    assert name_key(f"{before}{short}s") == name_key(before + short)
    assert name_key(f"{before}{short}S") != name_key(before + short)
    found = [
        extraction(paper(f"{n} in report {i}"), (n, "Benchmark", "evaluatedOn"))
        for i, n in enumerate((short, f"{short}s", f"{short}S"))
    ]
    assert len(entities(tally(found, Lexicon()), ontology=ONTOLOGY).entities) == 2
    assert len(entities(tally(found[1:], Lexicon()), ontology=ONTOLOGY).entities) == 1


@given(NAMES, st.lists(st.sampled_from(JOINERS), min_size=40, max_size=40))
def test_hyphens_and_spaces_never_count(name: str, joiners: list[str]) -> None:
    turn = iter(joiners * (len(name) // 40 + 1))
    other = re.sub(r"[ \-_/]", lambda _: next(turn), name)
    assert name_key(other) == name_key(name)
    if re.search(r"[A-Za-z]{4,}\Z", name):  # a last word of three letters keeps its s
        glued = re.sub(r"(?<=[A-Za-z])[ \-_/](?=[A-Za-z])", "", name)
        assert name_key(glued) == name_key(name)


@given(st.sampled_from(NOUNS), st.sampled_from(("", "sparse ", "LLaMA ", "3D ", "low-rank ")))
def test_plural_never_counts(noun: str, before: str) -> None:
    assert name_key(before + plural(noun)) == name_key(before + noun)


@given(NAMES, st.integers(0, 30), st.sampled_from("\u00ad\u200b\u2060\ufeff"), st.sampled_from(ACCENTS))
def test_unicode_never_counts(name: str, at: int, invisible: str, accent: str) -> None:
    assert name_key(name[:at] + invisible + name[at:]) == name_key(name)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
    assert name_key(wide) == name_key(name)
    if name[at : at + 1].isalpha():
        accented = name[: at + 1] + accent + name[at + 1 :]
        assert name_key(unicodedata.normalize("NFC", accented)) == name_key(unicodedata.normalize("NFD", accented))
        assert name_key(accented) == name_key(name)


@given(NAMES)
def test_the_digits_of_a_name_are_the_digits_of_its_key(name: str) -> None:
    assert digits(name_key(name)) == digits(name)


@given(NAMES, st.data())
def test_another_digit_is_another_name(name: str, data: st.DataObject) -> None:
    places = [i for i, c in enumerate(name) if c.isdigit()]
    if places:
        at = data.draw(st.sampled_from(places))
        digit = data.draw(st.sampled_from([d for d in "0123456789" if d != name[at]]))
        assert name_key(name[:at] + digit + name[at + 1 :]) != name_key(name)
    assert name_key(name + "7") != name_key(name)


@given(st.text(max_size=12), st.text(max_size=12))
def test_names_that_fold_alike_have_one_key_and_so_one_id_never_means_two_entities(left: str, right: str) -> None:
    if fold(left) == fold(right):
        assert name_key(left) == name_key(right)
    if name_key(left) != name_key(right):
        assert entity_id("Technique", left) != entity_id("Technique", right)


@given(st.text())
@settings(max_examples=300)
def test_any_text_has_a_key(text: str) -> None:
    assert name_key(name_key(text)) == name_key(name_key(name_key(text)))


@given(BUILT.filter(lambda n: any(c.isalpha() for c in n)), st.data())
@settings(max_examples=100, deadline=None)
def test_no_rule_of_resolution_joins_names_that_differ_in_a_digit(name: str, data: st.DataObject) -> None:
    name = name.strip(" -_")
    places = [i for i, c in enumerate(name) if c.isdigit()]
    if not places:
        return
    at = data.draw(st.sampled_from(places))
    other = name[:at] + str((int(name[at]) + 1) % 10) + name[at + 1 :]
    for kind, relation in (
        ("Technique", "uses"),
        ("Model", "uses"),
        ("Benchmark", "evaluatedOn"),
        ("Hardware", "targets"),
    ):
        found = [extraction(paper(f"{n} in report {i}"), (n, kind, relation)) for i, n in enumerate((name, other))]
        assert len(entities(tally(found, Lexicon()), ontology=ONTOLOGY).entities) == 2
