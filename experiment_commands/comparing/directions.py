"""Which way metrics are better, as the user says it."""

from __future__ import annotations

from collections.abc import Collection

from analysis.metric_directions import direction_of
from errors import ConfigError
from registry import nearest

__all__ = ["check_directions", "higher_is_better"]


def check_directions(lower: Collection[str], higher: Collection[str], known: Collection[str]) -> None:
    """Refuse directions for metrics that do not exist, and both for one.

    Raises:
        ConfigError: the message names the metric.
    """
    for name in [*lower, *higher]:
        if name not in known:
            raise ConfigError(f"none of these has the metric {name!r}{nearest(name, sorted(known))}")
    for name in set(lower) & set(higher):
        raise ConfigError(f"{name}: given both with --lower and with --higher; choose one")


def higher_is_better(metric: str, lower: Collection[str], higher: Collection[str]) -> bool:
    """Return which way a metric is better: as the user says, else as its name says.

    Raises:
        ConfigError: neither says it.
    """
    direction = direction_of(metric, lower, higher)
    if direction is None:
        raise ConfigError(f"{metric}: neither way is better; say so with --lower {metric} or --higher {metric}")
    return direction == "higher"
