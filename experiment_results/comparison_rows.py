"""One comparison as a row of a table."""

from __future__ import annotations

from typing import Any

from analysis.crossed import Comparison
from analysis.verdicts import Verdict
from experiment_results.candidates import Candidate
from experiment_results.frame import DATA_COLUMNS
from experiment_results.run_notes import notes_of

__all__ = ["COLUMNS", "NOT_COMPARED", "NUMBERS", "row_of"]

NOT_COMPARED = "not compared"
"""In place of a verdict where nothing may be compared; ``advice`` says why."""

COLUMNS = (
    "strategy",
    "metric",
    "eval_set",
    "kind",
    "baseline",
    "n",
    "n_baseline",
    "n_pairs",
    "n_examples",
    "mean",
    "std",
    "baseline_mean",
    "baseline_std",
    "difference",
    "ci_low",
    "ci_high",
    "p",
    "p_corrected",
    "smallest_p",
    "hedges_g",
    "superiority",
    "verdict",
    "advice",
    "design",
    "basis",
    "df",
    "standard_error",
    "seed_share",
    "margin",
    "family",
    "note",
    "seeds",
    "method",
    *DATA_COLUMNS,
    "group",
    "baseline_group",
)
"""Columns of comparisons.csv. ``n`` seeds have a score, ``n_pairs`` of them share their seed with the baseline;
``ci_low`` and ``ci_high`` bound the difference; ``seed_share`` is the part of its variance that falls with seeds;
``smallest_p`` is the smallest p-value of an exact test over so many seeds."""

NUMBERS = (*COLUMNS[COLUMNS.index("mean") : COLUMNS.index("verdict")], "df", "standard_error", "seed_share", "margin")
"""Columns that hold a float or nothing."""


def row_of(candidate: Candidate, verdict: Verdict | None) -> dict[str, Any]:
    """Return a row with :data:`COLUMNS`; the verdict is None where nothing was compared."""
    variant, reference, metric = candidate.variant, candidate.reference, candidate.metric
    scores, beside = candidate.scores.scores, candidate.reference_scores and candidate.reference_scores.scores
    return {
        "strategy": variant.label,
        "metric": metric.name,
        "eval_set": metric.eval_set,
        "kind": metric.kind,
        "baseline": reference.label if reference else None,
        "n": scores.num_seeds if scores else 0,
        "n_baseline": beside.num_seeds if beside else 0,
        "n_pairs": 0,
        "n_examples": 0,
        "mean": float(scores.values.mean()) if scores else None,
        "baseline_mean": float(beside.values.mean()) if beside else None,
        **(_numbers(candidate.comparison) if candidate.comparison else {}),
        "p_corrected": verdict.p_corrected if verdict else None,
        "verdict": verdict.word if verdict else NOT_COMPARED,
        "advice": verdict.reason if verdict else candidate.refusal,
        "margin": candidate.margin,
        "family": candidate.family,
        "note": "; ".join(notes_of(candidate)),
        "seeds": " ".join(map(str, scores.seeds)) if scores else "",
        "method": variant.method,
        **dict(zip(DATA_COLUMNS, variant.data, strict=True)),
        "group": variant.group,
        "baseline_group": reference.group if reference else None,
    }


def _numbers(comparison: Comparison) -> dict[str, Any]:
    variance, interval = comparison.variance, comparison.interval
    return {
        "n_pairs": comparison.num_shared_seeds,
        "n_examples": comparison.num_examples,
        "std": comparison.std,
        "baseline_std": comparison.control_std,
        "difference": comparison.difference,
        "ci_low": interval.low if interval else None,
        "ci_high": interval.high if interval else None,
        "p": comparison.p_value,
        "smallest_p": comparison.smallest_p,
        "hedges_g": comparison.hedges_g,
        "superiority": comparison.superiority,
        "design": "paired" if comparison.paired else "unpaired",
        "basis": comparison.basis,
        "df": variance.seed_degrees if variance else None,
        "standard_error": comparison.standard_error,
        "seed_share": variance.seeds / variance.total if variance else None,
    }
