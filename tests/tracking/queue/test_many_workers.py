"""Real processes on one store: no job is ever handed to two, whoever is killed whenever."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from jobs import Job
from tests.tracking.queue.handed_out import job
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database

NUM_JOBS = 200

DRAINING = """
import sys, time
from pathlib import Path
from jobs import Outcome
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, WorkerIdentity
from tracking.store.database import Database, DatabaseUnavailable

store, log, limit, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
held = log.with_name("held")
queue, me = Queue(Database.open(store)), WorkerIdentity.here()

def insist(do):
    while True:
        try:
            return do()
        except DatabaseUnavailable as error:
            print(error, file=sys.stderr)

with log.open("a", buffering=1) as out:
    while not insist(queue.is_drained):
        claims = insist(lambda: queue.claim(me, lambda job, taken: Fit.NOW, limit))
        for claim in claims:
            out.write(f"begun {claim.job.id} {claim.job.attempt}\\n")
        time.sleep(seconds)
        while claims and held.exists():
            time.sleep(0.02)
        for claim in claims:
            out.write(f"ended {claim.job.id} {claim.job.attempt}\\n")
        settled = insist(lambda: queue.settle_all([(claim, Outcome()) for claim in claims]))
        for claim, each in zip(claims, settled):
            out.write(f"{'lost' if each.lost else each.state.value} {claim.job.id} {claim.job.attempt}\\n")
        insist(queue.take_back)
        if not claims:
            time.sleep(0.05)
"""


def chain_jobs() -> list[Job]:
    """One in ten is needed by the nine after it."""
    return [job(f"{number:03}", *([f"{number // 10 * 10:03}"] if number % 10 else [])) for number in range(NUM_JOBS)]


def start(store_url: str, log: Path, limit: int, seconds: float = 0.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", DRAINING, store_url, str(log), str(limit), str(seconds)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def logged(folder: Path) -> list[list[str]]:
    return [line.split() for log in sorted(folder.glob("*.log")) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("store_url", ["file", "postgresql"], indirect=True)
def test_five_processes_do_each_job_once_and_in_the_order_of_needs(store_url: str, tmp_path: Path) -> None:
    queue = Queue(Database.open(store_url))
    queue.add(chain_jobs())
    workers = [start(store_url, tmp_path / f"{number}.log", 1 + number % 3) for number in range(5)]
    errors = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 5, errors
    # On a slow disk one may wait for its turn longer than it does so silently.
    assert [line for each in errors for line in each.splitlines() if "is locked by another" not in line] == []
    lines = logged(tmp_path)
    for word in ("begun", "completed"):
        assert sorted(id for said, id, _ in lines if said == word) == [f"{number:03}" for number in range(NUM_JOBS)]
    assert queue.counts()[QueueState.COMPLETED] == NUM_JOBS
    assert all(each.job.attempt == 1 for each in queue.jobs())
    found = {each.job.id: each for each in queue.jobs()}
    for each in found.values():
        for need in each.job.needs:
            assert (found[need].finished_at or 0) <= (each.started_at or 0)


@pytest.mark.parametrize("store_url", ["file", "postgresql"], indirect=True)
def test_workers_that_are_killed_lose_no_job_and_do_none_twice(store_url: str, tmp_path: Path) -> None:
    rng = random.Random(5)
    queue = Queue(Database.open(store_url))
    queue.add(chain_jobs()[:100])
    # Nobody ends a job before one was killed.
    held = tmp_path / "held"
    held.touch()
    workers = [start(store_url, tmp_path / f"{number}.log", 2, 0.02) for number in range(3)]
    kills = 0
    while not queue.is_drained():
        time.sleep(0.1)
        if kills < 5 and any(line[0] == "begun" for line in logged(tmp_path)):
            victim = rng.randrange(len(workers))
            workers[victim].send_signal(signal.SIGKILL)
            workers[victim].wait()
            kills += 1
            held.unlink(missing_ok=True)
            workers[victim] = start(store_url, tmp_path / f"{3 + kills}.log", 2, 0.02)
    for worker in workers:
        worker.communicate(timeout=120)
    counts = queue.counts()
    # So few kills use up nobody's attempts.
    assert (counts[QueueState.COMPLETED], sum(counts.values())) == (100, 100)
    lines = logged(tmp_path)
    assert max(Counter((id, attempt) for said, id, attempt in lines if said == "begun").values()) == 1
    assert max(Counter(id for said, id, _ in lines if said == "completed").values()) == 1
    assert not [line for line in lines if line[0] == "lost"]
    assert kills >= 1
