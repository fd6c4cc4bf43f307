"""Small hand-made signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from strategies import CLUSTERS, DATA_MAP, Signals, StrategyConfig, TrainingPlan, build

__all__ = ["cluster_signals", "kept_ids", "map_signals", "plan_of"]


def map_signals(**columns: Sequence[Any]) -> Signals:
    """Return signals with the given data-map columns; ids are a, b, c ... in order."""
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    count = len(next(iter(arrays.values())))
    return Signals(ids=np.array([chr(97 + number) for number in range(count)]), tables={DATA_MAP: arrays})


def cluster_signals(
    cluster: Sequence[int], probability: Sequence[float], labels: Sequence[int] | None = None
) -> Signals:
    """Return signals with a clustering; ids are 0, 1, 2 ... in order."""
    return Signals(
        ids=np.array([str(number) for number in range(len(cluster))]),
        labels=None if labels is None else np.asarray(labels),
        tables={CLUSTERS: {"cluster": np.asarray(cluster), "probability": np.asarray(probability)}},
    )


def plan_of(config: StrategyConfig, signals: Signals, seed: int = 0) -> TrainingPlan:
    """Plan one strategy."""
    return build(config).plan(signals, np.random.default_rng(seed))


def kept_ids(plan: TrainingPlan, signals: Signals) -> str:
    """Return the ids of the kept rows, joined."""
    return "".join(signals.ids[plan.keep].tolist())
