"""What a metric's name says: which evaluation set, which kind; and the order in which metrics are shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from analysis.metric_directions import direction_of
from errors import ConfigError
from registry import nearest

__all__ = [
    "FILTERED",
    "VALIDATION",
    "MetricName",
    "check_metric",
    "ordered_metrics",
    "parse_metrics",
    "primary_metric",
    "reported_metrics",
    "shown_metrics",
]

VALIDATION = "validation"
FILTERED = "filtered"
"""The part of the validation set that a run's filters would keep."""

_BOOKKEEPING = re.compile(r"_(runtime|samples_per_second|steps_per_second|model_preparation_time|rows|epoch)$|_time$")
_AVERAGES = ("macro", "micro", "weighted")


class MetricName(NamedTuple):
    """``eval_demo_ood_f1`` is the kind ``f1`` on the evaluation set ``demo_ood``."""

    name: str
    eval_set: str
    kind: str

    @property
    def higher_is_better(self) -> bool:
        """Whether it is a quality, and no loss or error."""
        return direction_of(self.name) != "lower"


def parse_metrics(names: Iterable[str], primary: str) -> list[MetricName]:
    """Split metric names, the primary first, then by kind (losses last), evaluation sets side by side.

    Args:
        names: metric names; what is no quality of the model (times, counts) is left out.
        primary: the metric that is shown first; its kind tells which further evaluation sets there are.
    """
    found = [name for name in dict.fromkeys(names) if _is_quality(name)]
    sets = _evaluation_sets(found, primary.removeprefix("eval_"))
    metrics = [_parse(name, sets) for name in found]
    kinds = list(dict.fromkeys(metric.kind for metric in metrics))
    kinds.sort(key=lambda kind: (kind == "loss", f"eval_{kind}" != primary))
    order = [VALIDATION, *sets]
    return sorted(
        metrics, key=lambda metric: (metric.name != primary, kinds.index(metric.kind), order.index(metric.eval_set))
    )


def _evaluation_sets(names: Sequence[str], kind: str) -> list[str]:
    """Return the sets that have a metric of the primary's kind, which each evaluation reports."""
    pattern = re.compile(rf"eval_(.+)_{re.escape(kind)}")
    matches = (pattern.fullmatch(name) for name in names)
    return [match[1] for match in matches if match and match[1] not in _AVERAGES]


def _parse(name: str, sets: Sequence[str]) -> MetricName:
    rest = name.removeprefix("eval_")
    of_set = [each for each in sets if rest.startswith(f"{each}_")]
    if not of_set:
        return MetricName(name, VALIDATION, rest)
    longest = max(of_set, key=len)
    return MetricName(name, longest, rest.removeprefix(f"{longest}_"))


def primary_metric(frame: pd.DataFrame) -> str | None:
    """Return the primary metric that most runs of a frame name, or None if it holds no metric."""
    named = Counter(str(name) for name in frame["primary_metric"].dropna() if name in frame)
    if named:
        return named.most_common(1)[0][0]
    others = [name for name in _numeric_columns(frame) if _is_quality(name)]
    return others[0] if others else None


def _numeric_columns(frame: pd.DataFrame) -> list[str]:
    filled = frame.select_dtypes("number").notna().any()
    return [str(name) for name in filled.index[filled]]


def _is_quality(name: str) -> bool:
    return name.startswith("eval_") and not _BOOKKEEPING.search(name)


def ordered_metrics(frame: pd.DataFrame) -> list[MetricName]:
    """Return the metrics that at least one run of ``frame`` has a value of, the primary one first."""
    primary = primary_metric(frame)
    if primary is None:
        return []
    return parse_metrics(_numeric_columns(frame), primary)


def shown_metrics(frame: pd.DataFrame, metric: str | None = None) -> list[MetricName]:
    """Return the metrics that verdicts are about: ``metric`` alone, or the primary one on every evaluation set."""
    metrics = ordered_metrics(frame)
    if metric is not None:
        return [each for each in metrics if each.name == metric]
    primary = primary_metric(frame)
    kinds = {each.kind for each in metrics if each.name == primary}
    return [each for each in metrics if each.kind in kinds]


def reported_metrics(frame: pd.DataFrame) -> list[str]:
    """Return the metrics that tables report: those with a value, or, if every run failed, the one aimed at."""
    aimed_at = [str(name) for name in frame["primary_metric"].dropna()[:1]]
    return [metric.name for metric in ordered_metrics(frame)] or aimed_at or ["no metric"]


def check_metric(frame: pd.DataFrame, metric: str) -> str:
    """Return ``metric`` if ``frame`` has it.

    Raises:
        ConfigError: no run has it; the message lists those there are.
    """
    known = [each.name for each in ordered_metrics(frame)]
    if metric not in known:
        listing = ", ".join(known) or "none"
        raise ConfigError(f"no run has the metric {metric!r}{nearest(metric, known)} (metrics: {listing})")
    return metric
