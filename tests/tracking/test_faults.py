"""Disks fill up, databases go away, processes are killed: the training goes on, and in the end everything is there."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.faults.disks import SmallDisk, why_no_disk
from tests.tracking.postgres import PostgresqlServer
from tests.waiting import until
from tracking.indexing.rebuild import rebuild
from tracking.recording import tracker as tracker_module
from tracking.recording.tracker import ExperimentTracker
from tracking.store import schema
from tracking.store.database import Database, DatabaseUnavailable

ROOT = Path(__file__).resolve().parents[2]
HELD_UP = 8.0
"""Seconds: what waits for a database waits for 10, and a busy machine does not hold up a process for as long."""


def _run(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a training script in a process of its own; its warnings come with its output."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _points(folder: Path) -> list[int]:
    """Return the steps in a folder's metrics.jsonl, none before it is there; a torn line fails."""
    file = folder / "metrics.jsonl"
    return [json.loads(line)["step"] for line in file.read_text().splitlines()] if file.exists() else []


def _stored(store: str | Path) -> tuple[str, int]:
    """Return the status of the only experiment, and how many points the store has."""
    database = Database.open(store, create=False)
    with database.read() as connection:
        status = connection.execute(select(schema.experiments.c.status)).scalar_one()
        points = connection.execute(select(func.count()).select_from(schema.metrics)).scalar_one()
    database.close()
    return status, points


# -- the process is killed ------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys, time
from tracking import ExperimentTracker
tracker = ExperimentTracker(db_path=sys.argv[1])
tracker.start_experiment({"lr": 1})
for step in range(200):
    tracker.log_metrics({"loss": 1.0 / (step + 1)}, step)
for _ in range(20):
    # A second of this process's own: where others hold it up, all its threads wait.
    time.sleep(0.05)
for step in range(200, 400):
    tracker.log_metrics({"loss": 1.0 / (step + 1)}, step)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_is_older_than_a_second_survives_sigkill(tmp_path: Path) -> None:
    process = _run(KILLED, tmp_path / "experiments.db")
    assert process.wait(120) == -signal.SIGKILL
    (folder,) = (tmp_path / "experiments").glob("exp_*")
    assert set(range(200)) <= set(_points(folder))
    # The supervisor writes down how it ended, and brings what was left into the store.
    until(lambda: _stored(tmp_path / "experiments.db") == ("lost", len(_points(folder))))


ENDED = """
import os, signal, sys, time
from tracking import ExperimentTracker
tracker = ExperimentTracker(db_path=sys.argv[1])
tracker.start_experiment({"lr": 1})
tracker.log_metrics({"loss": 1.0}, 0)
"""


@pytest.mark.parametrize(
    ("end", "status", "reason"),
    [
        ("print(1 / 0)", "failed", ""),
        ("raise KeyboardInterrupt", "preempted", "interrupted (Ctrl-C)"),
        ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)", "preempted", "terminated (SIGTERM)"),
        ("pass", "lost", "the program ended without finish_experiment()"),
    ],
)
def test_a_script_that_ends_early_says_how(tmp_path: Path, end: str, status: str, reason: str) -> None:
    process = _run(ENDED + end, tmp_path / "experiments.db")
    output, _ = process.communicate(timeout=120)
    database = Database.open(tmp_path / "experiments.db", create=False)
    with database.read() as connection:
        columns = (schema.experiments.c.status, schema.experiments.c.status_reason, schema.experiments.c.error)
        found = connection.execute(select(*columns)).one()
    database.close()
    assert (found[0], found[1]) == (status, reason), output
    assert (found[2] == "ZeroDivisionError: division by zero") == (status == "failed")
    assert _stored(tmp_path / "experiments.db") == (status, 1)


# -- the database is away -------------------------------------------------------------------------------------------


