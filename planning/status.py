"""How far a node has come, read from its folder; and the marks that the runner leaves there."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from atomic_files import read_json, write_json
from errors import AssayError
from experiment_config import ExperimentConfig
from planning.nodes import DONE, NEW, RESUME, Node, State

__all__ = [
    "CLUSTERS_TABLE",
    "CONFIG",
    "DATA_MAP_TABLE",
    "ENVIRONMENT",
    "MARK",
    "RESULTS",
    "data_files",
    "changed_file",
    "mark",
    "probe_folder",
    "read_environment",
    "read_mark",
    "read_results",
    "recorded_to",
    "state_of",
]

DATA_MAP_TABLE = "cartography_metrics.csv"
CLUSTERS_TABLE = "cluster_assignments.csv"
CONFIG = "config.json"
RESULTS = "results.json"
ENVIRONMENT = "environment.json"
MARK = "node.json"
"""Written into a signal's folder before it is made and again when it is finished."""

_TABLES = {"data_map": DATA_MAP_TABLE, "average": DATA_MAP_TABLE, "clusters": CLUSTERS_TABLE}


def probe_folder(node: Node) -> Path:
    """Return the folder in which the run that records a data map is trained."""
    return node.folder / "probe"


def state_of(node: Node) -> State:
    """Read how far ``node`` has come."""
    return _experiment_state(node) if node.kind == "experiment" else _signal_state(node)


def mark(
    node: Node, finished: bool, files: Sequence[dict[str, Any]], adjustments: Mapping[str, Any] | None = None
) -> None:
    """Leave in a signal's folder what is made there, and whether it is finished.

    Args:
        node: the signal.
        finished: whether it is.
        files: local files that it is made from, as :func:`data_files` describes them.
        adjustments: what is done otherwise than configured, as an earlier attempt failed.

    Raises:
        ResourceError: the folder cannot be written.
    """
    values: dict[str, Any] = {"kind": node.kind, "key": node.key, "finished": finished, "data_files": list(files)}
    values["adjustments"] = dict(adjustments or {})
    write_json(node.folder / MARK, {**values, "config": node.config.to_mapping()})


def read_mark(folder: Path) -> dict[str, Any]:
    """Return what :func:`mark` left in ``folder``; empty where nothing readable is."""
    return _read(folder / MARK)


def read_results(folder: Path) -> dict[str, Any]:
    """Return an experiment's results.json; empty where nothing readable is."""
    return _read(folder / RESULTS)


def read_environment(folder: Path) -> dict[str, Any]:
    """Return what an experiment's folder says about the start of its run; empty where nothing readable is."""
    return _read(folder / ENVIRONMENT)


def recorded_to(folder: Path) -> Path | None:
    """Return the data map that the run in ``folder`` was filling, if it was filling one."""
    recorded = read_environment(folder).get("records_to")
    return Path(recorded) if recorded else None


def data_files(config: ExperimentConfig) -> list[dict[str, Any]]:
    """Return path, size, modification time and sha256 of every local file of data and model that ``config`` names."""
    entries = [_stat(path) for path in _local_files(config)]
    return [{**entry, "sha256": _sha256(entry["path"], entry["modified_ns"])} for entry in entries]


def changed_file(recorded: Sequence[dict[str, Any]]) -> str | None:
    """Return the first recorded file that is gone or has another content, or None.

    A file whose size and modification time are as recorded is not read again.
    """
    for entry in recorded:
        path = Path(str(entry["path"]))
        if not path.is_file():
            return str(path)
        now = _stat(path)
        if now["size"] == entry["size"] and now["modified_ns"] == entry["modified_ns"]:
            continue
        if now["size"] != entry["size"] or _sha256(now["path"], now["modified_ns"]) != entry["sha256"]:
            return str(path)
    return None


def _experiment_state(node: Node) -> State:
    if not node.folder.is_dir():
        return State(NEW)
    results, environment = read_results(node.folder), read_environment(node.folder)
    if not results and not environment:
        return State(NEW)
    if environment.get("key", results.get("key")) != node.key:
        return State(NEW, "its folder holds another experiment")
    changed = changed_file(environment.get("data_files", []))
    if changed:
        return State(NEW, f"{changed} changed since it was trained")
    if results.get("success") is True and results.get("key") == node.key:
        return State(DONE)
    reason = "it failed before" if results else "it was interrupted"
    return State(RESUME if _has_checkpoint(node.folder) else NEW, reason)


def _signal_state(node: Node) -> State:
    left = read_mark(node.folder)
    if left.get("key") != node.key:
        return State(NEW)
    changed = changed_file(left.get("data_files", []))
    if changed:
        return State(NEW, f"{changed} changed since it was made")
    if left.get("finished") is True and (node.folder / _TABLES[node.kind]).is_file():
        return State(DONE)
    trained_in = node.recorded_by or probe_folder(node)
    return State(RESUME if _has_checkpoint(trained_in) else NEW, "it was interrupted")


def _has_checkpoint(folder: Path) -> bool:
    return any((folder / "trainer_output").glob("checkpoint-*"))


def _read(path: Path) -> dict[str, Any]:
    try:
        values = read_json(path)
    except AssayError:
        return {}
    return values if isinstance(values, dict) else {}


def _local_files(config: ExperimentConfig) -> list[Path]:
    names = [config.dataset, config.model, *(name.rpartition("@")[0] or name for name in config.eval_datasets)]
    files: set[Path] = set()
    for name in names:
        path = Path(name)
        if path.is_file():
            files.add(path)
        elif path.is_dir():
            files.update(child for child in path.iterdir() if child.is_file())
    return sorted(files)


def _stat(path: Path) -> dict[str, Any]:
    status = path.stat()
    return {"path": str(path), "size": status.st_size, "modified_ns": status.st_mtime_ns}


@functools.lru_cache(maxsize=256)
def _sha256(path: str, modified_ns: int) -> str:
    with Path(path).open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
