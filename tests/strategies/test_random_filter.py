"""The random filter: right size, a new sample for each seed and draw, honest about what it matches."""

from __future__ import annotations

import numpy as np
import pytest

from errors import ConfigError
from strategies import StrategyConfig, make_plan, required_signals
from strategies.cartography_filter import CartographyFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.contract import example_signals
from strategies.random_filter import RandomFilterConfig
from tests.strategies.tables import plan_of


@pytest.mark.parametrize("model", [CartographyFilterConfig(top_fraction=0.2), ClusterFilterConfig()])
def test_same_size_as_another_strategy(model: StrategyConfig) -> None:
    signals, config = example_signals(), RandomFilterConfig(same_size_as=model)
    assert required_signals([config]) == required_signals([model])
    plan = plan_of(config, signals)
    assert plan.keep.sum() == plan_of(model, signals).keep.sum()
    assert (plan.keep != plan_of(model, signals).keep).any()
    assert plan.report["matches"] == model.to_mapping()
    assert plan.report["size"] == plan.report["rows_kept"]


def test_every_seed_and_every_draw_is_another_sample() -> None:
    signals = example_signals()
    samples = {
        make_plan([RandomFilterConfig(keep_fraction=0.5, draw=draw)], signals, seed).keep.tobytes()
        for seed in range(3)
        for draw in range(3)
    }
    assert len(samples) == 9


def test_rows_are_chosen_evenly() -> None:
    signals = example_signals(num_examples=60)
    config = RandomFilterConfig(keep_fraction=0.25)
    share = np.mean([plan_of(config, signals, seed).keep for seed in range(400)], axis=0)
    assert abs(share - 0.25).max() < 0.1


@pytest.mark.parametrize("fields", [{}, {"keep_fraction": 0.5, "same_size_as": CartographyFilterConfig()}])
def test_exactly_one_size(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="give exactly one of keep_fraction and same_size_as"):
        RandomFilterConfig(**fields)  # type: ignore[arg-type]


def test_a_nested_config_must_be_a_strategy() -> None:
    with pytest.raises(ConfigError, match=r"same_size_as: expected a strategy's config .*, got 0\.3"):
        RandomFilterConfig(same_size_as=0.3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"same_size_as: unknown name 'cartography_filtr'.*'cartography_filter'"):
        RandomFilterConfig(same_size_as={"name": "cartography_filtr"})  # type: ignore[arg-type]
