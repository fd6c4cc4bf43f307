"""Read experiment folders: frame of runs, comparison with the baseline, summary on the terminal, CSV files, pictures.

Nothing here loads a model. Import it late in a command: pandas takes its time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from errors import DataError
from experiment_results.analysis_pictures import draw_pictures, save_pictures
from experiment_results.comparison_plot import comparison_sections
from experiment_results.comparisons import ComparisonTable, compare_all
from experiment_results.frame import build_frame
from experiment_results.metrics import check_metric, primary_metric
from experiment_results.outputs import data_maps, write_all_results, write_csv, write_summary
from experiment_results.reading import read_experiments
from experiment_results.terminal import print_summary
from experiment_results.variants import BASELINE
from experiment_results.verdict_options import VerdictOptions
from plots.saving import save_picture, show_pictures, why_no_window
from plots.seed_panels import draw_comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "VerdictOptions",
    "analyze",
    "compare_experiments",
    "load_experiment_results",
    "plot_results",
    "print_results_summary",
]

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
    experiments: FrameOrFolder, metric: str | None = None, baseline: str = BASELINE, **options: Any
) -> pd.DataFrame:
    """Return one row a strategy, metric and evaluation set: how it differs from the baseline, with a verdict.

    The columns are those of comparisons.csv (:data:`experiment_results.comparison_rows.COLUMNS`).

    Args:
        experiments: a frame from :func:`load_experiment_results`, or an experiments folder.
        metric: compare by this one alone; None compares by all of them, and shows the primary metric on every
            evaluation set (``family`` is "shown"): p-values are corrected for those together.
        baseline: label or registered name of what the others are compared with.
        **options: further fields of :class:`VerdictOptions`: ``margin``, ``alpha``, ``correction``, ``power``,
            ``level``, ``allow_differences``.

    Raises:
        DataError: no such folder, or no run in it has a metric.
        ConfigError: an unknown metric, baseline or option; the message lists the known ones.
    """
    frame = _frame(experiments)
    if primary_metric(frame) is None:
        raise DataError(f"{_where(frame)}: no finished run has a metric; run a suite first")
    table = _compared(frame, VerdictOptions(metric=metric, baseline=baseline, **options)).table
    return table if metric is None else table[table["metric"] == metric].reset_index(drop=True)


def print_results_summary(
    experiments: FrameOrFolder,
    metric: str | None = None,
    baseline: str = BASELINE,
    console: Console | None = None,
    **options: Any,
) -> None:
    """Print the verdict table of the primary metric on every evaluation set, then what bears on the numbers.

    Args:
        experiments: a frame from :func:`load_experiment_results`, or an experiments folder.
        metric: show this metric alone.
        baseline: label or registered name of what the others are compared with.
        console: where to print; None means standard output.
        **options: further fields of :class:`VerdictOptions`.

    Raises:
        DataError: no such folder.
        ConfigError: an unknown metric, baseline or option.
    """
    frame = _frame(experiments)
    print_summary(frame, _compared(frame, VerdictOptions(metric=metric, baseline=baseline, **options)), console)


def _compared(frame: pd.DataFrame, options: VerdictOptions) -> ComparisonTable:
    if options.metric is not None:
        check_metric(frame, options.metric)
    return compare_all(frame, options)


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


def analyze(
    experiments_dir: str | Path = "experiments",
    show_plots: bool = False,
    options: VerdictOptions | None = None,
    show_summary: bool = False,
) -> list[Path]:
    """Write all outputs of an analysis into the experiments folder and return their paths.

    In order: all_results.json, results.csv (a row a run), summary.csv (a row a strategy and metric), comparisons.csv
    (a row a strategy and metric beside the baseline, with its verdict), the pictures as PNG and SVG, then those of the
    data maps that the suite made or was given. A picture for which the runs have not enough is left out.

    Args:
        experiments_dir: folder of the experiments.
        show_plots: also open windows; where there is no display, say so on standard error.
        options: how comparisons are made and judged; None takes the defaults.
        show_summary: also print what :func:`print_results_summary` prints.

    Raises:
        DataError: no such folder, or no finished run in it.
        ConfigError: an unknown metric or baseline.
        ResourceError: the folder cannot be written or the disk is full.
    """
    root, options = Path(experiments_dir), options or VerdictOptions()
    folders = read_experiments(root)
    frame = build_frame(folders)
    if frame.empty:
        raise DataError(f"{root}: {_nothing_finished(frame)}; run a suite first: run_experiments.py --mode run")
    comparisons = _compared(frame, options)
    pictures = draw_pictures(frame, comparisons, root)
    written = [
        write_all_results(folders, root / "all_results.json"),
        write_csv(frame, root / "results.csv"),
        write_summary(frame, root / "summary.csv", options.baseline),
        write_csv(comparisons.table, root / "comparisons.csv"),
        *save_pictures(pictures, root),
    ]
    if show_plots:
        _show(list(pictures.values()))
    if show_summary:
        print_summary(frame, comparisons)
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
