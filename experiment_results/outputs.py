"""The files of an analysis, written beside the experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from atomic_files import atomic_path, write_json
from experiment_results.metrics import reported_metrics
from experiment_results.reading import ExperimentFolders
from experiment_results.summaries import summarise
from experiment_results.variants import BASELINE, paired_variants

__all__ = ["data_maps", "write_all_results", "write_csv", "write_summary"]

_MAP_PICTURE = "cartography_map.png"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_all_results(folders: ExperimentFolders, path: Path) -> Path:
    """Write the results of all runs as one JSON file; each run's ``folder`` is added, its environment left out."""
    runs = [
        {"folder": run.folder.name, **{key: value for key, value in run.results.items() if key != "environment"}}
        for run in folders.runs
    ]
    unread = {"unfinished": list(folders.unfinished), "unreadable": list(folders.unreadable)}
    write_json(path, {"num_runs": len(runs), **unread, "runs": runs})
    return path


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as CSV, without the column ``config``; no text in it is taken for a formula by a spreadsheet."""
    with atomic_path(path) as temporary:
        frame.drop(columns="config", errors="ignore").map(_never_formula).to_csv(temporary, index=False)
    return path


def _never_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def write_summary(frame: pd.DataFrame, path: Path, baseline: str = BASELINE) -> Path:
    """Write one row a variant and metric, the primary metric first, the baselines before the others."""
    variants = [variant for variant, _ in paired_variants(frame, baseline)]
    tables = [summarise(variants, metric) for metric in reported_metrics(frame)]
    return write_csv(pd.concat(tables, ignore_index=True), path)


def data_maps(folders: ExperimentFolders) -> list[Path]:
    """Return the pictures of the data maps that the suite made, then of those it was given."""
    made = sorted(folders.experiments_dir.glob(f"shared/data_map_*/{_MAP_PICTURE}"))
    given = {Path(str(folder)) for run in folders.runs if (folder := run.config.get("cartography_dir"))}
    pictures = [*made, *(folder / _MAP_PICTURE for folder in sorted(given))]
    return [path for path in dict.fromkeys(pictures) if path.is_file()]
