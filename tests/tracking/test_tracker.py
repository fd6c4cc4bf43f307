"""What a training script says is in the folder and in the store; misuse has a clear answer."""

from __future__ import annotations

import json
import logging
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from errors import ConfigError, ResourceError
from tests.waiting import until
from tracking.folders.contents import FolderContents, read_folder
from tracking.recording.tracker import ExperimentTracker, TrackerStateError
from tracking.store import schema
from tracking.store.database import Database


@dataclass(frozen=True)
class Config:
    name: str = "tiny"
    seed: int = 7
    learning_rate: float = 1e-3


@pytest.fixture
def tracker(database: Database, tmp_path: Path) -> Iterator[ExperimentTracker]:
    with ExperimentTracker(db_path=database, experiments_dir=tmp_path / "runs") as tracker:
        yield tracker


@pytest.fixture
def local(tmp_path: Path) -> Iterator[ExperimentTracker]:
    """A tracker on one kind of store, for what no database has a part in."""
    with ExperimentTracker(db_path=tmp_path / "experiments.db") as tracker:
        yield tracker


def _contents(folder: Path) -> FolderContents:
    contents = read_folder(folder)
    assert contents is not None
    return contents


def _column(database: Database, column: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(column)).scalars())


def _points(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def _started(tracker: ExperimentTracker, **arguments: Any) -> Path:
    tracker.start_experiment(**arguments)
    assert tracker.folder is not None
    return tracker.folder


def test_an_experiment_from_start_to_end(tracker: ExperimentTracker, database: Database) -> None:
    experiment_id = tracker.start_experiment(Config(), experiment_name="first", notes="why", tags=["a", "b"])
    assert _column(database, schema.experiments.c.status) == ["running"]
    folder = tracker.folder
    assert folder is not None and folder.name == experiment_id
    for step in range(10):
        tracker.log_metrics({"train/loss": 1 / (step + 1)}, step=step)
    (folder / "model.bin").write_bytes(b"12345")
    tracker.log_checkpoint(folder / "model.bin", step=9)
    tracker.log_evaluation("gsm8k", {"accuracy": 81.2, "samples": [{"id": "q1", "correct": True}]})
    tracker.log_results({"eval_f1": 80.5}, primary_metric="eval_f1")
    tracker.add_note("more")
    tracker.add_tags(["c"])
    tracker.finish_experiment()
    contents = _contents(folder)
    assert (contents.name, contents.seed, contents.notes, contents.tags) == ("first", 7, "why\nmore", ["a", "b", "c"])
    assert [(each.path, each.step, each.size_bytes) for each in contents.artifacts] == [("model.bin", 9, 5)]
    assert _column(database, schema.experiments.c.id) == [experiment_id]
    assert _column(database, schema.experiments.c.status) == ["completed"]
    assert len(_column(database, schema.metrics.c.value)) == 10
    assert _column(database, schema.per_sample_results.c.sample_id) == ["q1"]
    assert sorted(_column(database, schema.final_metrics.c.name)) == ["eval_f1", "train/loss"]


def test_what_is_flushed_is_in_the_store(tracker: ExperimentTracker, database: Database) -> None:
    tracker.start_experiment()
    tracker.log_metrics({"a": 1, "b": 2.5})
    assert tracker.flush()
    assert sorted(_column(database, schema.metrics.c.value)) == [1.0, 2.5]


def test_points_reach_folder_and_store_by_themselves(tracker: ExperimentTracker, database: Database) -> None:
    folder = _started(tracker)
    tracker.log_metrics({"a": 1.0}, step=3)
    until(lambda: _column(database, schema.metrics.c.value) == [1.0])
    assert _points(folder)[0]["value"] == 1.0


def test_what_others_append_to_the_folder_is_followed(tracker: ExperimentTracker, database: Database) -> None:
    folder = _started(tracker)
    (folder / "metrics.jsonl").write_text('{"step": 1, "time": 2.0, "name": "train/loss", "value": 0.5}\n')
    until(lambda: _column(database, schema.metrics.c.value) == [0.5])


def test_a_block_that_raises_has_failed_with_its_trace(local: ExperimentTracker) -> None:
    with pytest.raises(ZeroDivisionError), local.experiment(config={"lr": 1}, experiment_name="x"):
        folder = local.folder
        print(1 / 0)
    run = _contents(folder or Path()).last_run
    assert run is not None and run.status == "failed" and run.error_type == "ZeroDivisionError"
    assert "print(1 / 0)" in str(run.traceback)


@pytest.mark.parametrize(
    ("error", "status"),
    [(KeyboardInterrupt(), "preempted"), (SystemExit(143), "preempted"), (SystemExit(), "completed"),
     (SystemExit("no data"), "failed")],
)  # fmt: skip
def test_how_a_block_is_left_says_how_it_ended(local: ExperimentTracker, error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), local.experiment() as experiment_id:
        raise error
    assert _contents(local._experiments_dir / experiment_id).status == status


def test_the_tracker_as_a_block(tmp_path: Path) -> None:
    with pytest.raises(ValueError), ExperimentTracker(db_path=tmp_path / "x.db") as tracker:
        folder = _started(tracker)
        raise ValueError("bad")
    assert _contents(folder).status == "failed"
    with pytest.raises(TrackerStateError, match="closed"):
        tracker.start_experiment()


def test_a_folder_gets_another_attempt_at_the_same_experiment(local: ExperimentTracker, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    first = local.start_experiment({"lr": 1}, folder=folder)
    local.log_metrics({"a": 5.0}, step=5)
    local.finish_experiment("preempted", reason="time limit")
    assert local.start_experiment({"lr": 1}, folder=folder) == first
    local.log_metrics({"a": 6.0})
    local.finish_experiment()
    contents = _contents(folder)
    assert [(run.status, run.status_reason) for run in contents.runs] == [
        ("preempted", "time limit"),
        ("completed", ""),
    ]
    assert [point["step"] for point in _points(folder)] == [5, 6]


def test_a_planned_experiment_is_started_later(local: ExperimentTracker, tmp_path: Path) -> None:
    planned = local.plan_experiment({"lr": 1}, "later", folder=tmp_path / "later", tags=["t"])
    assert _contents(tmp_path / "later").status == "planned"
    assert local.start_experiment(folder=tmp_path / "later") == planned
    assert _contents(tmp_path / "later").status == "running"
    assert _contents(tmp_path / "later").name == "later" and _contents(tmp_path / "later").environment["python"]


def test_files_of_a_folder_that_is_not_the_trackers_are_left_alone(local: ExperimentTracker, tmp_path: Path) -> None:
    contents = {"config.json": '{"lr": 3}', "environment.json": '{"machine": {"python": "3"}}'}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    local.start_experiment(folder=tmp_path)
    assert {name: (tmp_path / name).read_text() for name in contents} == contents


def test_surroundings_are_captured_in_the_form_of_the_runner(local: ExperimentTracker) -> None:
    folder = _started(local)
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["machine"]["packages"] and "commit" in environment["git"]
    assert _contents(folder).environment["python"]


def test_steps_count_on_for_each_metric_unless_given(local: ExperimentTracker) -> None:
    folder = _started(local)
    for metrics, step in (({"a": 1}, None), ({"a": 2, "b": 1}, None), ({"a": 3}, 10), ({"a": 4}, None)):
        local.log_metrics(metrics, step)
    local.finish_experiment()
    assert [(p["name"], p["step"]) for p in _points(folder)] == [("a", 0), ("a", 1), ("b", 0), ("a", 10), ("a", 11)]


@pytest.mark.parametrize("step", [1.5, "many", None.__class__, float("nan"), 2**70])
def test_a_step_that_is_no_whole_number_is_refused(local: ExperimentTracker, step: Any) -> None:
    local.start_experiment()
    with pytest.raises(ConfigError, match="step: expected a whole number"):
        local.log_metrics({"a": 1.0}, step)


def test_asking_at_the_wrong_time_has_a_clear_answer(tmp_path: Path) -> None:
    tracker = ExperimentTracker(db_path=tmp_path / "x.db")
    with pytest.raises(TrackerStateError, match=r"call start_experiment\(\) first"):
        tracker.log_metrics({"a": 1})
    with pytest.raises(TrackerStateError, match=r"call start_experiment\(\) first"):
        tracker.finish_experiment()
    tracker.start_experiment()
    with pytest.raises(TrackerStateError, match="still running"):
        tracker.start_experiment()
    with pytest.raises(ConfigError, match="expected one of completed, failed, preempted"):
        tracker.finish_experiment("done")
    tracker.close()
    tracker.close()
    for call in (lambda: tracker.log_metrics({"a": 1}), tracker.flush, tracker.start_experiment):
        with pytest.raises(TrackerStateError, match="closed"):
            call()


def test_a_configuration_that_is_none_is_refused_before_anything_is_written(local: ExperimentTracker) -> None:
    with pytest.raises(ConfigError, match="expected a dataclass or a mapping, got list"):
        local.start_experiment([1, 2])
    assert not local._experiments_dir.exists()


def test_a_backend_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"backends: .*did you mean 'wandb'.*known: local,"):
        ExperimentTracker(backends=["local", "wandbb"], db_path=tmp_path / "x.db")


def test_what_was_tracked_last_can_still_be_asked_for(local: ExperimentTracker) -> None:
    assert (local.experiment_id, local.folder, local.is_running) == (None, None, False)
    experiment_id = local.start_experiment(notes=None, tags=None)
    assert local.is_running
    local.finish_experiment()
    assert (local.experiment_id, local.is_running) == (experiment_id, False)
    assert local.folder == local._experiments_dir / experiment_id


def test_tags_are_short_lines_and_what_is_none_is_left_out(local: ExperimentTracker) -> None:
    folder = _started(local, tags=["", None, " a ", "b", 3])
    local.add_tags(None)
    local.add_tags("c")
    with pytest.raises(ConfigError, match="no tag"):
        local.add_tags(["two\nlines"])
    local.finish_experiment()
    assert _contents(folder).tags == ["a", "b", "3", "c"]


def test_a_start_that_is_refused_leaves_nothing(local: ExperimentTracker) -> None:
    with pytest.raises(ConfigError, match="no tag"):
        local.start_experiment(tags=["two\nlines"])
    assert not local._experiments_dir.exists() and not local.is_running


@pytest.mark.parametrize("metrics", [[1], 0.5, None, "loss"])
def test_metrics_that_are_no_mapping_are_refused(local: ExperimentTracker, metrics: Any) -> None:
    local.start_experiment()
    with pytest.raises(ConfigError, match="metrics: expected a mapping"):
        local.log_metrics(metrics)


def test_a_single_backend_may_be_named_without_a_list(tmp_path: Path) -> None:
    ExperimentTracker(backends="local", db_path=tmp_path / "x.db").close()


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        ExperimentTracker(db_path=tmp_path / "x.db") as tracker,
        pytest.raises(ResourceError, match="file"),
    ):
        tracker.start_experiment(folder=tmp_path / "file" / "experiment")


