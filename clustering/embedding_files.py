"""Embeddings on disk: embeddings.npy (memory-mapped), examples.parquet, and provenance.json, written last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atomic_files import atomic_path, read_json, write_json
from clustering.assignments import PROVENANCE_FILE
from errors import DataError, SignalError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Embeddings", "load_embeddings", "vectors_file", "write_examples", "write_provenance"]

VECTORS_FILE = "embeddings.npy"
EXAMPLES_FILE = "examples.parquet"


@dataclass(frozen=True)
class Embeddings:
    """One vector a row, and what describes the rows."""

    vectors: NDArray[np.float32]
    """(num_examples, num_dimensions), memory-mapped, read only."""
    examples: pa.Table
    """Columns id and text; label and planted where the data set has them."""
    provenance: Mapping[str, Any]
    """Task, model, data set and its fingerprint, split, seed; ``parts``, the widths of the vectors' parts; ``key``."""

    @property
    def ids(self) -> NDArray[np.str_]:
        """(num_examples,) stable ids."""
        return np.asarray(self.examples["id"].to_pylist(), dtype=np.str_)


@contextmanager
def vectors_file(folder: Path, shape: tuple[int, int]) -> Iterator[NDArray[np.float32]]:
    """Yield a writable float32 array of ``shape`` that becomes embeddings.npy when the block ends without an error.

    The disk space is claimed first: a memory-mapped write to a full disk would kill the process. Until the block ends,
    embeddings that are there already stay whole.

    Raises:
        ResourceError: the folder cannot be written or the disk is full.
    """
    with atomic_path(folder / VECTORS_FILE) as temporary:
        vectors = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        with temporary.open("r+b") as handle:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle.fileno(), 0, temporary.stat().st_size)
        yield vectors
        vectors.flush()
        # From here on what lay in the folder no longer goes with its provenance.
        (folder / PROVENANCE_FILE).unlink(missing_ok=True)


def write_examples(folder: Path, examples: pa.Table) -> None:
    """Write examples.parquet atomically."""
    import pyarrow.parquet

    with atomic_path(folder / EXAMPLES_FILE) as temporary:
        pyarrow.parquet.write_table(examples, temporary, compression="zstd")


def write_provenance(folder: Path, provenance: Mapping[str, Any]) -> None:
    """Write provenance.json: from now on the embeddings are complete."""
    write_json(folder / PROVENANCE_FILE, dict(provenance))


def load_embeddings(folder: Path) -> Embeddings:
    """Open the embeddings in ``folder``.

    Raises:
        SignalError: there are none, or they are broken; the message says what to run.
    """
    import pyarrow as pa
    import pyarrow.parquet

    remedy = f"make them with: python extract_embeddings.py --task TASK --dataset DATASET --output_dir {folder.parent}"
    if not (folder / PROVENANCE_FILE).is_file():
        raise SignalError(f"Embeddings not found: {folder / VECTORS_FILE}; {remedy}")
    try:
        provenance = read_json(folder / PROVENANCE_FILE)
        vectors = np.load(folder / VECTORS_FILE, mmap_mode="r", allow_pickle=False)
        examples = pyarrow.parquet.read_table(folder / EXAMPLES_FILE)
    except (OSError, EOFError, ValueError, pa.ArrowException, DataError) as error:
        raise SignalError(f"{folder}: the embeddings cannot be read ({error}); {remedy}") from error
    if vectors.ndim != 2 or len(vectors) != examples.num_rows or sum(provenance.get("parts", [])) != vectors.shape[1]:
        raise SignalError(
            f"{folder}: {VECTORS_FILE} has shape {vectors.shape}, which does not go with {examples.num_rows} rows in "
            f"{EXAMPLES_FILE} and the parts in {PROVENANCE_FILE}; {remedy}"
        )
    return Embeddings(vectors=vectors, examples=examples, provenance=provenance)
