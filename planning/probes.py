"""Probes and the keys of their data maps, made once for all experiments of a plan that share them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

from experiment_config import ExperimentConfig
from planning import keys

__all__ = ["Probe", "Probes"]

_REPLACED = frozenset(
    {
        "name",
        "strategies",
        "eval_datasets",
        "filter_validation",
        "training",
        "data_map",
        "cartography_dir",
        "validation_cartography_dir",
        "cluster_dir",
        "notes",
    }
)
"""Fields of which nothing, or not all, is left in a probe; tests compare with what :mod:`planning.keys` does."""
_KEPT = tuple(field.name for field in dataclasses.fields(ExperimentConfig) if field.name not in _REPLACED)


class Probe(NamedTuple):
    """A run that makes a data map, and the key of the map."""

    config: ExperimentConfig
    key: str


class Probes:
    """Remembers what it made: the experiments of a suite differ in what leaves no trace in a probe."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Probe] = {}

    def of(self, config: ExperimentConfig, seed: int) -> Probe:
        """Return the probe with this seed on the rows that ``config`` trains on."""
        return self._find(config, seed, keys.probe_config)

    def of_validation(self, config: ExperimentConfig, seed: int) -> Probe:
        """Return the probe with this seed on the rows that ``config`` is evaluated on."""
        return self._find(config, seed, keys.validation_probe_config)

    def _find(
        self, config: ExperimentConfig, seed: int, make: Callable[[ExperimentConfig, int], ExperimentConfig]
    ) -> Probe:
        traces = (make, seed, _traces(config))
        if traces not in self._made:
            probe = make(config, seed)
            self._made[traces] = Probe(probe, keys.data_map_key(probe))
        return self._made[traces]


def _traces(config: ExperimentConfig) -> str:
    """Return what any probe of ``config`` follows from; texts, since a configuration holds what cannot be hashed."""
    training = {name: value for name, value in vars(config.training).items() if name not in ("seed", "budget")}
    data_map = config.data_map
    return repr((training, data_map.burn_in, data_map.source, [getattr(config, name) for name in _KEPT]))
