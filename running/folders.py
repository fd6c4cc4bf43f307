"""What a run reads and writes where, and how a folder is made empty for a fresh start."""

from __future__ import annotations

import shutil
from pathlib import Path

from atomic_files import explain_os_error
from planning.nodes import Node
from planning.status import CONFIG, MARK, probe_folder
from tracking.folders.folder import TRACKING, TRACKING_FILES
from training.session import RunPaths

__all__ = ["clear_experiment", "clear_signal", "probe_paths", "run_paths"]

_SIGNAL_FILES = (
    MARK,
    "cartography_map.png",
    "cartography_metrics.csv",
    "cartography_metrics.json",
    "cluster_assignments.csv",
    "cluster_map.png",
    "clusters.json",
    "provenance.json",
)
_KEPT = TRACKING_FILES | {CONFIG}


def run_paths(node: Node, experiments_dir: Path) -> RunPaths:
    """Return where an experiment reads and writes."""
    return RunPaths(
        folder=node.folder,
        record_to=node.records_to,
        data_map=node.data_map,
        validation_data_map=node.validation_data_map,
        clusters=node.clusters,
        cache=_cache(experiments_dir),
    )


def probe_paths(node: Node, experiments_dir: Path) -> RunPaths:
    """Return where the run that records a data map reads and writes."""
    return RunPaths(
        folder=probe_folder(node), record_to=node.folder, record_key=node.key, cache=_cache(experiments_dir)
    )


def _cache(experiments_dir: Path) -> Path:
    return experiments_dir / "shared" / "cache"


def clear_experiment(folder: Path) -> None:
    """Remove what was made of an experiment; its name and history in the store stay, and so does what is planned.

    Raises:
        ResourceError: something cannot be removed.
    """
    if not (folder / TRACKING).exists():
        _remove_tree(folder)
        return
    for path in folder.iterdir():
        if path.name in _KEPT:
            continue
        if path.is_dir() and not path.is_symlink():
            _remove_tree(path)
        else:
            _remove_file(path)


def clear_signal(node: Node) -> None:
    """Remove what was made of a signal; whatever else lies in its folder stays, as the user chose that folder.

    Raises:
        ResourceError: something cannot be removed.
    """
    for name in _SIGNAL_FILES:
        (node.folder / name).unlink(missing_ok=True)
    for part in (node.folder / "training_dynamics", node.folder / "embeddings", probe_folder(node)):
        _remove_tree(part)


def _remove_tree(folder: Path) -> None:
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise explain_os_error(error, folder) from error


def _remove_file(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, path) from error
