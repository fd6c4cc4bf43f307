"""The faults that benchmarks/chaos.py lets befall a suite, and what was seen of each."""

from __future__ import annotations

import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.clocks import JumpingClock, compiler
from tests.faults.disks import SmallDisk, why_no_disk
from tests.faults.disturbed import QUEUE, WORKERS, DisturbedSuite
from tests.faults.endings import finished, steps
from tests.faults.killing import kill_again_and_again
from tests.processes import Command, roles
from tests.tracking.postgres import PostgresqlServer, find_programs

__all__ = ["SCENES", "Seen"]


class Seen(NamedTuple):
    """What was seen of one fault."""

    fault: str
    done: str
    wrong: list[str]
    """In words; empty where everything is as if nothing had happened."""
    seconds: float
    outputs: Sequence[str] = ()
    """What was printed, for whoever looks for the cause."""


def _killer(way: str, suite: DisturbedSuite, kills: int, seed: int) -> Seen:
    seen = kill_again_and_again(suite, way, kills, seed, pause=(1, 12))
    who = ", ".join(f"{number} {role}" for role, number in sorted(seen.killed.items()))
    done = f"{seen.killed.total()} SIGKILLs ({who}), {seen.starts} starts"
    wrong = [f"{len(seen.failed)} times the command gave a run up"] if seen.failed else []
    wrong += [] if seen.killed else ["it ended before anything could be killed"]
    name = {WORKERS: "a killer, `run_experiments.py --workers 2`", QUEUE: "a killer, `experiment_cli.py work`"}[way]
    return Seen(name, done, wrong + suite.faults(way), seen.seconds, seen.failed or [suite.outputs])


def _full_disk(suite: DisturbedSuite, seconds: float) -> Seen:
    started = time.monotonic()
    if reason := why_no_disk():
        return Seen("disk full", f"left out: {reason}", [], 0.0)
    with SmallDisk(suite.folder.parent / "disk", megabytes=128) as disk:
        suite = suite.elsewhere(disk.folder / "experiments")
        suite.add()
        command = suite.start(QUEUE)
        _await_steps(command, suite, 20)
        disk.fill()
        time.sleep(seconds)
        disk.free()
        wrong = _end(command) + suite.faults(QUEUE)
    done = f"no room for {seconds:.0f} s; {command.output.count('No space left')} times told"
    return Seen("disk full, `work`", done, wrong, time.monotonic() - started, [suite.outputs])


def _clock(suite: DisturbedSuite) -> Seen:
    started = time.monotonic()
    if compiler() is None:
        return Seen("clock set", "left out: no C compiler", [], 0.0)
    clock = JumpingClock(suite.folder.parent)
    suite.environment = dict(clock.environment)
    suite.add()
    command = suite.start(QUEUE, fresh=True)
    for jump in (3600, -3600, 86400, -86400, 0):
        _await_steps(command, suite, 20)
        clock.set(jump)
    done = "an hour and a day to and fro"
    return Seen("clock set, `work`", done, _end(command) + suite.faults(QUEUE), time.monotonic() - started)


def _hang(suite: DisturbedSuite) -> Seen:
    started = time.monotonic()
    suite.add()
    command = suite.start(QUEUE, "--hang-minutes", "0.25")
    _await_steps(command, suite, 20)
    hung = roles(command)["worker"]
    for worker in hung:
        worker.send_signal(signal.SIGSTOP)
    wrong = _end(command) + suite.faults(QUEUE)
    killed = command.output.count("reported nothing for")
    wrong += [] if killed else ["no worker was killed for it"]
    done = f"{len(hung)} workers frozen; {killed} killed for it"
    return Seen("workers hang, `work --hang-minutes 0.25`", done, wrong, time.monotonic() - started, [suite.outputs])