def test_where_new_folders_cannot_be_written_the_training_goes_on_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "file").write_text("")
    with ExperimentTracker(db_path=tmp_path / "x.db", experiments_dir=tmp_path / "file") as tracker:
        tracker.start_experiment()
        assert tracker.folder is not None and tracker.folder.is_relative_to(tmp_path)
        assert "cannot write here" in caplog.text and f"is tracked in {tracker.folder} instead" in caplog.text
    contents = read_folder(tracker.folder)
    assert contents is not None and contents.status == "completed"


def test_only_the_first_rank_tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.chdir(tmp_path)
    with ExperimentTracker(db_path=tmp_path / "x.db") as tracker:
        assert tracker.start_experiment(Config()) == ""
        tracker.log_metrics({"a": 1})
        tracker.log_evaluation("b", {"accuracy": 1})
        assert tracker.flush()
        tracker.finish_experiment()
    assert list(tmp_path.iterdir()) == []


def test_a_forked_worker_does_not_track_and_says_so_once(local: ExperimentTracker, tmp_path: Path) -> None:
    folder = _started(local)
    handler = logging.FileHandler(tmp_path / "log")
    logging.getLogger("tracking").addHandler(handler)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(3):
                local.log_metrics({"of the child": 1.0})
            local.add_note("of the child")
            local.finish_experiment("failed")
            local.close()
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    logging.getLogger("tracking").removeHandler(handler)
    assert (tmp_path / "log").read_text().count("nothing is tracked here") == 1
    local.log_metrics({"of the parent": 1.0})
    local.finish_experiment()
    assert {point["name"] for point in _points(folder)} == {"of the parent"}
    assert _contents(folder).status == "completed" and _contents(folder).notes == ""


