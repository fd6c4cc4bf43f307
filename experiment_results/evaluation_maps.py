"""A data map of the evaluation examples: one that was made of them, or one of their scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.scores import Scores
from atomic_files import read_json
from errors import DataError
from experiment_results.picture_subjects import Subject
from plots.evaluation_map import EvaluationMap, map_of_scores

__all__ = ["evaluation_map_of"]

_TABLE = "cartography_metrics.csv"
_COLUMNS = ("id", "confidence", "variability", "category")


def evaluation_map_of(
    subject: Subject, scores: Sequence[Scores], experiments_dir: Path, higher_is_better: bool = True
) -> EvaluationMap:
    """Return a data map that holds the examples, from the runs' configurations or the suite; else one of the scores.

    Args:
        subject: whose variants may name a map of their evaluation set.
        scores: of the same examples, one a strategy, at least one.
        experiments_dir: where the suite's own maps are.
        higher_is_better: False for losses.
    """
    wanted = set(scores[0].example_ids)
    for folder in _candidates(subject, experiments_dir):
        found = _read(folder / _TABLE)
        if found is not None and wanted <= set(found.example_ids):
            return found
    return map_of_scores(scores, higher_is_better)


def _candidates(subject: Subject, experiments_dir: Path) -> Iterator[Path]:
    """Return folders of maps that were given for the evaluation set, then those that the suite made of it."""
    first_runs = [experiments_dir / str(variant.runs[0]["folder"]) for variant in subject.variants]
    given = {_fields(folder / "config.json").get("validation_cartography_dir") for folder in first_runs}
    yield from (Path(folder) for folder in sorted(str(each) for each in given if each))
    _, _, dataset, split = subject.data
    for folder in sorted(experiments_dir.glob("shared/data_map_*")):
        made_from = _fields(folder / "provenance.json")
        if (made_from.get("dataset"), made_from.get("split")) == (dataset, split):
            yield folder


def _fields(path: Path) -> Mapping[str, Any]:
    try:
        content = read_json(path)
    except DataError:
        return {}
    return content if isinstance(content, dict) else {}


def _read(path: Path) -> EvaluationMap | None:
    """Return a map, or None where it cannot be read: a picture is no place to fail."""
    try:
        table = pd.read_csv(path, usecols=list(_COLUMNS), dtype={"id": str, "category": str}, keep_default_na=False)
        confidence, variability = (table[name].to_numpy(dtype=np.float64) for name in ("confidence", "variability"))
    except (OSError, ValueError):
        return None
    if table["id"].duplicated().any() or not np.isfinite([confidence, variability]).all():
        return None
    return EvaluationMap(tuple(table["id"]), confidence, variability, table["category"].to_numpy(dtype=np.str_))
