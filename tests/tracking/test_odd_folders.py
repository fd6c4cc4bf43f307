"""Folders that no tracker leaves in peace: half begun, taken up again after a kill, pipes and folders for files."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from atomic_files import write_json
from errors import DataError
from tests.tracking.folders_made import START, make_folder
from tracking.folders.contents import FolderContents, read_folder
from tracking.folders.folder import CONFIG, JOURNAL, METRICS, RESULTS, ExperimentFolder
from tracking.folders.metric_points import MetricPoint
from tracking.indexing.index import sync_folder
from tracking.recording.tracker import ExperimentTracker
from tracking.statuses import Status
from tracking.store.database import Database

POINTS = [MetricPoint(1, START, "loss", 1.0)]


def contents_of(folder: Path) -> FolderContents:
    contents = read_folder(folder)
    assert contents is not None
    return contents


@pytest.mark.parametrize("name", [CONFIG, JOURNAL, RESULTS, "heartbeat.json"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert contents_of(folder).name == "run_seed0"


def test_what_is_no_file_of_metrics_is_named(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "experiments.db")
    for make in (os.mkfifo, os.mkdir):
        folder = make_folder(tmp_path / make.__name__, points=POINTS)
        (folder / METRICS).unlink()
        make(folder / METRICS)
        with pytest.raises(DataError, match=r"left out \(.*not an ordinary file.*metrics.jsonl"):
            sync_folder(database, folder)


def test_only_what_was_planned_is_planned(tmp_path: Path) -> None:
    folder = ExperimentFolder(tmp_path / "experiment")
    folder.identify("exp_20260101_000000_000000", "experiment", START)
    assert contents_of(folder.path).status == Status.LOST
    folder.append("planned")
    assert contents_of(folder.path).status == Status.PLANNED


def test_the_duration_is_that_of_all_attempts(tmp_path: Path) -> None:
    folder = ExperimentFolder(make_folder(tmp_path, status="preempted"))
    folder.append("started", START + 100)
    folder.append("judged", START + 500, attempt=2, status="lost", evidence="gone", finished_at=START + 120)
    folder.append("started", START + 1000)
    folder.append("finished", START + 1003, status="completed")
    write_json(folder.path / RESULTS, {"success": True, "duration_seconds": 3.0})
    assert contents_of(folder.path).duration_seconds == 10 + 20 + 3


def test_an_attempt_that_nobody_saw_end_lasts_to_its_last_sign_of_life(tmp_path: Path) -> None:
    folder = ExperimentFolder(make_folder(tmp_path, status="running"))
    folder.append("judged", attempt=1, status="lost", evidence="gone")
    write_json(folder.path / "heartbeat.json", {"time": START + 7.0, "attempt": 1})
    assert contents_of(folder.path).duration_seconds == 7.0


def test_a_generator_that_is_closed_was_no_failure(tmp_path: Path) -> None:
    with ExperimentTracker(db_path=tmp_path / "experiments.db") as tracker:

        def training() -> Iterator[int]:
            with tracker.experiment():
                yield 1
                yield 2

        steps = training()
        assert next(steps) == 1
        del steps
        gc.collect()
        assert tracker.folder is not None
        assert contents_of(tracker.folder).status == Status.PREEMPTED
