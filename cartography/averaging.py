"""One map from several: the mean over seeds, since a single run's map is noisy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cartography.data_map import DataMap, finish_data_map, load_data_map
from cartography.metrics import NEVER_LEARNED, Thresholds
from errors import ConfigError, SignalError

__all__ = ["average_data_maps"]

_SAME = ("task", "dataset_fingerprint", "split", "epochs", "burn_in", "source")


def average_data_maps(folders: Sequence[Path | str], out: Path | str, thresholds: Thresholds | None = None) -> DataMap:
    """Average finished maps of the same rows, such as those of several seeds, and write the result to ``out``.

    Every metric is the mean over the maps, so correctness may be a fraction of an epoch. Forgetting is the mean over
    the maps that learned the example at all, 1000 where none did. Categories are drawn anew from the averages.

    Raises:
        ConfigError: fewer than two folders, or ``out`` is one of them.
        SignalError: a map is missing, or the maps do not cover the same ids of the same data.
    """
    places = [Path(folder) for folder in folders]
    if len(places) < 2 or len({place.resolve() for place in places}) < len(places):
        raise ConfigError(f"average: name at least two different data maps, got {[str(place) for place in places]}")
    if Path(out).resolve() in {place.resolve() for place in places}:
        raise ConfigError(f"average: {out} is one of the maps to average; name another folder for the result")
    first, *others = maps = [load_data_map(place) for place in places]
    for place, other in zip(places[1:], others, strict=True):
        _check_same_data(places[0], first, place, other)
    aligned = [first.columns, *(_reordered(other, first.ids) for other in others)]
    return finish_data_map(Path(out), first.ids, _means(aligned), _joint_provenance(places, maps), thresholds)


def _check_same_data(place: Path, first: DataMap, other_place: Path, other: DataMap) -> None:
    for name in _SAME:
        if first.provenance.get(name) != other.provenance.get(name):
            raise SignalError(
                f"{other_place} and {place} differ in {name} ({other.provenance.get(name)!r} against "
                f"{first.provenance.get(name)!r}); average only maps of the same rows, made the same way"
            )
    shared = len(np.intersect1d(first.ids, other.ids, assume_unique=True))
    if not shared == len(first) == len(other):
        raise SignalError(
            f"{other_place} covers {len(other)} examples and {place} {len(first)}, of which they share {shared}; "
            "average only maps of the same rows"
        )


def _reordered(other: DataMap, ids: NDArray[np.str_]) -> dict[str, NDArray[Any]]:
    """Return the columns of ``other`` in the order of ``ids``, which hold the same values."""
    order = np.empty(len(ids), dtype=np.int64)
    order[np.argsort(ids)] = np.argsort(other.ids)
    return {name: values[order] for name, values in other.columns.items()}


def _means(tables: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    shared = [name for name in tables[0] if name != "category" and all(name in table for table in tables)]
    means = {name: np.mean([table[name] for table in tables], axis=0) for name in shared}
    if "forgetting" in shared:
        events = np.stack([table["forgetting"] for table in tables]).astype(np.float64)
        learned = events < NEVER_LEARNED
        total = np.where(learned, events, 0.0).sum(axis=0)
        means["forgetting"] = np.where(learned.any(axis=0), total / np.maximum(learned.sum(axis=0), 1), NEVER_LEARNED)
    return means


def _joint_provenance(places: Sequence[Path], maps: Sequence[DataMap]) -> dict[str, Any]:
    joint = {name: value for name, value in maps[0].provenance.items() if name not in ("seed", "seeds", "key")}
    joint["seeds"] = [seed for made in maps for seed in _seeds(made)]
    joint["averaged_from"] = [str(place) for place in places]
    joint["num_unobserved"] = max(int(made.provenance.get("num_unobserved", 0)) for made in maps)
    return joint


def _seeds(data_map: DataMap) -> list[Any]:
    several = data_map.provenance.get("seeds")
    return list(several) if several else [data_map.provenance.get("seed")]
