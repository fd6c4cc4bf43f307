"""The placebo does what its strategy does, on rows chosen by chance."""

from __future__ import annotations

import numpy as np
import pytest

from strategies import StrategyConfig, required_signals
from strategies.cartography_filter import CartographyFilterConfig
from strategies.cluster_filter import ClusterFilterConfig
from strategies.contract import example_signals
from strategies.label_smoothing import LabelSmoothingConfig
from strategies.placebo import PlaceboConfig
from strategies.soft_weighting import SoftWeightingConfig
from tests.strategies.tables import plan_of


@pytest.mark.parametrize(
    "inner", [CartographyFilterConfig(), ClusterFilterConfig(), LabelSmoothingConfig(), SoftWeightingConfig()]
)
def test_same_numbers_on_other_rows(inner: StrategyConfig) -> None:
    signals, config = example_signals(), PlaceboConfig(of=inner)
    assert required_signals([config]) == required_signals([inner])
    real, placebo = plan_of(inner, signals), plan_of(config, signals)
    for name in ("keep", "smoothing", "weight"):
        np.testing.assert_allclose(np.sort(getattr(real, name)), np.sort(getattr(placebo, name)), rtol=1e-6)
    assert any((getattr(real, name) != getattr(placebo, name)).any() for name in ("keep", "smoothing", "weight"))
    assert placebo.report["strategy"] == "placebo"
    assert placebo.report["imitated"]["strategy"] == inner.name


def test_draws_differ() -> None:
    signals = example_signals()
    one, two = (plan_of(PlaceboConfig(of=SoftWeightingConfig(), draw=draw), signals).weight for draw in (0, 1))
    assert (one != two).any()
