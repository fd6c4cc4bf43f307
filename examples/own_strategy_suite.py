"""A strategy of your own inside a suite file: keep the rows that were learned and forgotten again, against its placebo.

    python run_experiments.py --mode run --suite examples/own_strategy_suite.py --seeds 42 43 44 --dry-run

For a strategy that more than one study uses, make a package with an entry point, as CONTRIBUTING.md shows: then the
saved config.json files can be run by themselves too.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from experiment_config import ExperimentConfig
from strategies import DATA_MAP, STRATEGIES, Signals, Strategy, StrategyConfig, TrainingPlan
from strategies.placebo import PlaceboConfig
from strategies.random_filter import RandomFilterConfig
from suites import SuiteOptions
from validated import validated_dataclass


@validated_dataclass
class WithoutUnforgettableConfig(StrategyConfig):
    """Parameters of the filter."""

    name: ClassVar[str] = "without_unforgettable"
    min_forgetting: int = Field(default=1, ge=1)
    """Keep rows that were forgotten at least this many times; rows never learned count as forgotten."""


class WithoutUnforgettable(Strategy[WithoutUnforgettableConfig]):
    """Drop the unforgettable rows: learned once and never lost (Toneva et al., 2019)."""

    config_class = WithoutUnforgettableConfig
    requires = frozenset({DATA_MAP})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        keep = signals.scores(DATA_MAP, "forgetting") >= self.config.min_forgetting
        return TrainingPlan.filtering(keep, {"dropped": {"unforgettable": int((~keep).sum())}})


if WithoutUnforgettableConfig.name not in STRATEGIES:
    STRATEGIES.register(WithoutUnforgettableConfig.name, WithoutUnforgettable)


def suite(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the baseline, the filter, its placebo, and a random sample of the same size."""
    strategy = WithoutUnforgettableConfig()
    return options.across_seeds(
        {
            "baseline": (),
            "without_unforgettable": (strategy,),
            "placebo": (PlaceboConfig(of=strategy),),
            "random_of_equal_size": (RandomFilterConfig(same_size_as=strategy),),
        }
    )
