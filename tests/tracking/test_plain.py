"""Configurations of every kind become values that JSON holds."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import enum
import functools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from errors import ConfigError
from tracking.recording.plain import plain, plain_config


class Colour(enum.Enum):
    RED = "red"


class Model(BaseModel):
    width: int = 3


@dataclasses.dataclass
class Inner:
    path: Path = Path("a/b")
    colour: Colour = Colour.RED


@dataclasses.dataclass
class Outer:
    inner: Inner = dataclasses.field(default_factory=Inner)
    layers: tuple[int, ...] = (1, 2)
    tags: frozenset[str] = frozenset({"b", "a"})


def _doubled(number: int) -> int:
    return 2 * number


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Outer(), {"inner": {"path": "a/b", "colour": "red"}, "layers": [1, 2], "tags": ["a", "b"]}),
        (argparse.Namespace(lr=1e-3, out=Path("x")), {"lr": 1e-3, "out": "x"}),
        (Model(), {"width": 3}),
        ({1: "a", None: "b", (1, 2): "c", Colour.RED: "d"}, {"1": "a", "None": "b", "(1, 2)": "c", "red": "d"}),
        ({"day": datetime.date(2026, 1, 2)}, {"day": "2026-01-02"}),
        ({"n": np.int64(3), "f": np.float32(0.5), "a": np.arange(3)}, {"n": 3, "f": 0.5, "a": [0, 1, 2]}),
        ({"call": print, "type": int}, {"call": "print", "type": "int"}),
        ({"own": Odd.__repr__, "kind": Colour}, {"own": f"{__name__}.Odd.__repr__", "kind": f"{__name__}.Colour"}),
        ({"part": functools.partial(_doubled, 1)}, {"part": "functools.partial(<function _doubled>, 1)"}),
        (
            {"clip": math.inf, "x": [math.nan, -math.inf, np.float32("inf")]},
            {"clip": "inf", "x": ["nan", "-inf", "inf"]},
        ),
        ({"odd": Odd()}, {"odd": "<Odd>"}),
        (None, {}),
    ],
)
def test_every_kind_of_configuration(value: Any, expected: dict[str, Any]) -> None:
    assert plain_config(value) == expected
    json.dumps(plain_config(value))


def test_a_device_is_called_as_its_user_calls_it() -> None:
    torch = pytest.importorskip("torch")
    assert plain_config({"device": torch.device("cpu"), "dtype": torch.float32}) == {
        "device": "cpu",
        "dtype": "torch.float32",
    }


def test_training_arguments_and_model_configurations() -> None:
    transformers = pytest.importorskip("transformers")
    arguments = plain_config(transformers.TrainingArguments(output_dir="x", learning_rate=3e-4, hub_token="secret"))
    assert arguments["learning_rate"] == 3e-4 and "secret" not in json.dumps(arguments)
    assert plain_config(transformers.BertConfig(hidden_size=32))["hidden_size"] == 32


def test_a_configuration_that_holds_itself_comes_to_an_end() -> None:
    config: dict[str, Any] = {"lr": 1}
    config["self"] = config
    json.dumps(plain_config(config))


@pytest.mark.parametrize("config", [[1], "lr=1", 3, Outer])
def test_what_is_no_configuration_is_refused(config: Any) -> None:
    with pytest.raises(ConfigError, match="expected a dataclass or a mapping"):
        plain_config(config)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
    max_leaves=20,
)


@given(VALUES)
def test_plain_values_stay_what_they_are(value: Any) -> None:
    once = plain(value)
    json.dumps(once)
    assert plain(once) == once
