from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

from analysis.hypothesis_tests.equivalence import paired_equivalence_test, welch_equivalence_test

FIRST = np.random.default_rng(0).normal(80.1, 0.4, 9)
SECOND = np.random.default_rng(1).normal(80.0, 0.4, 9)


@pytest.mark.parametrize("margin", [0.1, 0.5, 2.0])
def test_p_values_equal_statsmodels(margin: float) -> None:
    paired = ttost_paired(FIRST, SECOND, -margin, margin)[0]
    assert paired_equivalence_test(FIRST, SECOND, margin).p_value == pytest.approx(paired)
    welch = ttost_ind(FIRST, SECOND[:6], -margin, margin, usevar="unequal")[0]
    assert welch_equivalence_test(FIRST, SECOND[:6], margin).p_value == pytest.approx(welch)


@given(st.floats(0.01, 2), st.floats(0.6, 0.99))
def test_the_interval_lies_within_the_margin_where_the_p_value_says_so(margin: float, level: float) -> None:
    for test in (paired_equivalence_test, welch_equivalence_test):
        found = test(FIRST, SECOND, margin, level=level)
        assert found.interval is not None
        assert found.p_value is not None
        if abs(found.p_value - (1 - level)) > 1e-9:
            assert (-margin < found.interval.low and found.interval.high < margin) == (found.p_value < 1 - level)


def test_constant_differences_give_no_p_value() -> None:
    found = paired_equivalence_test(SECOND + 1, SECOND, 2.0)
    assert found.p_value is None
    assert "every difference is the same" in found.problem
    assert "equivalence within 2" in found.test


@pytest.mark.parametrize(("margin", "level"), [(0.0, 0.95), (-1.0, 0.95), (1.0, 0.5), (1.0, 1.0)])
def test_impossible_margins_and_levels_are_refused(margin: float, level: float) -> None:
    with pytest.raises(ValueError, match="positive margin"):
        welch_equivalence_test(FIRST, SECOND, margin, level=level)
