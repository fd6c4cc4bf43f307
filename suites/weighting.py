"""Every way to make rows count more or less, or their labels softer, with controls."""

from __future__ import annotations

from experiment_config import ExperimentConfig, LabelSmoothingConfig, SoftWeightingConfig
from strategies.placebo import PlaceboConfig
from strategies.uniform_smoothing import UniformSmoothingConfig
from suites.options import SuiteOptions

__all__ = ["weighting"]


def weighting(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return smoothing and weighting, the same mean smoothing for all rows, and placebos with permuted scores."""
    smoothing, soft = LabelSmoothingConfig(smoothing_factor=0.6), SoftWeightingConfig()
    return options.across_seeds(
        {
            "baseline": (),
            "label_smoothing_0.4": (LabelSmoothingConfig(smoothing_factor=0.4),),
            "label_smoothing_0.6": (smoothing,),
            "label_smoothing_0.8": (LabelSmoothingConfig(smoothing_factor=0.8),),
            "uniform_smoothing_0.6": (UniformSmoothingConfig(smoothing_factor=0.6),),
            "placebo_label_smoothing_0.6": (PlaceboConfig(of=smoothing),),
            "soft_weighting": (soft,),
            "placebo_soft_weighting": (PlaceboConfig(of=soft),),
        },
        filter_validation=False,
    )
