"""The data map as files: built from training dynamics, loaded, rebuilt, and checked against the data it is used on."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import read_json, write_json
from cartography.arrow_ids import to_numpy
from cartography.dynamics import EpochReader
from cartography.map_files import METRICS_CSV, read_metrics_csv, write_metrics_csv, write_metrics_json
from cartography.metrics import MetricsAccumulator, Thresholds, categorise, kept_epochs, resolve_thresholds
from errors import SignalError

__all__ = ["DataMap", "build_data_map", "finish_data_map", "load_data_map", "rebuild_data_map"]

MAP_PNG = "cartography_map.png"
PROVENANCE = "provenance.json"
_UNFINISHED = "provenance.json.unfinished"
_DECIMALS = 8


@dataclass(frozen=True)
class DataMap:
    """Metrics and category of each example, and where they come from."""

    ids: NDArray[np.str_]
    """(N,) stable example ids."""
    columns: Mapping[str, NDArray[Any]]
    """Name to (N,): confidence, variability, correctness, forgetting, threshold_closeness, aum, el2n, loss, observed
    and category (easy, ambiguous or hard)."""
    provenance: Mapping[str, Any]
    """task, model, dataset, dataset_fingerprint, split, seed or seeds, num_examples, epochs, burn_in, source ..."""

    def __len__(self) -> int:
        return len(self.ids)


def build_data_map(
    folder: Path | str, provenance: Mapping[str, Any], burn_in: int = 0, thresholds: Thresholds | None = None
) -> DataMap:
    """Compute the map of ``folder/training_dynamics`` and write its files beside it.

    Epochs are read one at a time. ``provenance.json`` is written last: a folder that has it holds a complete map.

    Args:
        folder: the data map's folder.
        provenance: where the dynamics come from; epochs (recorded), burn_in, num_examples (in the map),
            num_unobserved (meant but never observed, so not in the map), thresholds and created_at are added.
        burn_in: first epochs to leave out.
        thresholds: where the categories part; medians unless given.

    Raises:
        SignalError: no dynamics, or nothing is left after the burn-in.
        DataError: an epoch file is garbled.
        ResourceError: the folder cannot be written.
    """
    reader = EpochReader(folder)
    kept = kept_epochs(tuple(reader.files), burn_in)
    accumulator = MetricsAccumulator(len(reader))
    for epoch in kept:
        accumulator.add(reader.read(epoch))
    metrics = accumulator.finish()
    seen = metrics["observed"] > 0
    if not seen.any():
        raise SignalError(f"{folder}: no example was observed in epochs {list(kept)}; lower burn_in or train again")
    ids = to_numpy(reader.ids)
    if not seen.all():
        ids, metrics = ids[seen], {name: values[seen] for name, values in metrics.items()}
    meant = int(provenance.get("num_examples", 0)) + int(provenance.get("num_unobserved", 0))
    facts = {
        "epochs": len(reader.files),
        "burn_in": burn_in,
        "num_unobserved": max(meant, len(reader)) - len(ids),
    }
    return finish_data_map(Path(folder), ids, metrics, {**provenance, **facts}, thresholds)


def finish_data_map(
    folder: Path,
    ids: NDArray[np.str_],
    metrics: Mapping[str, NDArray[Any]],
    provenance: Mapping[str, Any],
    thresholds: Thresholds | None,
) -> DataMap:
    """Round in place, categorise, and write all files of the map; ``provenance.json`` last."""
    columns = dict(metrics)
    for values in columns.values():
        if values.dtype.kind == "f":
            # The files keep 8 decimals: a loaded map equals the built one, and 10 million rows need no second copy.
            np.round(values, _DECIMALS, out=values)
    limits = Thresholds(*resolve_thresholds(columns["confidence"], columns["variability"], thresholds))
    columns["category"] = categorise(columns["confidence"], columns["variability"], limits)
    facts: dict[str, Any] = {
        **provenance,
        "num_examples": len(ids),
        "thresholds": {"confidence": limits.confidence, "variability": limits.variability},
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    made = DataMap(ids=ids, columns=columns, provenance=facts)
    write_json(folder / _UNFINISHED, facts)
    (folder / PROVENANCE).unlink(missing_ok=True)
    write_metrics_csv(folder, ids, columns)
    write_metrics_json(folder, ids, columns)
    _draw(made, folder / MAP_PNG)
    write_json(folder / PROVENANCE, facts)
    (folder / _UNFINISHED).unlink(missing_ok=True)
    return made


def _draw(data_map: DataMap, path: Path) -> None:
    from cartography.picture import draw_map  # matplotlib loads only when a map is drawn

    draw_map(data_map.columns, data_map.provenance, path)


def load_data_map(folder: Path | str) -> DataMap:
    """Read a finished data map.

    Raises:
        SignalError: there is none, or its building was interrupted.
        DataError: its table is truncated or garbled, or an id repeats.
    """
    place = Path(folder)
    path = place / METRICS_CSV
    if not path.is_file():
        raise SignalError(
            f"Cartography metrics not found: {path}. Make them with "
            f"python run.py --do_train --enable_cartography --cartography_output_dir {folder} "
            "(and the task, dataset and model), or let run_experiments.py make them: leave out --no-auto-prepare"
        )
    if not (place / PROVENANCE).is_file():
        raise SignalError(
            f"{place}: {PROVENANCE} is missing, so the data map is unfinished or was copied without it; "
            f"finish it with python -m cartography rebuild {folder}"
        )
    provenance = read_json(place / PROVENANCE)
    ids, columns = read_metrics_csv(path, provenance.get("num_examples"))
    return DataMap(ids=ids, columns=columns, provenance=provenance)


def rebuild_data_map(folder: Path | str, burn_in: int | None = None, thresholds: Thresholds | None = None) -> DataMap:
    """Compute a map again from its recorded dynamics, with another burn-in or other thresholds.

    Args:
        folder: the data map's folder.
        burn_in: first epochs to leave out; None keeps what the map had.
        thresholds: where the categories part; medians unless given.

    Raises:
        SignalError: no dynamics, no provenance, or nothing is left after the burn-in.
    """
    place = Path(folder)
    sources = [place / name for name in (PROVENANCE, _UNFINISHED) if (place / name).is_file()]
    if not sources:
        EpochReader(folder)
        raise SignalError(f"{place}: {PROVENANCE} is missing, so nobody knows which data this was; train again")
    provenance = read_json(sources[0])
    return build_data_map(place, provenance, provenance.get("burn_in", 0) if burn_in is None else burn_in, thresholds)
