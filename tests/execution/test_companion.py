"""A process at the other end of a channel begins whatever comes, with what it is told and what its starter has."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from pathlib import Path

import pytest

from execution import companion
from execution.channel import Channel, Message
from tests.waiting import PATIENCE_S

_MODULE = """
import os, signal
from execution.companion import enter

def main():
    channel, told = enter(lambda: signal.signal(signal.SIGINT, lambda *_: None))
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    print("a line")
    channel.send({"told": told["words"], "inheritable": os.get_inheritable(channel.fileno()), "blocked": blocked,
                  "mark": os.environ.get("A_MARK")})
    while not channel.closed:
        channel.receive()
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that can be imported here, from a folder with a space in its name."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    (folder / "assay_companion_of_a_test.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(str(folder))
    return "assay_companion_of_a_test"


def _first_message(channel: Channel) -> Message:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while True:
        assert poll.poll(PATIENCE_S * 1000), "it says nothing"
        if messages := channel.receive():
            return messages[0]
        assert not channel.closed, "it ended without a word"


def _leave(channel: Channel, process: subprocess.Popen[bytes]) -> None:
    channel.close()
    try:
        assert process.wait(PATIENCE_S) == 0
    finally:
        process.kill()


def test_ctrl_c_at_its_birth_does_not_end_it(module: str, tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as output:
        channel, process = companion.start(module, {"words": "näher 'erklärt'"}, output)
    # Until the handlers are set, which takes the interpreter a while, and also after that.
    process.send_signal(signal.SIGINT)
    assert _first_message(channel)["told"] == "näher 'erklärt'"
    process.send_signal(signal.SIGINT)
    _leave(channel, process)
    assert (tmp_path / "output").read_text() == "a line\n"


def test_it_holds_back_no_signal_once_it_has_begun_and_its_channel_is_its_own(module: str, tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as output:
        channel, process = companion.start(module, {"words": ""}, output, {**os.environ, "A_MARK": "a mark"})
    said = _first_message(channel)
    assert (said["blocked"], said["inheritable"], said["mark"]) == (False, False, "a mark")
    _leave(channel, process)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ()), "nor does whoever started it"
