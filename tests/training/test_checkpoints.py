"""Only checkpoints that were written to the end are trusted."""

from __future__ import annotations

import json
from pathlib import Path

from training.checkpoints import last_complete_checkpoint, remove_checkpoints, remove_incomplete_checkpoints


def _checkpoint(folder: Path, step: int, state: str | None) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "model.safetensors").write_bytes(b"weights")
    if state is not None:
        (path / "trainer_state.json").write_text(state)
    return path


def test_the_newest_complete_checkpoint_is_found(tmp_path: Path) -> None:
    _checkpoint(tmp_path, 9, json.dumps({"global_step": 9}))
    whole = _checkpoint(tmp_path, 10, json.dumps({"global_step": 10}))
    _checkpoint(tmp_path, 20, '{"global_step": 2')  # torn by a kill
    _checkpoint(tmp_path, 30, None)  # killed before the state was written
    assert last_complete_checkpoint(tmp_path) == whole


def test_nothing_there_is_no_checkpoint(tmp_path: Path) -> None:
    assert last_complete_checkpoint(tmp_path / "absent") is None
    assert last_complete_checkpoint(tmp_path) is None


def test_half_written_checkpoints_are_removed_and_whole_ones_kept(tmp_path: Path) -> None:
    whole = _checkpoint(tmp_path, 10, json.dumps({"global_step": 10}))
    torn = _checkpoint(tmp_path, 20, None)
    (tmp_path / "model.safetensors").write_bytes(b"final")
    remove_incomplete_checkpoints(tmp_path)
    assert whole.exists() and not torn.exists()
    remove_checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
