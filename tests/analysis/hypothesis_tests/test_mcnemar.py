from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.stats.contingency_tables import mcnemar

from analysis.hypothesis_tests.mcnemar import mcnemar_test


def _answers(gained: int, lost: int, agreed: int = 20) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first = np.repeat([True, False, True, False], [gained, lost, agreed, agreed])
    second = np.repeat([False, True, True, False], [gained, lost, agreed, agreed])
    return first, second


@pytest.mark.parametrize(("gained", "lost", "p"), [(10, 2, 0.03857422), (25, 15, 0.15385994), (5, 5, 1), (3, 0, 0.25)])
def test_exact_p_values_of_known_tables(gained: int, lost: int, p: float) -> None:
    found = mcnemar_test(*_answers(gained, lost))
    assert found.test == "exact McNemar's test"
    assert found.p_value == pytest.approx(p, abs=5e-9)
    assert found.p_value == pytest.approx(mcnemar([[20, gained], [lost, 20]], exact=True).pvalue)
    assert found.estimate == pytest.approx((gained - lost) / (gained + lost + 40))


@pytest.mark.parametrize(("gained", "lost", "p"), [(10, 2, 0.02246094), (5, 5, 1.0), (2, 10, 0.02246094)])
def test_mid_p_values_of_known_tables(gained: int, lost: int, p: float) -> None:
    found = mcnemar_test(*_answers(gained, lost), mid_p=True)
    assert found.p_value == pytest.approx(p, abs=5e-9)
    assert found.test == "McNemar's test, mid-p"


def test_two_one_sided_mid_p_values_make_one() -> None:
    more, less = (mcnemar_test(*_answers(9, 4), alternative=side, mid_p=True).p_value for side in ("greater", "less"))
    assert more is not None
    assert less is not None
    assert more + less == pytest.approx(1)


@pytest.mark.parametrize("mid_p", [False, True])
def test_the_floor_is_reached_where_one_model_wins_them_all(mid_p: bool) -> None:
    found = mcnemar_test(*_answers(4, 0), mid_p=mid_p)
    assert found.p_value == pytest.approx(found.smallest_p)


def test_models_that_agree_on_every_example_give_no_p_value() -> None:
    found = mcnemar_test(*_answers(0, 0))
    assert found.p_value is None
    assert "same examples" in found.problem


def test_values_that_are_not_right_or_wrong_are_refused() -> None:
    with pytest.raises(ValueError, match="bool"):
        mcnemar_test(np.array([0.5, 1.0]), np.array([True, False]))
    with pytest.raises(ValueError, match="same examples"):
        mcnemar_test(np.array([True]), np.array([True, False]))
