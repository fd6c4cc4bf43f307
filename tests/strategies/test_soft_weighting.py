"""w_i = clip(variability_i / mean variability, min, max), scaled to mean 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ConfigError
from strategies.plan import TrainingPlan, compose
from strategies.soft_weighting import SoftWeightingConfig
from tests.strategies.tables import map_signals, plan_of


def test_formula() -> None:
    # relative to the mean of 0.2: 0, 0.5, 1, 2.5; clipped: 0.5, 0.5, 1, 2; mean 1
    signals = map_signals(variability=[0.0, 0.1, 0.2, 0.5])
    plan = plan_of(SoftWeightingConfig(weight_clip_min=0.5, weight_clip_max=2.0), signals)
    np.testing.assert_allclose(plan.weight, [0.5, 0.5, 1.0, 2.0], rtol=1e-6)
    assert plan.report["clipped"] == {"low": 1, "high": 1}
    assert plan.report["weight"]["effective_sample_size"] == pytest.approx(16 / 5.5)


def test_weights_are_renormalised_over_kept_rows() -> None:
    signals = map_signals(variability=[0.1, 0.2, 0.3])
    kept = TrainingPlan.filtering(np.array([True, False, True]))
    joined = compose([plan_of(SoftWeightingConfig(), signals), kept])
    np.testing.assert_allclose(joined.weight[joined.keep], [0.5, 1.5], rtol=1e-6)


@given(st.floats(0, 0.5), st.integers(1, 50))
def test_constant_scores_are_exactly_the_baseline(value: float, count: int) -> None:
    assert (plan_of(SoftWeightingConfig(), map_signals(variability=[value] * count)).weight == 1).all()


@given(st.lists(st.floats(1e-4, 0.25), min_size=1, max_size=20), st.floats(0.1, 2))
def test_scaling_all_scores_changes_nothing(values: list[float], factor: float) -> None:
    plan, scaled = (
        plan_of(SoftWeightingConfig(), map_signals(variability=[value * scale for value in values]))
        for scale in (1, factor)
    )
    np.testing.assert_allclose(plan.weight, scaled.weight, rtol=1e-5)


def test_crossed_clips_are_refused() -> None:
    with pytest.raises(ConfigError, match="weight_clip_min=3 must not exceed weight_clip_max=2"):
        SoftWeightingConfig(weight_clip_min=3, weight_clip_max=2)
