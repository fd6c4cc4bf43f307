"""The smallest comparison: the baseline and the cartography filter."""

from __future__ import annotations

from experiment_config import CartographyFilterConfig, ExperimentConfig
from suites.options import SuiteOptions

__all__ = ["minimal"]


def minimal(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the baseline and the cartography filter, for every seed."""
    return options.across_seeds(
        {"baseline": (), "cartography_filter_0.33": (CartographyFilterConfig(top_fraction=0.33),)}
    )
