"""The clustering on disk, as strategies read it: cluster_assignments.csv and provenance.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path, read_json, write_json
from errors import SignalError

__all__ = ["ASSIGNMENTS_FILE", "NOISE", "PROVENANCE_FILE", "Clustering", "load_clusters", "write_clusters"]

ASSIGNMENTS_FILE = "cluster_assignments.csv"
PROVENANCE_FILE = "provenance.json"
NOISE = -1
"""Cluster number of rows that belong to no cluster."""
_COLUMNS = ("id", "cluster", "probability")


@dataclass(frozen=True)
class Clustering:
    """Which cluster each row belongs to."""

    ids: NDArray[np.str_]
    """(num_examples,) stable ids of the rows."""
    columns: Mapping[str, NDArray[Any]]
    """``cluster`` (num_examples,) int64, 0 the largest, -1 noise; ``probability`` (num_examples,) float32 in [0, 1]."""
    provenance: Mapping[str, Any]
    """Task, model, data set and its fingerprint, split, seed, parameters: checked by whoever reads the clustering."""


def write_clusters(folder: Path, clustering: Clustering) -> None:
    """Write the assignments, then their provenance, atomically.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    import pandas as pd

    frame = pd.DataFrame({"id": clustering.ids.astype(object), **clustering.columns})
    with atomic_path(folder / ASSIGNMENTS_FILE) as temporary:
        frame.to_csv(temporary, index=False, columns=list(_COLUMNS), float_format="%.9g", lineterminator="\n")
    write_json(folder / PROVENANCE_FILE, dict(clustering.provenance))


def load_clusters(folder: str | Path) -> Clustering:
    """Read the assignments in ``folder``.

    Raises:
        SignalError: no assignments there, no provenance, or the table is broken; the message says what to run.
    """
    folder = Path(folder)
    path = folder / ASSIGNMENTS_FILE
    if not path.is_file():
        raise SignalError(
            f"Cluster assignments not found: {path}. Make them with: python extract_embeddings.py --task TASK "
            f"--dataset DATASET --output_dir {folder} && python cluster_analysis.py {folder}"
        )
    provenance_path = folder / PROVENANCE_FILE
    if not provenance_path.is_file():
        raise SignalError(
            f"{provenance_path}: missing, so nobody can tell which data {path.name} was made from; "
            f"make both anew: python cluster_analysis.py {folder}"
        )
    provenance = read_json(provenance_path)
    frame = _read_table(path)
    ids = frame["id"]
    expected = provenance.get("num_examples")
    if expected is not None and expected != len(ids):
        raise _broken(path, f"holds {len(ids)} rows, but {PROVENANCE_FILE} says {expected}; was it truncated?")
    columns: dict[str, NDArray[Any]] = {
        "cluster": _integers(frame["cluster"], path),
        "probability": _probabilities(frame["probability"], path),
    }
    return Clustering(ids=ids, columns=columns, provenance=provenance)


def _broken(path: Path, what: str) -> SignalError:
    return SignalError(f"{path}: {what} Make it anew: python cluster_analysis.py {path.parent}")


def _read_table(path: Path) -> dict[str, NDArray[np.str_]]:
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _broken(path, f"cannot be read ({error}).") from error
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing:
        raise _broken(path, f"lacks column {missing[0]!r} (needs: {', '.join(_COLUMNS)}).")
    if frame.empty:
        raise _broken(path, "holds no rows.")
    repeated = frame["id"][frame["id"].duplicated()]
    if len(repeated):
        raise _broken(path, f"id {repeated.iloc[0]!r} stands in it more than once.")
    return {name: frame[name].to_numpy(dtype=np.str_) for name in _COLUMNS}


def _numbers(values: NDArray[np.str_], name: str, path: Path) -> NDArray[np.float64]:
    import pandas as pd

    numbers = np.asarray(pd.to_numeric(pd.Series(values), errors="coerce"), dtype=np.float64)
    _refuse(~np.isfinite(numbers), values, f"{name} is not a number", path)
    return numbers


def _integers(values: NDArray[np.str_], path: Path) -> NDArray[np.int64]:
    numbers = _numbers(values, "cluster", path)
    _refuse((numbers != np.round(numbers)) | (numbers < NOISE), values, "cluster is not a whole number >= -1", path)
    return numbers.astype(np.int64)


def _probabilities(values: NDArray[np.str_], path: Path) -> NDArray[np.float32]:
    numbers = _numbers(values, "probability", path)
    _refuse((numbers < 0) | (numbers > 1), values, "probability lies outside [0, 1]", path)
    return numbers.astype(np.float32)


def _refuse(wrong: NDArray[np.bool_], values: NDArray[np.str_], what: str, path: Path) -> None:
    if wrong.any():
        place = int(np.argmax(wrong))
        raise _broken(path, f"row {place + 1}: {what}: {str(values[place])!r}.")