def test_two_trackers_and_many_threads_lose_nothing(database: Database, tmp_path: Path) -> None:
    trackers = [ExperimentTracker(db_path=database, experiments_dir=tmp_path) for _ in range(2)]
    for tracker in trackers:
        tracker.start_experiment()

    def log(tracker: ExperimentTracker, thread: int) -> None:
        for step in range(500):
            tracker.log_metrics({f"m{thread}": step}, step)

    threads = [threading.Thread(target=log, args=(tracker, n)) for tracker in trackers for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for tracker in trackers:
        tracker.close()
    assert len(_column(database, schema.metrics.c.value)) == 4_000
    assert set(_column(database, schema.experiments.c.status)) == {"completed"}


def test_logging_takes_microseconds(local: ExperimentTracker) -> None:
    local.start_experiment()
    durations = []
    for step in range(5_000):
        begun = time.perf_counter_ns()
        local.log_metrics({"train/loss": 0.31, "train/learning_rate": 1e-3, "train/grad_norm": 0.5}, step)
        durations.append(time.perf_counter_ns() - begun)
    assert statistics.median(durations) <= 20_000


def test_a_script_that_changes_its_folder_keeps_its_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with ExperimentTracker(db_path="experiments.db") as tracker:
        os.chdir("elsewhere")
        experiment_id = tracker.start_experiment()
        tracker.log_metrics({"a": 1.0})
    assert (tmp_path / "experiments" / experiment_id / "metrics.jsonl").exists()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_default_places_are_beside_the_database(tmp_path: Path) -> None:
    with ExperimentTracker(db_path=tmp_path / "deep" / "x.db") as tracker:
        assert _started(tracker).parent == tmp_path / "deep" / "experiments"