def _locked_store(suite: DisturbedSuite, seconds: float) -> Seen:
    started = time.monotonic()
    suite.add()
    command = suite.start(QUEUE)
    _await_steps(command, suite, 20)
    lock = sqlite3.connect(suite.store, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    time.sleep(seconds)
    lock.execute("ROLLBACK")
    lock.close()
    wrong = _end(command) + suite.faults(QUEUE)
    return Seen(
        "SQLite file locked, `work`", f"for {seconds:.0f} s", wrong, time.monotonic() - started, [suite.outputs]
    )


def _stopped_server(suite: DisturbedSuite, times: int, seconds: float) -> Seen:
    started = time.monotonic()
    programs = find_programs()
    if programs is None:
        return Seen("PostgreSQL stopped", "left out: PostgreSQL is not installed", [], 0.0)
    with tempfile.TemporaryDirectory(prefix="chaos-postgresql-") as folder:
        server = PostgresqlServer(programs, Path(folder))
        server.create()
        try:
            suite = suite.with_store(server.new_database().render_as_string(hide_password=False))
            suite.add()
            command = suite.start(QUEUE)
            for _ in range(times):
                _await_steps(command, suite, 20)
                server.stop()
                time.sleep(seconds)
                server.start()
            wrong = _end(command) + suite.faults(QUEUE)
        finally:
            server.stop()
    done = f"{times} times for {seconds:.0f} s"
    return Seen("PostgreSQL stopped, `work`", done, wrong, time.monotonic() - started, [suite.outputs])


def _await_steps(command: Command, suite: DisturbedSuite, further: int) -> None:
    """Wait until its runs have logged so many steps more; that the command ends before breaks the scene off."""
    target = steps(suite.folder) + further
    command.until(lambda: steps(suite.folder) >= target, f"{further} further steps")


def _end(command: Command) -> list[str]:
    status = command.wait(1800)
    return [f"exit status {status}"] if status else []


def _asked_to_stop(way: str, suite: DisturbedSuite, number: int) -> Seen:
    """Ask again and again, each time once something ran for a moment."""
    started, ends = time.monotonic(), []
    if way == QUEUE:
        suite.add()
    while True:
        command, before = suite.start(way), steps(suite.folder)
        if not command.reaches(lambda before=before: steps(suite.folder) > before + 10):  # type: ignore[misc]
            status = command.wait()
            break
        asked = time.monotonic()
        for _ in range(1 if number == signal.SIGTERM else 2):
            command.press_ctrl_c() if number == signal.SIGINT else command.send(number)
            time.sleep(0.3)
        status = command.wait()
        ends.append(time.monotonic() - asked)
        if status == 0 or finished(suite.folder) == suite.runs or len(ends) > 60:
            break
    if status:
        status = suite.start(way).wait()
    name = "SIGTERM" if number == signal.SIGTERM else "Ctrl-C twice"
    done = f"{len(ends)} times; it ended after at most {max(ends, default=0):.1f} s"
    wrong = ([f"exit status {status}"] if status else []) + suite.faults(way)
    wrong += [] if ends else ["it ended before it could be asked"]
    return Seen(f"{name}, {way}", done, wrong, time.monotonic() - started, [suite.outputs])


SCENES: Mapping[str, Callable[[DisturbedSuite, int, int], Seen]] = {
    "workers": lambda suite, kills, seed: _killer(WORKERS, suite, kills, seed),
    "queue": lambda suite, kills, seed: _killer(QUEUE, suite, kills, seed),
    "sigterm": lambda suite, kills, seed: _asked_to_stop(QUEUE, suite, signal.SIGTERM),
    "ctrl-c": lambda suite, kills, seed: _asked_to_stop(WORKERS, suite, signal.SIGINT),
    "postgresql": lambda suite, kills, seed: _stopped_server(suite, 3, 10.0),
    "sqlite": lambda suite, kills, seed: _locked_store(suite, 20.0),
    "disk": lambda suite, kills, seed: _full_disk(suite, 15.0),
    "clock": lambda suite, kills, seed: _clock(suite),
    "hang": lambda suite, kills, seed: _hang(suite),
}
"""By name: each takes the suite, how many SIGKILLs, and a seed."""
