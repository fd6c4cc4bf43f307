"""The two steps, embedding and clustering, and both at once for the runner. What a folder already holds is kept.

Everything heavy is imported inside, so that importing this room stays cheap.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.assignments import Clustering
from clustering.options import ClusteringOptions

if TYPE_CHECKING:
    from clustering.embedding_files import Embeddings
    from tasks.base import Rows, Task

__all__ = ["EMBEDDINGS_FOLDER", "cluster", "extract", "prepare"]

EMBEDDINGS_FOLDER = "embeddings"
"""Folder of the embeddings inside the folder of a clustering."""

ProgressCallback = Callable[[int, int], None]
"""Called with the inputs embedded so far and in all."""


def extract(
    options: ClusteringOptions, rows: Rows, task: Task, folder: Path, progress: ProgressCallback | None = None
) -> Embeddings:
    """Embed ``rows`` into ``folder``, or return what it holds if that was made from the same rows and model.

    Args:
        options: the model that embeds.
        rows: rows of one split.
        task: the rows' task.
        folder: gets embeddings.npy, examples.parquet and provenance.json.
        progress: told of each embedded batch.

    Raises:
        ResourceError: the model needs the hub while offline, or ``folder`` cannot be written.
        DataError: there are no rows, or the model's folder holds no usable model.
    """
    from clustering.extraction import extract_embeddings

    return extract_embeddings(options, rows, task, folder, progress)


def cluster(options: ClusteringOptions, embeddings_folder: Path, out: Path, view: str = "auto") -> Clustering:
    """Cluster the embeddings in ``embeddings_folder`` into ``out``, or return what it holds if nothing changed.

    Args:
        options: parameters of PCA and HDBSCAN; its model is not read, the embeddings know theirs.
        embeddings_folder: as :func:`extract` made it.
        out: gets cluster_assignments.csv, clusters.json, cluster_map.png and provenance.json.
        view: 2-D view of the picture: ``umap``, ``pca``, or ``auto`` for UMAP where it is installed.

    Raises:
        SignalError: no embeddings there, or they are broken.
        ResourceError: ``out`` cannot be written.
        ConfigError: ``view`` is unknown, or UMAP is not installed.
    """
    from clustering.analysis import cluster_embeddings

    return cluster_embeddings(options, embeddings_folder, out, view)


def prepare(
    options: ClusteringOptions, rows: Rows, task: Task, out: Path, progress: ProgressCallback | None = None
) -> Clustering:
    """Embed and cluster ``rows``; write everything into ``out``; skip what ``out`` already holds.

    Args:
        options: the model that embeds, and the parameters.
        rows: the training rows. Never pass rows that an experiment is evaluated on.
        task: the rows' task.
        out: folder of the clustering; the embeddings go into its folder ``embeddings``.
        progress: told of each embedded batch.

    Raises:
        ResourceError: the model needs the hub while offline, or ``out`` cannot be written.
        DataError: there are no rows, or the model's folder holds no usable model.
    """
    extract(options, rows, task, out / EMBEDDINGS_FOLDER, progress)
    return cluster(options, out / EMBEDDINGS_FOLDER, out)
