"""From folders of data maps and clusterings to signals aligned to the rows that are trained."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cartography import load_data_map
from clustering import load_clusters
from errors import SignalError
from strategies import CLUSTERS, DATA_MAP, Signals, align
from tasks.base import Rows
from training.data import DataCache

__all__ = ["check_same_data", "load_signals"]

logger = logging.getLogger(__name__)


def load_signals(
    rows: Rows,
    task: str,
    required: frozenset[str],
    folders: Mapping[str, Path | None],
    cache: DataCache | None = None,
) -> Signals:
    """Load every required signal and align it to ``rows`` by id.

    Args:
        rows: the rows a strategy decides about.
        task: name of the task.
        required: signal names, as ``ExperimentConfig.required_signals`` gives them.
        folders: signal name to the folder that holds it.
        cache: what this process has read already.

    Raises:
        SignalError: a signal has no folder, is not there, belongs to other data, or does not cover the rows.
    """
    loaders: dict[str, Callable[[Path], Any]] = {DATA_MAP: load_data_map, CLUSTERS: load_clusters}
    read = (cache or DataCache()).read_folder
    tables = {}
    for name in sorted(required):
        folder = folders.get(name)
        if folder is None or name not in loaders:
            raise SignalError(f"a strategy reads a {name.replace('_', ' ')}, but no folder of one was named")
        found = read(folder, loaders[name])
        check_same_data(found.provenance, rows, task, folder)
        tables[name] = align(rows.ids, found.ids, found.columns, str(folder))
    return Signals(ids=rows.ids, labels=rows.labels, tables=tables)


def check_same_data(provenance: Mapping[str, Any], rows: Rows, task: str, folder: Path) -> None:
    """Refuse a signal that was made from another data set.

    A signal of all rows serves a run on some of them: then the fingerprints differ, but task, data set and split must
    agree, and the ids must cover the rows (checked on alignment).

    Raises:
        SignalError: made from other data; the message names both.
    """
    if provenance.get("dataset_fingerprint") == rows.fingerprint:
        return
    made_from = tuple(str(provenance.get(key)) for key in ("task", "dataset", "split"))
    wanted = (task, rows.source.name, rows.source.split)
    if made_from != wanted:
        raise SignalError(
            f"{folder}: made from {_describe(made_from)}, but this run trains {_describe(wanted)}; "
            "name a folder made from the same data, or leave it out and one will be made"
        )
    logger.warning("%s: made from other rows of the same data set; it is joined by id", folder)


def _describe(source: tuple[str, ...]) -> str:
    task, dataset, split = source
    return f"{dataset} ({split} split, task {task})"
