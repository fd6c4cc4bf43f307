"""What is waited for in vain fails, and says what it was."""

from __future__ import annotations

import threading

import pytest

from tests.processes import Commands
from tests.waiting import until


def test_a_wait_ends_with_its_condition() -> None:
    happens = threading.Event()
    with pytest.raises(AssertionError, match=r"waited 0\.05 s for the event"):
        until(happens.is_set, "the event", patience_s=0.05)
    threading.Timer(0.1, happens.set).start()
    until(happens.is_set)


def test_what_has_no_name_is_told_by_the_lines_that_wait_for_it() -> None:
    steps = 3
    with pytest.raises(AssertionError) as error:
        until(
            lambda: steps > 7,
            patience_s=0.05,
        )
    assert "until( lambda: steps > 7, patience_s=0.05, )" in str(error.value)
    assert "test_waiting.py" in str(error.value)


def test_a_command_that_ends_before_the_condition_fails_the_wait_for_it(commands: Commands) -> None:
    command = commands.start("experiment_cli", "--help")
    command.until(lambda: "Usage" in command.output)
    with pytest.raises(AssertionError, match=r"(?s)ended before the word; it printed:.*Usage"):
        command.until(lambda: "no such word" in command.output, "the word")
    with pytest.raises(AssertionError, match=r"ended before command\.until\(lambda: \"no such word\" in command"):
        command.until(lambda: "no such word" in command.output)
    assert not command.reaches(lambda: False)
    assert command.wait() == 0
