"""Whoever is asked to stop saves what it did, gives back what it has, and ends."""

from __future__ import annotations

import signal
import time

import pytest

from tests.faults.disturbed import INLINE, QUEUE, WAYS, WORKERS, DisturbedSuite
from tests.faults.endings import finished
from tests.processes import Command

pytestmark = pytest.mark.long

_GRACE_S = 30.0
"""What schedulers leave between SIGTERM and SIGKILL."""


def _begin(suite: DisturbedSuite, way: str) -> Command:
    return suite.begin(way, runs="baseline*")


def _go_on(suite: DisturbedSuite, way: str) -> None:
    command = suite.start(way)
    assert command.wait() == 0, command.output
    assert suite.faults(way) == [], suite.outputs


@pytest.mark.parametrize("way", WAYS)
def test_sigterm_saves_and_ends_in_time(way: str, suite: DisturbedSuite) -> None:
    command = _begin(suite, way)
    started = time.monotonic()
    command.send(signal.SIGTERM)
    suite.gate.let_through_one_by_one(lambda: command.running)
    assert command.wait() == 143, command.output
    assert time.monotonic() - started < _GRACE_S
    assert "Traceback" not in command.output
    assert list(suite.folder.glob("baseline*/trainer_output/checkpoint-*"))
    assert finished(suite.folder) < suite.runs
    _go_on(suite, way)


@pytest.mark.parametrize("way", [INLINE, QUEUE])
def test_ctrl_c_once_begins_nothing_new_and_ends_what_runs(way: str, suite: DisturbedSuite) -> None:
    command = _begin(suite, way)
    command.press_ctrl_c()
    command.until(lambda: "press Ctrl-C again" in command.output)
    suite.gate.open()
    assert command.wait() == 130, command.output
    assert "Traceback" not in command.output
    assert 1 <= finished(suite.folder) < suite.runs
    assert not list(suite.folder.glob("baseline_seed1*/trainer_output/checkpoint-*"))
    _go_on(suite, way)


@pytest.mark.parametrize("way", [WORKERS])
def test_ctrl_c_twice_saves_what_runs_and_ends(way: str, suite: DisturbedSuite) -> None:
    command = _begin(suite, way)
    command.press_ctrl_c()
    command.until(lambda: "press Ctrl-C again" in command.output)
    command.press_ctrl_c()
    suite.gate.let_through_one_by_one(lambda: command.running)
    assert command.wait() == 130, command.output
    assert "Traceback" not in command.output
    assert finished(suite.folder) < suite.runs
    _go_on(suite, way)


@pytest.mark.parametrize("way", [INLINE, WORKERS])
def test_ctrl_c_thrice_ends_at_once(way: str, suite: DisturbedSuite) -> None:
    command = _begin(suite, way)
    # What runs is held all the while. Signals that come together are one, so the pauses grow until three were heard.
    pauses = (0.1, 0.1, 2.0, 4.0, 8.0)
    for pause in pauses:
        if command.running:
            command.press_ctrl_c()
            time.sleep(pause)
    assert command.wait(_GRACE_S) == 130, command.output
    suite.gate.open()
    _go_on(suite, way)
