"""Configs are checked on construction: errors name field, rule, value and the nearest valid name."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, Self

import pytest
from pydantic import Field, model_validator

from errors import ConfigError
from validated import field_names, from_flags, from_mapping, validated_dataclass


@validated_dataclass
class Leaf:
    size: int = Field(default=1, ge=1)
    ratio: float = Field(default=2, gt=0)


@validated_dataclass
class Tree:
    name: str
    kind: Literal["oak", "elm"] = "oak"
    tall: bool = False
    leaf: Leaf = Field(default_factory=Leaf)
    leaves: tuple[Leaf, ...] = ()
    rings: tuple[int, ...] = ()
    limit: float | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.name == "bush":
            raise ValueError("A bush is no tree")
        return self


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Tree.name: this field is required"),
        ({"name": "t", "tal": True}, r"Tree.tal: no such field; did you mean 'tall'\? \(fields: name, kind"),
        ({"name": 3}, "Tree.name: input should be a valid string, got 3"),
        ({"name": "t", "kind": "ash"}, "Tree.kind: input should be 'oak' or 'elm', got 'ash'"),
        ({"name": "t", "leaf": {"size": 0}}, "Tree.leaf.size: input should be greater than or equal to 1, got 0"),
        ({"name": "t", "leaf": {"sise": 2}}, r"Tree.leaf.sise: no such field; did you mean 'size'\? \(fields: size"),
        ({"name": "t", "leaves": [{"szie": 2}]}, r"Tree.leaves.0.szie: no such field; did you mean 'size'"),
        ({"name": "t", "leaf": 3}, "Tree.leaf: input should be a dictionary or an instance of Leaf, got 3"),
        ({"name": "bush"}, "Tree: a bush is no tree$"),
        ({"name": "t", "limit": float("nan")}, "Tree.limit: input should be a finite number, got nan"),
    ],
)
def test_errors_name_field_rule_value_and_nearest(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Tree(**fields)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"tall": 1}, "tall: input should be true or false, got 1"),
        ({"tall": "yes"}, "tall: input should be true or false, got 'yes'"),
        ({"limit": "0.33"}, "limit: input should be a number, got '0.33'"),
        ({"limit": True}, "limit: input should be a number, got True"),
        ({"leaf": {"size": "3"}}, "leaf.size: input should be a whole number, got '3'"),
        ({"leaf": {"size": 3.0}}, "leaf.size: input should be a whole number, got 3.0"),
        ({"leaves": [Leaf(), {"ratio": True}]}, "leaves.1.ratio: input should be a number, got True"),
        ({"rings": [1, True]}, "rings.1: input should be a whole number, got True"),
    ],
)
def test_no_scalar_silently_changes_its_type(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError, match=f"^Tree.{path}$"):
        Tree(name="t", **fields)


def test_what_json_holds_is_accepted() -> None:
    tree = from_mapping(Tree, {"name": "t", "leaf": {"ratio": 3}, "rings": [1, 2], "limit": 1, "extra": {"a": [True]}})
    assert tree == Tree(name="t", leaf=Leaf(ratio=3.0), rings=(1, 2), limit=1.0, extra={"a": [True]})
    assert from_mapping(Tree, dataclasses.asdict(tree)) == tree


def test_defaults_have_their_field_s_type() -> None:
    assert isinstance(Leaf().ratio, float)
    assert Leaf() == Leaf(ratio=2.0)


def test_fields_are_named_and_frozen() -> None:
    with pytest.raises(ConfigError, match=r"Leaf: write every field with its name \(size=, ratio=\), got 3 without"):
        Leaf(3)  # type: ignore[call-arg]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Leaf().size = 3  # type: ignore[misc]


def test_only_mappings_are_fields() -> None:
    with pytest.raises(ConfigError, match=r"Leaf: expected a mapping of fields, got \[1\]"):
        from_mapping(Leaf, [1])  # type: ignore[arg-type]


def test_several_errors_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"Leaf\.size: .*; Leaf\.ratio: "):
        Leaf(size=0, ratio=-1)


def test_field_names_are_in_order() -> None:
    assert field_names(Leaf) == ["size", "ratio"]


def test_flags_are_named_as_they_are_typed() -> None:
    assert from_flags(Leaf, {"size": 3, "ratio": None}) == Leaf(size=3)
    with pytest.raises(ConfigError, match=r"^--size: .*, got 0; --ratio: .*, got -1$"):
        from_flags(Leaf, {"size": 0, "ratio": -1})
