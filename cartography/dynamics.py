"""Training dynamics on disk: one Parquet file an epoch, one row an example."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path
from cartography.arrow_ids import repeated_ids, to_numpy
from errors import DataError, SignalError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DYNAMICS_FOLDER", "Dynamics", "EpochReader", "read_dynamics", "write_epoch"]

DYNAMICS_FOLDER = "training_dynamics"
_FLOATS = ("gold_prob", "margin", "el2n", "loss")
_REQUIRED = ("id", "row", *_FLOATS, "correct")
_EPOCH_FILE = re.compile(r"epoch_(\d+)\.parquet")


@dataclass(frozen=True)
class Dynamics:
    """What was observed of N examples in E epochs. A NaN ``gold_prob`` says: not observed in that epoch."""

    ids: NDArray[np.str_]
    """(N,) stable example ids."""
    rows: NDArray[np.int64]
    """(N,) positions in the data set."""
    epochs: tuple[int, ...]
    """(E,) epoch numbers, ascending."""
    gold_prob: NDArray[np.float32]
    """(E, N) probability of the gold label or span, 0 to 1."""
    margin: NDArray[np.float32]
    """(E, N) gold logit minus the largest other logit."""
    el2n: NDArray[np.float32]
    """(E, N) Euclidean distance between the predicted and the one-hot distribution."""
    loss: NDArray[np.float32]
    """(E, N) unsmoothed, unweighted loss."""
    correct: NDArray[np.bool_]
    """(E, N) whether the prediction was right; meaningless where ``gold_prob`` is NaN."""


def write_epoch(folder: Path | str, epoch: int, frame_columns: Mapping[str, NDArray[Any]]) -> Path:
    """Write ``folder/training_dynamics/epoch_<epoch>.parquet`` atomically, replacing an earlier version of it.

    Args:
        folder: the data map's folder.
        epoch: number of the epoch, from 0 or 1 on.
        frame_columns: name to (N,) values: id, row, gold_prob, margin, el2n, loss, correct, and any others to keep.

    Returns:
        The file written.

    Raises:
        DataError: a column is missing or of another length, or a value is impossible.
        ResourceError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(folder) / DYNAMICS_FOLDER / f"epoch_{epoch}.parquet"
    _check_columns(path, frame_columns)
    table = pa.table({name: pa.array(_stored(name, values)) for name, values in frame_columns.items()})
    with atomic_path(path) as temporary:
        # Nearly all values are distinct, so dictionaries would only cost time.
        pq.write_table(table, temporary, compression="lz4", use_dictionary=False)
    return path


def _stored(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if name == "id":
        return np.asarray(values, dtype=np.str_)
    if name == "gold_prob":
        return np.clip(np.asarray(values, dtype=np.float32), 0, 1)
    if name in _FLOATS:
        return np.asarray(values, dtype=np.float32)
    if name == "correct":
        return np.asarray(values, dtype=np.bool_)
    return np.asarray(values, dtype=np.int64) if name == "row" else np.asarray(values)


def _check_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise DataError(f"{path}: training dynamics lack the columns {', '.join(missing)}")
    shapes = {name: np.shape(values) for name, values in columns.items()}
    if len(set(shapes.values())) > 1 or len(shapes["id"]) != 1:
        raise DataError(f"{path}: columns must be one-dimensional and of one length, got {shapes}")
    gold = np.asarray(columns["gold_prob"], dtype=np.float32)
    # NaN compares false, so unobserved examples pass. Half precision may overshoot 1 by a rounding step.
    wrong = (gold < 0) | (gold > 1 + 1e-3)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(f"{path}: gold_prob is a probability, but row {row} has {gold[row]}")


def epoch_files(folder: Path | str) -> dict[int, Path]:
    """Return epoch number to file, ascending.

    Raises:
        SignalError: there are none, or one between two others is missing.
    """
    place = Path(folder) / DYNAMICS_FOLDER
    found = {}
    if place.is_dir():
        matches = ((_EPOCH_FILE.fullmatch(path.name), path) for path in place.iterdir())
        found = {int(match.group(1)): path for match, path in matches if match}
    if not found:
        raise SignalError(
            f"{place}: no training dynamics (epoch_<n>.parquet) here; record them with "
            f"python run.py --do_train --enable_cartography --cartography_output_dir {folder}"
        )
    numbers = sorted(found)
    gaps = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
    if gaps or numbers[0] > 1:
        lost = ", ".join(f"epoch_{number}.parquet" for number in gaps or [numbers[0] - 1])
        raise SignalError(f"{place}: {lost} is missing among epochs {numbers}; restore it or train again")
    return {number: found[number] for number in numbers}


class EpochReader:
    """Reads a folder's epochs one at a time, each in the example order of the first."""

    def __init__(self, folder: Path | str) -> None:
        self.files = epoch_files(folder)
        first = next(iter(self.files.values()))
        self._first = first
        table = _read_table(first, ["id", "row"])
        self.ids: pa.Array = table["id"].combine_chunks()
        """(N,) ids as an Arrow string array, far smaller than numpy's fixed-width one."""
        self.rows: NDArray[np.int64] = table["row"].to_numpy()
        repeated = repeated_ids(self.ids)
        if repeated:
            shown = ", ".join(repr(value) for value in repeated[:3])
            raise DataError(f"{first}: {len(repeated)} ids stand in it more than once ({shown}); ids must be unique")

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        for epoch in self.files:
            yield epoch, self.read(epoch)

    def read(self, epoch: int) -> dict[str, NDArray[Any]]:
        """Return gold_prob, margin, el2n, loss (float32) and correct (bool) of one epoch, each (N,).

        Raises:
            DataError: the file is garbled, or holds other examples than the first.
        """
        path = self.files[epoch]
        table = _read_table(path, ["id", *_FLOATS, "correct"])
        columns = {name: table[name].to_numpy() for name in (*_FLOATS, "correct")}
        if path == self._first or table["id"].combine_chunks().equals(self.ids):
            return columns
        order = self._order_of(table["id"].combine_chunks(), path)
        return {name: values[order] for name, values in columns.items()}

    def _order_of(self, ids: pa.Array, path: Path) -> NDArray[np.int64]:
        """Return ``order`` such that ``ids[order]`` equals the first file's ids."""
        import pyarrow.compute as pc

        place = pc.index_in(self.ids, value_set=ids)
        if len(ids) != len(self.ids) or place.null_count:
            raise DataError(
                f"{path}: holds other examples than {self._first.name} ({len(ids)} against {len(self.ids)} rows, "
                f"{len(self.ids) - place.null_count} in common); the data changed between epochs, so train again"
            )
        order: NDArray[np.int64] = place.to_numpy().astype(np.int64)
        return order


def _read_table(path: Path, columns: list[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path}: not a readable epoch of training dynamics ({reason}); train again") from error


def read_dynamics(folder: Path | str) -> Dynamics:
    """Read all epochs of ``folder/training_dynamics``.

    Raises:
        SignalError: no epochs, or one is missing.
        DataError: a file is garbled or holds other examples than the first.
    """
    reader = EpochReader(folder)
    shape = (len(reader.files), len(reader))
    arrays: dict[str, NDArray[Any]] = {name: np.empty(shape, dtype=np.float32) for name in _FLOATS}
    arrays["correct"] = np.empty(shape, dtype=np.bool_)
    for place, (_, columns) in enumerate(reader):
        for name, values in columns.items():
            arrays[name][place] = values
    return Dynamics(ids=to_numpy(reader.ids), rows=reader.rows, epochs=tuple(reader.files), **arrays)
