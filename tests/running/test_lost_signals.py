"""A signal whose exception Python throws away still stops the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os, signal, sys, time, weakref
from running.interruption import Interruption

class Watched:
    pass

def collected(reference):
    os.kill(os.getpid(), signal.{name})
    for _ in range(1000):  # the handler runs in here, where exceptions are printed and forgotten
        pass

signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background ignores Ctrl-C
with Interruption() as interruption:
    watched = Watched()
    reference = weakref.ref(watched, collected)
    del watched
    print("went on", flush=True)
    interruption.check()
    print("was not stopped")
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", -2), ("SIGTERM", 143)])
def test_an_exception_that_is_lost_is_raised_again(root: Path, name: str, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(name=name)], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "went on\n"
    assert "Exception ignored in" in done.stderr
    assert done.returncode == status


def test_handlers_of_others_are_left_alone(root: Path) -> None:
    program = (
        "import signal\nfrom running.interruption import Interruption\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "with Interruption():\n    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN\n"
        "    assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL\n"
        "assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
