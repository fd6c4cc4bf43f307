"""Every way to choose rows, with controls of equal size."""

from __future__ import annotations

from experiment_config import CartographyFilterConfig, ClusterFilterConfig, ExperimentConfig
from strategies.ambiguous_mix import AmbiguousMixConfig
from strategies.category_filter import CategoryFilterConfig
from strategies.label_error_removal import LabelErrorRemovalConfig
from strategies.placebo import PlaceboConfig
from strategies.random_filter import RandomFilterConfig
from strategies.stratified_coverage import StratifiedCoverageConfig
from suites.options import SuiteOptions

__all__ = ["filtering"]


def filtering(options: SuiteOptions) -> list[ExperimentConfig]:
    """Return the filters, and what chooses as many rows by chance.

    ``random_filter_as_0.33`` and the placebo control the cartography filter at 0.33; ``random_filter_0.33`` controls
    the two that keep a third of all rows.
    """
    middle = CartographyFilterConfig(top_fraction=0.33)
    return options.across_seeds(
        {
            "baseline": (),
            "cartography_filter_0.25": (CartographyFilterConfig(top_fraction=0.25),),
            "cartography_filter_0.33": (middle,),
            "cartography_filter_0.50": (CartographyFilterConfig(top_fraction=0.50),),
            "category_filter_easy_ambiguous": (CategoryFilterConfig(categories=("easy", "ambiguous")),),
            "ambiguous_mix_0.33": (AmbiguousMixConfig(keep_fraction=0.33),),
            "label_error_removal_0.05": (LabelErrorRemovalConfig(drop_fraction=0.05),),
            "stratified_coverage_0.33": (StratifiedCoverageConfig(keep_fraction=0.33),),
            "cluster_filter": (ClusterFilterConfig(),),
            "random_filter_as_0.33": (RandomFilterConfig(same_size_as=middle),),
            "random_filter_0.33": (RandomFilterConfig(keep_fraction=0.33),),
            "placebo_cartography_filter_0.33": (PlaceboConfig(of=middle),),
        }
    )
