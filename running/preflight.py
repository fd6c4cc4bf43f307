"""What can be known to be wrong before anything is trained, so that the command stops at once with one error."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from datasets import disable_progress_bars

from atomic_files import check_writable
from errors import AssayError, ResourceError, SignalError
from experiment_config import ExperimentConfig
from planning import Node, Plan
from planning.estimate import Cost
from planning.nodes import DONE
from planning.table import size
from strategies import CLUSTERS, DATA_MAP, Signals, make_plan
from tasks import create_task
from tasks.base import DataSource, Rows
from tasks.models import load_tokenizer
from training.arguments import training_arguments
from training.data import DataCache
from training.evaluation_sets import evaluation_sources
from training.session import check_combination
from training.signals import load_signals

__all__ = ["check_before_running", "check_disk", "check_plan"]


def check_plan(plan: Plan, costs: Mapping[Path, Cost], cache: DataCache) -> None:
    """Refuse what is known to be wrong: folders and disk first, as that takes no time.

    Raises:
        AssayError: see :func:`check_disk` and :func:`check_before_running`; or a folder cannot be written.
    """
    for folder in {plan.experiments_dir, *(node.folder for node in plan.unfinished)}:
        check_writable(folder)
    check_disk(plan, costs)
    check_before_running(plan, cache)


def check_before_running(plan: Plan, cache: DataCache) -> None:
    """Read the data, the tokenisers and the signals that exist, and refuse what cannot work.

    Args:
        plan: what is to be run.
        cache: gets the rows, so that they are read once.

    Raises:
        AssayError: broken data, an unknown argument, a model that cannot be loaded, a signal of other data, a filter
            that keeps nothing.
    """
    disable_progress_bars()
    for node in plan.experiments:
        if plan.state(node).status == DONE:
            continue
        check_combination(node.config)
        training_arguments(node.config.training, node.folder)
        rows = _read_data(node.config, cache)
        _check_plan(node, rows, cache)
    models = {node.config.model for node in plan.unfinished}
    models |= {node.config.clustering.model or node.config.model for node in plan.unfinished if node.kind == "clusters"}
    for model in sorted(models):
        load_tokenizer(model)


def _read_data(config: ExperimentConfig, cache: DataCache) -> Rows:
    task = create_task(config.task)
    limit = config.training.max_train_samples
    rows = cache.rows(task, DataSource(config.dataset, config.train_split, config.columns, limit))
    for target in evaluation_sources(config, rows.label_names):
        cache.rows(task, target.source)
    return rows


def _check_plan(node: Node, rows: Rows, cache: DataCache) -> None:
    """Try the strategies on what the user named; a signal that the plan makes itself is tried in its turn."""
    config = node.config
    if not config.strategies or node.needs:
        return
    folders = {DATA_MAP: node.data_map, CLUSTERS: node.clusters}
    try:
        signals = load_signals(rows, config.task, config.required_signals, folders, cache)
        _try_plan(config, signals)
    except SignalError as error:
        raise SignalError(f"{node.name}: {error}") from error


def _try_plan(config: ExperimentConfig, signals: Signals) -> None:
    try:
        make_plan(config.strategies, signals, config.training.seed)
    except AssayError:
        raise
    except Exception:
        # A mistake in somebody's strategy fails its own runs and no others, each with its traceback.
        return


def check_disk(plan: Plan, costs: Mapping[Path, Cost]) -> None:
    """Refuse to start where the disk is certain to fill.

    Raises:
        ResourceError: less is free than the plan is expected to need.
    """
    left = [costs[node.folder] for node in plan.unfinished]
    needed = sum(cost.disk_bytes or 0.0 for cost in left) + max((cost.temporary_bytes for cost in left), default=0.0)
    existing = plan.experiments_dir.absolute()
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise ResourceError(
            f"{plan.experiments_dir}: the plan needs about {size(needed).removeprefix('~')}, but "
            f"{size(free).removeprefix('~')} are free; free space, or choose another --experiments-dir"
        )
