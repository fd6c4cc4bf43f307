"""Mirrors are told the same as the local store; one that is missing, hangs or raises costs one warning."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until
from tracking.folders.contents import read_folder
from tracking.folders.metric_points import MetricPoint
from tracking.recording.mirrors import MIRRORS, Mirror, MirrorSet, MirrorStart
from tracking.recording.mirrors.renaming import Renaming
from tracking.recording.tracker import ExperimentTracker

HANGS = 60.0
"""Seconds for which a mirror hangs."""


def _train(folder: Path, *backends: str) -> Path:
    """Track twenty points in the mirrors named, and return the experiment's folder."""
    with ExperimentTracker(["local", *backends], folder / "experiments.db") as tracker:
        config = {"lr": 1e-3, "model": {"layers": [1, 2], "name": "x" * 7_000}}
        tracker.start_experiment(config, experiment_name="mirrored", tags=["t"])
        place = tracker.folder
        assert place is not None
        for step in range(10):
            tracker.log_metrics({"train/loss": 1.0 - step / 10, "eval/f1": step}, step=step)
        tracker.finish_experiment()
    return place


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def _of_mirrors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was warned of, but for a database that is slow to answer on a busy machine."""
    return [message for message in _warnings(caplog) if "locked by another process, or busy" not in message]


def test_tensorboard_shows_every_point(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = _train(tmp_path, "tensorboard")
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    assert [(each.step, each.value) for each in events.Scalars("eval/f1")] == [(step, step) for step in range(10)]
    assert "layers" in events.Tensors("config")[0].tensor_proto.string_val[0].decode()
    assert not _of_mirrors(caplog)


def test_mlflow_has_points_and_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    _train(tmp_path, "mlflow")
    assert not _of_mirrors(caplog)
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'experiments' / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("experiments").experiment_id])
    assert run.info.status == "FINISHED" and run.data.params["lr"] == "0.001" and run.data.metrics["eval/f1"] == 9
    assert len(client.get_metric_history(run.info.run_id, "train/loss")) == 10


def test_names_that_mlflow_refuses_are_changed_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    metrics = {"acc@5": 1.0, "acc_5": 2.0, "train/loss [x]": 3.0, "../up": 4.0, "a//b": 5.0, "x" * 255: 6.0}
    with ExperimentTracker(["mlflow"], tmp_path / "experiments.db") as tracker:
        tracker.start_experiment({"top@k": 1, "top_k": 2}, experiment_name="odd", tags=["a@b"])
        tracker.log_metrics(metrics, step=1)
        tracker.finish_experiment()
    assert sum("refuses some names" in warning for warning in _of_mirrors(caplog)) == len(_of_mirrors(caplog)) <= 3
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("experiments").experiment_id])
    assert sorted(run.data.metrics.values()) == sorted(metrics.values())
    assert run.data.metrics["acc_5"] == 1.0 and run.data.metrics["acc_5_"] == 2.0
    assert run.data.params == {"top_k": "1", "top_k_": "2"} and run.data.tags["a_b"] == "true"


def test_what_a_mirror_takes_keeps_its_name(caplog: pytest.LogCaptureFixture) -> None:
    renaming = Renaming("m", lambda name: name.replace("@", "_"))
    names = ["a", "a@", "a_", "b@"]
    assert [renaming(name) for name in names] == [renaming(name) for name in names] == ["a", "a_", "a__", "b_"]
    assert _warnings(caplog) == ["mirror m refuses some names, which are changed there: 'a@' is called 'a_'"]


def test_trackio_has_every_point_and_prints_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("trackio")
    monkeypatch.setattr("trackio.utils.TRACKIO_DIR", tmp_path / "trackio")
    monkeypatch.setattr("trackio.sqlite_storage.TRACKIO_DIR", tmp_path / "trackio")
    _train(tmp_path, "trackio")
    assert capfd.readouterr() == ("", "")
    assert not _of_mirrors(caplog)
    (file,) = (tmp_path / "trackio").glob("experiments*.db")
    with sqlite3.connect(file) as connection:
        steps = [step for (step,) in connection.execute("SELECT step FROM metrics ORDER BY step")]
    assert steps == list(range(10))


def test_wandb_records_offline_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("wandb")
    for name in ("WANDB_API_KEY", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_MODE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    folder = _train(tmp_path, "wandb")
    (warning,) = _of_mirrors(caplog)
    assert "records offline" in warning and str(folder) in warning
    (record,) = folder.glob("wandb/offline-run-*/*.wandb")
    # Its own process writes the file, and finish() does not wait for all of it.
    until(lambda: b"train/loss" in record.read_bytes())
    assert folder.name.encode() in record.read_bytes()


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "trackio", "wandb"])
def test_a_package_that_is_missing_is_one_warning(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    folder = _train(tmp_path, name)
    (warning,) = _of_mirrors(caplog)
    assert warning.startswith(f"mirror {name}: cannot be imported") and "install its package" in warning
    _assert_whole(folder)


class Troubled(Mirror):
    """Raises or hangs where it is told to."""

    trouble = ""
    how: Any = None

    def start(self, start: MirrorStart) -> None:
        self._meet("start")

    def log(self, points: Sequence[MetricPoint]) -> None:
        self._meet("log")

    def finish(self, status: str) -> None:
        self._meet("finish")

    def _meet(self, moment: str) -> None:
        if moment == self.trouble:
            if isinstance(self.how, BaseException):
                raise self.how
            self.how.wait(HANGS)


@pytest.fixture
def troubled(monkeypatch: pytest.MonkeyPatch) -> type[Troubled]:
    """A registered mirror that makes trouble."""
    monkeypatch.setattr(MIRRORS, "_targets", {**MIRRORS._targets, "troubled": Troubled})
    return Troubled


@pytest.mark.parametrize("moment", ["start", "log", "finish"])
@pytest.mark.parametrize("error", [RuntimeError("no network\nmore"), SystemExit(1)], ids=["raises", "exits"])
def test_a_mirror_that_raises_is_one_warning(
    moment: str,
    error: BaseException,
    troubled: type[Troubled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(troubled, "trouble", moment)
    monkeypatch.setattr(troubled, "how", error)
    folder = _train(tmp_path, "troubled")
    (warning,) = _of_mirrors(caplog)
    assert warning.startswith(f"mirror troubled: {type(error).__name__}") and "\n" not in warning
    _assert_whole(folder)


@pytest.mark.parametrize("moment", ["start", "log", "finish"])
def test_a_mirror_that_hangs_is_left_behind(
    moment: str,
    troubled: type[Troubled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(troubled, "trouble", moment)
    monkeypatch.setattr(troubled, "how", hanging)
    finish = MirrorSet.finish
    monkeypatch.setattr(MirrorSet, "finish", lambda self, status, patience: finish(self, status, 0.2))
    begun = time.monotonic()
    folder = _train(tmp_path, "troubled")
    assert time.monotonic() - begun < HANGS / 2
    (warning,) = _of_mirrors(caplog)
    assert "does not answer" in warning
    _assert_whole(folder)
    hanging.set()


def test_a_mirror_that_falls_behind_costs_bounded_memory(
    troubled: type[Troubled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(troubled, "trouble", "start")
    monkeypatch.setattr(troubled, "how", hanging)
    monkeypatch.setattr("tracking.recording.mirrors.mirror_set.MOST_BATCHES", 5)
    mirrors = MirrorSet(["troubled"])
    (log,) = mirrors.start("exp", "name", {}, tmp_path, [])
    for step in range(100):
        log([MetricPoint(step, 0.0, "a", 1.0)])
    assert len(mirrors._threads[0]._calls) <= 6
    assert sum("too slow" in warning for warning in _warnings(caplog)) == 1
    hanging.set()
    mirrors.finish("completed", 60.0)


def _assert_whole(folder: Path) -> None:
    contents = read_folder(folder)
    assert contents is not None and contents.status == "completed"
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == 20
