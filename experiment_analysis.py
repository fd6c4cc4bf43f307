"""Read experiment folders: frame of runs, comparison with the baseline, summary on the terminal, CSV files, pictures.

Nothing here loads a model. Import it late in a command: pandas takes its time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from rich.console import Console

from errors import DataError
from experiment_results.comparison import compare
from experiment_results.comparison_plot import comparison_sections, draw_comparison
from experiment_results.frame import build_frame
from experiment_results.metrics import check_metric, ordered_metrics, primary_metric
from experiment_results.outputs import data_maps, write_all_results, write_csv, write_summary
from experiment_results.reading import read_experiments
from experiment_results.terminal import print_summary
from experiment_results.training_curves import draw_curves, training_curves
from experiment_results.variants import BASELINE, paired_variants
from plots.saving import save_picture, show_pictures, why_no_window

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["analyze", "compare_experiments", "load_experiment_results", "plot_results", "print_results_summary"]

FrameOrFolder = pd.DataFrame | str | Path


def load_experiment_results(experiments_dir: str | Path = "experiments") -> pd.DataFrame:
    """Return one row a finished run, in the order in which the runs started.

    Columns: ``strategy`` (the experiment's name without its seed), ``name``, ``method`` (the strategies' registered
    names), ``seed``, ``success``, ``error`` (first line), one column a metric (``eval_f1`` ...), data, times, steps,
    rows, folder. ``frame.attrs`` lists folders that are ``unfinished`` and files that are ``unreadable``.

    Raises:
        DataError: no such folder.
    """
    return build_frame(read_experiments(experiments_dir))


def compare_experiments(
    experiments: FrameOrFolder, metric: str | None = None, baseline: str = BASELINE
) -> pd.DataFrame:
    """Return one row a strategy: n seeds, mean, standard deviation, 95 % interval, paired difference to the baseline.

    Args:
        experiments: a frame from :func:`load_experiment_results`, or an experiments folder.
        metric: None takes the runs' primary metric.
        baseline: label or registered name of what the others are compared with.

    Raises:
        DataError: no such folder, or no run in it has a metric.
        ConfigError: an unknown metric or baseline; the message lists the known ones.
    """
    frame = _frame(experiments)
    if metric is None:
        metric = primary_metric(frame)
        if metric is None:
            raise DataError(f"{_where(frame)}: no finished run has a metric; run a suite first")
    return compare(paired_variants(frame, baseline), check_metric(frame, metric))


def print_results_summary(
    experiments: FrameOrFolder,
    metric: str | None = None,
    baseline: str = BASELINE,
    console: Console | None = None,
) -> None:
    """Print a table of the primary metric on every evaluation set, then failures and what else bears on the numbers.

    Args:
        experiments: a frame from :func:`load_experiment_results`, or an experiments folder.
        metric: show this metric alone.
        baseline: label or registered name of what the others are compared with.
        console: where to print; None means standard output.

    Raises:
        DataError: no such folder.
        ConfigError: an unknown metric or baseline.
    """
    frame = _frame(experiments)
    print_summary(frame, metric and check_metric(frame, metric), baseline, console)


def plot_results(
    experiments: FrameOrFolder, out: str | Path | None = None, baseline: str = BASELINE, show: bool = False
) -> Path:
    """Draw every seed's score, mean and interval of each strategy next to the baseline's, and return the PNG's path.

    Args:
        experiments: a frame from :func:`load_experiment_results`, or an experiments folder.
        out: a file ending in ``.png``, or a folder, which gets ``experiment_results.png``; None is the experiments
            folder.
        baseline: label or registered name of what the others are compared with.
        show: also open a window; where there is no display, say so on standard error.

    Raises:
        DataError: no such folder, or no successful run in it has a metric.
        ConfigError: an unknown baseline.
        ResourceError: ``out`` cannot be written.
    """
    frame = _frame(experiments)
    target = Path(out if out is not None else frame.attrs.get("experiments_dir", "."))
    figure = _comparison_figure(frame, baseline)
    path = save_picture(figure, target if target.suffix == ".png" else target / "experiment_results.png")
    if show:
        _show([figure])
    return path


def analyze(experiments_dir: str | Path = "experiments", show_plots: bool = False) -> list[Path]:
    """Write all outputs of an analysis into the experiments folder and return their paths.

    In order: all_results.json, results.csv (a row a run), summary.csv (a row a strategy and metric),
    experiment_results.png, training_curves.png, then the pictures of the data maps that the suite made or was given.
    Pictures are left out where no run succeeded; training_curves.png also where no run recorded its training.
    Nothing is printed: :func:`print_results_summary` does that.

    Args:
        experiments_dir: folder of the experiments.
        show_plots: also open windows; where there is no display, say so on standard error.

    Raises:
        DataError: no such folder, or no finished run in it.
        ResourceError: the folder cannot be written or the disk is full.
    """
    root = Path(experiments_dir)
    folders = read_experiments(root)
    frame = build_frame(folders)
    if frame.empty:
        raise DataError(f"{root}: {_nothing_finished(frame)}; run a suite first: run_experiments.py --mode run")
    written = [
        write_all_results(folders, root / "all_results.json"),
        write_csv(frame, root / "results.csv"),
        write_summary(frame, root / "summary.csv"),
    ]
    figures: list[Figure] = []
    if ordered_metrics(frame):
        figures.append(_comparison_figure(frame, BASELINE))
        written.append(save_picture(figures[-1], root / "experiment_results.png"))
    curves = training_curves(frame, root)
    if curves:
        figures.append(draw_curves(curves))
        written.append(save_picture(figures[-1], root / "training_curves.png"))
    if show_plots:
        _show(figures)
    return [*written, *data_maps(folders)]


def _nothing_finished(frame: pd.DataFrame) -> str:
    unfinished, unreadable = frame.attrs["unfinished"], frame.attrs["unreadable"]
    details = [f"{len(unfinished)} not finished"] if unfinished else []
    details += [f"unreadable: {'; '.join(unreadable)}"] if unreadable else []
    return f"no finished experiment ({'; '.join(details)})" if details else "no finished experiment"


def _comparison_figure(frame: pd.DataFrame, baseline: str) -> Figure:
    sections = comparison_sections(frame, baseline)
    if not sections:
        raise DataError(f"{_where(frame)}: no successful run has a metric to draw")
    return draw_comparison(sections)


def _show(figures: list[Figure]) -> None:
    reason = why_no_window()
    if reason:
        print(f"no window opened: {reason}; the pictures are in the files", file=sys.stderr)
    else:
        show_pictures(figures)


def _frame(experiments: FrameOrFolder) -> pd.DataFrame:
    return experiments if isinstance(experiments, pd.DataFrame) else load_experiment_results(experiments)


def _where(frame: pd.DataFrame) -> str:
    return str(frame.attrs.get("experiments_dir", "the frame"))
