"""Compare variants: one row a variant, its scores over seeds and its difference to the baseline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.summary import VariantSummary, summarise_variant
from experiment_results.frame import DATA_COLUMNS
from experiment_results.grouping import differing_fields
from experiment_results.variants import VariantRuns

__all__ = ["COMPARISON_COLUMNS", "compare"]

COMPARISON_COLUMNS = (
    "strategy",
    "metric",
    "n",
    "train_rows",
    "mean",
    "std",
    "ci_low",
    "ci_high",
    "baseline",
    "n_pairs",
    "difference",
    "difference_low",
    "difference_high",
    "failed",
    "seeds",
    "note",
    "method",
    *DATA_COLUMNS,
    "group",
)
"""Columns of a comparison. ``n`` seeds have a score, ``n_pairs`` of them share their seed with the baseline; intervals
are 95 % t intervals over seeds, empty for a single one. ``train_rows`` is the mean number of rows that were trained."""


def compare(pairs: Sequence[tuple[VariantRuns, VariantRuns | None]], metric: str) -> pd.DataFrame:
    """Return one row a variant with :data:`COMPARISON_COLUMNS`.

    Failed runs are counted, never averaged in. Nothing is called good or bad here: a difference comes with its
    interval.

    Args:
        pairs: from :func:`paired_variants`.
        metric: name of a metric.
    """
    table = pd.DataFrame([_row(*pair, metric) for pair in pairs], columns=list(COMPARISON_COLUMNS))
    numbers = ["train_rows", "mean", "std", "ci_low", "ci_high", "difference", "difference_low", "difference_high"]
    return table.astype(dict.fromkeys(numbers, "float64"))


def _row(variant: VariantRuns, reference: VariantRuns | None, metric: str) -> dict[str, Any]:
    scores = variant.scores(metric)
    row: dict[str, Any] = {
        "strategy": variant.label,
        "metric": metric,
        "n": len(scores),
        "train_rows": variant.mean_train_rows,
        "baseline": reference.label if reference else None,
        "n_pairs": 0,
        "failed": len(variant.failed),
        "seeds": " ".join(str(seed) for seed in sorted(scores)),
        "method": variant.method,
        **dict(zip(DATA_COLUMNS, variant.data, strict=True)),
        "group": variant.group,
    }
    summary = summarise_variant(scores, reference.scores(metric) if reference else None) if scores else None
    if summary is not None:
        row.update(_numbers(summary))
        if reference is variant:
            row.update(difference_low=None, difference_high=None)
    row["note"] = "; ".join(_notes(variant, reference, summary, metric))
    return row


def _numbers(summary: VariantSummary) -> dict[str, Any]:
    row: dict[str, Any] = {"mean": summary.estimate.mean, "std": summary.estimate.std}
    if summary.interval:
        row.update(ci_low=summary.interval.low, ci_high=summary.interval.high)
    if summary.difference:
        row.update(n_pairs=summary.difference.num_pairs, difference=summary.difference.difference)
        if summary.difference.interval:
            low, high = summary.difference.interval
            row.update(difference_low=low, difference_high=high)
    return row


def _notes(
    variant: VariantRuns, reference: VariantRuns | None, summary: VariantSummary | None, metric: str
) -> list[str]:
    notes = []
    total, failed = len(variant.runs), variant.failed
    if failed:
        notes.append(f"{len(failed)} of {total} runs failed: {failed[0]['error']}")
    if variant.changed_nothing:
        notes.append("changed nothing: every row was kept, with hard labels and equal weights, as in the baseline")
    if variant.num_repeated:
        notes.append(f"{variant.num_repeated} repeated seeds: the last run of a seed counts")
    if summary is None:
        return notes if len(failed) == total else [*notes, f"no run has a value of {metric}"]
    num_done = total - len(failed) - variant.num_repeated
    if summary.estimate.num_scores < num_done:
        notes.append(f"{num_done - summary.estimate.num_scores} runs without a value of {metric} (or without a seed)")
    if summary.estimate.num_scores == 1:
        notes.append("one seed: no interval")
    elif summary.estimate.num_scores == 2:
        notes.append("two seeds: an interval from so few says little")
    return [*notes, *_pairing_notes(variant, reference, summary)]


def _pairing_notes(variant: VariantRuns, reference: VariantRuns | None, summary: VariantSummary) -> list[str]:
    if reference is None:
        return ["no single baseline to compare with"]
    if reference.group == variant.group:
        return []
    notes = []
    if summary.difference is None:
        notes.append("no seed shared with the baseline")
    elif summary.difference.num_pairs < summary.estimate.num_scores:
        notes.append(f"{summary.difference.num_pairs} of {summary.estimate.num_scores} seeds paired with the baseline")
    if reference.setting != variant.setting:
        configs = [json.loads(each.config) for each in (reference, variant)]
        fields = [name for name in differing_fields(configs) if not name.startswith("strategies.")]
        notes.append(f"differs from its baseline also in {', '.join(fields[:3]) or 'settings'}")
    return notes
