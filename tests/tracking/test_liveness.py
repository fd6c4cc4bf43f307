"""How runs stand now, on every kind of database, and what is written down about it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import select, update

from atomic_files import write_json
from tracking.folders.folder import HEARTBEAT, ExperimentFolder
from tracking.indexing.index import sync_folder
from tracking.processes import boot_id
from tracking.reading.overview import overview
from tracking.states.judgement import Observer
from tracking.states.liveness import current_statuses, store_clock
from tracking.states.reconciling import reconcile
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

GONE = 2**22 + 1
"""Above any process id."""
ELSEWHERE = Observer("another-machine", "another-boot/1")


def _begin(root: Path, database: Database, number: int = 0, *, beat: float | None = None, ended: str = "") -> Path:
    """Make a run of this machine whose process is gone, as it stands in folder and store; return its folder."""
    folder = ExperimentFolder(root / f"run{number}")
    with database.read() as connection:
        now = store_clock(connection)
    folder.identify(f"exp_20260101_000000_{number:06x}", f"run{number}", now - 1000)
    started = {"host": socket.gethostname(), "boot_id": boot_id(), "pid": GONE, "heartbeat_interval": 10.0}
    folder.append("started", now - 900, **started)
    if beat is not None:
        write_json(folder.path / HEARTBEAT, {"time": now - beat, "attempt": 1})
    sync_folder(database, folder.path)
    if ended:
        folder.append("finished", now - 5, attempt=1, status=ended)
    return folder.path


def _stored(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(schema.experiments.c.status).order_by(schema.experiments.c.id)).scalars())


def test_a_dead_run_is_found_and_written_into_its_folder(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database, beat=3.0)
    ((_, judgement),) = current_statuses(database).items()
    assert judgement.status == Status.LOST and _stored(database) == ["running"], "looking writes nothing"
    (change,) = reconcile(database)
    assert change[:4] == ("exp_20260101_000000_000000", "run0", Status.RUNNING, Status.LOST) and change.in_folder
    event = ExperimentFolder(folder).journal()[-1]
    assert event.event == "judged" and event.content["evidence"] == change.evidence
    assert _stored(database) == ["lost"] and reconcile(database) == []


def test_what_the_folder_says_goes_before_what_the_store_knows(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database, ended="completed")
    ((_, judgement),) = current_statuses(database).items()
    assert judgement.status == Status.COMPLETED
    (change,) = reconcile(database)
    assert change.after == Status.COMPLETED and _stored(database) == ["completed"]
    assert [event.event for event in ExperimentFolder(folder).journal()] == ["started", "finished"]


def test_a_new_attempt_that_the_store_has_not_seen_is_no_dead_run(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database)
    here = Observer.here()
    ExperimentFolder(folder).append("started", host=here.host, boot_id="another/1", pid=1, heartbeat_interval=10.0)
    ((_, judgement),) = current_statuses(database).items()
    assert judgement.status == Status.RUNNING


def test_without_its_folder_the_database_alone_is_told_and_says_so(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database, beat=500.0)
    folder.rename(tmp_path / "moved")
    (change,) = reconcile(database, ELSEWHERE)
    assert change.after == Status.STALE and not change.in_folder
    assert _stored(database) == ["stale"]
    (change,) = reconcile(database)
    assert (change.before, change.after, _stored(database)) == (Status.STALE, Status.LOST, ["lost"])


def test_another_experiment_in_its_place_is_left_alone(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database, beat=500.0)
    (folder / "tracking.json").unlink()
    other = ExperimentFolder(folder)
    other.identify("exp_20260202_000000_ffffff", "other", 1.0)
    before = (folder / "journal.jsonl").read_bytes()
    (change,) = reconcile(database)
    assert not change.in_folder and (folder / "journal.jsonl").read_bytes() == before


def test_a_heartbeat_by_the_stores_clock_brings_a_lost_run_back(database: Database, tmp_path: Path) -> None:
    _begin(tmp_path, database, beat=500.0)
    assert reconcile(database)[0].after == Status.LOST
    with database.begin() as connection:
        connection.execute(update(schema.runs).values(heartbeat_at=store_clock(connection)))
    (change,) = reconcile(database, ELSEWHERE)
    assert change.after == Status.RUNNING and _stored(database) == ["running"]


def test_a_run_that_speaks_while_it_is_judged_is_believed(database: Database, tmp_path: Path) -> None:
    folder = _begin(tmp_path, database, beat=500.0)
    folder.rename(tmp_path / "moved")

    def finish_meanwhile(pid: int) -> None:
        with database.begin() as connection:
            for table in (schema.runs, schema.experiments):
                connection.execute(update(table).values(status=Status.COMPLETED))

    assert reconcile(database, Observer(socket.gethostname(), boot_id(), process_started=finish_meanwhile)) == []
    assert _stored(database) == ["completed"]


def test_only_runs_in_doubt_are_looked_at(database: Database, tmp_path: Path) -> None:
    for number, ended in enumerate(["completed", "failed", "preempted"]):
        sync_folder(database, _begin(tmp_path, database, number, ended=ended))
    assert current_statuses(database) == {} and reconcile(database) == []


def test_one_experiment_can_be_looked_at_alone(database: Database, tmp_path: Path) -> None:
    _begin(tmp_path, database, 0)
    _begin(tmp_path, database, 1)
    assert len(current_statuses(database)) == 2
    assert len(current_statuses(database, experiment_id="exp_20260101_000000_000001")) == 1


def test_the_overview_counts_experiments_as_they_stand_now(database: Database, tmp_path: Path) -> None:
    _begin(tmp_path, database, 0, beat=500.0)
    alive = _begin(tmp_path, database, 1, beat=4.0)
    ExperimentFolder(alive).append("length", total_steps=200)
    (alive / "metrics.jsonl").write_text('{"step": 50, "time": 1.0, "name": "train/loss", "value": 0.5}\n')
    sync_folder(database, alive)
    sync_folder(database, _begin(tmp_path, database, 2, ended="completed"))
    seen = overview(database, ELSEWHERE)
    assert dict(seen.counts) == {Status.RUNNING: 1, Status.COMPLETED: 1, Status.STALE: 1}
    running, stale = sorted(seen.going_on, key=lambda run: run.status)
    assert (running.name, running.step, running.total_steps) == ("run1", 50, 200)
    assert running.heartbeat_age_seconds == pytest.approx(4.0, abs=12.0)
    assert stale.name == "run0" and "nothing heard of it" in stale.evidence and seen.out_of_date == 1
    assert dict(overview(database).counts) == {Status.COMPLETED: 1, Status.LOST: 2}
