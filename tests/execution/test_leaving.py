"""SIGTERM before anybody works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest

from execution.interruption import Interruption
from execution.leaving import leaving_when_terminated
from tests.gates import Gate
from tests.waiting import PATIENCE_S


def test_it_is_an_exit_and_somebody_elses_handler_stays() -> None:
    with pytest.raises(SystemExit) as left, leaving_when_terminated():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert left.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    mine = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with leaving_when_terminated():
            assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, mine)


def test_it_is_an_exit_too_where_it_comes_in_a_callback() -> None:
    class Anything:
        pass

    thing = Anything()
    reference = weakref.ref(thing, lambda gone: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit), leaving_when_terminated():
        del thing
        assert reference() is None
        time.sleep(PATIENCE_S)


def test_whoever_works_takes_over_and_hands_back() -> None:
    with leaving_when_terminated():
        early = signal.getsignal(signal.SIGTERM)
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGTERM)
            deadline = time.monotonic() + 10
            while not interruption.is_asked and time.monotonic() < deadline:
                time.sleep(0.01)
            assert "SIGTERM" in interruption.stop_reason()
        assert signal.getsignal(signal.SIGTERM) == early


def test_a_suite_that_still_loads_says_so(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(root / "run_experiments.py"), "--mode", "run", "--seeds", "1", "--workers", "1"]
    gate = Gate(tmp_path / "gate", tmp_path / "experiments")
    gate.shut_before_import("transformers")
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=gate.whole_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        assert "2 experiments with workers: checking, and getting ready" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 143
    assert "terminated; the same command continues where this one stopped" in errors
    assert not list(tmp_path.glob("experiments/*/results.json"))
