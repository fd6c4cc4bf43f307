"""The cartography filter keeps all easy and hard rows, and the most ambiguous of the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.cartography_filter import CartographyFilterConfig
from strategies.contract import example_signals
from tests.strategies.tables import kept_ids, map_signals, plan_of

SIGNALS = map_signals(
    category=["easy", "ambiguous", "hard", "ambiguous", "ambiguous", "ambiguous"],
    confidence=[0.9, 0.4, 0.1, 0.2, 0.3, 0.4],
    variability=[0.1, 0.3, 0.0, 0.3, 0.1, 0.3],
)


@pytest.mark.parametrize(
    ("top_fraction", "kept"), [(0.25, "acd"), (0.5, "abcd"), (0.75, "abcdf"), (1.0, "abcdef"), (0.01, "ac")]
)
def test_keeps_the_most_ambiguous_with_ties_by_id(top_fraction: float, kept: str) -> None:
    # (1 - confidence) + variability: b 0.9, d 1.1, e 0.8, f 0.9
    assert kept_ids(plan_of(CartographyFilterConfig(top_fraction=top_fraction), SIGNALS), SIGNALS) == kept


def test_report() -> None:
    report = plan_of(CartographyFilterConfig(top_fraction=0.5), SIGNALS).report
    assert report["parameters"] == {"top_fraction": 0.5}
    assert report["dropped"] == {"less_ambiguous": 2}
    assert report["categories"] == {"easy": 1, "hard": 1, "ambiguous": 4}
    assert report["thresholds"]["ambiguity"] == pytest.approx(0.9)
    assert (report["rows_before"], report["rows_kept"]) == (6, 4)


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_fraction_keeps_more(one: float, two: float) -> None:
    signals = example_signals()
    small, large = (plan_of(CartographyFilterConfig(top_fraction=x), signals).keep for x in sorted((one, two)))
    assert (small <= large).all()
    assert small[np.isin(signals.column("data_map", "category"), ("easy", "hard"))].all()
