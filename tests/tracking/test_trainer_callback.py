"""A plain Hugging Face Trainer is tracked by one callback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Trainer, TrainingArguments

from tracking import ExperimentTracker, LocalBackend, TrackingCallback
from tracking.folders.contents import FolderContents, read_folder
from tracking.folders.metric_points import Bookmark, read_points


class Line(torch.nn.Module):
    """The smallest model that a Trainer trains."""

    def __init__(self, breaks: bool = False) -> None:
        super().__init__()
        self.line = torch.nn.Linear(1, 1)
        self.breaks = breaks

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        if self.breaks:
            raise RuntimeError("broken")
        return {"loss": ((self.line(x) - labels) ** 2).mean()}


def _trainer(folder: Path, callback: TrackingCallback, **arguments: Any) -> Trainer:
    rows = [{"x": [float(n)], "labels": [2.0 * n]} for n in range(8)]
    settings = TrainingArguments(
        output_dir=str(folder / "out"), max_steps=4, logging_steps=1, save_steps=2, report_to=[], use_cpu=True,
        disable_tqdm=True, eval_strategy="steps", eval_steps=2, per_device_train_batch_size=2,
    )  # fmt: skip
    model = Line(**arguments)
    return Trainer(model, settings, train_dataset=rows, eval_dataset=rows, callbacks=[callback])


def _only(experiments: Path) -> FolderContents:
    (folder,) = experiments.glob("exp_*")
    contents = read_folder(folder)
    assert contents is not None
    return contents


def test_a_trainer_is_tracked_from_begin_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _trainer(tmp_path, TrackingCallback()).train()
    contents = _only(tmp_path / "experiments")
    assert contents.status == "completed" and contents.name == "out"
    assert contents.config["training"]["max_steps"] == 4
    assert [(each.kind, each.step) for each in contents.artifacts] == [("checkpoint", 2), ("checkpoint", 4)]
    assert all(each.size_bytes for each in contents.artifacts)
    points = read_points(contents.folder / "metrics.jsonl", Bookmark()).points
    assert [point.step for point in points if point.name == "train/loss"] == [1, 2, 3, 4]
    assert {"eval/loss", "train/learning_rate", "train/mean_loss", "train/runtime"} <= {point.name for point in points}


def test_an_experiment_that_runs_already_stays_the_callers(tmp_path: Path) -> None:
    with ExperimentTracker(db_path=tmp_path / "x.db") as tracker:
        tracker.start_experiment({"mine": True})
        _trainer(tmp_path, TrackingCallback(tracker)).train()
        assert _only(tmp_path / "experiments").status == "running"
        tracker.log_metrics({"after": 1.0})
    assert _only(tmp_path / "experiments").config == {"mine": True}


def test_training_that_broke_and_begins_again_is_another_experiment(tmp_path: Path) -> None:
    with ExperimentTracker(db_path=tmp_path / "x.db") as tracker:
        callback = TrackingCallback(tracker)
        with pytest.raises(RuntimeError, match="broken"):
            _trainer(tmp_path, callback, breaks=True).train()
        _trainer(tmp_path, callback).train()
    found = [read_folder(folder) for folder in sorted((tmp_path / "experiments").glob("exp_*"))]
    assert sorted(each.status for each in found if each is not None) == ["completed", "failed"]


def test_an_evaluation_after_the_training_belongs_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trainer = _trainer(tmp_path, TrackingCallback())
    trainer.train()
    before = len(LocalBackend("experiments.db").get_metrics("out", "eval/loss"))
    trainer.evaluate()
    trainer.evaluate(metric_key_prefix="test")
    store = LocalBackend("experiments.db")
    (record,) = store.get_all_experiments()
    assert record.status == "completed" and "test/loss" in record.metrics
    assert len(store.get_metrics("out", "eval/loss")) == before + 1
    trainer.train()
    assert len(LocalBackend("experiments.db").get_all_experiments(status=["completed"])) == 2


def test_other_ranks_say_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trainer = _trainer(tmp_path, TrackingCallback())
    trainer.state.is_world_process_zero = False
    monkeypatch.setattr(Trainer, "is_world_process_zero", lambda self: False)
    trainer.train()
    assert not (tmp_path / "experiments").exists()
