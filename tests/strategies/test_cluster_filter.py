"""The cluster filter drops noise by default, says what went, and refuses to drop too much."""

from __future__ import annotations

import pytest

from errors import ConfigError, SignalError
from strategies.cluster_filter import ClusterFilterConfig
from tests.strategies.tables import cluster_signals, kept_ids, plan_of

SIGNALS = cluster_signals([-1, 0, 0, 1, 1, 1], [0.0, 0.9, 0.1, 1.0, 0.5, 0.2], labels=[0, 0, 1, 1, 0, 1])


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        (ClusterFilterConfig(), "12345"),
        (ClusterFilterConfig(exclude_clusters=(-1, 0)), "345"),
        (ClusterFilterConfig(exclude_clusters=(0,)), "0345"),
        (ClusterFilterConfig(min_cluster_probability=0.2), "1345"),
        (ClusterFilterConfig(exclude_clusters=(), min_cluster_probability=0.05), "12345"),
        (ClusterFilterConfig(exclude_clusters=()), "012345"),
    ],
)
def test_drops_clusters_and_loose_rows(config: ClusterFilterConfig, kept: str) -> None:
    assert kept_ids(plan_of(config, SIGNALS), SIGNALS) == kept


def test_report_says_what_went() -> None:
    report = plan_of(ClusterFilterConfig(min_cluster_probability=0.2), SIGNALS).report
    assert report["dropped"] == {"excluded_cluster": 1, "low_membership": 1}
    assert report["dropped_by_cluster"] == {"-1": 1, "0": 1}
    assert report["dropped_by_class"] == {"0": 1, "1": 1}
    assert report["rows_by_cluster"] == {"-1": 1, "0": 2, "1": 3}


def test_unknown_cluster_lists_the_clusters() -> None:
    with pytest.raises(SignalError, match=r"exclude_clusters names 3, 7, but the clustering has -1, 0, 1 "):
        plan_of(ClusterFilterConfig(exclude_clusters=(7, 0, 3)), SIGNALS)


def test_noise_may_be_excluded_where_there_is_none() -> None:
    assert plan_of(ClusterFilterConfig(), cluster_signals([0, 1], [1.0, 1.0])).report["same_as_baseline"]


def test_dropping_too_much_is_refused_with_the_remedy() -> None:
    noisy = cluster_signals([-1, -1, -1, 0], [0.0, 0.0, 0.0, 1.0])
    with pytest.raises(
        SignalError, match=r"would drop 3 of 4 rows \(3 are noise\).*max_removed_fraction=0\.5.*smaller"
    ):
        plan_of(ClusterFilterConfig(), noisy)
    assert kept_ids(plan_of(ClusterFilterConfig(max_removed_fraction=0.75), noisy), noisy) == "3"


@pytest.mark.parametrize("value", [-0.1, 1.5, "0.5", True])
def test_impossible_probability(value: float) -> None:
    with pytest.raises(ConfigError, match=r"ClusterFilterConfig\.min_cluster_probability"):
        ClusterFilterConfig(min_cluster_probability=value)
