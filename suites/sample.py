"""One or a few settings of each of the first strategies, with the random control."""

from __future__ import annotations

from experiment_config import (
    CartographyFilterConfig,
    ClusterFilterConfig,
    ExperimentConfig,
    LabelSmoothingConfig,
    SoftWeightingConfig,
)
from strategies.random_filter import RandomFilterConfig
from suites.options import SuiteOptions

__all__ = ["sample"]


def sample(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the baseline, filters, smoothing and weighting, and a random filter of equal size."""
    middle = CartographyFilterConfig(top_fraction=0.33)
    return options.across_seeds(
        {
            "baseline": (),
            "cartography_filter_0.25": (CartographyFilterConfig(top_fraction=0.25),),
            "cartography_filter_0.33": (middle,),
            "cartography_filter_0.50": (CartographyFilterConfig(top_fraction=0.50),),
            "random_filter_as_0.33": (RandomFilterConfig(same_size_as=middle),),
            "cluster_filter": (ClusterFilterConfig(),),
            "label_smoothing_0.4": (LabelSmoothingConfig(smoothing_factor=0.4),),
            "label_smoothing_0.6": (LabelSmoothingConfig(smoothing_factor=0.6),),
            "label_smoothing_0.8": (LabelSmoothingConfig(smoothing_factor=0.8),),
            "soft_weighting": (SoftWeightingConfig(),),
        }
    )
