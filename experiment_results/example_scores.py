"""What a variant scored by one metric: by example under every seed where its files allow, else by seed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from analysis.scores import Scores
from experiment_results.metrics import MetricName
from experiment_results.variants import VariantRuns

__all__ = ["VariantScores", "scores_of"]


class VariantScores(NamedTuple):
    """The scores of a variant, and what is to be said of them."""

    scores: Scores | None
    """None where no run has a value of the metric."""
    notes: tuple[str, ...] = ()
    """Why only the metric of each seed is known; a clause each."""
    problem: str = ""
    """Why the seeds cannot be taken together; empty where they can."""


def scores_of(variant: VariantRuns, metric: MetricName, experiments_dir: Path) -> VariantScores:
    """Read what a variant scored. A file that is missing or broken is no error: a note says so."""
    values = variant.scores(metric.name)
    return VariantScores(Scores.of_seeds(values) if values else None)
