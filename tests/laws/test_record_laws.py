"""Records of one source and id are joined two by two as they come: neither order nor grouping may tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from handmade import ONTOLOGY
from hypothesis import given
from hypothesis import strategies as st

from kg.model import Fact, Paper
from kg.resolve import join

words = st.sampled_from(("", "a", "b", "ab", "B", "é"))
names = st.lists(words, max_size=2).map(tuple)
facts = st.builds(
    Fact,
    relation=st.sampled_from([relation.name for relation in ONTOLOGY.relations[:3]]),
    type=st.sampled_from([kind.name for kind in ONTOLOGY.types[:3]]),
    name=words,
)


def records(id_: str, source: str) -> st.SearchStrategy[Paper]:
    """Records of one place that contradict each other in everything else, even their own year and date."""
    return st.builds(
        Paper,
        id=st.just(id_),
        title=words,
        abstract=words,
        year=st.sampled_from((None, 0, 2019, 2020)),
        date=st.sampled_from(("", "2020", "2020-05", "2021-01-02", "2019-01-02")),
        venue=words,
        authors=names,
        author_count=st.integers(0, 2),
        url=words,
        keywords=names,
        arxiv=words,
        doi=words,
        facts=st.lists(facts, max_size=2).map(tuple),
        source=st.just(source),
    )


places = st.tuples(st.sampled_from(("p1", "title:1", "")), st.sampled_from(("x.jsonl", "a + b", "")))
several = places.flatmap(lambda place: st.lists(records(*place), min_size=1, max_size=5))


def two(first: Paper, second: Paper) -> Paper:
    return join((first, second))


@given(several, st.randoms(use_true_random=False), st.integers(0, 5))
def test_joining_two_by_two_in_any_order_is_joining_all_at_once(
    found: list[Paper], random: st.DataObject, cut: int
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = join(found)
    assert join(shuffled) == whole
    assert reduce(two, shuffled) == whole
    parts: list[Sequence[Paper]] = [part for part in (shuffled[:cut], shuffled[cut:]) if part]
    assert join([join(part) for part in parts]) == whole


@given(several)
def test_what_is_joined_already_changes_nothing(found: list[Paper]) -> None:
    whole = join(found)
    assert all(two(whole, record) == whole for record in found)
    assert whole == replace(whole, id=found[0].id, source=found[0].source)
