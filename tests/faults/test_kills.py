"""Processes are killed at any instant; whoever starts the same command again finds nothing lost and nothing doubled."""

from __future__ import annotations

import signal

import pytest

from tests.faults.disturbed import QUEUE, WAYS, WORKERS, DisturbedSuite
from tests.faults.killing import kill_again_and_again
from tests.processes import roles

pytestmark = pytest.mark.long


@pytest.mark.parametrize("way", WAYS)
def test_a_suite_under_a_killer_ends_like_an_undisturbed_one(way: str, suite: DisturbedSuite) -> None:
    killings = kill_again_and_again(suite, way, kills=6, seed=7)
    assert killings.killed.total() >= 3, "most must be met, or the test proves nothing"
    assert killings.failed == []
    assert suite.faults(way) == [], suite.outputs


@pytest.mark.parametrize(("role", "way"), [("worker", QUEUE), ("template", WORKERS), ("supervisor", WORKERS)])
def test_the_command_itself_goes_on_when_another_process_is_killed(role: str, way: str, suite: DisturbedSuite) -> None:
    command = suite.begin(way)
    command.until(lambda: roles(command)[role])
    for process in roles(command)[role]:
        process.send_signal(signal.SIGKILL)
    suite.gate.open()
    assert command.wait() == 0, command.output
    assert suite.faults(way) == [], suite.outputs
