"""Strategies whose config holds another strategy's config: controls that copy its size or its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator

from errors import ConfigError
from strategies import build, config_from_mapping
from strategies.base import StrategyConfig

__all__ = ["NestedStrategy", "generator_of_draw", "signals_of"]


def _as_config(value: Any) -> Any:
    if isinstance(value, Mapping):
        return config_from_mapping(value)
    if value is None or isinstance(value, StrategyConfig):
        return value
    raise ConfigError(f"expected a strategy's config or a mapping with its name, got {value!r}")


NestedStrategy = Annotated[StrategyConfig, BeforeValidator(_as_config)]
"""Field type for another strategy's config; accepts ``{"name": ..., <parameters>}`` too, as JSON files hold it."""


def signals_of(config: StrategyConfig) -> frozenset[str]:
    """Return the names of the signals that ``config``'s strategy reads."""
    return build(config).requires


def generator_of_draw(rng: np.random.Generator, draw: int) -> np.random.Generator:
    """Return the generator of one numbered draw: other numbers give other draws under the same seed."""
    return np.random.default_rng([draw, int(rng.integers(2**63))])
