"""Scores of the examples of one run's evaluation, from the files that it left."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiment_results.metrics import VALIDATION
from score_files import ScoreColumns, read_score_file

__all__ = ["read_score_columns"]


def read_score_columns(folder: Path, eval_set: str, names: Collection[str]) -> ScoreColumns | str:
    """Return those of the columns ``names`` that a run has scores of every example in, or why there are none.

    Args:
        folder: of the run.
        eval_set: as :class:`experiment_results.metrics.MetricName` has it.
        names: of scores, such as ``f1``.
    """
    suffix = "" if eval_set == VALIDATION else f"_{eval_set}"
    output = folder / "trainer_output"
    stored = read_score_file(output / f"eval_scores{suffix}.npz", names)
    return stored or _from_predictions(output / f"eval_predictions{suffix}.jsonl", names)


def _from_predictions(path: Path, names: Collection[str]) -> ScoreColumns | str:
    """Read what runs left before they wrote scores apart, or whose file of scores is gone."""
    try:
        # Not splitlines: an answer may hold other line separators.
        lines = path.read_bytes().decode("utf-8", "replace").rstrip("\n").split("\n")
        rows = [json.loads(line) for line in lines]
    except OSError:
        return f"{path.name} is missing"
    except (ValueError, RecursionError):
        return f"{path.name} is damaged"
    if not all(isinstance(row, dict) and "id" in row for row in rows):
        return f"{path.name} has rows without an id"
    columns = {name: _column(rows, name) for name in names}
    return ScoreColumns(
        tuple(str(row["id"]) for row in rows),
        {name: column for name, column in columns.items() if column is not None},
    )


def _column(rows: Sequence[Any], name: str) -> NDArray[np.float64] | None:
    """Return a column of numbers, nan where a row has none; None where no row has one."""
    values = [_number(row.get(name)) for row in rows]
    return None if all(map(math.isnan, values)) else np.array(values)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, bool | int | float) else math.nan
