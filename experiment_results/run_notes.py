"""What must be known of the runs behind a number."""

from __future__ import annotations

from experiment_results.candidates import Candidate
from experiment_results.variants import VariantRuns

__all__ = ["OF_BASELINE", "notes_of", "notes_on_runs"]

OF_BASELINE = "baseline: "
"""Begins a note on the other side of a comparison."""


def notes_on_runs(variant: VariantRuns, metric: str) -> list[str]:
    """Return which runs of a variant failed, did nothing, were repeated or lack the metric; a clause each."""
    notes = []
    total, failed = len(variant.runs), variant.failed
    if failed:
        notes.append(f"{len(failed)} of {total} runs failed: {failed[0]['error']}")
    if variant.changed_nothing:
        notes.append("changed nothing: every row was kept, with hard labels and equal weights, as in the baseline")
    if variant.num_repeated:
        notes.append(f"{variant.num_repeated} repeated seeds: the last run of a seed counts")
    num_missing = total - len(failed) - variant.num_repeated - len(variant.scores(metric))
    if num_missing:
        notes.append(f"{num_missing} runs without a value of {metric} (or without a seed)")
    return notes


def notes_of(candidate: Candidate) -> list[str]:
    """Return what must be known of both sides of a comparison; a clause each."""
    notes = [*notes_on_runs(candidate.variant, candidate.metric.name), *candidate.scores.notes]
    if candidate.reference_scores is not None:
        notes += [f"{OF_BASELINE}{note}" for note in candidate.reference_scores.notes]
    comparison = candidate.comparison
    if comparison is None:
        return notes
    if not comparison.num_shared_seeds:
        notes.append("no seed shared with the baseline")
    elif comparison.paired and comparison.num_shared_seeds < comparison.num_seeds:
        notes.append(f"{comparison.num_shared_seeds} of {comparison.num_seeds} seeds paired with the baseline")
    if candidate.differences:
        notes.append(f"differs from its baseline also in {', '.join(candidate.differences)}")
    return notes
