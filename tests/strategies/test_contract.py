"""Every registered strategy keeps the contract; and the contract's checks catch strategies that break it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from errors import ConfigError
from strategies import STRATEGIES, Signals, Strategy, StrategyConfig, TrainingPlan, build
from strategies.ambiguous_mix import AmbiguousMixConfig
from strategies.baseline import BaselineConfig
from strategies.cartography_filter import CartographyFilterConfig
from strategies.category_filter import CategoryFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.contract import CHECKS, Check, ContractViolation, example_signals
from strategies.label_error_removal import LabelErrorRemovalConfig
from strategies.label_smoothing import LabelSmoothingConfig
from strategies.placebo import PlaceboConfig
from strategies.random_filter import RandomFilterConfig
from strategies.score_filter import ScoreFilterConfig
from strategies.soft_weighting import SoftWeightingConfig
from strategies.stratified_coverage import StratifiedCoverageConfig
from strategies.uniform_smoothing import UniformSmoothingConfig
from validated import validated_dataclass

CONFIGS: tuple[StrategyConfig, ...] = (
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


def _describe(value: object) -> str:
    return value.name if isinstance(value, StrategyConfig) else getattr(value, "__name__", "")


def test_every_registered_strategy_is_tested_here() -> None:
    assert {config.name for config in CONFIGS} == set(STRATEGIES.names())


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


def _keep_the_first_half(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    keep = np.arange(signals.num_examples) < signals.num_examples // 2
    return TrainingPlan.filtering(keep, {"dropped": {"second_half": int((~keep).sum())}})


def _forget_the_reason(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    return TrainingPlan.filtering(signals.ids > "row-2")


def _weigh_without_scaling(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    plan = TrainingPlan.identity(signals.num_examples)
    return dataclasses.replace(plan, weight=plan.weight * 2)


def _read_undeclared_signals(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    return TrainingPlan.weighted(1 + signals.scores("data_map", "variability") if signals.tables else np.ones(240))


def _write_into_signals(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    signals.tables["data_map"]["confidence"][0] += 0.1
    return TrainingPlan.identity(signals.num_examples)


def _hash_ids(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    return TrainingPlan.weighted(np.array([1.0 + hash(str(value)) % 97 for value in signals.ids]))


def _answer_for_other_rows(signals: Signals, rng: np.random.Generator) -> TrainingPlan:
    return dataclasses.replace(
        TrainingPlan.identity(signals.num_examples), keep=np.ones(signals.num_examples, np.int64)
    )


@validated_dataclass
class BrokenConfig(StrategyConfig):
    name: ClassVar[str] = "broken"


class Broken(Strategy[BrokenConfig]):
    config_class = BrokenConfig
    decide: ClassVar[Callable[[Signals, np.random.Generator], TrainingPlan]] = staticmethod(_hash_ids)

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        return type(self).decide(signals, rng)


@pytest.mark.parametrize(
    ("decide", "caught_by", "message"),
    [
        (_keep_the_first_half, "check_row_order_does_not_matter", "order of the rows"),
        (_forget_the_reason, "check_report_is_complete", "explains 0 of"),
        (_weigh_without_scaling, "check_values_are_usable", "mean 2"),
        (_read_undeclared_signals, "check_requires_what_it_reads", "undeclared"),
        (_write_into_signals, "check_inputs_stay_unchanged", "changes data_map.confidence"),
        (_hash_ids, "check_same_seed_same_plan", "fresh process gives another plan"),
        (_answer_for_other_rows, "check_no_row_is_invented", "keep must be"),
    ],
)
def test_checks_catch_a_broken_strategy(
    monkeypatch: pytest.MonkeyPatch,
    decide: Callable[[Signals, np.random.Generator], TrainingPlan],
    caught_by: str,
    message: str,
) -> None:
    monkeypatch.setattr(Broken, "decide", staticmethod(decide))
    monkeypatch.setitem(STRATEGIES._targets, "broken", Broken)
    check = next(check for check in CHECKS if check.__name__ == caught_by)
    with pytest.raises(ContractViolation, match=message):
        check(BrokenConfig(), example_signals())


def test_nested_errors_name_both_configs() -> None:
    with pytest.raises(ConfigError, match=r"PlaceboConfig\.of: CartographyFilterConfig\.top_fracton.*'top_fraction'"):
        PlaceboConfig(of={"name": "cartography_filter", "top_fracton": 0.3})  # type: ignore[arg-type]
