from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kg.disjoint import Disjoint

PAIRS = [("a", "b"), ("b", "c"), ("d", "e"), ("e", "f"), ("x", "y")]


@given(st.permutations(PAIRS))
def test_the_order_of_joins_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    sets = Disjoint[str]()
    assert all(sets.join(pair) for pair in pairs)
    assert [sets.find(i) for i in "abcdefxyz"] == list("aaadddxxz")


def test_what_must_stay_apart_is_not_joined_through_a_third() -> None:
    sets = Disjoint[str]()
    sets.keep_apart(["a", "c"])
    assert sets.join(["a", "b"])
    assert not sets.join(["b", "c"])
    assert sets.join(["c", "d"])
    assert not sets.join(["d", "a", "e"])
    assert [sets.find(i) for i in "abcde"] == list("aacca")
