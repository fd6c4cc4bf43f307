"""Make the signals that strategies read: data maps, their averages, clusterings."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from planning.nodes import NEW, Node
from planning.status import data_files, mark, probe_folder, state_of
from running.folders import clear_signal, probe_paths
from tasks import create_task
from tasks.base import DataSource
from training.callbacks import Progress
from training.session import run_experiment

if TYPE_CHECKING:
    from training.data import DataCache

__all__ = ["make_signal"]

logger = logging.getLogger(__name__)


def make_signal(node: Node, experiments_dir: Path, cache: DataCache, progress: Callable[[Progress], None]) -> None:
    """Make a data map, an average or a clustering, continuing what was begun.

    Args:
        node: what to make; whoever calls holds its lock.
        experiments_dir: where features are cached.
        cache: rows and features of this process.
        progress: told how far it is.

    Raises:
        AssayError: something the user can mend.
    """
    own = dataclasses.replace(node, recorded_by=None)
    if state_of(own).status == NEW:
        clear_signal(own)
    mark(own, finished=False, files=data_files(own.config))
    makers = {"data_map": _record_data_map, "average": _average, "clusters": _cluster}
    makers[node.kind](own, experiments_dir, cache, progress)
    mark(own, finished=True, files=data_files(own.config))
    # Nobody reads a probe's model: its dynamics are what it was trained for.
    shutil.rmtree(probe_folder(own) / "trainer_output", ignore_errors=True)


def _record_data_map(node: Node, experiments_dir: Path, cache: DataCache, progress: Callable[[Progress], None]) -> None:
    run_experiment(node.config, probe_paths(node, experiments_dir), progress, cache, do_eval=False)


def _average(node: Node, experiments_dir: Path, cache: DataCache, progress: Callable[[Progress], None]) -> None:
    from cartography import average_data_maps

    average_data_maps((*node.needs, *node.supplied), node.folder)


def _cluster(node: Node, experiments_dir: Path, cache: DataCache, progress: Callable[[Progress], None]) -> None:
    from clustering import ClusteringOptions, prepare

    config = node.config
    chosen = {**dataclasses.asdict(config.clustering), "model": config.clustering.model or config.model}
    options = ClusteringOptions(**chosen, max_length=config.training.max_length, doc_stride=config.training.doc_stride)
    task = create_task(config.task)
    limit = config.training.max_train_samples
    rows = cache.rows(task, DataSource(config.dataset, config.train_split, config.columns, limit))
    prepare(options, rows, task, node.folder, lambda done, total: progress(Progress("embedding", done, total)))
