"""From rows to a finished clustering in one folder, for the runner and for whoever has no use for the steps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from clustering.assignments import Clustering
from clustering.options import ClusteringOptions

if TYPE_CHECKING:
    from tasks.base import Rows, Task

__all__ = ["prepare"]

ProgressCallback = Callable[[int, int], None]
"""Called with inputs embedded so far and in all."""


def prepare(
    options: ClusteringOptions, rows: Rows, task: Task, out: Path, progress: ProgressCallback | None = None
) -> Clustering:
    """Embed and cluster ``rows``; write everything into ``out``; skip what ``out`` already holds.

    Args:
        options: the model that embeds, and the parameters.
        rows: the training rows. Never pass evaluation rows of an experiment that is filtered by the result.
        task: the rows' task.
        out: folder of embeddings and clustering alike.
        progress: told of each embedded batch.

    Raises:
        ResourceError: the model needs the hub while offline, or ``out`` cannot be written.
    """
    from clustering.embeddings import extract
    from clustering.partition import cluster_folder

    extract(options, rows, task, out, progress)
    return cluster_folder(options, out)
