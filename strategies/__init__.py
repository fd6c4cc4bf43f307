"""Training strategies: one file each, from per-example signals to a TrainingPlan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np

from errors import ConfigError
from registry import Registry
from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan, compose
from strategies.signals import CLUSTERS, DATA_MAP, Signals, align
from validated import from_mapping

__all__ = [
    "CLUSTERS",
    "DATA_MAP",
    "STRATEGIES",
    "Signals",
    "Strategy",
    "StrategyConfig",
    "TrainingPlan",
    "align",
    "build",
    "config_from_mapping",
    "make_plan",
    "required_signals",
]

STRATEGIES: Registry[type[Strategy[Any]]] = Registry("strategies")
STRATEGIES.register("baseline", "strategies.baseline:Baseline")
STRATEGIES.register("cartography_filter", "strategies.cartography_filter:CartographyFilter")
STRATEGIES.register("cluster_filter", "strategies.cluster_filter:ClusterFilter")
STRATEGIES.register("label_smoothing", "strategies.label_smoothing:LabelSmoothing")
STRATEGIES.register("soft_weighting", "strategies.soft_weighting:SoftWeighting")
STRATEGIES.register("category_filter", "strategies.category_filter:CategoryFilter")
STRATEGIES.register("ambiguous_mix", "strategies.ambiguous_mix:AmbiguousMix")
STRATEGIES.register("score_filter", "strategies.score_filter:ScoreFilter")
STRATEGIES.register("label_error_removal", "strategies.label_error_removal:LabelErrorRemoval")
STRATEGIES.register("stratified_coverage", "strategies.stratified_coverage:StratifiedCoverage")
STRATEGIES.register("uniform_smoothing", "strategies.uniform_smoothing:UniformSmoothing")
STRATEGIES.register("random_filter", "strategies.random_filter:RandomFilter")
STRATEGIES.register("placebo", "strategies.placebo:Placebo")


def config_from_mapping(values: Mapping[str, Any]) -> StrategyConfig:
    """Build a strategy's config from ``{"name": ..., <parameters>}``.

    Raises:
        ConfigError: unknown strategy, unknown parameter or impossible value.
    """
    parameters = dict(values)
    name = parameters.pop("name", None)
    if not isinstance(name, str):
        raise ConfigError(f"a strategy needs a name (one of: {', '.join(STRATEGIES.names())}), got {values!r}")
    return from_mapping(STRATEGIES.get(name).config_class, parameters)


def build(config: StrategyConfig) -> Strategy[Any]:
    """Return the strategy that ``config`` belongs to."""
    return STRATEGIES.get(config.name)(config)


def required_signals(configs: Sequence[StrategyConfig]) -> frozenset[str]:
    """Return the names of all signals that these strategies read."""
    return frozenset[str]().union(*(build(config).requires for config in configs))


def make_plan(configs: Sequence[StrategyConfig], signals: Signals, seed: int) -> TrainingPlan:
    """Plan and compose strategies; none at all is the baseline.

    Args:
        configs: strategies in order.
        signals: signals aligned to the training rows.
        seed: with the strategy's name it seeds the generator that the strategy gets.
    """
    chosen = list(configs) or [config_from_mapping({"name": "baseline"})]
    plans = []
    for position, config in enumerate(chosen):
        rng = np.random.default_rng([seed, position, crc32(config.name.encode())])
        plans.append(build(config).plan(signals, rng))
    return compose(plans, signals.labels)
