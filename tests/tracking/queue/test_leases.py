"""Whoever is gone loses its jobs, and nobody else does, whatever clocks say."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from jobs import FailureKind
from tests.tracking.postgres import PostgresqlServer
from tests.tracking.queue.conftest import Day, Watch
from tests.tracking.queue.handed_out import DONE, FAR, HERE, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database, DatabaseUnavailable

CLAIMING = """
import sys
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, WorkerIdentity
from tracking.store.database import Database
claims = Queue(Database.open(sys.argv[1])).claim(WorkerIdentity.here(), lambda job, taken: Fit.NOW, 2)
print(len(claims), flush=True)
sys.stdin.read()
"""


def look(queue: Queue, watch: Watch, seconds: float, step: float = 5.0) -> list[str]:
    """Look again and again for some time; return whose jobs were taken back."""
    taken = [each.id for each in queue.take_back()]
    for _ in range(int(seconds / step)):
        watch.seconds += step
        taken += [each.id for each in queue.take_back()]
    return taken


def test_a_worker_that_gives_signs_of_life_keeps_its_jobs(queue: Queue, watch: Watch) -> None:
    queue.add([job("a"), job("b")])
    claims = take(queue, worker=FAR)
    for _ in range(10):
        assert look(queue, watch, 50) == []
        assert queue.renew(claims, {}) == ((), ())


def test_a_worker_that_falls_silent_loses_them_after_the_lease(queue: Queue, watch: Watch) -> None:
    queue.add([job("a"), job("b")])
    claims = take(queue, worker=FAR, lease_seconds=60)
    assert look(queue, watch, 55) == []
    watch.seconds += 5
    [a, b] = queue.take_back()
    assert (a.id, a.worker, a.evidence) == ("a", FAR.id, "no sign of life of process 1 on far for 60 s")
    assert a.settled.state == b.settled.state == QueueState.QUEUED
    assert seen(queue, "a").attempts[0].kind == FailureKind.LOST
    assert queue.renew(claims, {"a": {"step": 1}}).lost == tuple(claims)
    assert queue.settle(claims[0], DONE).lost
    assert queue.settle(claims[0], DONE).lost
    assert seen(queue, "a").state == QueueState.QUEUED
    assert queue.take_back() == []


def test_the_old_worker_of_a_job_that_somebody_else_has_changes_nothing(queue: Queue, watch: Watch) -> None:
    queue.add([job("a")])
    [old] = take(queue, worker=FAR)
    assert look(queue, watch, 60) == ["a"]
    watch.seconds += 10
    with queue._database.begin() as connection:
        connection.execute(text("UPDATE queue_jobs SET not_before = 0, delay_seconds = 0"))
    [new] = take(queue)
    assert new.job.attempt == 2
    assert queue.renew([old], {"a": {"step": 7}}).lost == (old,)
    assert queue.settle(old, failed(FailureKind.MISTAKE)).lost
    assert seen(queue, "a").progress == {}
    assert queue.settle(new, DONE).state == QueueState.COMPLETED


def test_a_process_that_is_known_to_be_gone_loses_its_jobs_at_once(store_url: str) -> None:
    queue = Queue(Database.open(store_url))
    queue.add([job("a"), job("b"), job("c")])
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMING, store_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "2\n"
    assert queue.take_back() == []
    process.kill()
    process.wait()
    taken = queue.take_back()
    assert [each.id for each in taken] == ["a", "b"]
    assert taken[0].evidence.startswith(f"process {process.pid} on ") and taken[0].evidence.endswith(" is gone")
    assert [each.job.id for each in take(queue)] == ["c"]


def test_another_process_of_the_same_number_is_not_the_worker(queue: Queue) -> None:
    queue.add([job("a")])
    take(queue, worker=type(HERE)(**{**HERE.__dict__, "process_started": (HERE.process_started or 0) - 100}))
    [taken] = queue.take_back()
    assert taken.evidence.endswith("is gone: another process has its id now")


def test_silence_counts_only_while_somebody_looks(queue: Queue, watch: Watch) -> None:
    queue.add([job("a")])
    take(queue, worker=FAR, lease_seconds=60)
    assert queue.take_back() == []
    # The watcher slept, or the database was away, for a day.
    watch.seconds += 86_400
    assert queue.take_back() == []
    assert look(queue, watch, 40) == []
    assert look(queue, watch, 10) == ["a"]


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0 * 365])
def test_a_clock_that_is_set_takes_no_lease_away(jump: float, tmp_path: Path, watch: Watch, day: Day) -> None:
    queue = Queue(Database.open(tmp_path / "experiments.db"), None, watch)
    queue.add([job("a")])
    claims = take(queue, worker=FAR)
    assert look(queue, watch, 30) == []
    day.now += jump
    assert look(queue, watch, 25) == []
    assert queue.renew(claims, {}) == ((), ())
    assert look(queue, watch, 55) == []
    age = seen(queue, "a").heartbeat_age
    assert age is not None and age >= 0


@pytest.mark.parametrize("jump", [-86_400.0, -3.0])
def test_a_clock_that_is_set_back_keeps_no_job_waiting_longer_than_its_delay(
    jump: float, tmp_path: Path, day: Day
) -> None:
    queue = Queue(Database.open(tmp_path / "experiments.db"))
    queue.add([job("a")])
    [claim] = take(queue)
    delay = queue.settle(claim, failed(FailureKind.RESOURCE)).delay_seconds
    assert take(queue) == []
    day.now += jump
    left = queue.next_change_in()
    assert left is not None and left <= delay
    day.now += left
    assert len(take(queue)) == 1


def test_a_delay_is_not_cut_short_by_nothing(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    settled_after = time.monotonic()
    delay = queue.settle(claim, failed(FailureKind.RESOURCE)).delay_seconds
    for _ in range(20):
        assert take(queue) == [] or time.monotonic() - settled_after >= delay, "unless others held this process up"


def test_a_server_that_was_away_takes_no_lease_away(
    postgresql_server: PostgresqlServer, postgresql_url: str, watch: Watch
) -> None:
    queue = Queue(Database.open(postgresql_url), None, watch)
    queue.add([job("a")])
    claims = take(queue, worker=FAR)
    assert look(queue, watch, 20) == []
    postgresql_server.stop()
    for _ in range(3):
        watch.seconds += 100
        with pytest.raises(DatabaseUnavailable):
            queue.take_back()
        with pytest.raises(DatabaseUnavailable):
            queue.settle(claims[0], DONE)
    postgresql_server.start()
    assert queue.take_back() == []
    assert queue.renew(claims, {}) == ((), ())
    assert queue.settle(claims[0], DONE).state == QueueState.COMPLETED


def test_progress_is_kept_and_shown(queue: Queue) -> None:
    queue.add([job("a"), job("b")])
    claims = take(queue)
    queue.renew(claims, {"a": {"step": 3, "loss": float("nan"), "where": Path("x")}})
    queue.renew(claims, {})
    assert seen(queue, "a").progress["step"] == 3
    assert seen(queue, "b").progress == {}
    age = seen(queue, "a").heartbeat_age
    assert age is not None and age < 60


def test_a_sign_of_life_of_nothing(queue: Queue) -> None:
    assert queue.renew([], {}) == ((), ())
