"""What a run says at its end is kept, also where its folder takes nothing any more; and a folder has one writer."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.tracking.folders_made import START, make_folder
from tests.tracking.stored_rows import row_of
from tests.tracking.trainings import running_training
from tracking.folders.contents import read_folder
from tracking.folders.folder import JOURNAL, METRICS, ExperimentFolder
from tracking.folders.unsaved import keeping_folder, put_back, put_back_all
from tracking.indexing.index import sync_folder
from tracking.recording import tracker as tracker_module
from tracking.recording.tracker import ExperimentTracker, TrackerStateError
from tracking.states.reconciling import reconcile
from tracking.states.supervisor import Watched
from tracking.statuses import Status
from tracking.store.database import Database


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder, which these tests have to themselves."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def test_what_was_kept_is_put_back_once(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, status="running")
    (folder / METRICS).write_text('{"step": 1, "time": 1.0, "na')
    place = keeping_folder(folder, folder.name)
    (place / METRICS).write_text('me": "loss", "value": 1.0}\n')
    ExperimentFolder(place).append("finished", START + 5, status="completed")
    (place / "evaluations").mkdir()
    (place / "evaluations" / "demo.jsonl").write_text("{}\n")
    assert list(put_back_all()) == [folder] and list(put_back_all()) == []
    assert (folder / METRICS).read_text() == '{"step": 1, "time": 1.0, "name": "loss", "value": 1.0}\n'
    assert (folder / "evaluations" / "demo.jsonl").is_file() and not place.exists()
    contents = read_folder(folder)
    assert contents is not None and contents.status == Status.COMPLETED


def test_what_cannot_be_put_back_stays_kept(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, status="running")
    place = keeping_folder(folder, folder.name)
    ExperimentFolder(place).append("finished", START + 5, status="completed")
    (folder / JOURNAL).rename(folder / "aside")
    (folder / JOURNAL).mkdir()
    assert not put_back(folder) and (place / JOURNAL).is_file()


def test_a_folder_that_is_moved_while_its_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tracker_module, "_FOLDER_SECONDS", 0.3)
    store = Database.open(tmp_path / "experiments.db")
    with ExperimentTracker(db_path=store, experiments_dir=tmp_path / "experiments") as tracker:
        experiment_id = tracker.start_experiment()
        tracker.log_metrics({"loss": 1.0}, 0)
        assert tracker.flush() and tracker.folder is not None
        moved = tracker.folder.rename(tmp_path / "moved")
        tracker.log_metrics({"loss": 0.5}, 1)
        tracker.finish_experiment()
    assert row_of(store)["status"] == "completed"
    assert f"the rest is in {tmp_path / 'temporary'}" in caplog.text
    assert not (tmp_path / "experiments" / experiment_id).exists()
    sync_folder(store, moved)
    assert (row_of(store)["status"], row_of(store)["folder"]) == ("completed", str(moved))
    assert len((moved / METRICS).read_text().splitlines()) == 2


def test_a_folder_in_which_another_process_writes_is_refused(tmp_path: Path) -> None:
    with running_training(tmp_path / "experiments.db", tmp_path / "experiment", 0.2) as training:
        with (
            ExperimentTracker(db_path=tmp_path / "experiments.db") as tracker,
            pytest.raises(TrackerStateError, match=rf"process {training.process.pid} on .* is writing to this experim"),
        ):
            tracker.start_experiment({"lr": 2}, folder=training.folder)
        assert len(training.contents.runs) == 1 and training.contents.config == {"lr": 1}
        training.kill()
        with ExperimentTracker(db_path=tmp_path / "experiments.db") as tracker:
            tracker.start_experiment({"lr": 2}, folder=training.folder)
        first, second = training.contents.runs
        assert (first.status, second.status) == (Status.LOST, Status.COMPLETED)
        assert first.finished_at is not None and training.contents.duration_seconds is not None


def test_an_attempt_beside_a_newer_one_counts_no_more(tmp_path: Path) -> None:
    folder = ExperimentFolder(make_folder(tmp_path, status="running"))
    watched = Watched(folder, folder.path.name, 1)
    assert watched.is_newest()
    folder.append("started", START + 5)
    assert not watched.is_newest()


def test_reconciling_puts_back_what_was_kept(tmp_path: Path) -> None:
    store, folder = Database.open(tmp_path / "experiments.db"), make_folder(tmp_path, status="running")
    sync_folder(store, folder)
    ExperimentFolder(keeping_folder(folder, folder.name)).append("finished", START + 5, status="completed")
    assert reconcile(store) == []
    assert row_of(store)["status"] == "completed"
