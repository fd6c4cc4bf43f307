"""Processes are killed, stopped and held up: whoever is dead is written down, and whoever is slow is left alone."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from select import select as select_ready

import psutil
import pytest
from sqlalchemy import select

from tests.tracking.postgres import PostgresqlServer
from tests.tracking.trainings import Training, running_training
from tests.waiting import until
from tracking.folders.folder import HEARTBEAT, read_object
from tracking.states.judgement import Observer
from tracking.states.liveness import current_statuses
from tracking.states.reconciling import reconcile
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

ELSEWHERE = Observer("another-machine", "another-boot/1")
AGES = 600.0
"""An interval within which even a busy machine does everything."""


def _stored(store: str | Path) -> tuple[str, str]:
    """Return the status of the only experiment in the store, and the reason."""
    database = Database.open(store, create=False)
    table = schema.experiments.c
    with database.read() as connection:
        status, reason = connection.execute(select(table.status, table.status_reason)).one()
    database.close()
    return status, reason


def _now(store: str | Path, observer: Observer | None = None) -> Status:
    """Return how the only experiment in the store stands now."""
    database = Database.open(store, create=False)
    (judgement,) = current_statuses(database, observer).values()
    database.close()
    return judgement.status


def _removed(folder: Path) -> bool:
    # The tracker may write into it at the same moment.
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _beat(training: Training) -> float:
    return float(read_object(training.folder / HEARTBEAT).get("time", 0.0))


def _await_beat(training: Training) -> None:
    before = _beat(training)
    until(lambda: _beat(training) > before)


def _suspend(process: psutil.Process, store: str) -> None:
    """Stop a process at a moment at which it holds no lock on the store."""
    _stop(process)
    while not _is_free(store):
        process.resume()
        time.sleep(0.05)
        _stop(process)


def _stop(process: psutil.Process) -> None:
    process.suspend()
    # The signal is sent, not yet received: on a busy core the process goes on for a while.
    until(lambda: process.status() == psutil.STATUS_STOPPED)


def _is_free(store: str) -> bool:
    if store.startswith("postgresql"):
        return True  # the server ends each statement by itself
    with closing(sqlite3.connect(store, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def test_a_killed_training_is_lost_within_two_intervals_with_everything_it_logged(
    store_url: str, tmp_path: Path
) -> None:
    with running_training(
        store_url, tmp_path / "run", 15.0, "tracker.log_metrics({'late': 2.0}, 9)\ntime.sleep(600)"
    ) as it:
        until(lambda: "late" in (it.folder / "metrics.jsonl").read_text())
        it.kill()
        until(lambda: _stored(store_url)[0] == Status.LOST, "the loss to be seen", patience_s=30.0)
        assert f"process {it.process.pid} on" in _stored(store_url)[1]
        assert it.contents.status == Status.LOST
    database = Database.open(store_url)
    with database.read() as connection:
        assert "late" in set(connection.execute(select(schema.metric_names.c.name)).scalars())
    database.close()


def test_killed_together_with_its_supervisor_it_is_known_to_be_lost_at_once(tmp_path: Path) -> None:
    store = tmp_path / "experiments.db"
    with running_training(store, tmp_path / "run", AGES) as it:
        supervisor = it.supervisor
        assert _now(store) == Status.RUNNING
        supervisor.kill()
        it.kill()
        assert _now(store) == Status.LOST
        database = Database.open(store)
        (change,) = reconcile(database)
        assert (change.before, change.after, change.in_folder) == (Status.RUNNING, Status.LOST, True)
        assert f"process {it.process.pid} on" in change.evidence and "is gone" in change.evidence
        assert it.contents.status == Status.LOST and _stored(store)[0] == Status.LOST
        assert reconcile(database) == []
        database.close()


def test_a_training_that_is_stopped_for_more_than_five_intervals_is_not_lost(tmp_path: Path) -> None:
    store = tmp_path / "experiments.db"
    with running_training(store, tmp_path / "run", 0.3) as it:
        _suspend(psutil.Process(it.process.pid), str(store))
        for _ in range(6):
            _await_beat(it)
            assert _now(store) == Status.RUNNING
        until(lambda: _now(store, ELSEWHERE) == Status.RUNNING)
        it.process.send_signal(signal.SIGCONT)
        assert it.contents.status == Status.RUNNING


def test_a_training_that_holds_pythons_lock_keeps_beating(tmp_path: Path) -> None:
    store = tmp_path / "experiments.db"
    hold = "print('holding', flush=True)\nctypes.PyDLL(None).sleep(600)"
    with running_training(store, tmp_path / "run", 0.3, hold) as it:
        assert it.process.stdout is not None and it.process.stdout.readline() == "holding\n"
        for _ in range(6):
            _await_beat(it)
        until(lambda: _now(store, ELSEWHERE) == Status.RUNNING)


def test_a_heartbeat_that_comes_late_revives(store_url: str, tmp_path: Path) -> None:
    with running_training(store_url, tmp_path / "run", 0.4) as it:
        supervisor = it.supervisor
        until(lambda: _beat(it) > 0)
        _suspend(supervisor, store_url)
        until(lambda: _now(store_url, ELSEWHERE) == Status.STALE)
        assert _now(store_url) == Status.RUNNING, "from here its process can be seen"
        database = Database.open(store_url)
        (change,) = reconcile(database, ELSEWHERE)
        assert change.after == Status.STALE and _stored(store_url)[0] == Status.STALE
        supervisor.resume()
        until(lambda: _stored(store_url)[0] == Status.RUNNING)
        assert [event.content["status"] for event in it.contents.events if event.event == "judged"] == [
            "stale",
            "running",
        ]
        until(lambda: _now(store_url, ELSEWHERE) == Status.RUNNING)
        database.close()


def test_what_only_the_database_was_told_is_revived_too(tmp_path: Path) -> None:
    store = tmp_path / "experiments.db"
    with running_training(store, tmp_path / "run", 0.2) as it:
        database = Database.open(store)
        with database.begin() as connection:
            for table in (schema.runs, schema.experiments):
                connection.execute(table.update().values(status=Status.STALE))
        until(lambda: _stored(store)[0] == Status.RUNNING)
        assert it.contents.events[-1].event == "judged"
        database.close()


def test_a_supervisor_that_is_killed_is_replaced(tmp_path: Path) -> None:
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.2) as it:
        first = it.supervisor
        first.kill()
        until(lambda: any(child.pid != first.pid for child in psutil.Process(it.process.pid).children()))
        killed_at = time.time()
        until(lambda: _beat(it) > killed_at)
        it.kill()
        until(lambda: it.contents.status == Status.LOST)


def test_what_ends_after_a_signal_to_the_whole_job_was_preempted(tmp_path: Path) -> None:
    store = tmp_path / "experiments.db"
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\ntime.sleep(600)"
    with running_training(store, tmp_path / "run", 0.5, ignore) as it:
        assert it.process.stdout is not None and it.process.stdout.readline() == "deaf\n"
        until(lambda: _beat(it) > 0)
        it.supervisor.terminate()
        time.sleep(0.7)
        assert it.contents.status == Status.RUNNING, "the signal alone ends nothing"
        it.kill()
        until(lambda: it.contents.status == Status.PREEMPTED)
        assert "SIGTERM" in it.contents.status_reason


def test_it_is_light_and_signals_of_the_terminal_do_not_end_it(tmp_path: Path) -> None:
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.2) as it:
        supervisor = it.supervisor
        assert os.getsid(supervisor.pid) != os.getsid(it.process.pid), "Ctrl-C goes to a whole session"
        supervisor.send_signal(signal.SIGINT)
        supervisor.send_signal(signal.SIGHUP)
        signalled_at = time.time()
        until(lambda: _beat(it) > signalled_at)
        assert supervisor.memory_info().rss < 40e6


@pytest.mark.parametrize(
    "end",
    [
        "tracker.finish_experiment()",
        "tracker.finish_experiment('failed')",
        "tracker.close()",
        "tracker._attempt.record('finished', attempt=1, status='completed')\ntracker.flush()\nos._exit(0)",
    ],
)
def test_a_training_that_said_how_it_ended_leaves_no_process_and_no_judgement(end: str, tmp_path: Path) -> None:
    script = f"sys.stdin.readline()\n{end}\ntime.sleep(0.5)"
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.2, script) as it:
        supervisor = it.supervisor
        it.go_on()
        it.process.wait(timeout=60)
        until(lambda: not supervisor.is_running())
        assert not [event for event in it.contents.events if event.event == "judged"]


def test_forked_children_that_keep_the_pipe_open_do_not_hide_the_death_of_their_parent(tmp_path: Path) -> None:
    fork = "pid = os.fork()\nprint(pid, flush=True) if pid else None\ntime.sleep(600)"
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.5, fork) as it:
        assert it.process.stdout is not None
        child, supervisor = psutil.Process(int(it.process.stdout.readline())), it.supervisor
        try:
            it.kill()
            until(lambda: it.contents.status == Status.LOST)
            until(lambda: not supervisor.is_running())
            assert child.is_running()
        finally:
            child.kill()


def test_a_reader_of_the_trainings_output_does_not_wait_for_the_supervisor(tmp_path: Path) -> None:
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.5) as it:
        supervisor = it.supervisor
        supervisor.suspend()
        it.process.kill()
        assert it.process.stdout is not None
        ready, _, _ = select_ready([it.process.stdout], [], [], 60.0)
        supervisor.resume()
        assert ready and it.process.stdout.read() == ""


def test_a_deleted_folder_is_not_made_anew(tmp_path: Path) -> None:
    with running_training(tmp_path / "experiments.db", tmp_path / "run", 0.2) as it:
        supervisor = it.supervisor
        time.sleep(0.3)
        until(lambda: _removed(it.folder))
        time.sleep(0.5)
        it.kill()
        until(lambda: not supervisor.is_running())
        assert not (it.folder / HEARTBEAT).exists()


def test_while_the_database_is_away_the_folder_hears_the_heart(
    postgresql_server: PostgresqlServer, postgresql_url: str, tmp_path: Path
) -> None:
    with running_training(postgresql_url, tmp_path / "run", 0.3) as it:
        until(lambda: _beat(it) > 0)
        postgresql_server.stop()
        away = time.time() + 0.5
        until(lambda: _beat(it) > away)
        it.kill()
        until(lambda: it.contents.status == Status.LOST)
        postgresql_server.start()
        until(lambda: _stored(postgresql_url)[0] == Status.LOST)
