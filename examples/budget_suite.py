"""A suite of your own: how small can the training set get, chosen by the data map or by chance?

    python run_experiments.py --mode run --suite examples/budget_suite.py --seeds 42 43 --dry-run

Leave out --dry-run to train. Every choice stands beside a random sample of equal size: without it a score says nothing.
"""

from __future__ import annotations

from experiment_config import ExperimentConfig
from strategies.ambiguous_mix import AmbiguousMixConfig
from strategies.random_filter import RandomFilterConfig
from suites import SuiteOptions

BUDGETS = (0.1, 0.2, 0.4)


def suite(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the baseline, and each budget filled by ambiguous rows with some easy ones, and by chance."""
    experiments = options.across_seeds({"baseline": ()})
    for budget in BUDGETS:
        experiments += options.across_seeds(
            {
                f"ambiguous_mix_{budget}": (AmbiguousMixConfig(keep_fraction=budget, easy_fraction=0.1),),
                f"random_filter_{budget}": (RandomFilterConfig(keep_fraction=budget),),
            }
        )
    return experiments
