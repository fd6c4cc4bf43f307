from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.bootstrap.tasks import (
    OverTasks,
    interquartile_mean,
    interquartile_mean_difference,
    interquartile_mean_over_tasks,
    stratified_bootstrap,
)

TASKS = [np.array([0.1, 0.4, 0.3, 0.35, 0.2]), np.array([0.8, 0.85, 0.9, 0.7, 0.95]), np.array([0.5, 0.6, 0.4])]


def test_interquartile_mean_by_hand() -> None:
    assert interquartile_mean([100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -50.0]) == pytest.approx((2 + 3 + 4 + 5) / 4)
    assert interquartile_mean([9.0, 1.0, 2.0, 3.0, 0.0]) == pytest.approx(2.0)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_interquartile_mean_lies_between_the_quarters(scores: list[float]) -> None:
    found = float(interquartile_mean(scores))
    assert np.quantile(scores, 0.25, method="lower") - 1e-9 <= found
    assert found <= np.quantile(scores, 0.75, method="higher") + 1e-9


def test_interval_is_that_of_scipys_bootstrap_at_an_expanded_level() -> None:
    def pooled(*tasks: Any, axis: int) -> Any:
        return stats.trim_mean(np.concatenate(tasks, axis=axis), 0.25, axis=axis)

    draw = np.random.default_rng(7)
    tasks = [draw.normal(centre, size=count) for centre, count in ((0, 5), (1, 8), (3, 6))]
    reach = stats.t(19 - 3).ppf(0.975) * np.sqrt(19 / (19 - 3))
    reference = stats.bootstrap(
        tasks,
        pooled,
        n_resamples=30_000,
        vectorized=True,
        method="percentile",
        confidence_level=1 - 2 * stats.norm.sf(reach),
        rng=np.random.default_rng(0),
    )
    found = interquartile_mean_over_tasks(tasks, num_resamples=30_000, rng=np.random.default_rng(1))
    assert found.value == pytest.approx(stats.trim_mean(np.concatenate(tasks), 0.25))
    assert found.interval == pytest.approx(tuple(reference.confidence_interval), abs=0.04)


def test_every_task_keeps_its_seeds() -> None:
    tasks = [[0.0] * 4, [10.0] * 6]
    sums = stratified_bootstrap(tasks, lambda drawn: drawn.sum(axis=1), 50, np.random.default_rng(2))
    assert sums.tolist() == [60.0] * 50


def test_resamples_are_made_in_portions_of_memory() -> None:
    tasks = np.random.default_rng(3).normal(size=(50, 40))
    means = stratified_bootstrap(list(tasks), lambda drawn: drawn.mean(axis=1), 5_000, np.random.default_rng(4))
    assert means.shape == (5_000,)
    within = np.mean(tasks.var(axis=1)) / tasks.size
    assert means.var() == pytest.approx(within, rel=0.1)


def test_difference_of_two_variants() -> None:
    better = [task + 0.3 for task in TASKS]
    there, back = (
        interquartile_mean_difference(*sides, num_resamples=2_000, rng=np.random.default_rng(5))
        for sides in ((better, TASKS), (TASKS, better))
    )
    assert there.value == pytest.approx(0.3)
    assert back.value == pytest.approx(-0.3)
    assert there.interval is not None
    assert back.interval is not None
    assert 0 < there.interval.low < 0.3 < there.interval.high
    assert back.interval == pytest.approx((-there.interval.high, -there.interval.low), abs=0.03)


@pytest.mark.parametrize(("num_tasks", "num_seeds", "least"), [(1, 5, 0.88), (4, 3, 0.85), (4, 6, 0.91)])
def test_interval_covers_what_many_seeds_would_give(num_tasks: int, num_seeds: int, least: float) -> None:
    centres, rng = np.arange(num_tasks) * 1.5, np.random.default_rng(8)
    truth = float(
        interquartile_mean((centres + rng.normal(size=(5_000, num_seeds, num_tasks))).reshape(5_000, -1)).mean()
    )
    covered = 0
    for _ in range(250):
        tasks = list(centres[:, None] + rng.normal(size=(num_tasks, num_seeds)))
        interval = interquartile_mean_over_tasks(tasks, num_resamples=1_000, rng=rng).interval
        assert interval is not None
        covered += interval.low <= truth <= interval.high
    assert least <= covered / 250 <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = (interquartile_mean_over_tasks(TASKS, rng=np.random.default_rng(6)) for _ in range(2))
    assert first == second


def test_few_seeds_in_a_task_give_no_interval() -> None:
    found = interquartile_mean_over_tasks([[1.0, 2.0], [3.0, 4.0, 5.0]], rng=np.random.default_rng(0))
    assert found == OverTasks(3.0, None)
    assert interquartile_mean_over_tasks([[1.0, 2.0, 3.0, 4.0]], rng=np.random.default_rng(0)).interval is None
    assert interquartile_mean_difference(TASKS, [*TASKS[:2], [0.1]], rng=np.random.default_rng(0)).interval is None


@pytest.mark.parametrize("tasks", [[], [[]], [[1.0, np.nan]], [[[1.0]]]])
def test_impossible_tasks_are_refused(tasks: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"task|scores"):
        interquartile_mean_over_tasks(tasks, rng=np.random.default_rng(0))


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_impossible_level_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        interquartile_mean_over_tasks(TASKS, level=level, rng=np.random.default_rng(0))


def test_other_tasks_and_no_resample_are_refused() -> None:
    with pytest.raises(ValueError, match="same tasks, got 3 and 2"):
        interquartile_mean_difference(TASKS, TASKS[:2], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="at least one resample"):
        interquartile_mean_over_tasks(TASKS, num_resamples=0, rng=np.random.default_rng(0))
