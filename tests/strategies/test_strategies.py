"""From a list of configs to one plan."""

from __future__ import annotations

import numpy as np
import pytest

from errors import ConfigError, SignalError
from strategies import Signals, build, config_from_mapping, make_plan, required_signals
from strategies.cartography_filter import CartographyFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.contract import example_signals
from strategies.random_filter import RandomFilterConfig
from strategies.soft_weighting import SoftWeightingConfig
from tests.strategies.tables import map_signals


def test_no_strategy_is_the_baseline() -> None:
    plan = make_plan([], Signals(ids=np.array(["a", "b"])), seed=1)
    assert plan.report["same_as_baseline"]
    assert [part["strategy"] for part in plan.report["strategies"]] == ["baseline"]


def test_strategies_combine_in_any_order() -> None:
    signals = example_signals()
    configs = [CartographyFilterConfig(), ClusterFilterConfig(), SoftWeightingConfig()]
    plan, reverse = make_plan(configs, signals, seed=3), make_plan(configs[::-1], signals, seed=3)
    assert (plan.keep == reverse.keep).all()
    np.testing.assert_allclose(plan.weight, reverse.weight, rtol=1e-6)
    assert plan.weight[plan.keep].mean(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    assert [part["strategy"] for part in plan.report["strategies"]] == [config.name for config in configs]
    assert required_signals(configs) == {"data_map", "clusters"}


def test_two_random_filters_draw_apart() -> None:
    twice = make_plan([RandomFilterConfig(keep_fraction=0.5)] * 2, example_signals(), seed=0)
    assert 0.15 * 240 < twice.keep.sum() < 0.35 * 240


def test_missing_signal_names_strategy_and_remedy() -> None:
    with pytest.raises(SignalError, match="cluster_filter: needs signal 'clusters', which was not supplied"):
        make_plan([ClusterFilterConfig()], map_signals(confidence=[0.1]), seed=0)


def test_a_filter_that_keeps_nothing_is_refused() -> None:
    with pytest.raises(SignalError, match="random_filter: keeps none of 240 rows; loosen the filter"):
        make_plan([RandomFilterConfig(keep_fraction=0.001)], example_signals(), seed=0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"top_fraction": 0.3}, "a strategy needs a name .*cartography_filter"),
        ({"name": 3}, "a strategy needs a name"),
        ({"name": "cluster_filtre"}, "did you mean 'cluster_filter'"),
        ({"name": "cartography_filter", "top_fraction": 0}, "top_fraction: input should be greater than 0, got 0"),
    ],
)
def test_bad_mappings(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config_from_mapping(values)


def test_build_gives_the_config_to_its_strategy() -> None:
    config = SoftWeightingConfig(weight_clip_max=3.0)
    assert build(config).config is config
