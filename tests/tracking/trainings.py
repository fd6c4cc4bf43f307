"""Trainings in processes of their own, to be killed, stopped and looked at."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tracking.folders.contents import FolderContents, read_folder

__all__ = ["ROOT", "Training", "running_training"]

ROOT = Path(__file__).resolve().parents[2]

_START = """
import ctypes, os, signal, sys, time
from tracking.recording.tracker import ExperimentTracker
store, folder, interval = sys.argv[1], sys.argv[2], float(sys.argv[3])
tracker = ExperimentTracker(db_path=store, heartbeat_interval=interval)
tracker.start_experiment({"lr": 1}, "training", folder=folder)
tracker.log_metrics({"loss": 1.0}, step=1)
tracker.flush()
print("ready", flush=True)
"""


class Training:
    """A process that trains; as its first line it says that it is ready."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder

    @property
    def supervisor(self) -> psutil.Process:
        """Its supervisor's process."""
        (found,) = [
            child
            for child in psutil.Process(self.process.pid).children()
            if "tracking.states.supervisor" in _line(child)
        ]
        return found

    @property
    def contents(self) -> FolderContents:
        """What its folder says."""
        contents = read_folder(self.folder)
        assert contents is not None
        return contents

    def go_on(self) -> None:
        """Let it read a line from its standard input, for which a script waits that must not be too quick."""
        assert self.process.stdin is not None
        print("go on", file=self.process.stdin, flush=True)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill it, and wait for its end."""
        self.process.send_signal(number)
        self.process.wait(timeout=30)


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def running_training(
    store: str | Path, folder: Path, interval: float, then: str = "time.sleep(600)"
) -> Iterator[Training]:
    """Start a training that does ``then`` once it has begun; it and its supervisor end with the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", _START + then, str(store), str(folder), str(interval)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    training = Training(process, folder)
    helpers: list[psutil.Process] = []
    try:
        assert process.stdout.readline() == "ready\n"
        helpers = psutil.Process(process.pid).children()
        yield training
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        psutil.wait_procs(helpers, timeout=30)
        for helper in helpers:
            if helper.is_running():
                helper.kill()
