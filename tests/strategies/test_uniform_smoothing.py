"""Uniform smoothing spends what variability smoothing spends, on every row alike."""

from __future__ import annotations

import pytest

from strategies.contract import example_signals
from strategies.label_smoothing import LabelSmoothingConfig
from strategies.uniform_smoothing import UniformSmoothingConfig
from tests.strategies.tables import plan_of


def test_same_mean_as_variability_smoothing() -> None:
    signals = example_signals()
    uniform = plan_of(UniformSmoothingConfig(smoothing_factor=0.8), signals)
    aimed = plan_of(LabelSmoothingConfig(smoothing_factor=0.8), signals)
    assert len(set(uniform.smoothing.tolist())) == 1
    assert uniform.report["smoothing"]["mean"] == pytest.approx(aimed.report["smoothing"]["mean"], rel=1e-6)
