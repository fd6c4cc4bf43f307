"""Which data sets a run is evaluated on, and what their metrics are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiment_config import ExperimentConfig
from tasks.base import DataSource, Rows
from tasks.sources import lone_file_of_another_split, parse_dataset

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = ["EvaluationSource", "dataset_slug", "evaluation_sources", "select_examples"]


@dataclass(frozen=True)
class EvaluationSource:
    """A data set to evaluate on."""

    prefix: str
    """Metric prefix: ``eval`` for the validation split, ``eval_<slug>`` for further data sets."""
    source: DataSource


def dataset_slug(name: str) -> str:
    """Return a short name for metrics and files: ``demo@ood`` is ``demo_ood``, ``x/xquad/en.json`` ``xquad_en``."""
    path, _, split = name.partition("@")
    if "/" in path or "\\" in path:
        parts = Path(path).parts[-2:] if Path(path).suffix else Path(path).parts[-1:]
        path = "_".join([*parts[:-1], Path(parts[-1]).stem if Path(path).suffix else parts[-1]])
    joined = f"{path}_{split}" if split else path
    return re.sub(r"[^0-9A-Za-z]+", "_", joined).strip("_").lower() or "data"


def evaluation_sources(config: ExperimentConfig, label_names: tuple[str, ...]) -> list[EvaluationSource]:
    """Return the validation split and every further data set, with prefixes that never clash.

    Where the data set is a lone file without a validation split, the first further data set serves as one.
    """
    limit = config.training.max_eval_samples
    sources = {
        name: replace(
            parse_dataset(name, config.eval_split), columns=config.columns, max_samples=limit, label_names=label_names
        )
        for name in config.eval_datasets
    }
    main = DataSource(config.dataset, config.eval_split, config.columns, limit, label_names)
    if sources and lone_file_of_another_split(main):
        main = sources.pop(next(iter(sources)))
    found = [EvaluationSource("eval", main)]
    for name, source in sources.items():
        prefix = f"eval_{dataset_slug(name)}"
        taken = {known.prefix for known in found}
        number = 2
        while prefix in taken:
            prefix = f"eval_{dataset_slug(name)}_{number}"
            number += 1
        found.append(EvaluationSource(prefix, source))
    return found


def select_examples(
    rows: Rows, features: Dataset, records: dict[str, NDArray[Any]], keep: NDArray[np.bool_]
) -> tuple[Rows, Dataset, dict[str, NDArray[Any]]]:
    """Return rows, features and records of the kept examples alone, renumbered.

    Args:
        rows: all examples.
        features: their features, with a ``row`` column.
        records: name to (num_features, ...) values.
        keep: (num_examples,) which examples stay.
    """
    owner = np.asarray(features["row"])
    chosen = np.flatnonzero(keep[owner])
    renumbered = (np.cumsum(keep) - 1)[owner[chosen]]
    position = features.column_names.index("row")
    subset = features.select(chosen).remove_columns("row").add_column("row", renumbered)
    subset = subset.select_columns([*features.column_names[:position], "row", *features.column_names[position + 1 :]])
    kept_rows = replace(rows, table=rows.table.select(np.flatnonzero(keep)))
    return kept_rows, subset, {name: values[chosen] for name, values in records.items()}
