"""Every variant beside its baseline, by every metric on every evaluation set, each with a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.margins import usual_margin
from analysis.scores import Scores
from analysis.variant_scores import VariantScores
from analysis.verdicts import Verdict, judge
from experiment_results.candidates import Candidate, candidate_of
from experiment_results.comparison_rows import COLUMNS, NUMBERS, row_of
from experiment_results.example_scores import scores_by_metric
from experiment_results.metrics import MetricName, ordered_metrics, shown_metrics
from experiment_results.variants import VariantRuns, parts_by_data
from experiment_results.verdict_options import VerdictOptions

__all__ = ["ComparisonTable", "compare_all"]

_Pair = tuple[VariantRuns, VariantRuns | None]
_Scores = dict[tuple[str, str], VariantScores]


@dataclass(frozen=True)
class ComparisonTable:
    """All comparisons of a frame of runs."""

    table: pd.DataFrame
    """One row a comparison, with :data:`experiment_results.comparison_rows.COLUMNS`."""
    scores: Mapping[tuple[str, str], Scores]
    """Of every variant, the baselines too, by group and metric; those without any value are missing."""
    options: VerdictOptions
    """How they were made and judged."""


def compare_all(frame: pd.DataFrame, options: VerdictOptions | None = None) -> ComparisonTable:
    """Compare every variant with its baseline; scores of examples are read from the folders of the runs.

    p-values are corrected over everything in one ``family``: what is shown, and apart from it what is not.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`, or a part of one.
        options: how; None takes the defaults.

    Raises:
        ConfigError: a baseline that no run has.
    """
    options = options or VerdictOptions()
    root = Path(str(frame.attrs.get("experiments_dir", ".")))
    candidates: list[Candidate] = []
    known: _Scores = {}
    for part, members in parts_by_data(frame, options.baseline):
        shown = shown_metrics(part, options.metric)
        metrics = ordered_metrics(part)
        known |= _read([variant for variant, _ in members], metrics, root)
        for metric in metrics:
            candidates += _candidates(members, metric, known, options, "shown" if metric in shown else "further")
    rows = [row_of(each, verdict) for each, verdict in zip(candidates, _verdicts(candidates, options), strict=True)]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(NUMBERS, "float64"))
    return ComparisonTable(table, {key: each.scores for key, each in known.items() if each.scores is not None}, options)


def _read(variants: Sequence[VariantRuns], metrics: Sequence[MetricName], root: Path) -> _Scores:
    by_set: dict[str, list[MetricName]] = {}
    for metric in metrics:
        by_set.setdefault(metric.eval_set, []).append(metric)
    return {
        (variant.group, name): scores
        for of_set in by_set.values()
        for variant in variants
        for name, scores in scores_by_metric(variant, of_set, root).items()
    }


def _candidates(
    members: Sequence[_Pair], metric: MetricName, known: _Scores, options: VerdictOptions, family: str
) -> list[Candidate]:
    found = {variant.group: known[variant.group, metric.name] for variant, _ in members}
    margin = usual_margin([each.scores for each in found.values() if each.scores], metric.higher_is_better)
    # A margin that somebody gave was meant for what is shown; other qualities share its scale, losses do not.
    if options.margin is not None and (family == "shown" or metric.higher_is_better):
        margin = options.margin
    return [
        candidate_of(
            (variant, reference),
            metric,
            (found[variant.group], found[reference.group] if reference else None),
            margin,
            family,
            options,
        )
        for variant, reference in members
        if reference is not variant
    ]


def _verdicts(candidates: Sequence[Candidate], options: VerdictOptions) -> list[Verdict | None]:
    """Return a verdict for each comparison that was made, corrected within its family."""
    verdicts: dict[int, Verdict] = {}
    for family in dict.fromkeys(each.family for each in candidates):
        claims = {at: each.claim for at, each in enumerate(candidates) if each.family == family and each.claim}
        judged = judge(list(claims.values()), alpha=options.alpha, correction=options.correction, power=options.power)
        verdicts.update(zip(claims, judged, strict=True))
    return [verdicts.get(at) for at in range(len(candidates))]
