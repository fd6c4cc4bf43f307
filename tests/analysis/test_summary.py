from __future__ import annotations

import pytest

from analysis.summary import summarise_variant


def test_mean_spread_and_interval_over_seeds() -> None:
    found, interval = summarise_variant({44: 0.81, 42: 0.80, 43: 0.82})
    assert found == pytest.approx((3, 0.81, 0.01))
    # t(0.975, 2) = 4.3026527
    assert interval == pytest.approx((0.81 - 0.02484138, 0.81 + 0.02484138), abs=1e-8)


def test_one_seed_has_no_interval() -> None:
    assert summarise_variant({42: 0.9}).interval is None
