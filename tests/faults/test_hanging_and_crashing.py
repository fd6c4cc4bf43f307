"""Workers that hang, crash or run out of memory: only what they were at is harmed, and it is made again."""

from __future__ import annotations

import signal

import pytest

from tests.faults.disturbed import QUEUE, WORKERS, DisturbedSuite
from tests.processes import Command, roles


def _begin(suite: DisturbedSuite, way: str, *words: str) -> Command:
    command = suite.begin(way, *words)
    command.until(lambda: roles(command)["worker"])
    return command


@pytest.mark.long
def test_a_worker_that_hangs_is_killed_and_its_run_made_again(suite: DisturbedSuite) -> None:
    command = _begin(suite, QUEUE, "--hang-minutes", "0.25")
    for worker in roles(command)["worker"]:
        worker.send_signal(signal.SIGSTOP)
    suite.gate.open()
    assert command.wait() == 0, command.output
    assert "reported nothing for" in command.output
    assert suite.faults(QUEUE) == [], suite.outputs


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_worker_that_crashes_is_replaced(number: signal.Signals, suite: DisturbedSuite) -> None:
    command = _begin(suite, WORKERS)
    for worker in roles(command)["worker"]:
        worker.send_signal(number)
    suite.gate.open()
    assert command.wait() == 0, command.output
    assert number.name in command.output
    assert suite.faults(WORKERS) == [], suite.outputs
