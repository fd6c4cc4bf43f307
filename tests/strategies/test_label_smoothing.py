"""eps_i = smoothing_factor * variability_i."""

from __future__ import annotations

import numpy as np
import pytest

from errors import ConfigError, SignalError
from strategies.label_smoothing import LabelSmoothingConfig
from tests.strategies.tables import map_signals, plan_of


def test_formula_and_mean_in_the_report() -> None:
    plan = plan_of(LabelSmoothingConfig(smoothing_factor=0.6), map_signals(variability=[0.0, 0.1, 0.5]))
    np.testing.assert_allclose(plan.smoothing, [0.0, 0.06, 0.3], rtol=1e-6)
    assert plan.report["smoothing"] == {"mean": pytest.approx(0.12), "max": pytest.approx(0.3)}
    assert plan.keep.all()
    assert (plan.weight == 1).all()


def test_factor_zero_is_the_baseline() -> None:
    plan = plan_of(LabelSmoothingConfig(smoothing_factor=0), map_signals(variability=[0.2, 0.3]))
    assert plan.report["same_as_baseline"]


def test_sample_standard_deviations_are_noticed() -> None:
    with pytest.raises(SignalError, match=r"variability of 1 of 2 rows lies outside \[0, 0\.5\]"):
        plan_of(LabelSmoothingConfig(), map_signals(variability=[0.2, 0.7071]))


def test_factor_above_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"smoothing_factor: input should be less than or equal to 1, got 1\.5"):
        LabelSmoothingConfig(smoothing_factor=1.5)
