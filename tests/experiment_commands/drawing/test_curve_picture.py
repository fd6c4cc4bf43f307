"""The picture shows the numbers, names every line once, and leaves the lines free."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from analysis.curves import MeanCurve
from experiment_commands.drawing.curve_data import Course, Panel
from experiment_commands.drawing.curve_picture import draw_panels


def _course(label: str, num_runs: int = 1, points: int = 50, offset: float = 1.0) -> Course:
    steps = np.linspace(1, 20_000, points)
    mean = offset + np.exp(-steps / 5000)
    return Course(label, num_runs, MeanCurve(steps, mean, mean - 0.1, mean + 0.1), None)


def _panel(metric: str, *labels: str, num_runs: int = 1) -> Panel:
    return Panel(metric, tuple(_course(label, num_runs, offset=place + 1) for place, label in enumerate(labels)))


def _legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_lines_carry_the_numbers() -> None:
    panel = _panel("train/loss", "baseline", "smoothing")
    (ax,) = draw_panels([panel]).axes
    assert ax.get_title(loc="left") == "train/loss"
    drawn = {tuple(np.asarray(line.get_ydata(), dtype=float)) for line in ax.lines}
    assert drawn == {tuple(course.curve.mean) for course in panel.courses}


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (6, 2, 3)])
def test_panels_stand_in_a_grid(count: int, rows: int, columns: int) -> None:
    figure = draw_panels([_panel(f"metric_{number}", "a", "b") for number in range(count)])
    specs = [ax.get_subplotspec() for ax in figure.axes]
    assert {(spec.get_gridspec().nrows, spec.get_gridspec().ncols) for spec in specs if spec} == {(rows, columns)}
    assert sum(ax.get_visible() for ax in figure.axes) == count


def test_twenty_lines_are_told_apart_and_named_once() -> None:
    names = [f"run_{number}" for number in range(20)]
    figure = draw_panels([_panel("loss", *names), _panel("f1", *names)])
    assert _legend(figure) == names
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(looks) == 20


def test_the_legend_stands_outside_the_panels() -> None:
    figure = draw_panels([_panel("loss", *(f"a_rather_long_name_of_a_run_{number}" for number in range(9)))])
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert not any(ax.get_tightbbox().overlaps(legend) for ax in figure.axes)  # type: ignore[union-attr]
    assert figure.bbox.x0 <= legend.x0 < legend.x1 <= figure.bbox.x1


def _stepwise(label: str, *steps: int, num_runs: int = 1) -> Course:
    values = np.arange(len(steps), dtype=np.float64)
    return Course(label, num_runs, MeanCurve(np.array(steps, dtype=np.float64), values, values, values + 1), None)


@pytest.mark.parametrize("steps", [(1,), (1, 2), (0, 1, 2, 3)])
def test_steps_are_whole_numbers(steps: tuple[int, ...]) -> None:
    figure = draw_panels([Panel("loss", (_stepwise("a", *steps),))])
    figure.draw_without_rendering()
    ticks = figure.axes[0].get_xticks()
    low, high = figure.axes[0].get_xlim()
    assert any(low <= tick <= high for tick in ticks)
    assert all(tick == round(tick) for tick in ticks)


def test_equal_lines_are_all_to_be_seen() -> None:
    courses = (_stepwise("a", 1, 2), _stepwise("b", 1, 2), _stepwise("c", 1, 2, 3))
    widths = {line.get_color(): line.get_linewidth() for line in draw_panels([Panel("lr", courses)]).axes[0].lines}
    assert len(widths) == 3
    assert len(set(widths.values())) == 2, "the equal one below is wider, and no other"


def test_a_single_point_of_several_seeds_has_its_spread() -> None:
    (ax,) = draw_panels([Panel("f1", (_stepwise("a", 30, num_runs=3),))]).axes
    (line,) = ax.lines
    assert line.get_marker() == "o"
    assert len(ax.collections) == 1


def test_seeds_make_a_band_and_are_explained() -> None:
    figure = draw_panels([_panel("loss", "a", "b", num_runs=5)])
    assert len(figure.axes[0].collections) == 2
    assert figure.legends[0].get_title().get_text() == "line: mean over 5 seeds, band: lowest to highest seed"


def test_signs_that_mean_something_to_matplotlib_are_shown_as_they_are() -> None:
    figure = draw_panels([_panel("a_$x$_b", "_$run$")])
    figure.draw_without_rendering()
    assert _legend(figure) == [r"_\$run\$"]


def test_a_logarithmic_axis_is_only_where_it_can_be() -> None:
    low = Panel("gap", (_course("a", offset=-0.5),))
    figure = draw_panels([_panel("loss", "a"), low], log=True)
    assert [ax.get_yscale() for ax in figure.axes] == ["log", "linear"]
