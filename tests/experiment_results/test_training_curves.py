from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiment_results.frame import build_frame
from experiment_results.reading import read_experiments
from experiment_results.training_curves import training_curves
from plots.training_curves import CurveSection, draw_curves
from tests.experiment_folders import write_metrics_file, write_suite

FILTER = ({"name": "cartography_filter", "top_fraction": 0.33},)
SCORES = {"eval_f1": [0.8, 0.9], "eval_demo_ood_f1": [0.5, 0.6], "eval_loss": [1.0, 1.1]}


def _sections(root: Path) -> tuple[CurveSection, ...]:
    return training_curves(build_frame(read_experiments(root)), root)


def test_loss_first_then_evaluation_metrics_with_a_course(tmp_path: Path) -> None:
    folders = write_suite(tmp_path, {"filter": (FILTER, SCORES), "baseline": ((), SCORES)}, [42, 43])
    for folder in folders:
        course = {10: 2.0, 20: 1.0}
        once = {"eval/demo_ood_f1": {20: 0.5}, "train/learning_rate": course}
        write_metrics_file(folder, {"eval/loss": course, "eval/f1": course, "train/loss": course, **once})
    (section,) = _sections(tmp_path)
    assert [panel.metric for panel in section.panels] == ["train/loss", "eval/f1", "eval/loss"]
    assert section.labels == (("baseline", "baseline"), ("filter", "cartography_filter"))


def test_a_curve_is_the_mean_over_seeds(tmp_path: Path) -> None:
    first, second = write_suite(tmp_path, {"baseline": ((), SCORES)}, [42, 43])
    write_metrics_file(first, {"train/loss": {10: 3.0, 20: 1.0}})
    write_metrics_file(second, {"train/loss": {10: 5.0, 20: 1.0}})
    (curve,) = _sections(tmp_path)[0].panels[0].curves
    assert curve.num_seeds == 2
    assert (curve.steps.tolist(), curve.mean.tolist()) == ([10, 20], [4.0, 1.0])
    assert (curve.low.tolist(), curve.high.tolist()) == ([3.0, 1.0], [5.0, 1.0])


def test_long_series_are_averaged_in_bins(tmp_path: Path) -> None:
    (folder,) = write_suite(tmp_path, {"baseline": ((), SCORES)}, [42])
    write_metrics_file(folder, {"train/loss": {step: float(step % 2) for step in range(6000)}})
    (curve,) = _sections(tmp_path)[0].panels[0].curves
    assert curve.steps.size == 60
    assert curve.mean == pytest.approx(np.full(60, 0.5))


def test_without_recorded_metrics_there_is_nothing_to_draw(tmp_path: Path) -> None:
    write_suite(tmp_path, {"baseline": ((), SCORES)}, [42])
    assert _sections(tmp_path) == ()


@pytest.mark.parametrize(("num_variants", "entries"), [(5, 6), (39, 2)])
def test_the_legend_stays_short(tmp_path: Path, num_variants: int, entries: int) -> None:
    names = {
        f"f{i}": (({"name": "cartography_filter", "top_fraction": (i + 1) / 40},), SCORES) for i in range(num_variants)
    }
    for folder in write_suite(tmp_path, {"baseline": ((), SCORES), **names}, [42]):
        write_metrics_file(folder, {"train/loss": {1: 1.0, 2: 0.5}})
    figure = draw_curves(_sections(tmp_path))
    (legend,) = [legend for subfigure in figure.subfigs for legend in subfigure.legends]
    assert len(legend.get_texts()) == entries
    assert len(figure.axes[0].lines) == num_variants + 1


def test_a_legend_of_long_names_stays_in_the_picture_and_says_why_there_are_no_bands(tmp_path: Path) -> None:
    variants = {f"label_smoothing_{i}": (({"name": "label_smoothing", "factor": i / 10},), SCORES) for i in range(1, 8)}
    for folder in write_suite(tmp_path, {"baseline (learning_rate=0.00025)": ((), SCORES), **variants}, [42, 43]):
        write_metrics_file(folder, {"train/loss": {1: 1.0, 2: 0.5}})
    figure = draw_curves(_sections(tmp_path))
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    (legend,) = [legend for subfigure in figure.subfigs for legend in subfigure.legends]
    extent = legend.get_window_extent(canvas.get_renderer())
    assert extent.x0 >= 0 and extent.x1 <= figure.bbox.width
    assert legend.get_title().get_text() == "line: mean over seeds, no bands with more than 6 strategies"


def test_a_loss_that_diverged_is_cut_off_and_the_title_says_so(tmp_path: Path) -> None:
    good, bad = write_suite(tmp_path, {"baseline": ((), SCORES), "filter": (FILTER, SCORES)}, [42])
    write_metrics_file(good, {"train/loss": {1: 2.0, 2: 1.0, 3: 0.5}})
    write_metrics_file(bad, {"train/loss": {1: 2.0, 2: 50.0, 3: 1e32}})
    (ax,) = draw_curves(_sections(tmp_path)).axes
    assert ax.get_ylim()[1] == 6.0
    assert ax.get_title(loc="left") == "train/loss, cut off at 6"
