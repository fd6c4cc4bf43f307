"""Which version of this program is at hand: a digest of its source, whatever git or a package's metadata say."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

__all__ = ["ROOMS", "code_version"]

ROOMS = (
    *("analysis", "atomic_files", "cartography", "cluster_analysis", "clustering", "deciding", "errors", "execution"),
    *("experiment_ab_test", "experiment_analysis", "experiment_cli", "experiment_commands", "experiment_config"),
    *("experiment_results", "experiment_runner", "extract_embeddings", "jobs", "planning", "plots", "registry", "run"),
    *("run_bar", "run_experiments", "run_flags", "running", "score_files", "strategies", "suite_flags"),
    *("suites", "tasks", "terminal", "tracking", "training", "validated"),
)
"""Packages and modules of the program; what lies beside them may be anybody's."""

_LENGTH = 12


@functools.cache
def code_version(root: Path | None = None) -> str:
    """Return 12 hexadecimal digits that differ where any line of the program's source does.

    Args:
        root: the folder that the program lies in; None: that of this one.
    """
    root = root or Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in _sources(root, room)):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:_LENGTH]


def _sources(root: Path, room: str) -> list[Path]:
    module = root / f"{room}.py"
    return [module] if module.is_file() else list((root / room).rglob("*.py"))
