"""Somebody who kills processes at any instant."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from tests.faults.disturbed import QUEUE, DisturbedSuite
from tests.faults.endings import steps
from tests.processes import Command, roles

__all__ = ["Killings", "kill_again_and_again"]

_MOST_FAILED = 5
"""Times that the command may end by itself with jobs undone before that is what is reported."""
_BEYOND = 2
"""Steps that it may log in the moment before a kill."""


@dataclass
class Killings:
    """What a killer did."""

    killed: Counter[str] = field(default_factory=Counter)
    """How many, by what they were."""
    starts: int = 0
    """Of the command."""
    failed: list[str] = field(default_factory=list)
    """What commands printed that were not killed and did not complete the suite either."""
    seconds: float = 0.0


def kill_again_and_again(
    suite: DisturbedSuite, way: str, kills: int, seed: int, pause: tuple[int, int] = (2, 12)
) -> Killings:
    """Make a suite while a killer is about, starting the same command again whenever it was killed.

    Between two kills it gets on by some steps of training, not for some seconds, and its gate lets it do little more:
    however fast the machine, a suite of a given size meets about as many.

    Args:
        suite: what is made; for the queue it is added here.
        way: one of :data:`tests.faults.disturbed.WAYS`.
        kills: SIGKILLs, fewer if the suite is complete before.
        seed: of whom is hit, and when.
        pause: fewest and most steps that all its runs together log between two kills.
    """
    chance, done, started = random.Random(seed), Killings(), time.monotonic()
    if way == QUEUE:
        suite.add()
    while len(done.failed) < _MOST_FAILED:
        suite.gate.shut_after(steps(suite.folder))
        command = suite.start(way)
        done.starts += 1
        while done.killed.total() < kills and _gets_on(
            suite, command, chance.randint(*pause), chance.uniform(0.0, 0.1)
        ):
            if role := _kill_one(command, chance):
                done.killed[role] += 1
        suite.gate.open()
        status = command.wait()
        if status == 0:
            break
        if status != -signal.SIGKILL:
            done.failed.append(command.output)
            if way == QUEUE:
                suite.add()
    done.seconds = time.monotonic() - started
    return done


def _gets_on(suite: DisturbedSuite, command: Command, by: int, seconds: float) -> bool:
    """Wait for some steps, then for a moment, so that it may be hit between two of them; False: it ended before."""
    logged = steps(suite.folder)
    suite.gate.shut_after(logged + by + _BEYOND)
    if not command.reaches(lambda: steps(suite.folder) >= logged + by):
        return False
    limit = time.monotonic() + seconds
    return command.reaches(lambda: time.monotonic() > limit)


def _kill_one(command: Command, chance: random.Random) -> str:
    """Kill a process of the command's, of any role with the same chance; return the role."""
    victims = {role: processes for role, processes in sorted(roles(command).items()) if processes}
    if not victims:
        return ""
    role = chance.choice(sorted(victims))
    with suppress(psutil.NoSuchProcess):
        chance.choice(victims[role]).send_signal(signal.SIGKILL)
        return role
    return ""
