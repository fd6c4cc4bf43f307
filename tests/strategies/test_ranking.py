"""Orders break ties by id; budgets round half up."""

from __future__ import annotations

import numpy as np
import pytest

from errors import SignalError
from strategies.ranking import ambiguity, categories, counts_of, first, order_by, share_of
from tests.strategies.tables import map_signals


def test_order_breaks_ties_by_id() -> None:
    ids = np.array(["d", "a", "c", "b"])
    assert ids[order_by(np.array([1.0, 1.0, 2.0, 1.0]), ids)].tolist() == ["c", "a", "b", "d"]


def test_first_looks_at_candidates_only() -> None:
    ids = np.array(["a", "b", "c"])
    chosen = first(1, np.array([False, True, True]), np.array([9.0, 1.0, 2.0]), ids)
    assert chosen.tolist() == [False, False, True]
    assert first(5, np.array([False, True, True]), np.array([9.0, 1.0, 2.0]), ids).sum() == 2


@pytest.mark.parametrize(
    ("fraction", "total", "rows"), [(0.33, 100, 33), (0.29, 100, 29), (0.5, 5, 3), (0.1, 4, 0), (1, 7, 7)]
)
def test_share_is_rounded(fraction: float, total: int, rows: int) -> None:
    assert share_of(fraction, total) == rows


def test_ambiguity_formula() -> None:
    signals = map_signals(confidence=[0.9, 0.4], variability=[0.1, 0.3])
    np.testing.assert_allclose(ambiguity(signals), [0.2, 0.9])


def test_unknown_categories_are_refused() -> None:
    with pytest.raises(SignalError, match=r"1 of 2 rows have a category .*such as 'odd'"):
        categories(map_signals(category=["easy", "odd"]))


def test_counts_are_json() -> None:
    assert counts_of(np.array([-1, 2, 2])) == {"-1": 1, "2": 2}
