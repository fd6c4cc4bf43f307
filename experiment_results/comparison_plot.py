"""What the picture of every seed shows: each strategy's scores by each metric, next to its baseline's."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.summary import summarise_variant
from experiment_results.metrics import MetricName, ordered_metrics
from experiment_results.picture_subjects import metric_title
from experiment_results.variants import BASELINE, VariantRuns, parts_by_data
from experiment_results.wording import data_title, first_of, seeds_text
from plots.seed_panels import FEW, Mark, Panel, Section

__all__ = ["MAX_SECTIONS", "MAX_STRATEGIES", "comparison_sections"]

MAX_STRATEGIES = 60
"""More make a picture that nobody reads: the first ones are drawn, the title says so, the tables hold all."""
MAX_SECTIONS = 10
"""Data sets in one picture; as with strategies."""
_MAX_COLUMNS = 4


def comparison_sections(frame: pd.DataFrame, baseline: str = BASELINE) -> tuple[Section, ...]:
    """Return what :func:`draw_comparison` draws; strategies in the order in which they started, baseline first.

    Args:
        frame: from :func:`experiment_results.frame.build_frame`.
        baseline: label or strategy name of what the others are compared with.
    """
    parts = parts_by_data(frame, baseline)
    sections: list[Section] = []
    for part, members in parts:
        metrics = _in_rows(ordered_metrics(part), min(len(members), MAX_STRATEGIES))
        rows = tuple(tuple(_panel(metric, members[:MAX_STRATEGIES]) for metric in row) for row in metrics)
        seeds = part.loc[part["success"], "seed"].dropna().astype(int)
        title = f"{data_title(members[0][0].data)}, {seeds_text(seeds)}{first_of(MAX_STRATEGIES, len(members))}"
        if rows:
            sections.append(Section(title, rows))
    shown = sections[:MAX_SECTIONS]
    if len(sections) > len(shown):
        shown[0] = shown[0]._replace(title=f"First {len(shown)} of {len(sections)} data sets: {shown[0].title}")
    return tuple(shown)


def _panel(metric: MetricName, members: Sequence[tuple[VariantRuns, VariantRuns | None]]) -> Panel:
    return Panel(metric_title(metric), tuple(_mark(variant, reference, metric.name) for variant, reference in members))


def _mark(variant: VariantRuns, reference: VariantRuns | None, metric: str) -> Mark:
    scores = variant.scores(metric)
    summary = summarise_variant(scores) if scores else None
    seeds = tuple(sorted(scores))
    beside = reference.scores(metric) if reference else {}
    band = summarise_variant(beside) if beside else None
    return Mark(
        label=variant.label,
        family=variant.family,
        seeds=seeds,
        scores=tuple(scores[seed] for seed in seeds),
        mean=summary.estimate.mean if summary else None,
        interval=summary.interval if summary else None,
        reference=band.estimate.mean if band else None,
        reference_interval=band.interval if band and len(beside) > 2 else None,
        num_failed=len(variant.failed),
    )


def _in_rows(metrics: Sequence[MetricName], num_strategies: int) -> list[list[MetricName]]:
    """Lay metrics out, a kind a row if strategies are few; losses are left to the training curves, unless primary."""
    shown = [metric for metric in metrics if metric.kind != "loss" or metrics[0].kind == "loss"]
    if num_strategies > FEW:
        return [shown[:_MAX_COLUMNS]] if shown else []
    rows: dict[str, list[MetricName]] = {}
    for metric in shown:
        rows.setdefault(metric.kind, []).append(metric)
    return [row[:_MAX_COLUMNS] for row in rows.values()]
