from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from kg import registry
from kg.model import KGError
from kg.registry import Registry


def test_builtins_come_in_their_order_and_are_imported_on_demand() -> None:
    kinds = Registry(kind="test", builtin=(("b", "json:loads"), ("a", "json:dumps")))
    assert kinds.names() == ("b", "a")
    assert kinds.get("b")("[1]") == [1]
    assert [name for name, _ in kinds.items()] == ["b", "a"]


def test_an_unknown_name_tells_what_there_is() -> None:
    with pytest.raises(KGError, match="no test called 'c' .there are: a, b"):
        Registry(kind="test", builtin=(("b", "json:loads"), ("a", "json:dumps"))).get("c")


def test_installed_packages_add_plugins_but_cannot_take_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        assert group in ("kg.plugged", "kg.clash")
        return [EntryPoint(name="mine", value="json:dumps", group=group)]

    monkeypatch.setattr(registry, "entry_points", points)
    assert Registry(kind="plugged", builtin=()).get("mine")(1) == "1"
    with pytest.raises(KGError, match="registered twice"):
        Registry(kind="clash", builtin=(("mine", "json:loads"),)).names()
