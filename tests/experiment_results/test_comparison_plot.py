from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.student_t import Interval
from experiment_results.comparison_plot import comparison_sections
from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from plots.seed_panels import Mark, Panel, Section, axis_limits, draw_comparison
from tests.experiment_folders import config_mapping, write_run, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
SCORES = {
    "eval_loss": [1.0, 1.1, 1.2],
    "eval_exact_match": [0.7, 0.6, 0.5],
    "eval_f1": [0.78, 0.80, 0.82],
    "eval_demo_ood_f1": [0.5, 0.6, 0.7],
    "eval_demo_ood_exact_match": [0.4, 0.5, 0.6],
}


def _sections(root: Path) -> tuple[Section, ...]:
    return comparison_sections(build_frame(read_experiments(root)))


def test_evaluation_sets_stand_side_by_side_and_the_primary_metric_on_top(tmp_path: Path) -> None:
    write_suite(tmp_path, {"filter": (FILTER, SCORES), "baseline": ((), SCORES)}, [44, 42, 43])
    (section,) = _sections(tmp_path)
    assert [[panel.title for panel in row] for row in section.rows] == [
        ["f1 (validation)", "f1 (demo_ood)"],
        ["exact match (validation)", "exact match (demo_ood)"],
    ]
    assert section.title == "demo, model demo, seeds 42, 43, 44"
    assert [mark.label for mark in section.rows[0][0].marks] == ["baseline", "filter"]


def test_a_mark_holds_every_seed_and_its_baseline(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES)}, [42, 43, 44])
    write_suite(tmp_path, {"filter": (FILTER, {"eval_f1": [0.9, 0.7]})}, [43, 42])
    ((panel, *_), *_) = _sections(tmp_path)[0].rows
    baseline, mark = panel.marks
    assert (mark.seeds, mark.scores) == ((42, 43), (0.7, 0.9))
    assert mark.mean == pytest.approx(0.8)
    assert (mark.family, mark.num_failed) == ("cartography_filter", 0)
    assert mark.reference == baseline.mean == pytest.approx(0.8)
    assert mark.reference_interval == baseline.interval


def test_a_strategy_without_scores_keeps_its_place(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES)}, [42, 43, 44])
    write_run(tmp_path, config_mapping("filter_seed42", 42, FILTER), {}, success=False, error="stopped")
    mark = _sections(tmp_path)[0].rows[0][0].marks[1]
    assert (mark.scores, mark.mean, mark.num_failed) == ((), None, 1)


def test_many_strategies_take_one_row_of_panels(tmp_path: Path) -> None:
    variants = {f"f{i}": (({"name": "cartography_filter", "top_fraction": i / 40},), SCORES) for i in range(1, 40)}
    write_suite(tmp_path, {"baseline": ((), SCORES), **variants}, [42])
    (section,) = _sections(tmp_path)
    assert [[panel.title for panel in row] for row in section.rows] == [
        ["f1 (validation)", "f1 (demo_ood)", "exact match (validation)", "exact match (demo_ood)"]
    ]
    assert len(section.rows[0][0].marks) == 40


def test_of_very_many_strategies_the_first_are_drawn_and_the_title_says_so(tmp_path: Path) -> None:
    variants = {f"f{i}": (({"name": "cartography_filter", "top_fraction": i / 99},), SCORES) for i in range(1, 80)}
    write_suite(tmp_path, {**variants, "baseline": ((), SCORES)}, [42])
    (section,) = _sections(tmp_path)
    labels = [mark.label for mark in section.rows[0][0].marks]
    assert (len(labels), labels[:2]) == (60, ["baseline", "f1"])
    assert section.title.endswith("seed 42, first 60 of 80 strategies")


def test_a_loss_is_drawn_where_it_is_the_primary_metric(tmp_path: Path) -> None:
    write_run(tmp_path, config_mapping("baseline_seed1", 1), {"eval_loss": 1.0}, primary_metric="eval_loss")
    assert _sections(tmp_path)[0].rows[0][0].title == "loss (validation)"


def _mark(scores: tuple[float, ...], interval: Interval | None) -> Mark:
    return Mark("x", "x", tuple(range(len(scores))), scores, sum(scores) / len(scores), interval, None, None, 0)


def test_limits_hold_every_score_and_intervals_worth_showing() -> None:
    three = _mark((0.7, 0.8, 0.9), Interval(0.55, 1.05))
    low, high = axis_limits(Panel("f1", (three,)))
    assert low < 0.55
    assert high > 1.05
    two = _mark((0.7, 0.9), Interval(-0.5, 2.1))
    low, high = axis_limits(Panel("f1", (two,)))
    assert 0.6 < low < 0.7
    assert 0.9 < high < 1.0


@pytest.mark.parametrize("scores", [(0.5,), (0.0,), (0.5, 0.5, 0.5)])
def test_limits_have_a_width_even_without_spread(scores: tuple[float, ...]) -> None:
    low, high = axis_limits(Panel("m", (_mark(scores, None),)))
    assert low < scores[0] < high


def test_the_drawing_shows_each_strategy_and_each_seed_once_a_panel(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES), "filter": (FILTER, SCORES)}, [42, 43, 44])
    figure = draw_comparison(_sections(tmp_path))
    axes = [ax for ax in figure.axes if ax.get_visible()]
    assert len(axes) == 4
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["baseline", "filter"]
    dots = [np.shape(points.get_offsets())[0] for ax in axes for points in ax.collections if points.get_zorder() == 4]
    assert dots == [6, 6, 6, 6]


def test_two_data_sets_are_two_sections(tmp_path: Path) -> None:
    for dataset in ("demo", "other"):
        write_run(tmp_path, config_mapping("baseline_seed1", 1, dataset=dataset), {"eval_f1": 0.5})
    assert [section.title for section in _sections(tmp_path)] == [
        "demo, model demo, seed 1",
        "other, model demo, seed 1",
    ]
    draw_comparison(_sections(tmp_path))


def test_of_many_data_sets_the_first_are_drawn_and_the_title_says_so(tmp_path: Path) -> None:
    for place in range(12):
        write_run(tmp_path, config_mapping("baseline_seed1", 1, dataset=f"data{place}"), {"eval_f1": 0.5})
    sections = _sections(tmp_path)
    assert len(sections) == 10
    assert sections[0].title.startswith("First 10 of 12 data sets: ")


def test_a_title_takes_as_many_lines_as_it_needs(tmp_path: Path) -> None:
    long = "a_data_set_with_a_very_long_name_indeed_and_more_of_it, " * 2
    write_run(tmp_path, config_mapping("baseline_seed1", 1, dataset=long), {"eval_f1": 0.5})
    figure = draw_comparison(_sections(tmp_path))
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    (subfigure,) = figure.subfigs
    title = next(text for text in subfigure.texts if "very_long_name" in text.get_text())
    extent = title.get_window_extent()
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.width
