"""The faults that benchmarks/chaos.py lets befall a suite, and what was seen."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.faults.disturbed import QUEUE, WORKERS, DisturbedSuite
from tests.faults.endings import finished, steps
from tests.faults.killing import kill_again_and_again

__all__ = ["SCENES", "Seen"]


class Seen(NamedTuple):
    """What was seen of one fault."""

    fault: str
    done: str
    wrong: list[str]
    """In words; empty where everything is as if nothing had happened."""
    seconds: float
    outputs: list[str] = []
    """What was printed, for whoever looks for the cause."""


def _killer(way: str, suite: DisturbedSuite, kills: int, seed: int) -> Seen:
    seen = kill_again_and_again(suite, way, kills, seed, pause_s=(0.5, 4.0))
    who = ", ".join(f"{number} {role}" for role, number in sorted(seen.killed.items()))
    done = f"{seen.killed.total()} SIGKILLs ({who}), {seen.starts} starts"
    wrong = [f"{len(seen.failed)} times the command gave a run up"] if seen.failed else []
    name = {WORKERS: "a killer, `run_experiments.py --workers 2`", QUEUE: "a killer, `experiment_cli.py work`"}[way]
    return Seen(name, done, wrong + suite.faults(way), seen.seconds, seen.failed or [suite.outputs])


def _asked_to_stop(way: str, suite: DisturbedSuite, number: int) -> Seen:
    """Ask again and again, each time once something ran for a moment."""
    started, ends = time.monotonic(), []
    if way == QUEUE:
        suite.add()
    while True:
        command, before = suite.start(way), steps(suite.folder)
        if not command.until(lambda before=before: steps(suite.folder) > before + 10):  # type: ignore[misc]
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
    return Seen(f"{name}, {way}", done, wrong, time.monotonic() - started, [suite.outputs])


SCENES: Mapping[str, Callable[[DisturbedSuite, int, int], Seen]] = {
    "workers": lambda suite, kills, seed: _killer(WORKERS, suite, kills, seed),
    "queue": lambda suite, kills, seed: _killer(QUEUE, suite, kills, seed),
    "sigterm": lambda suite, kills, seed: _asked_to_stop(QUEUE, suite, signal.SIGTERM),
    "ctrl-c": lambda suite, kills, seed: _asked_to_stop(WORKERS, suite, signal.SIGINT),
}
