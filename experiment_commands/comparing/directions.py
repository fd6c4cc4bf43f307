"""Which way metrics are better, as the user says it."""

from __future__ import annotations

from collections.abc import Collection

from errors import ConfigError
from registry import nearest

__all__ = ["check_directions"]


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
