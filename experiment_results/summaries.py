"""Each variant alone: its scores over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.summary import summarise_variant
from experiment_results.frame import DATA_COLUMNS
from experiment_results.run_notes import notes_on_runs
from experiment_results.variants import VariantRuns

__all__ = ["SUMMARY_COLUMNS", "summarise"]

_NUMBERS = ("train_rows", "mean", "std", "ci_low", "ci_high")

SUMMARY_COLUMNS = (
    "strategy",
    "metric",
    "n",
    *_NUMBERS,
    "failed",
    "seeds",
    "note",
    "method",
    *DATA_COLUMNS,
    "group",
)
"""Columns of summary.csv. ``n`` seeds have a score; ``ci_low`` and ``ci_high`` bound its mean over seeds on this
evaluation set (t, 95 %), empty for a single one. ``train_rows`` is the mean number of rows that were trained."""


def summarise(variants: Sequence[VariantRuns], metric: str) -> pd.DataFrame:
    """Return one row a variant with :data:`SUMMARY_COLUMNS`; failed runs are counted, never averaged in.

    Args:
        variants: in the order of the rows.
        metric: name of a metric.
    """
    table = pd.DataFrame([_row(variant, metric) for variant in variants], columns=list(SUMMARY_COLUMNS))
    return table.astype(dict.fromkeys(_NUMBERS, "float64"))


def _row(variant: VariantRuns, metric: str) -> dict[str, Any]:
    scores = variant.scores(metric)
    return {
        "strategy": variant.label,
        "metric": metric,
        "n": len(scores),
        "train_rows": variant.mean_train_rows,
        **(_numbers(scores) if scores else {}),
        "failed": len(variant.failed),
        "seeds": " ".join(map(str, sorted(scores))),
        "note": "; ".join(notes_on_runs(variant, metric)),
        "method": variant.method,
        **dict(zip(DATA_COLUMNS, variant.data, strict=True)),
        "group": variant.group,
    }


def _numbers(scores: dict[int, float]) -> dict[str, float | None]:
    summary = summarise_variant(scores)
    low, high = summary.interval or (None, None)
    return {"mean": summary.estimate.mean, "std": summary.estimate.std, "ci_low": low, "ci_high": high}
