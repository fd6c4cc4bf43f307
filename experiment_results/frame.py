"""The frame of all runs: one row a run, identity and labels resolved."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiment_results.grouping import Seedless, Variant, distinct_labels, group_runs, label_of, without_seed
from experiment_results.reading import ExperimentFolders, RunRecord

__all__ = ["DATA_COLUMNS", "build_frame"]

DATA_COLUMNS = ("task", "model", "dataset", "eval_split")
"""What a variant is trained and scored on. Variants are compared within, never across."""

_FIRST = ("strategy", "name", "method", "seed", "success", "error")
_LAST = (
    "primary_metric",
    *DATA_COLUMNS,
    "duration_seconds",
    "started_at",
    "finished_at",
    "train_steps",
    "train_rows",
    "same_as_baseline",
    "smaller_batches",
    "commit",
    "folder",
    "group",
    "setting",
    "config",
)


def build_frame(folders: ExperimentFolders) -> pd.DataFrame:
    """Return one row a finished run, in the order in which the runs started.

    ``strategy`` is the variant's label, ``method`` the registered names of its strategies, ``group`` and ``setting``
    are hashes (:mod:`experiment_results.grouping`), ``config`` is the configuration without its seed as JSON; each
    metric has a column of its own. ``frame.attrs`` holds ``experiments_dir``, ``unfinished`` and
    ``unreadable`` of :class:`ExperimentFolders`.
    """
    rows = [_row(run) for run in folders.runs]
    rows.sort(key=lambda row: (row["started_at"] is None, str(row["started_at"]), row["folder"]))
    _set_groups(rows)
    _set_labels(rows)
    metrics = dict.fromkeys(name for row in rows for name in row if name not in (*_FIRST, *_LAST))
    frame = pd.DataFrame(rows, columns=[*_FIRST, *metrics, *_LAST])
    frame["seed"] = frame["seed"].astype("Int64")
    for name in ("train_steps", "train_rows"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("Int64")
    frame.attrs["experiments_dir"] = str(folders.experiments_dir)
    frame.attrs["unfinished"] = list(folders.unfinished)
    frame.attrs["unreadable"] = list(folders.unreadable)
    return frame


def _row(run: RunRecord) -> dict[str, Any]:
    results, config = run.results, run.config
    training = config.get("training")
    seed = _integer(results.get("seed", training.get("seed") if isinstance(training, Mapping) else None))
    name = str(results.get("name") or config.get("name") or run.folder.name)
    method = str(results.get("strategy") or _method(config))
    data = {key: str(results.get(key) or config.get(key) or "") for key in DATA_COLUMNS}
    return {
        **_metrics(results.get("metrics")),
        "strategy": label_of(name),
        "name": name,
        "method": method,
        "seed": seed,
        "success": _succeeded(results),
        "error": _error(results),
        "primary_metric": results.get("primary_metric"),
        **data,
        "duration_seconds": results.get("duration_seconds"),
        **{key: results.get(key) for key in ("started_at", "finished_at", "train_steps", "train_rows")},
        "same_as_baseline": _changed_nothing(results.get("strategy_report")),
        "smaller_batches": bool(results.get("adjustments")),
        "commit": _commit(results.get("git")),
        "folder": run.folder.name,
        "config": without_seed(config or _config_from_results(method, label_of(name), data)),
    }


def _config_from_results(method: str, label: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Stand in for a config.json that an older version did not write: the name tells variants of a method apart."""
    strategies = [] if method == "baseline" else [{"name": method, "parameters of": label}]
    return {**data, "strategies": strategies, "training": "unknown"}


def _method(config: Mapping[str, Any]) -> str:
    given = config.get("strategies")
    strategies = given if isinstance(given, list) else []
    return "+".join(str(each.get("name")) for each in strategies if isinstance(each, Mapping)) or "baseline"


def _changed_nothing(report: Any) -> bool:
    """Whether the plan kept every row, with hard labels and equal weights."""
    return isinstance(report, Mapping) and bool(report.get("same_as_baseline"))


def _commit(git: Any) -> str | None:
    commit = git.get("commit") if isinstance(git, Mapping) else None
    return str(commit) if commit else None


def _integer(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and abs(value) < 2**63 else None


def _metrics(metrics: Any) -> dict[str, float]:
    if not isinstance(metrics, Mapping):
        return {}
    return {str(name): float(value) for name, value in metrics.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _succeeded(results: Mapping[str, Any]) -> bool:
    success = results.get("success")
    return success if isinstance(success, bool) else not results.get("error") and bool(results.get("metrics"))


def _error(results: Mapping[str, Any]) -> str | None:
    """Return the first line of a failed run's error."""
    if _succeeded(results):
        return None
    error = results.get("error")
    if isinstance(error, Mapping):
        kind, message = str(error.get("type") or ""), str(error.get("message") or "").strip()
        text = ": ".join(part for part in (kind, message) if part)
    else:
        text = str(error or "")
    return next(iter(text.splitlines()), "no error was recorded")


def _set_groups(rows: list[dict[str, Any]]) -> None:
    configs: list[Seedless] = [row["config"] for row in rows]
    groups = group_runs([(config, row["seed"]) for config, row in zip(configs, rows, strict=True)])
    for row, config, group in zip(rows, configs, groups, strict=True):
        row.update(group=group, setting=config.setting, config=config.config)


def _set_labels(rows: list[dict[str, Any]]) -> None:
    variants: dict[str, Variant] = {}
    for row in rows:
        data = tuple(row[key] for key in DATA_COLUMNS)
        variants.setdefault(row["group"], Variant(row["group"], row["strategy"], data, json.loads(row["config"])))
    labels = distinct_labels(list(variants.values()))
    for row in rows:
        row["strategy"] = labels[row["group"]]
