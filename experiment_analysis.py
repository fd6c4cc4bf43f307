"""Read experiment folders: frame of runs, comparison with the baseline, summary on the terminal, CSV files, pictures.

Nothing here loads a model. Import it late in a command: pandas takes its time.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from errors import DataError
from experiment_results.comparison import BASELINE, compare
from experiment_results.frame import build_frame
from experiment_results.metrics import check_metric, primary_metric
from experiment_results.reading import read_experiments

__all__ = ["compare_experiments", "load_experiment_results"]

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
    return compare(frame, check_metric(frame, metric), baseline)


def _frame(experiments: FrameOrFolder) -> pd.DataFrame:
    return experiments if isinstance(experiments, pd.DataFrame) else load_experiment_results(experiments)


def _where(frame: pd.DataFrame) -> str:
    return str(frame.attrs.get("experiments_dir", "the frame"))
