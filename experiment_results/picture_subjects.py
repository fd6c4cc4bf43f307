"""What the statistical pictures are about: a data set with its variants, each with a name and a colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from analysis.scores import Scores
from experiment_results.comparisons import ComparisonTable
from experiment_results.metrics import MetricName, shown_metrics
from experiment_results.variants import VariantRuns, paired_variants
from experiment_results.wording import data_title
from plots.palette import family_colours

__all__ = ["Subject", "metric_title", "picture_subjects"]


class Subject(NamedTuple):
    """All variants on one data set and model, and the metrics that verdicts are about."""

    data: tuple[str, ...]
    name: str
    """Of the data set and model; empty where there is only one."""
    variants: tuple[VariantRuns, ...]
    """The baseline first."""
    baseline: VariantRuns | None
    """What most variants are compared with."""
    metrics: tuple[MetricName, ...]
    """The primary one first."""
    colours: dict[str, str]
    """Of each variant's label, by the family of its strategy."""

    def titled(self, text: str) -> str:
        """Return the title of a picture: the data is named where there is more than one."""
        return f"{text}, {self.name}" if self.name else text

    def scores(self, comparisons: ComparisonTable, metric: MetricName) -> list[tuple[VariantRuns, Scores]]:
        """Return the variants that have scores, in order."""
        found = [(variant, comparisons.scores.get((variant.group, metric.name))) for variant in self.variants]
        return [(variant, scores) for variant, scores in found if scores is not None]


def picture_subjects(frame: pd.DataFrame, comparisons: ComparisonTable) -> list[Subject]:
    """Return the subjects in the order in which their first runs started.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        comparisons: of the same runs.
    """
    pairs = paired_variants(frame, comparisons.options.baseline)
    datas = list(dict.fromkeys(variant.data for variant, _ in pairs))
    colours = family_colours(variant.family for variant, _ in pairs)
    subjects = []
    for data in datas:
        own = [pair for pair in pairs if pair[0].data == data]
        variants = tuple(variant for variant, _ in own)
        part = frame[frame["group"].isin([variant.group for variant in variants])]
        metrics = tuple(shown_metrics(part, comparisons.options.metric))
        name = data_title(data) if len(datas) > 1 else ""
        of_label = {variant.label: colours[variant.family] for variant in variants}
        subjects.append(Subject(data, name, variants, _baseline(own), metrics, of_label))
    return subjects


def metric_title(metric: MetricName) -> str:
    """Return the metric and its evaluation set as titles say them."""
    return f"{metric.kind.replace('_', ' ')} ({metric.eval_set})"


def _baseline(pairs: Sequence[tuple[VariantRuns, VariantRuns | None]]) -> VariantRuns | None:
    references = [reference for _, reference in pairs if reference is not None]
    groups = [reference.group for reference in references]
    return max(references, key=lambda each: groups.count(each.group), default=None)
