"""The interface of a training strategy: a typed config and one hook."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from errors import SignalError
from strategies.plan import TrainingPlan, summarise
from strategies.signals import Signals
from validated import validated_dataclass

__all__ = ["Strategy", "StrategyConfig"]


@validated_dataclass
class StrategyConfig:
    """Parameters of one strategy. Subclasses add fields; ``name`` is the registered name.

    Fields are JSON types, tuples of them, or other strategies' configs (:data:`strategies.nested.NestedStrategy`).
    """

    name: ClassVar[str] = ""

    def to_mapping(self) -> dict[str, Any]:
        """Return ``{"name": ..., <every field>}``, ready for JSON."""
        values: dict[str, Any] = {"name": self.name}
        for field in dataclasses.fields(self):
            values[field.name] = _plain(getattr(self, field.name))
        return values


def _plain(value: Any) -> Any:
    if isinstance(value, StrategyConfig):
        return value.to_mapping()
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


C = TypeVar("C", bound=StrategyConfig)


class Strategy(ABC, Generic[C]):
    """From per-example signals to a :class:`TrainingPlan`. Subclasses implement :meth:`_plan` alone."""

    config_class: ClassVar[type[StrategyConfig]]
    requires: frozenset[str] = frozenset()
    """Names of the signals :meth:`_plan` reads; the planner makes those nobody supplied."""

    def __init__(self, config: C) -> None:
        self.config = config

    def plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        """Decide about every row and report it.

        Args:
            signals: signals aligned to the training rows.
            rng: the only source of chance.

        Raises:
            SignalError: a required signal is missing, or the plan is impossible.
        """
        for name in sorted(self.requires):
            if name not in signals.tables:
                raise SignalError(f"{self.config.name}: needs signal {name!r}, which was not supplied")
        plan = self._plan(signals, rng)
        self._check(plan, signals)
        summary = summarise(plan.keep, plan.smoothing, plan.weight)
        parameters = {key: value for key, value in self.config.to_mapping().items() if key != "name"}
        report: Mapping[str, Any] = {
            "strategy": self.config.name,
            "parameters": parameters,
            **summary,
            "dropped": {},
            "thresholds": {},
            **plan.report,
        }
        return dataclasses.replace(plan, report=report)

    @abstractmethod
    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        """Return the plan; ``report`` holds what is special to this strategy, such as ``dropped`` by reason."""

    def _check(self, plan: TrainingPlan, signals: Signals) -> None:
        name, count = self.config.name, signals.num_examples
        if not len(plan.keep) == len(plan.smoothing) == len(plan.weight) == count:
            raise SignalError(f"{name}: planned {len(plan.keep)} rows, but there are {count}")
        if not plan.keep.any():
            raise SignalError(f"{name}: keeps none of {count} rows; loosen the filter")
        if not (np.isfinite(plan.smoothing).all() and (plan.smoothing >= 0).all() and (plan.smoothing < 1).all()):
            raise SignalError(f"{name}: smoothing must lie in [0, 1)")
        if not (np.isfinite(plan.weight).all() and (plan.weight >= 0).all()):
            raise SignalError(f"{name}: weights must be finite and non-negative")
