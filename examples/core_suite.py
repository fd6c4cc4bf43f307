"""The five strategies side by side, with a random filter of the cartography filter's size as control.

python run_experiments.py --mode run --suite examples/core_suite.py --seeds 42 43 44 --dry-run
"""

from __future__ import annotations

from experiment_config import (
    CartographyFilterConfig,
    ClusterFilterConfig,
    ExperimentConfig,
    LabelSmoothingConfig,
    SoftWeightingConfig,
)
from strategies.random_filter import RandomFilterConfig
from suites import SuiteOptions


def suite(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return one setting of each strategy for every seed."""
    cartography = CartographyFilterConfig(top_fraction=0.33)
    return options.across_seeds(
        {
            "baseline": (),
            "cartography_filter": (cartography,),
            "random_filter": (RandomFilterConfig(same_size_as=cartography),),
            "cluster_filter": (ClusterFilterConfig(),),
            "label_smoothing": (LabelSmoothingConfig(smoothing_factor=0.6),),
            "soft_weighting": (SoftWeightingConfig(),),
        }
    )
