from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tasks.classification_metrics import accuracy, macro_f1


def test_values_on_paper() -> None:
    gold, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0])
    assert accuracy(gold, predicted) == 60
    # Class 0: 2 * 1 / (2 + 2); class 1: 2 * 2 / (2 + 3); class 2: 0.
    assert macro_f1(gold, predicted) == pytest.approx(100 * (0.5 + 0.8 + 0) / 3)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_macro_f1_equals_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    gold, predicted = np.array(pairs).T
    assert macro_f1(gold, predicted) == pytest.approx(100 * f1_score(gold, predicted, average="macro"))
