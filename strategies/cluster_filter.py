"""Drop rows that clustering calls noise, rows of named clusters, and rows loosely tied to their cluster."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from errors import SignalError
from strategies.base import Strategy, StrategyConfig
from strategies.plan import TrainingPlan
from strategies.ranking import counts_of
from strategies.signals import CLUSTERS, Signals
from validated import validated_dataclass

__all__ = ["NOISE", "ClusterFilter", "ClusterFilterConfig"]

NOISE = -1


@validated_dataclass
class ClusterFilterConfig(StrategyConfig):
    """Parameters of the cluster filter."""

    name: ClassVar[str] = "cluster_filter"
    exclude_clusters: tuple[int, ...] = (NOISE,)
    """Cluster numbers to drop; -1 is noise."""
    min_cluster_probability: float | None = Field(default=None, ge=0, le=1)
    """Drop rows whose membership in their cluster is below this; None drops none. Noise has membership 0."""
    max_removed_fraction: float = Field(default=0.5, gt=0, lt=1)
    """Stop with an error when more than this share of the rows would go: text often has a large noise bucket."""


class ClusterFilter(Strategy[ClusterFilterConfig]):
    """Drop rows by cluster number and by membership."""

    config_class = ClusterFilterConfig
    requires = frozenset({CLUSTERS})

    def _plan(self, signals: Signals, rng: np.random.Generator) -> TrainingPlan:
        cluster = signals.scores(CLUSTERS, "cluster").astype(np.int64)
        excluded = np.isin(cluster, self._existing(cluster))
        loose = self._loose(signals) & ~excluded
        removed = excluded | loose
        self._check_share(removed, cluster)
        report: dict[str, Any] = {
            "dropped": {"excluded_cluster": int(excluded.sum()), "low_membership": int(loose.sum())},
            "dropped_by_cluster": counts_of(cluster[removed]),
            "rows_by_cluster": counts_of(cluster),
            "thresholds": {"min_cluster_probability": self.config.min_cluster_probability},
        }
        if signals.labels is not None:
            report["dropped_by_class"] = counts_of(signals.labels[removed])
        return TrainingPlan.filtering(~removed, report)

    def _existing(self, cluster: NDArray[np.int64]) -> list[int]:
        known = set(cluster.tolist()) | {NOISE}
        unknown = sorted(set(self.config.exclude_clusters) - known)
        if unknown:
            raise SignalError(
                f"{self.config.name}: exclude_clusters names {', '.join(map(str, unknown))}, but the clustering has "
                f"{', '.join(map(str, sorted(known)))} (-1 is noise); name one of these"
            )
        return list(self.config.exclude_clusters)

    def _loose(self, signals: Signals) -> NDArray[np.bool_]:
        if self.config.min_cluster_probability is None:
            return np.zeros(signals.num_examples, dtype=np.bool_)
        return signals.scores(CLUSTERS, "probability") < self.config.min_cluster_probability

    def _check_share(self, removed: NDArray[np.bool_], cluster: NDArray[np.int64]) -> None:
        limit = self.config.max_removed_fraction
        if removed.mean() <= limit:
            return
        raise SignalError(
            f"{self.config.name}: would drop {int(removed.sum())} of {len(removed)} rows "
            f"({int((cluster == NOISE).sum())} are noise), more than max_removed_fraction={limit:g}; exclude fewer "
            "clusters, lower min_cluster_probability, cluster with a smaller min_cluster_size, or raise the limit"
        )
