"""An executor of one's own: each job in a process that a command starts, such as ``nice`` or a container's.

The command gets a Python program to run as its last words.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

from pydantic import Field

from atomic_files import read_json, write_json
from errors import ConfigError
from execution.base import Executor, Handle, JobState
from execution.options import ExecutorOptions
from execution.work import Context, carry_out
from jobs import FailureKind, Job, Outcome, Resources
from validated import validated_dataclass


@validated_dataclass
class CommandOptions:
    """What ``--executor-option NAME=VALUE`` may say."""

    command: str = Field(default="nice", min_length=1)
    """In front of each process, as a shell would split it into words."""
    patience_seconds: float = Field(default=5.0, ge=0)
    """For what still runs at the end, before it is killed."""


class CommandExecutor(Executor):
    """Up to ``--workers`` processes at the same time, one by default."""

    name = "command"
    reads = ("workers",)
    options_class = CommandOptions
    reads_resources = ()

    def __init__(self, options: ExecutorOptions) -> None:
        self._own = options.own_as(CommandOptions)
        self._command = _words(self._own.command)
        self._folder = options.log_dir.absolute() / "command"
        self._workers = options.workers or 1
        self._handles: list[_Process] = []

    @property
    def capacity(self) -> Resources | None:
        """Not known: whatever the command starts decides."""
        return None

    @property
    def max_concurrent(self) -> int:
        """As told."""
        return self._workers

    def submit(self, job: Job) -> Handle:
        """Start a process and return at once."""
        handle = _Process(job, self._folder / f"{job.id}-{time.time_ns()}", self._command)
        self._handles.append(handle)
        return handle

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Look every now and then."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and not any(handle.state.is_final for handle in handles):
            time.sleep(0.05)

    def close(self) -> None:
        """Ask all to stop, and end those that do not."""
        for handle in self._handles:
            handle.cancel()
        end = time.monotonic() + self._own.patience_seconds
        for handle in self._handles:
            handle.end(max(0.0, end - time.monotonic()))
        self._handles.clear()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"command {command!r}: {error}") from None
    if not words or shutil.which(words[0]) is None:
        raise ConfigError(f"command {command!r}: no such program here")
    return words


class _Process(Handle):
    def __init__(self, job: Job, folder: Path, command: list[str]) -> None:
        super().__init__(job)
        self._folder, self._reason = folder, ""
        folder.mkdir(parents=True)
        # What crosses to another process is JSON: the job there, its outcome back.
        (folder / "job.json").write_text(job.to_json(), encoding="utf-8")
        with (folder / "log.txt").open("wb") as log:
            program = [*command, sys.executable, __file__, str(folder)]
            path = os.pathsep.join(part for part in sys.path if part)
            self._process = subprocess.Popen(
                program, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONPATH": path}
            )

    @property
    def state(self) -> JobState:
        return JobState.RUNNING if self._process.poll() is None else JobState.of(self.result())

    def result(self, timeout: float | None = None) -> Outcome:
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.job.name} has not ended") from None
        if (path := self._folder / "outcome.json").exists():
            outcome = Outcome.from_mapping(read_json(path))
        else:
            outcome = Outcome.failed(FailureKind.WORKER_DIED, f"its process ended with status {status}")
        if self._reason == "cancelled" and not outcome.success:
            return Outcome.failed(FailureKind.CANCELLED, "cancelled")
        return outcome

    def cancel(self) -> None:
        self.preempt("cancelled")

    def preempt(self, reason: str) -> None:
        if self._process.poll() is None:
            self._reason = reason
            (self._folder / "stop.txt").write_text(reason, encoding="utf-8")

    def logs(self) -> str:
        return (self._folder / "log.txt").read_text(encoding="utf-8", errors="replace")

    def end(self, patience_seconds: float) -> None:
        try:
            self._process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def where(self) -> str:
        return f"process {self._process.pid}"


def main(folder: Path) -> None:
    """Carry out a job in the process that the command started."""
    # Ctrl-C reaches every process of a terminal; whoever submitted decides what becomes of the job.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = folder / "stop.txt"
    context = Context(stop_reason=lambda: stop.read_text(encoding="utf-8") if stop.exists() else "")
    outcome = carry_out(Job.from_json((folder / "job.json").read_text(encoding="utf-8")), context)
    write_json(folder / "outcome.json", outcome.to_mapping())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
