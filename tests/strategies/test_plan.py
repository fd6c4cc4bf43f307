"""Plans compose: keep is AND, weights multiply and have mean 1, smoothing takes the larger."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import SignalError
from strategies.plan import TrainingPlan, compose, normalise_weights, summarise

ROWS = 6


@st.composite
def plans(draw: st.DrawFn) -> TrainingPlan:
    """Plans over ROWS rows that all keep the first row."""
    keep = np.array([True, *draw(st.lists(st.booleans(), min_size=ROWS - 1, max_size=ROWS - 1))])
    weight = draw(st.lists(st.floats(0.01, 100), min_size=ROWS, max_size=ROWS))
    smoothing = draw(st.lists(st.floats(0, 0.9), min_size=ROWS, max_size=ROWS))
    return TrainingPlan(
        keep=keep, smoothing=np.array(smoothing, np.float32), weight=normalise_weights(np.array(weight), keep)
    )


def assert_same(left: TrainingPlan, right: TrainingPlan) -> None:
    assert (left.keep == right.keep).all()
    np.testing.assert_array_equal(left.smoothing, right.smoothing)
    np.testing.assert_allclose(left.weight[left.keep], right.weight[right.keep], rtol=1e-5)


@given(st.lists(plans(), min_size=1, max_size=4))
def test_compose_keeps_what_all_keep_with_weights_of_mean_one(parts: list[TrainingPlan]) -> None:
    joined = compose(parts)
    assert (joined.keep == np.logical_and.reduce([part.keep for part in parts])).all()
    assert joined.weight[joined.keep].mean(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert (joined.smoothing == np.max([part.smoothing for part in parts], axis=0)).all()


@given(st.lists(plans(), min_size=2, max_size=4), st.randoms())
def test_compose_does_not_depend_on_the_order(parts: list[TrainingPlan], chance: st.DataObject) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert_same(compose(parts), compose(shuffled))


@given(plans(), plans(), plans())
def test_compose_is_associative(one: TrainingPlan, two: TrainingPlan, three: TrainingPlan) -> None:
    assert_same(compose([compose([one, two]), three]), compose([one, compose([two, three])]))


@given(plans())
def test_composing_once_more_or_with_the_baseline_changes_nothing(plan: TrainingPlan) -> None:
    once = compose([plan])
    assert_same(compose([once]), once)
    assert_same(compose([once, TrainingPlan.identity(ROWS)]), once)


def test_the_baseline_alone_is_exact() -> None:
    joined = compose([TrainingPlan.identity(5)] * 2)
    assert joined.keep.all()
    assert (joined.weight == 1).all()
    assert (joined.smoothing == 0).all()
    assert joined.report["same_as_baseline"]


def test_filtering_renormalises_weights() -> None:
    weights = TrainingPlan.weighted(np.array([1.0, 2.0, 3.0, 6.0]))
    joined = compose([weights, TrainingPlan.filtering(np.array([True, False, True, False]))])
    np.testing.assert_allclose(joined.weight[joined.keep], [0.5, 1.5])
    assert not joined.report["same_as_baseline"]


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20), st.floats(1e-6, 1e6))
def test_scaling_raw_weights_changes_nothing(raw: list[float], factor: float) -> None:
    keep = np.ones(len(raw), dtype=np.bool_)
    scaled = normalise_weights(np.array(raw) * factor, keep)
    np.testing.assert_allclose(scaled, normalise_weights(np.array(raw), keep), rtol=1e-6)


@given(st.floats(1e-300, 1e300), st.integers(1, 999))
def test_equal_weights_become_exactly_one(value: float, count: int) -> None:
    assert (normalise_weights(np.full(count, value), np.ones(count, dtype=np.bool_)) == 1).all()


@pytest.mark.parametrize("weight", [[0.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf]])
def test_impossible_weights_are_refused(weight: list[float]) -> None:
    with pytest.raises(SignalError, match="finite, non-negative and not all zero"):
        normalise_weights(np.array(weight), np.ones(2, dtype=np.bool_))


def test_two_filters_that_leave_nothing_are_refused() -> None:
    even = np.array([True, False, True, False])
    parts = [TrainingPlan.filtering(even, {"strategy": "one"}), TrainingPlan.filtering(~even, {"strategy": "two"})]
    with pytest.raises(SignalError, match=r"one \+ two: keeps none of 4 rows; loosen the filter"):
        compose(parts)


def test_losing_a_class_is_refused() -> None:
    plan = TrainingPlan.filtering(np.array([True, True, False]), {"strategy": "some_filter"})
    with pytest.raises(SignalError, match=r"some_filter: keeps 2 of 3 rows but none of class 4; loosen"):
        compose([plan], np.array([3, 5, 4]))


def test_summary_gives_the_effective_sample_size() -> None:
    keep = np.array([True, True, True, False])
    summary = summarise(keep, np.array([0.2, 0.0, 0.1, 0.9], np.float32), np.array([0.5, 0.5, 2, 9], np.float32))
    assert summary["rows_before"] == 4
    assert summary["rows_dropped"] == 1
    assert summary["weight"] == {"min": 0.5, "mean": 1.0, "max": 2.0, "effective_sample_size": 9 / 4.5}
    assert summary["smoothing"]["mean"] == pytest.approx(0.1)
    json.dumps(summary, allow_nan=False)