def _train(tracker: ExperimentTracker, steps: range) -> float:
    """Log a point a step; return the longest that a call took, in seconds."""
    longest = 0.0
    for step in steps:
        begun = time.perf_counter()
        tracker.log_metrics({"loss": 1.0 / (step + 1)}, step)
        longest = max(longest, time.perf_counter() - begun)
        time.sleep(0.001)
    return longest


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def _troubles(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was warned of, but for a database that is slow to answer on a busy machine."""
    return [message for message in _warnings(caplog) if "locked by another process, or busy" not in message]


def test_postgresql_stopped_and_started_again_loses_nothing(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="tracking")
    with ExperimentTracker(db_path=postgresql_url, experiments_dir=tmp_path) as tracker:
        experiment_id = tracker.start_experiment()
        _train(tracker, range(100))
        assert tracker.flush()
        postgresql_server.stop()
        assert _train(tracker, range(100, 1_300)) < HELD_UP
        tracker.add_note("meanwhile")
        assert not tracker.flush()
        assert _points(tmp_path / experiment_id) == list(range(1_300))
        postgresql_server.start()
        _train(tracker, range(1_300, 1_400))
        until(lambda: _stored(postgresql_url)[1] == 1_400)
    assert _stored(postgresql_url) == ("completed", 1_400)
    assert len(_troubles(caplog)) == 1 and "training goes on" in _troubles(caplog)[0]
    assert sum("the database is back after" in record.getMessage() for record in caplog.records) == 1
    assert not (tmp_path / ".behind").exists()


def test_a_run_that_ends_while_the_database_is_away_is_taken_in_by_the_next(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path: Path
) -> None:
    postgresql_server.stop()
    with ExperimentTracker(db_path=postgresql_url, experiments_dir=tmp_path) as tracker:
        first = tracker.start_experiment()
        _train(tracker, range(10))
    assert (tmp_path / ".behind" / first).is_file()
    postgresql_server.start()
    with ExperimentTracker(db_path=postgresql_url, experiments_dir=tmp_path) as tracker:
        second = tracker.start_experiment()
    assert not (tmp_path / ".behind").exists()
    database = Database.open(postgresql_url)
    with database.read() as connection:
        columns = (schema.experiments.c.id, schema.experiments.c.status)
        found = {name: status for name, status in connection.execute(select(*columns))}  # noqa: C416 - rows are no pairs
    database.close()
    assert found == {first: "completed", second: "completed"}


def test_a_database_locked_for_long_holds_up_nothing(tmp_path: Path) -> None:
    file = tmp_path / "experiments.db"
    with ExperimentTracker(db_path=file) as tracker:
        experiment_id = tracker.start_experiment()
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert _train(tracker, range(1_500)) < HELD_UP
            until(lambda: len(_points(tmp_path / "experiments" / experiment_id)) == 1_500)
            other.execute("ROLLBACK")
        assert tracker.flush()
        assert _stored(file)[1] == 1_500


def test_who_waits_for_a_locked_database_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "experiments.db"
    with ExperimentTracker(db_path=file) as tracker:
        tracker.start_experiment()
        assert tracker.flush()
        caplog.clear()
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            tracker.log_metrics({"loss": 1.0}, 1)
            assert not tracker.flush(timeout=0.1)
            waiting = threading.Thread(target=tracker.flush, args=[8.0])
            waiting.start()
            until(lambda: bool(_warnings(caplog)))
            (warning,) = _warnings(caplog)
            assert "experiments.db does not answer: it is locked by another process" in warning
            other.execute("ROLLBACK")
            waiting.join()


def test_who_waits_to_write_into_a_locked_database_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "experiments.db"
    database = Database.open(file)
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")

        def was_told() -> bool:
            return any("the database is locked by another process" in warning for warning in _warnings(caplog))

        def let_go_when_told() -> None:
            try:
                until(was_told)
            finally:
                other.execute("ROLLBACK")

        with ThreadPoolExecutor(1) as threads:
            let_go = threads.submit(let_go_when_told)
            with database.begin():
                assert was_told()
            let_go.result()
    database.close()


def test_a_database_mended_in_a_training_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "experiments.db"
    with ExperimentTracker(db_path=file) as tracker:
        tracker.start_experiment()
        tracker.log_metrics({"loss": 1.0}, 0)
        assert tracker.flush()
        file.write_bytes(b"no database" * 1000)
        tracker.log_metrics({"loss": 0.5}, 1)
        assert tracker.flush()
    assert _stored(file) == ("completed", 2)
    assert len(_troubles(caplog)) == 1 and "was damaged" in _troubles(caplog)[0]


# -- nothing can be written -----------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """An empty disk of 1 MiB."""
    if reason := why_no_disk():
        pytest.skip(reason)
    with SmallDisk(tmp_path / "disk", megabytes=1) as mounted:
        yield mounted


@contextmanager
def _changeable(folder: Path) -> Iterator[Callable[[bool], None]]:
    """Make a folder, and yield what lets it be written or not; root, whom no mode of a file stops, mounts it."""
    if os.geteuid() == 0:
        if reason := why_no_disk():
            pytest.skip(reason)
        with SmallDisk(folder, megabytes=1) as mounted:
            yield mounted.let_write
        return
    folder.mkdir()
    yield lambda writable: _change_modes(folder, writable)
    _change_modes(folder, writable=True)


def _change_modes(folder: Path, writable: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod((0o755 if path.is_dir() else 0o644) if writable else (0o555 if path.is_dir() else 0o444))


def test_a_full_disk_holds_up_nothing_and_gets_everything_when_it_has_room(
    disk: SmallDisk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = ExperimentTracker(db_path=tmp_path / "experiments.db", experiments_dir=disk.folder)
    experiment_id = tracker.start_experiment()
    disk.fill(leaving=4096)
    assert _train(tracker, range(1_000)) < HELD_UP
    assert not tracker.flush(timeout=0.5)
    tracker.log_evaluation("gsm8k", {"accuracy": 1.0, "samples": [{"text": "x" * 1000}] * 20})
    tracker.add_note("while it was full")
    disk.free()
    tracker.close()
    assert _points(disk.folder / experiment_id) == list(range(1_000))
    assert "while it was full" in (disk.folder / experiment_id / "journal.jsonl").read_text()
    assert len((disk.folder / experiment_id / "evaluations" / "gsm8k.jsonl").read_text().splitlines()) == 20
    assert _stored(tmp_path / "experiments.db") == ("completed", 1_000)
    assert sum("disk is full" in warning for warning in _warnings(caplog)) == 1


def test_a_disk_that_is_full_until_the_end_loses_nothing(
    disk: SmallDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tracker_module, "_FOLDER_SECONDS", 0.3)
    with ExperimentTracker(db_path=tmp_path / "experiments.db", experiments_dir=disk.folder) as tracker:
        experiment_id = tracker.start_experiment()
        _train(tracker, range(100))
        assert tracker.flush()
        disk.fill()
        _train(tracker, range(100, 1_000))
    assert _stored(tmp_path / "experiments.db")[0] == "completed"
    assert sum("the rest is in" in warning for warning in _warnings(caplog)) == 1
    disk.free()
    database = Database.open(tmp_path / "experiments.db")
    rebuild(database, [disk.folder])
    database.close()
    assert _points(disk.folder / experiment_id) == list(range(1_000))
    assert _stored(tmp_path / "experiments.db") == ("completed", 1_000)


def test_a_store_on_a_full_disk_can_be_read(disk: SmallDisk, caplog: pytest.LogCaptureFixture) -> None:
    with ExperimentTracker(db_path=disk.folder / "experiments.db") as tracker:
        tracker.start_experiment()
    disk.fill()
    assert _stored(disk.folder / "experiments.db") == ("completed", 0)
    assert ["its disk is full" in warning for warning in _troubles(caplog)] == [True]
    with pytest.raises(DatabaseUnavailable, match="its disk is full: free space there"):
        database = Database.open(disk.folder / "experiments.db")
        with database.begin() as connection:
            connection.execute(schema.metric_names.insert().values(name="loss"))


LIMITED = """
import json, resource, signal, sys
from tracking import ExperimentTracker
tracker = ExperimentTracker(db_path=":memory:", experiments_dir=sys.argv[1])
tracker.start_experiment()
folder = tracker.folder
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
for step in range(1_000):
    tracker.log_metrics({"loss": step}, step)
written = tracker.flush(timeout=0.5)
tracker.add_note("x" * 30_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
tracker.finish_experiment()
steps = [json.loads(line)["step"] for line in (folder / "metrics.jsonl").read_text().splitlines()]
lines = (folder / "journal.jsonl").read_text().splitlines()
notes = [json.loads(line).get("text", "") for line in lines if line.endswith("}")]
print(json.dumps([written, steps == list(range(1_000)), "x" * 30_000 in notes]))
"""


def test_a_write_that_stops_in_the_middle_of_a_line_is_completed(tmp_path: Path) -> None:
    output, _ = _run(LIMITED, tmp_path).communicate(timeout=120)
    assert json.loads(output.splitlines()[-1]) == [False, True, True], output
    assert output.count("training goes on") == 1


def test_a_folder_that_becomes_read_only_gets_everything_when_it_may_be_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with _changeable(disk) as let_write:
        tracker = ExperimentTracker(db_path=tmp_path / "experiments.db", experiments_dir=disk)
        experiment_id = tracker.start_experiment()
        tracker.log_metrics({"loss": 0.0}, 0)
        assert tracker.flush()
        let_write(False)
        assert _train(tracker, range(1, 500)) < HELD_UP
        assert not tracker.flush(timeout=0.5)
        let_write(True)
        tracker.close()
        assert _points(disk / experiment_id) == list(range(500))
    assert _stored(tmp_path / "experiments.db") == ("completed", 500)


def test_a_read_only_database_is_caught_up_with_when_it_may_be_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = tmp_path / "disk"
    with _changeable(disk) as let_write:
        Database.open(disk / "experiments.db").close()
        let_write(False)
        with ExperimentTracker(db_path=disk / "experiments.db", experiments_dir=tmp_path / "runs") as tracker:
            experiment_id = tracker.start_experiment()
            assert _train(tracker, range(500)) < HELD_UP
            until(lambda: _points(tmp_path / "runs" / experiment_id) == list(range(500)))
            until(lambda: bool(_troubles(caplog)))
            assert not tracker.flush(timeout=0.5)
            assert len(_troubles(caplog)) == 1 and "experiments.db" in _troubles(caplog)[0]
            let_write(True)
        assert _stored(disk / "experiments.db") == ("completed", 500)


def test_memory_stays_bounded_while_nothing_can_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from tracking.recording.folder_writer import FolderWriter
    from tracking.recording.metric_log import MetricLog

    place = tmp_path / "metrics.jsonl"
    place.mkdir()
    log = MetricLog(place, capacity=1_000)
    writer = FolderWriter(tmp_path, log)
    log.add({"loss": -1.0}, 0)
    assert not writer.flush(0.0)
    for step in range(1, 50_000):
        log.add({"loss": 1.0}, step)
    place.rmdir()
    assert writer.close(60.0)
    assert _points(tmp_path) == [0, *range(49_000, 50_000)]
    dropped = [warning for warning in _warnings(caplog) if "dropped" in warning]
    assert len(dropped) == 2 and "48999 oldest calls" in dropped[1]


EIGHT: Any = """
import sys
from tracking import ExperimentTracker
with ExperimentTracker(db_path=sys.argv[1]) as tracker:
    tracker.start_experiment({"seed": int(sys.argv[2])})
    for step in range(5_000):
        tracker.log_metrics({"loss": 1.0 / (step + 1)}, step)
"""


def test_eight_processes_on_one_sqlite_file_lose_nothing(tmp_path: Path) -> None:
    processes = [_run(EIGHT, tmp_path / "experiments.db", str(seed)) for seed in range(8)]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    # On a busy machine one may wait for its turn longer than it does so silently.
    assert [line for output in outputs for line in output.splitlines() if "does not answer" not in line] == []
    database = Database.open(tmp_path / "experiments.db", create=False)
    with database.read() as connection:
        assert set(connection.execute(select(schema.experiments.c.status)).scalars()) == {"completed"}
        assert connection.execute(select(func.count()).select_from(schema.metrics)).scalar_one() == 40_000
    database.close()
