"""What is equal is not shown, what differs always is."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiment_commands.comparing.differences import MISSING, differences, same, value_text

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
KEYS = st.sampled_from(["name", "a", "b", "a.b", "0", "1", ""])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
CONFIGS = st.dictionaries(KEYS, VALUES, max_size=4)


def _found(*compared: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {each.name: each.values for each in differences(compared)}


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        (None, "null", False),
        (None, MISSING, False),
        ([1, 2], [1.0, 2], True),
        ([1, 2], [2, 1], False),
        ([], {}, False),
        (float("nan"), float("nan"), True),
    ],
)
def test_equality_is_typed(first: Any, second: Any, equal: bool) -> None:
    assert same(first, second) is equal
    assert same(second, first) is equal


def test_nested_values_go_by_dotted_names() -> None:
    first = {"model": "demo", "training": {"learning_rate": 1e-3, "seed": 1}}
    second = {"model": "demo", "training": {"learning_rate": 1e-4, "seed": 1, "bf16": True}}
    assert _found(first, second) == {"training.learning_rate": (1e-3, 1e-4), "training.bf16": (MISSING, True)}


def test_named_elements_are_compared_wherever_they_stand() -> None:
    smoothing = {"name": "label_smoothing", "factor": 0.6}
    both = [{"name": "cartography_filter", "top": 0.33}, smoothing]
    found = _found({"strategies": both}, {"strategies": [{**smoothing, "factor": 0.3}]})
    assert found == {
        "strategies": (("cartography_filter", "label_smoothing"), ("label_smoothing",)),
        "strategies.cartography_filter.top": (0.33, MISSING),
        "strategies.label_smoothing.factor": (0.6, 0.3),
    }
    assert list(_found({"strategies": both}, {"strategies": both[::-1]})) == ["strategies"]


def test_any_number_is_compared_at_once() -> None:
    assert _found({"a": 1}, {"a": 1}, {"a": 2}, {}) == {"a": (1, 1, 2, MISSING)}


def test_what_reads_alike_is_told_apart() -> None:
    assert set(_found({"a.b": 1}, {"a": {"b": 1}})) == {'"a.b"', "a.b"}
    assert _found({"s": ["x"]}, {"s": [{"name": "x"}]})
    assert _found({"s": {"0": {"a": 1}}}, {"s": [{"a": 1}]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MISSING, "–"),
        (None, "null"),
        (True, "true"),
        (1e-4, "0.0001"),
        ("demo", "demo"),
        ("my data/über.json", "my data/über.json"),
        ("1", '"1"'),
        ("null", '"null"'),
        ("–", '"–"'),
        ("", '""'),
        ("[red]x[/red]", '"[red]x[/red]"'),
        ("a\x1b[31mb", '"a\\u001b[31mb"'),
        ([1, "a"], '[1, "a"]'),
    ],
)
def test_values_read_as_what_they_are(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_a_long_value_is_cut_and_still_tells_itself_apart() -> None:
    first, second = "x" * 500 + "a", "x" * 500 + "b"
    assert value_text(first) != value_text(second)
    assert len(value_text(first)) < 200


@given(CONFIGS)
def test_nothing_differs_from_itself(config: dict[str, Any]) -> None:
    assert differences([config, copy.deepcopy(config), config]) == []


@given(CONFIGS, CONFIGS)
def test_every_difference_is_found_and_shown(first: dict[str, Any], second: dict[str, Any]) -> None:
    found = differences([first, second])
    assert bool(found) is not same(first, second)
    assert len({each.path for each in found}) == len(found)
    for each in found:
        assert not same(*each.values)
        assert value_text(each.values[0]) != value_text(each.values[1])


@given(CONFIGS, CONFIGS)
def test_the_order_of_the_compared_does_not_matter(first: dict[str, Any], second: dict[str, Any]) -> None:
    there = {each.path: each.values for each in differences([first, second])}
    back = {each.path: each.values[::-1] for each in differences([second, first])}
    assert there == back
