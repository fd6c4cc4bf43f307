"""Runs commands in real processes that tests may kill, without importing torch anew for each.

As a script it imports what the runner needs, then forks a child for each line on standard input: a JSON object with
``arguments`` of run_experiments.py, ``environment``, ``log`` (a file for its output) and ``exit`` (a file for its exit
status, absent if the child is killed). It answers with the child's process id.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.gates import GATE_FOLDER, Gate

__all__ = ["Child", "ForkingRunner"]

ROOT = Path(__file__).resolve().parent.parent.parent


class Child:
    """A process that runs ``run_experiments.py``."""

    def __init__(self, pid: int, log: Path, exit_file: Path) -> None:
        self.pid = pid
        self._log = log
        self._exit = exit_file

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text()

    @property
    def running(self) -> bool:
        """Whether it lives."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait(self, timeout_s: float = 240) -> int:
        """Return its exit status; 137 if it was killed."""
        self._wait(lambda: not self.running, timeout_s, pause_s=0.02)
        return int(self._exit.read_text()) if self._exit.is_file() else 137

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 240) -> bool:
        """Wait for ``condition`` or the process's end; return whether the condition came true first."""
        return self._wait(condition, timeout_s, pause_s=0.0005)

    def _wait(self, condition: Callable[[], bool], timeout_s: float, pause_s: float) -> bool:
        limit = time.monotonic() + timeout_s
        while time.monotonic() < limit:
            if condition():
                return True
            if not self.running:
                # It may have come true in between, by the last that was done.
                return condition()
            time.sleep(pause_s)
        raise TimeoutError(f"waited {timeout_s} s; the process printed:\n{self.output}")

    def send(self, number: int) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Send a signal and return the exit status."""
        self.send(number)
        return self.wait()


class ForkingRunner:
    """Starts children; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __enter__(self) -> Self:
        path = os.pathsep.join([str(GATE_FOLDER), str(ROOT)])
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=self._folder,
        )
        return self

    def __exit__(self, *error: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def gate(self, folder: Path) -> Gate:
        """Return a gate for runs in a folder of experiments."""
        self._count += 1
        return Gate(self._folder / f"gate{self._count}", folder)

    def start(self, *arguments: str, gate: Gate | None = None) -> Child:
        """Start ``run_experiments.py`` with these arguments; its runs heed ``gate``."""
        self._count += 1
        log, exit_file = (self._folder / f"child{self._count}.{kind}" for kind in ("log", "exit"))
        environment = dict(gate.environment if gate else {})
        order = {"arguments": arguments, "environment": environment, "log": str(log), "exit": str(exit_file)}
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Child(int(self._process.stdout.readline()), log, exit_file)


def _serve() -> None:
    import training.session  # noqa: F401  (imported once here, not in every child)
    from run_experiments import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # dead children vanish at once
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A shell starts background jobs with interrupts ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.update(order["environment"])
        with Path(order["log"]).open("w", buffering=1) as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            status = 70
            try:
                status = main(order["arguments"])
            finally:
                sys.stdout.flush()
                Path(order["exit"]).write_text(str(status))
                os._exit(status)


if __name__ == "__main__":
    _serve()
