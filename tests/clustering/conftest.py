"""Made-up embeddings with known clusters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from clustering.embedding_files import vectors_file, write_examples, write_provenance

MakeEmbeddings = Callable[..., Path]


def groups(sizes: list[int], width: int = 32, spread: float = 0.1) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return vectors (N, width) in well separated groups, and the group of each row."""
    rng = np.random.default_rng(7)
    member = np.repeat(np.arange(len(sizes)), sizes)
    centres = rng.normal(size=(len(sizes), width))
    vectors = centres[member] + spread * rng.normal(size=(len(member), width))
    order = rng.permutation(len(member))
    return vectors[order].astype(np.float32), member[order]


@pytest.fixture
def make_embeddings(tmp_path: Path) -> MakeEmbeddings:
    def make(vectors: NDArray[np.float32], texts: list[str] | None = None, name: str = "out") -> Path:
        folder = tmp_path / name / "embeddings"
        with vectors_file(folder, vectors.shape) as file:
            file[:] = vectors
        count = len(vectors)
        words = texts or ["some words"] * count
        write_examples(folder, pa.table({"id": [f"row-{row}" for row in range(count)], "text": words}))
        facts = {"task": "qa", "model": "m", "dataset": "d", "dataset_fingerprint": "f", "split": "train"}
        write_provenance(folder, {**facts, "num_examples": count, "parts": [vectors.shape[1]], "key": "k"})
        return folder

    return make
