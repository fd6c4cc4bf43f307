"""The clustering on disk, as strategies read it: cluster_assignments.csv and provenance.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path, read_json, write_json
from errors import SignalError

__all__ = [
    "ASSIGNMENTS_FILE",
    "NOISE",
    "PROVENANCE_FILE",
    "Clustering",
    "check_clusters",
    "load_clusters",
    "write_clusters",
]

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
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Task, model, data set and its fingerprint, split, seed, parameters; empty for a table made elsewhere."""


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
    """Read the assignments in ``folder``; a table made elsewhere may come without provenance.json.

    Raises:
        SignalError: no assignments there, or the table is broken; the message says where and what to run.
    """
    import pandas as pd

    folder = Path(folder)
    path = folder / ASSIGNMENTS_FILE
    if not path.is_file():
        raise SignalError(
            f"Cluster assignments not found: {path}. Make them with: python extract_embeddings.py --task TASK "
            f"--dataset DATASET --output_dir {folder} && python cluster_analysis.py --embeddings_dir {folder}"
        )
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SignalError(f"{path}: cannot be read ({error}); make it anew with cluster_analysis.py") from error
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing:
        raise SignalError(f"{path}: lacks column {missing[0]!r} (needs: {', '.join(_COLUMNS)}); make it anew")
    ids = frame["id"].to_numpy(dtype=np.str_)
    _check_ids(ids, path)
    columns = {
        "cluster": _integers(frame["cluster"].to_numpy(dtype=np.str_), path),
        "probability": _probabilities(frame["probability"].to_numpy(dtype=np.str_), path),
    }
    provenance_path = folder / PROVENANCE_FILE
    provenance = read_json(provenance_path) if provenance_path.is_file() else {}
    return Clustering(ids=ids, columns=columns, provenance=provenance)


def _check_ids(ids: NDArray[np.str_], path: Path) -> None:
    if not len(ids):
        raise SignalError(f"{path}: holds no rows; make it anew with cluster_analysis.py")
    unique, counts = np.unique(ids, return_counts=True)
    if len(unique) < len(ids):
        repeated = str(unique[counts > 1][0])
        raise SignalError(f"{path}: id {repeated!r} stands in it more than once; make it anew")


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
        raise SignalError(f"{path}, line {place + 2}: {what} ({str(values[place])!r}); make the file anew")


def check_clusters(clustering: Clustering, fingerprint: str, num_examples: int, folder: str | Path) -> None:
    """Refuse a clustering that was made from other data.

    A clustering of more rows than are trained (``--max_train_samples``) is fine: whether it covers them is
    checked by id where signals are aligned. One of as many rows or fewer must carry the same fingerprint.

    Args:
        clustering: what :func:`load_clusters` returned; without a recorded fingerprint nothing is checked here.
        fingerprint: of the rows about to be trained.
        num_examples: how many rows are about to be trained.
        folder: named in the message.

    Raises:
        SignalError: it belongs to other data.
    """
    recorded = clustering.provenance.get("dataset_fingerprint")
    if recorded is None or recorded == fingerprint or len(clustering.ids) > num_examples:
        return
    dataset, split = (clustering.provenance.get(key, "?") for key in ("dataset", "split"))
    raise SignalError(
        f"{Path(folder) / ASSIGNMENTS_FILE}: was made from other data ({len(clustering.ids)} rows of {dataset!r}, "
        f"split {split!r}, fingerprint {str(recorded)[:8]}; the {num_examples} training rows have "
        f"{fingerprint[:8]}). Name the right folder, or cluster these rows with extract_embeddings.py and "
        "cluster_analysis.py"
    )
