"""Several at once in one folder and one store, and jobs of whoever is gone."""

from __future__ import annotations

import time

import pytest

from execution.code_version import code_version
from tests.faults.disturbed import INLINE, QUEUE, DisturbedSuite
from tracking.queue.queue import Queue
from tracking.queue.records import Fit, WorkerIdentity
from tracking.store.database import Database

_LEASE_S = 4.0


@pytest.mark.long
def test_two_workers_and_a_runner_make_nothing_twice(suite: DisturbedSuite) -> None:
    suite.add()
    commands = [suite.start(QUEUE), suite.start(QUEUE), suite.start(INLINE)]
    assert [command.wait() for command in commands] == [0, 0, 0], suite.outputs
    logs = [path.read_text().count(": starting") for path in sorted(suite.folder.glob("*_seed*/run.log"))]
    assert logs == [1] * suite.runs
    assert suite.faults(QUEUE) == [], suite.outputs


@pytest.mark.long
def test_what_a_dead_worker_of_this_machine_had_is_taken_at_once(suite: DisturbedSuite) -> None:
    first = suite.begin(QUEUE)
    first.send(9)
    first.wait()
    suite.gate.open()
    second = suite.start(QUEUE)
    # The lease would last for another minute.
    second.until(lambda: "is gone" in second.output)
    assert second.wait() == 0, second.output
    assert suite.faults(QUEUE) == [], suite.outputs


@pytest.mark.long
def test_what_an_unreachable_machine_had_is_taken_when_its_lease_ends(suite: DisturbedSuite) -> None:
    suite.add()
    database = Database.open(suite.store)
    elsewhere = WorkerIdentity("elsewhere:1:abcdef", "elsewhere", "another boot", 1, time.time())
    [claim] = Queue(database).claim(elsewhere, lambda job, taken: Fit.NOW, code=code_version(), lease_seconds=_LEASE_S)
    database.close()
    command = suite.start(QUEUE)
    assert command.wait() == 0, command.output
    assert f"lost    {claim.job.name}: no sign of life of process 1 on elsewhere" in command.output
    assert suite.faults(QUEUE) == [], suite.outputs
