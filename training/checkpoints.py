"""Checkpoints that can be trusted after a process died at any instant."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

__all__ = ["checkpoint_step", "last_complete_checkpoint", "remove_checkpoints", "remove_incomplete_checkpoints"]

_NAME = re.compile(r"checkpoint-(\d+)")


def _checkpoints(folder: Path) -> list[tuple[int, Path]]:
    if not folder.is_dir():
        return []
    found = [(match, path) for path in folder.iterdir() if path.is_dir() and (match := _NAME.fullmatch(path.name))]
    return sorted((int(match.group(1)), path) for match, path in found)


def _is_complete(step: int, path: Path) -> bool:
    """Whether the trainer's state is whole: the Trainer writes it after everything else."""
    try:
        state = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(state.get("global_step") == step)


def checkpoint_step(checkpoint: Path) -> int:
    """Return the optimiser step at which ``checkpoint`` was written."""
    return int(checkpoint.name.removeprefix("checkpoint-"))


def last_complete_checkpoint(folder: Path) -> Path | None:
    """Return the newest checkpoint whose every file was written, or None."""
    complete = [path for step, path in _checkpoints(folder) if _is_complete(step, path)]
    return complete[-1] if complete else None


def remove_incomplete_checkpoints(folder: Path) -> None:
    """Delete what a killed process left half-written."""
    for step, path in _checkpoints(folder):
        if not _is_complete(step, path):
            shutil.rmtree(path)


def remove_checkpoints(folder: Path) -> None:
    """Delete every checkpoint of a finished run; the model itself stands beside them."""
    for _, path in _checkpoints(folder):
        # What makes it complete goes first: a removal that is killed half-way must not look like a checkpoint.
        (path / "trainer_state.json").unlink(missing_ok=True)
        shutil.rmtree(path)
