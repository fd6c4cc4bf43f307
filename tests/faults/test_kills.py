"""Processes are killed at any instant; whoever starts the same command again finds nothing lost and nothing doubled."""

from __future__ import annotations

import random
import signal
import time
from contextlib import suppress

import psutil
import pytest

from tests.faults.disturbed import INLINE, QUEUE, WAYS, WORKERS, DisturbedSuite
from tests.faults.endings import steps
from tests.faults.processes import Command, roles

_TURNS = 30
"""Starts of the command after which it must be done."""


def _kill_one(command: Command, chance: random.Random) -> str:
    """Kill a process of the command's, any of them with the same chance; return what it was."""
    victims = [(role, process) for role, processes in sorted(roles(command).items()) for process in processes]
    if not victims:
        return ""
    role, process = chance.choice(victims)
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)
        return role
    return ""


def _under_a_killer(suite: DisturbedSuite, way: str, kills: int, seed: int) -> list[str]:
    """Make the suite while a killer is about; return what was killed."""
    chance, killed = random.Random(seed), []
    for _ in range(_TURNS):
        command = suite.start(way)
        while len(killed) < kills:
            limit = time.monotonic() + chance.uniform(0.5, 3.0)
            if not command.until(lambda limit=limit: time.monotonic() > limit):  # type: ignore[misc]
                break
            killed.append(_kill_one(command, chance))
        if command.wait() == 0:
            return killed
    raise AssertionError(f"not done after {_TURNS} starts; killed {killed}; {suite.outputs}")


@pytest.mark.parametrize("way", WAYS)
def test_a_suite_under_a_killer_ends_like_an_undisturbed_one(way: str, suite: DisturbedSuite) -> None:
    if way == QUEUE:
        suite.add()
    killed = _under_a_killer(suite, way, kills=6, seed=7)
    assert len(killed) >= 3, "most must be met, or the test proves nothing"
    assert suite.faults(way) == [], suite.outputs


@pytest.mark.parametrize("way", [WORKERS, QUEUE])
@pytest.mark.parametrize("role", ["worker", "template", "supervisor"])
def test_the_command_itself_goes_on_when_another_process_is_killed(
    role: str, way: str, suite: DisturbedSuite
) -> None:
    if way == QUEUE:
        suite.add()
    command = suite.start(way)
    assert command.until(lambda: steps(suite.folder) >= 8), command.output
    assert command.until(lambda: roles(command)[role]), command.output
    for process in roles(command)[role]:
        process.send_signal(signal.SIGKILL)
    assert command.wait() == 0, command.output
    assert suite.faults(way) == [], suite.outputs


def test_a_runner_that_is_killed_leaves_no_lock(suite: DisturbedSuite) -> None:
    command = suite.start(INLINE)
    assert command.until(lambda: steps(suite.folder) >= 8)
    command.send(signal.SIGKILL)
    assert command.wait() == -signal.SIGKILL
    started = time.monotonic()
    command = suite.start(INLINE)
    assert command.wait() == 0, command.output
    assert "resumed from step" in command.output
    assert suite.faults(INLINE) == []
    assert time.monotonic() - started < 120
