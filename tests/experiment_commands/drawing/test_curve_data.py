"""Curves are numbers first: which metrics, averaged over which runs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.curves import Series
from errors import ConfigError, DataError
from experiment_commands.drawing.curve_data import MAX_PANELS, Recorded, choose_metrics, panels


def _series(*values: float, first: int = 0) -> Series:
    return np.arange(first, first + len(values), dtype=np.float64), np.array(values)


def test_a_course_is_the_mean_over_runs_with_its_extremes() -> None:
    recorded = [Recorded("a", ({"f1": _series(1, 3)}, {"f1": _series(3, 3)}, {"loss": _series(1, 1)}))]
    (panel,) = panels(recorded, ["f1"])
    (course,) = panel.courses
    assert (course.label, course.num_runs, course.unsmoothed) == ("a", 2, None)
    assert [values.tolist() for values in course.curve] == [[0, 1], [2, 3], [1, 3], [3, 3]]


def test_smoothing_keeps_what_was_logged_beside_it() -> None:
    values = np.random.default_rng(0).normal(size=40)
    recorded = [Recorded("a", ({"loss": (np.arange(40.0), values)},))]
    course = panels(recorded, ["loss"], smooth=0.2)[0].courses[0]
    assert course.unsmoothed == pytest.approx(values)
    assert course.curve.mean.std() < values.std()


def test_runs_that_share_no_step_leave_no_course() -> None:
    apart = Recorded("a", ({"f1": _series(1, 2)}, {"f1": _series(1, 2, first=10)}))
    assert panels([apart], ["f1"]) == []


def test_without_a_choice_it_takes_what_all_share_losses_first() -> None:
    names = ["train/learning_rate", "train/loss", "eval/loss", "eval/f1", "eval/once"]
    run = {name: _series(1, 2) if name != "eval/once" else _series(1) for name in names}
    both = [Recorded("a", (run,)), Recorded("b", ({**run, "only/b": _series(1, 2)},))]
    assert choose_metrics(both, ()) == ["train/loss", "eval/loss", "eval/f1"]
    many = [Recorded("a", ({f"m{number}": _series(1, 2) for number in range(20)},))]
    assert len(choose_metrics(many, ())) == MAX_PANELS


def test_the_primary_metric_is_drawn_even_if_it_was_logged_once() -> None:
    run = {"train/loss": _series(2, 1), "eval/f1": _series(70), "eval/exact": _series(60)}
    assert choose_metrics([Recorded("a", (run,), ("eval_f1",))], ()) == ["train/loss", "eval/f1"]


def test_what_is_about_the_training_is_drawn_if_there_is_nothing_else() -> None:
    run = {"train/learning_rate": _series(2, 1), "train/runtime": _series(2, 3)}
    assert choose_metrics([Recorded("a", (run,))], ()) == ["train/learning_rate", "train/runtime"]


def test_points_are_drawn_where_there_is_no_curve() -> None:
    recorded = [Recorded("a", ({"f1": _series(70), "x": _series(1, 2)},)), Recorded("b", ({"f1": _series(71)},))]
    assert choose_metrics(recorded, ()) == ["f1"]


def test_a_result_means_its_curve() -> None:
    recorded = [Recorded("a", ({"eval/f1": _series(1, 2)},))]
    assert choose_metrics(recorded, ["eval_f1", "metrics.eval_f1"]) == ["eval/f1"]


def test_who_logged_nothing_does_not_hide_what_the_others_share() -> None:
    recorded = [Recorded("a", ({"f1": _series(1, 2)},)), Recorded("planned", ({},))]
    assert choose_metrics(recorded, ()) == ["f1"]


def test_a_metric_that_nobody_logged_is_refused_with_a_near_one() -> None:
    recorded = [Recorded("a", ({"train/loss": _series(1, 2)},))]
    assert choose_metrics(recorded, ["train/loss", "train/loss"]) == ["train/loss"]
    with pytest.raises(ConfigError, match="'train/los'; did you mean 'train/loss'"):
        choose_metrics(recorded, ["train/los"])


def test_nothing_shared_is_told() -> None:
    recorded = [Recorded("a", ({"x": _series(1, 2)},)), Recorded("b", ({"y": _series(1, 2)},))]
    with pytest.raises(DataError, match="share no logged metric"):
        choose_metrics(recorded, ())
    with pytest.raises(DataError, match="has logged a metric"):
        choose_metrics([Recorded("a", ({},))], ())


@pytest.mark.parametrize(("lowest", "positive"), [(0.5, True), (math.nan, True), (0.0, False), (-1.0, False)])
def test_a_logarithmic_axis_needs_values_above_zero(lowest: float, positive: bool) -> None:
    recorded = [Recorded("a", ({"loss": _series(lowest, 2)},))]
    assert panels(recorded, ["loss"])[0].all_positive is positive
