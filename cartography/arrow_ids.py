"""Example ids as Arrow strings: small in memory, quick to compare; numpy's fixed-width strings are neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["repeated_ids", "to_numpy"]

_CHUNK = 1 << 20


def to_numpy(ids: pa.Array | pa.ChunkedArray) -> NDArray[np.str_]:
    """Return (N,) fixed-width strings, converted in pieces so that Python strings never pile up."""
    import pyarrow.compute as pc

    longest = pc.max(pc.utf8_length(ids)).as_py() or 1
    made = np.empty(len(ids), dtype=f"U{longest}")
    for start in range(0, len(ids), _CHUNK):
        made[start : start + _CHUNK] = ids.slice(start, _CHUNK).to_pylist()
    return made


def repeated_ids(ids: pa.Array | pa.ChunkedArray) -> list[str]:
    """Return the ids that stand in ``ids`` more than once, each once."""
    import pyarrow.compute as pc

    if pc.count_distinct(ids, mode="all").as_py() == len(ids):
        return []
    counts = pc.value_counts(ids)
    found: list[str] = counts.filter(pc.greater(counts.field("counts"), 1)).field("values").to_pylist()
    return found
