"""Parameters and scores of the runs that are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from errors import ConfigError
from registry import nearest
from tracking.folders.parameters import tells_groups_apart
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord
from tracking.reading.scores import Score
from tracking.statuses import Status

__all__ = ["Runs", "read_runs"]

_STRATEGIES = "strategies"
_STRATEGY = "strategy"
"""What the strategies of a run come to together; tables call it so."""


class Runs(NamedTuple):
    """Completed runs as columns."""

    metric: str
    """Empty where no run has completed."""
    parameters: Mapping[str, Sequence[Any]]
    """By dotted name one value a run; None where a run has none."""
    scores: Sequence[float]
    num_diverged: int
    """Runs that do not count, as their score is not finite."""
    num_repeated: int
    """Runs that do not count, as a newer one has the same configuration and seed."""


def read_runs(
    backend: LocalBackend,
    metric: str | None = None,
    benchmark: str | None = None,
    *,
    where: str | None = None,
    tags: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Runs:
    """Read the completed runs that have the metric.

    Seeds, names and places of output are no parameters.

    Args:
        backend: the store.
        metric: its name; None takes the most common primary one.
        benchmark: whose evaluations are meant; None means the metrics of the runs themselves.
        where: a filter.
        tags: only runs that have all of these.
        names: parameters to look at; none means all.

    Raises:
        ConfigError: no run has the metric or a parameter, or a filter that makes no sense.
    """
    metric, scores = backend.get_scores(metric, benchmark, filter=where, tags=tags)
    finite = [score for score in scores if isfinite(score.value)]
    newest = {(score.group, score.experiment_id if score.seed is None else score.seed): score for score in finite}
    kept = list(newest.values())
    records = backend.get_all_experiments(where, status=(Status.COMPLETED,), tags=tags, metrics=())
    parameters = _columns(kept, {record.id: record for record in records})
    return Runs(
        metric,
        {name: parameters[name] for name in _known(names, parameters)} if names else parameters,
        [score.value for score in kept],
        len(scores) - len(finite),
        len(finite) - len(kept),
    )


def _columns(scores: Sequence[Score], records: Mapping[str, ExperimentRecord]) -> dict[str, list[Any]]:
    rows = [_parameters(records[score.experiment_id]) for score in scores]
    return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def _parameters(record: ExperimentRecord) -> dict[str, Any]:
    """Return what a run was told, with parameters of strategies by the strategies' names."""
    found = {}
    for name, value in record.params.items():
        first, _, rest = name.partition(".")
        place, _, inner = rest.partition(".")
        called = record.params.get(f"{_STRATEGIES}.{place}.name")
        if first == _STRATEGIES and (called is not None or not rest):
            found[_STRATEGY] = record.variant
            if inner != "name" and called is not None:
                found[f"{_STRATEGIES}.{called}.{inner}"] = value
        elif tells_groups_apart(name):
            found[name] = value
    return found


def _known(names: Sequence[str], parameters: Mapping[str, Any]) -> list[str]:
    for name in names:
        if name not in parameters:
            raise ConfigError(f"no run has the parameter {name!r}{nearest(name, sorted(parameters))}")
    return list(dict.fromkeys(names))
