"""A SLURM job's process hears no signal before it can make something of it, and none is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from execution.slurm.resources import CODE
from tests.waiting import PATIENCE_S, until

_LOADING = """
import pathlib, signal, sys, time
begun, ready = map(pathlib.Path, sys.argv[1:])
begun.touch()
while not ready.exists():
    time.sleep(0.01)
heard = []
for number in (signal.SIGTERM, signal.SIGUSR2):
    signal.signal(number, lambda number, frame: heard.append(signal.Signals(number).name))
signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGUSR2))
print(*sorted(heard))
"""


def test_signals_wait_until_somebody_listens(tmp_path: Path) -> None:
    begun, ready = tmp_path / "be gun", tmp_path / "ready"
    command = [
        sys.executable,
        "-I",
        "-S",
        str(CODE / "execution/slurm/begin.py"),
        "-c",
        _LOADING,
        str(begun),
        str(ready),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    until(begun.exists, "it to load")
    for number in (signal.SIGUSR2, signal.SIGTERM):
        process.send_signal(number)
    ready.touch()
    assert process.communicate(timeout=PATIENCE_S)[0].split() == ["SIGTERM", "SIGUSR2"]
    assert process.returncode == 0
