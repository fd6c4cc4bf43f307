"""The store goes away while it is worked on, and comes back: nothing is lost, and nobody has to do anything."""

from __future__ import annotations

import sqlite3
import time

import pytest

from tests.faults.disturbed import QUEUE, DisturbedSuite
from tests.faults.endings import steps
from tests.tracking.postgres import PostgresqlServer

_AWAY_S = 6.0


@pytest.mark.long
def test_a_server_that_is_stopped_and_started_again(
    suite: DisturbedSuite, postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    suite = suite.with_store(postgresql_url)
    command = suite.begin(QUEUE, at=5)
    # Two runs of 18 steps end while the server is away; others begin once it is back.
    for target, then in ((5, 41), (41, 1000)):
        command.until(lambda target=target: steps(suite.folder) >= target)  # type: ignore[misc]
        postgresql_server.stop()
        suite.gate.shut_after(then)
        command.until(lambda: "does not answer" in command.output)
        time.sleep(_AWAY_S)
        postgresql_server.start()
    assert command.wait() == 0, command.output
    assert "answers again" in command.output and "Traceback" not in command.output
    assert suite.faults(QUEUE) == [], suite.outputs


@pytest.mark.long
def test_a_file_that_another_process_has_locked_for_a_while(suite: DisturbedSuite) -> None:
    command = suite.begin(QUEUE)
    lock = sqlite3.connect(suite.store, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    suite.gate.open()
    time.sleep(_AWAY_S)
    lock.execute("ROLLBACK")
    lock.close()
    assert command.wait() == 0, command.output
    assert "Traceback" not in command.output
    assert suite.faults(QUEUE) == [], suite.outputs
