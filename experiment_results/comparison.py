"""Compare variants: one row a variant, its scores over seeds and its difference to the baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.summary import VariantSummary, summarise_variant
from errors import ConfigError
from experiment_results.frame import DATA_COLUMNS
from experiment_results.grouping import differing_fields
from registry import nearest

__all__ = ["BASELINE", "COMPARISON_COLUMNS", "VariantRuns", "choose_baseline", "compare", "paired_variants"]

BASELINE = "baseline"

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


@dataclass(frozen=True)
class VariantRuns:
    """All runs of one variant, in the order in which they started."""

    group: str
    label: str
    method: str
    setting: str
    data: tuple[str, ...]
    config: str
    runs: tuple[Mapping[str, Any], ...]

    @property
    def failed(self) -> tuple[Mapping[str, Any], ...]:
        """Runs that ended in an error."""
        return tuple(run for run in self.runs if not run["success"])

    @property
    def num_repeated(self) -> int:
        """Successful runs whose seed another, later one has as well."""
        seeds = [run["seed"] for run in self.runs if run["success"]]
        return len(seeds) - len(set(seeds))

    @property
    def mean_train_rows(self) -> float | None:
        """Rows that successful runs trained on, on average; None where no run says."""
        rows = [int(run["train_rows"]) for run in self.runs if run["success"] and not pd.isna(run["train_rows"])]
        return sum(rows) / len(rows) if rows else None

    @property
    def changed_nothing(self) -> bool:
        """Whether a strategy was asked for, and every run's plan was the baseline's."""
        done = [run for run in self.runs if run["success"]]
        return self.method != BASELINE and bool(done) and all(run["same_as_baseline"] for run in done)

    def scores(self, metric: str) -> dict[int, float]:
        """Return the score of each seed; of two runs of one seed the one that finished last counts."""
        done = [
            run for run in self.runs if run["success"] and not pd.isna(run.get(metric)) and not pd.isna(run["seed"])
        ]
        done.sort(key=lambda run: str(run["finished_at"] or ""))
        return {int(run["seed"]): float(run[metric]) for run in done}


def paired_variants(frame: pd.DataFrame, baseline: str = BASELINE) -> list[tuple[VariantRuns, VariantRuns | None]]:
    """Return each variant with its baseline, in the order in which first runs started, baselines before the others.

    Raises:
        ConfigError: ``baseline`` was named and no variant is called so.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in frame.to_dict("records"):
        found.setdefault(row["group"], []).append({str(name): value for name, value in row.items()})
    variants = [_variant(group, runs) for group, runs in found.items()]
    candidates: dict[tuple[str, ...], list[VariantRuns]] = {}
    for variant in variants:
        if baseline in (variant.label, variant.method):
            candidates.setdefault(variant.data, []).append(variant)
    if baseline != BASELINE and not candidates:
        known = list(dict.fromkeys(variant.label for variant in variants))
        listing = ", ".join(known) or "none"
        raise ConfigError(f"no strategy is called {baseline!r}{nearest(baseline, known)} (strategies: {listing})")
    pairs = [(variant, choose_baseline(variant, candidates.get(variant.data, []), baseline)) for variant in variants]
    return sorted(pairs, key=lambda pair: pair[0] is not pair[1])


def _variant(group: str, runs: Sequence[Mapping[str, Any]]) -> VariantRuns:
    first = runs[0]
    return VariantRuns(
        group=group,
        label=first["strategy"],
        method=first["method"],
        setting=first["setting"],
        data=tuple(first[column] for column in DATA_COLUMNS),
        config=first["config"],
        runs=tuple(runs),
    )


def choose_baseline(variant: VariantRuns, candidates: Sequence[VariantRuns], baseline: str) -> VariantRuns | None:
    """Return the candidate that ``variant`` is compared with: itself, if it is the baseline.

    One that differs in nothing but the strategy goes before one that was trained otherwise; none is taken where two
    have equal claims.

    Args:
        variant: what is to be compared.
        candidates: variants on the same data that are called ``baseline`` or apply the strategies of that name.
        baseline: label or strategy name.
    """
    claims = [_claim(candidate, variant, baseline) for candidate in candidates]
    strongest = max(claims, default=None)
    if strongest is None or claims.count(strongest) > 1:
        return None
    return candidates[claims.index(strongest)]


def _claim(candidate: VariantRuns, variant: VariantRuns, baseline: str) -> tuple[bool, bool, bool]:
    """Rank a candidate. Another variant goes before the variant itself, unless that bears the baseline's name."""
    named, same = candidate.label == baseline, candidate.setting == variant.setting
    itself = candidate.group == variant.group
    return (named and same) or (same and not itself), named, same


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
