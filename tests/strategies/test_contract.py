"""Every registered strategy keeps the contract."""

from __future__ import annotations

import dataclasses

import pytest

from errors import ConfigError
from strategies import STRATEGIES, StrategyConfig, build
from strategies.ambiguous_mix import AmbiguousMixConfig
from strategies.baseline import BaselineConfig
from strategies.cartography_filter import CartographyFilterConfig
from strategies.category_filter import CategoryFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.contract import CHECKS, Check, example_signals
from strategies.label_error_removal import LabelErrorRemovalConfig
from strategies.label_smoothing import LabelSmoothingConfig
from strategies.placebo import PlaceboConfig
from strategies.random_filter import RandomFilterConfig
from strategies.score_filter import ScoreFilterConfig
from strategies.soft_weighting import SoftWeightingConfig
from strategies.stratified_coverage import StratifiedCoverageConfig
from strategies.uniform_smoothing import UniformSmoothingConfig

LISTED: tuple[StrategyConfig, ...] = (
    BaselineConfig(),
    CartographyFilterConfig(),
    CartographyFilterConfig(top_fraction=1.0),
    ClusterFilterConfig(),
    ClusterFilterConfig(exclude_clusters=(-1, 2), min_cluster_probability=0.2),
    LabelSmoothingConfig(smoothing_factor=1.0),
    SoftWeightingConfig(),
    SoftWeightingConfig(weight_clip_min=0.5, weight_clip_max=1.5),
    CategoryFilterConfig(categories=("hard", "ambiguous")),
    CategoryFilterConfig(categories=("easy", "ambiguous"), keep_fraction=0.3),
    AmbiguousMixConfig(keep_fraction=0.2, easy_fraction=0.25),
    ScoreFilterConfig(score="forgetting", keep="lowest"),
    ScoreFilterConfig(score="el2n", keep="highest", keep_fraction=0.7),
    LabelErrorRemovalConfig(),
    LabelErrorRemovalConfig(drop_fraction=0.2, score="confidence"),
    StratifiedCoverageConfig(),
    UniformSmoothingConfig(),
    RandomFilterConfig(keep_fraction=0.3),
    RandomFilterConfig(same_size_as=CartographyFilterConfig(), draw=3),
    RandomFilterConfig(same_size_as=ClusterFilterConfig()),
    PlaceboConfig(of=CartographyFilterConfig()),
    PlaceboConfig(of=SoftWeightingConfig(), draw=1),
    PlaceboConfig(of=StratifiedCoverageConfig()),
    RandomFilterConfig(same_size_as=PlaceboConfig(of=ClusterFilterConfig())),
)


def _with_defaults() -> tuple[StrategyConfig, ...]:
    """A strategy is tested the day it is registered: by its default parameters if it is not listed above."""
    classes = [STRATEGIES.get(name) for name in STRATEGIES if name not in {config.name for config in LISTED}]
    return tuple(cls.config_class() for cls in classes if cls.__module__.startswith("strategies."))


CONFIGS = (*LISTED, *_with_defaults())


def _describe(value: object) -> str:
    return value.name if isinstance(value, StrategyConfig) else getattr(value, "__name__", "")


@pytest.mark.parametrize("check", CHECKS, ids=_describe)
@pytest.mark.parametrize("config", CONFIGS, ids=_describe)
def test_contract(config: StrategyConfig, check: Check) -> None:
    check(config, example_signals())


@pytest.mark.parametrize("config", CONFIGS, ids=_describe)
def test_contract_holds_where_there_are_no_classes(config: StrategyConfig) -> None:
    signals = dataclasses.replace(example_signals(seed=1), labels=None)
    for check in CHECKS[2:-1]:
        check(config, signals)


@pytest.mark.parametrize("config", CONFIGS, ids=_describe)
def test_config_class_belongs_to_its_strategy(config: StrategyConfig) -> None:
    assert build(config).config_class is type(config)


def test_nested_errors_name_both_configs() -> None:
    with pytest.raises(ConfigError, match=r"PlaceboConfig\.of: CartographyFilterConfig\.top_fracton.*'top_fraction'"):
        PlaceboConfig(of={"name": "cartography_filter", "top_fracton": 0.3})  # type: ignore[arg-type]
