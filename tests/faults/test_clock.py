"""The clock of the day is set while a suite is made: nothing is lost, nothing is made twice, nobody waits for long."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.clocks import JumpingClock, compiler
from tests.faults.disturbed import INLINE, QUEUE, DisturbedSuite
from tests.faults.endings import steps
from tests.processes import roles

_HOUR = 3600


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    """A clock of the day of the test's own."""
    if compiler() is None:
        pytest.skip("no C compiler to build a clock that can be set")
    return JumpingClock(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("way", [INLINE, QUEUE])
def test_a_clock_that_jumps_to_and_fro_changes_nothing(way: str, suite: DisturbedSuite, clock: JumpingClock) -> None:
    suite.environment = dict(clock.environment)
    command = suite.begin(way, fresh=True, at=4)
    for number, jump in enumerate((_HOUR, -_HOUR, 24 * _HOUR, -24 * _HOUR, 0)):
        clock.set(jump)
        further = 11 + 7 * number
        suite.gate.shut_after(further)
        command.until(lambda further=further: steps(suite.folder) >= further)  # type: ignore[misc]
    suite.gate.open()
    assert command.wait() == 0, command.output
    assert "lost" not in command.output
    assert suite.faults(way) == [], suite.outputs


@pytest.mark.long
def test_a_delay_does_not_grow_with_a_clock_that_is_set_back(suite: DisturbedSuite, clock: JumpingClock) -> None:
    suite.environment = dict(clock.environment)
    command = suite.begin(QUEUE, fresh=True, at=4)
    for worker in roles(command)["worker"]:
        worker.kill()
    suite.gate.open()
    command.until(lambda: "again" in command.output)
    clock.set(-_HOUR)
    started = time.monotonic()
    assert command.wait() == 0, command.output
    assert time.monotonic() - started < _HOUR / 6
    assert suite.faults(QUEUE) == [], suite.outputs
