"""The contract's checks catch strategies that break it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from strategies import STRATEGIES, Signals, Strategy, StrategyConfig, TrainingPlan
from strategies.contract import CHECKS, ContractViolation, example_signals
from validated import validated_dataclass


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
