"""Make the signals that strategies read: data maps, their averages, clusterings."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jobs.failures import Preempted
from planning.nodes import NEW, Node
from planning.status import data_files, mark, probe_folder, read_mark, state_of
from running.adjusting import adjusted, smaller_batch
from running.folders import clear_signal, probe_paths
from tasks import create_task
from tasks.base import DataSource
from training.callbacks import Progress
from training.data import DataCache
from training.session import run_experiment

__all__ = ["make_signal"]

logger = logging.getLogger(__name__)


def make_signal(
    node: Node,
    experiments_dir: Path,
    cache: DataCache,
    progress: Callable[[Progress], None],
    stop_reason: Callable[[], str] = lambda: "",
    adjustments: Mapping[str, Any] | None = None,
) -> None:
    """Make a data map, an average or a clustering, continuing what was begun.

    Args:
        node: what to make; whoever calls holds its lock.
        experiments_dir: where features are cached.
        cache: rows and features of this process.
        progress: told how far it is.
        stop_reason: why it is to stop; empty while it is to go on.
        adjustments: what is to be done otherwise than configured, as an earlier attempt failed.

    Raises:
        AssayError: something the user can mend.
        Preempted: it was to stop; what was trained up to then is kept.
    """
    own = dataclasses.replace(node, recorded_by=None)
    begun, left = state_of(own).status != NEW, read_mark(own.folder).get("adjustments", {})
    chosen = dict(adjustments or (left if begun else {}))
    if not begun or left != chosen:
        clear_signal(own)
    mark(own, finished=False, files=data_files(own.config), adjustments=chosen)
    makers = {"data_map": _record_data_map, "average": _average, "clusters": _cluster}
    makers[node.kind](_Making(own, experiments_dir, cache, progress, stop_reason, chosen))
    mark(own, finished=True, files=data_files(own.config), adjustments=chosen)
    # Nobody reads a probe's model: its dynamics are what it was trained for.
    shutil.rmtree(probe_folder(own) / "trainer_output", ignore_errors=True)


class _Making(NamedTuple):
    node: Node
    experiments_dir: Path
    cache: DataCache
    progress: Callable[[Progress], None]
    stop_reason: Callable[[], str]
    adjustments: Mapping[str, Any]


def _record_data_map(making: _Making) -> None:
    node, paths = making.node, probe_paths(making.node, making.experiments_dir)
    config, stop = adjusted(node.config, making.adjustments), making.stop_reason
    run_experiment(config, paths, making.progress, making.cache, stop_reason=stop, do_eval=False)


def _average(making: _Making) -> None:
    from cartography import average_data_maps

    node = making.node
    making.progress(Progress("averaging data maps"))
    average_data_maps((*node.needs, *node.supplied), node.folder)


def _cluster(making: _Making) -> None:
    from clustering import ClusteringOptions, prepare

    config = making.node.config
    chosen = {**dataclasses.asdict(config.clustering), "model": config.clustering.model or config.model}
    options = ClusteringOptions(
        **chosen,
        max_length=config.training.max_length,
        doc_stride=config.training.doc_stride,
        batch_size=smaller_batch(ClusteringOptions().batch_size, making.adjustments),
    )
    task = create_task(config.task)
    limit = config.training.max_train_samples
    making.progress(Progress("loading"))
    rows = making.cache.rows(task, DataSource(config.dataset, config.train_split, config.columns, limit))

    def report(done: int, total: int) -> None:
        if reason := making.stop_reason():
            raise Preempted(reason)
        making.progress(Progress("embedding", done, total) if done < total else Progress("clustering"))

    prepare(options, rows, task, making.node.folder, report)
