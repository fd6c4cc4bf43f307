"""What a variant scored by one metric, read from the folders of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.variant_scores import RunScores, VariantScores, score_fields, scores_of_runs
from experiment_results.metrics import MetricName
from experiment_results.score_columns import read_score_columns
from experiment_results.variants import VariantRuns
from experiment_results.wording import seeds_text

__all__ = ["scores_by_metric", "scores_of"]


def scores_of(variant: VariantRuns, metric: MetricName, experiments_dir: Path) -> VariantScores:
    """Read what a variant scored by one metric.

    Args:
        variant: whose runs are read; of two runs of one seed the one that finished last counts.
        metric: on its evaluation set.
        experiments_dir: folder of the experiments. A file that is missing or broken is no error: a note says so.
    """
    return scores_by_metric(variant, [metric], experiments_dir)[metric.name]


def scores_by_metric(
    variant: VariantRuns, metrics: Sequence[MetricName], experiments_dir: Path
) -> dict[str, VariantScores]:
    """Read what a variant scored by several metrics on one evaluation set; its files are read once."""
    fields = {field for metric in metrics for field in score_fields(metric.name)}
    folders = {seed: folder for metric in metrics for seed, folder in variant.folders(metric.name).items()}
    columns = {
        seed: read_score_columns(experiments_dir / folder, metrics[0].eval_set, fields)
        for seed, folder in folders.items()
    }
    return {
        metric.name: scores_of_runs(
            [RunScores(seed, value, columns[seed]) for seed, value in variant.scores(metric.name).items()],
            metric.name,
            seeds_text,
        )
        for metric in metrics
    }
