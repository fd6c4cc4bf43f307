"""Runs commands in real processes, with all that they start in sight, so that tests may harm any of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from tests.gates import GATE_FOLDER, Gate
from tests.waiting import PATIENCE_S, call_in_words

__all__ = ["Command", "Commands", "roles"]

ROOT = Path(__file__).resolve().parent.parent


class Command:
    """A command that runs, in a process group of its own as a terminal gives it one."""

    def __init__(self, pid: int, log: Path, exit_file: Path) -> None:
        self.pid = pid
        self._log = log
        self._exit = exit_file

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._exit.exists()

    def wait(self, patience_s: float = PATIENCE_S) -> int:
        """Return its exit status; of what a signal ended its number, negative."""
        self.reaches(lambda: False, patience_s)
        return int(self._exit.read_text())

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait for a condition.

        Args:
            condition: looked at again and again.
            what: named where it is waited for in vain; empty: the lines that call this.

        Raises:
            AssertionError: the command ended before, or it was never met.
        """
        if not self.reaches(condition):
            raise AssertionError(f"the command ended before {what or call_in_words()}; it printed:\n{self.output}")

    def reaches(self, condition: Callable[[], object], patience_s: float = PATIENCE_S) -> bool:
        """Wait for a condition or the end of the command; return whether the condition came true.

        Raises:
            AssertionError: neither came.
        """
        limit = time.monotonic() + patience_s
        while time.monotonic() < limit:
            # Looked up first: what it did right before its end counts.
            running = self.running
            if condition():
                return True
            if not running:
                return False
            time.sleep(0.02)
        raise AssertionError(f"waited {patience_s:g} s; the command printed:\n{self.output}")

    def send(self, number: int) -> None:
        """Send a signal to this process alone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, and wait until it has ended by that and nothing else."""
        self.send(signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL

    def press_ctrl_c(self) -> None:
        """Send what a terminal sends: to every process of the group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGINT)


class Commands:
    """Starts commands; use as a context manager.

    Args:
        folder: for their output.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def __enter__(self) -> Self:
        path = os.pathsep.join([str(GATE_FOLDER), str(ROOT)])
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": path}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=self._folder,
        )
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def start(
        self,
        program: str,
        *arguments: str,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        fresh: bool = False,
        before: str = "",
    ) -> Command:
        """Start a command.

        Args:
            program: ``run_experiments`` or ``experiment_cli``.
            arguments: of its command line.
            folder: its working directory; None: that of the output.
            environment: what it has beside that of the tests.
            fresh: start a new Python, seconds slower: for what must be there from the start, such as LD_PRELOAD.
            before: Python to run in its process first, such as a limit; not with ``fresh``.
        """
        self._count += 1
        log, exit_file = (self._folder / f"command{self._count}.{kind}" for kind in ("log", "exit"))
        order = {
            "program": program,
            "arguments": arguments,
            "folder": str(folder or self._folder),
            "environment": environment or {},
            "log": str(log),
            "exit": str(exit_file),
            "fresh": fresh,
            "before": before,
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Command(int(self._process.stdout.readline()), log, exit_file)

    def gate(self, folder: Path) -> Gate:
        """Return a gate for runs in a folder of experiments; on another disk than they, in case theirs is full."""
        self._count += 1
        return Gate(self._folder / f"gate{self._count}", folder)

    def processes(self) -> list[psutil.Process]:
        """Return all processes that commands started and that live, the commands themselves among them."""
        return _alive(psutil.Process(self._process.pid))

    def wait_for_silence(self, patience_s: float = 60.0) -> list[str]:
        """Wait until no process is left; return the command lines of those that are there nevertheless."""
        limit = time.monotonic() + patience_s
        while (left := self.processes()) and time.monotonic() < limit:
            time.sleep(0.05)
        return [_command_line(process) for process in left]


def roles(command: Command) -> Mapping[str, list[psutil.Process]]:
    """Return the processes of a command by what they are: ``runner``, ``template``, ``worker``, ``supervisor``."""
    found: dict[str, list[psutil.Process]] = {"runner": [], "template": [], "worker": [], "supervisor": []}
    with suppress(psutil.NoSuchProcess):
        runner = psutil.Process(command.pid)
        found["runner"].append(runner)
        for process in _alive(runner):
            line = _command_line(process)
            if "tracking.states.supervisor" in line:
                found["supervisor"].append(process)
            elif "execution.workers" in line:
                with suppress(psutil.NoSuchProcess):
                    found["template" if process.ppid() == runner.pid else "worker"].append(process)
    return found


def _alive(parent: psutil.Process) -> list[psutil.Process]:
    found = []
    with suppress(psutil.NoSuchProcess):
        for process in parent.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
    return found


def _command_line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
