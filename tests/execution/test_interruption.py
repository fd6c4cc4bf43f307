"""Signals become wishes: the first Ctrl-C begins nothing new, the second saves and stops, the third stops at once."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

_START = """
import os, signal, sys, threading, time, weakref
from execution.interruption import Interruption

def send(name):
    os.kill(os.getpid(), getattr(signal, name))

def say(*words):
    print(*words, flush=True)

# What is started in the background ignores the one, and with nohup the other.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""


def _run(root: Path, program: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _START + program]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=timeout)


def test_ctrl_c_asks_once_then_stops_what_runs_then_raises(root: Path) -> None:
    done = _run(
        root,
        """
with Interruption(lambda: say("asked")) as interruption:
    say(interruption.is_asked, repr(interruption.stop_reason()))
    send("SIGINT")
    say(interruption.is_asked, repr(interruption.stop_reason()))
    send("SIGINT")
    say(interruption.is_asked, repr(interruption.stop_reason()))
    try:
        send("SIGINT")
        time.sleep(10)
    except KeyboardInterrupt:
        say("raised")
    assert signal.getsignal(signal.SIGINT) != signal.default_int_handler
assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
interruption.raise_if_asked()
""",
    )
    lines = ["False ''", "asked", "True ''", "True 'interrupted (Ctrl-C)'", "raised"]
    assert done.stdout.splitlines() == lines, done.stderr
    assert done.returncode == -2, "a process that leaves by KeyboardInterrupt"


def test_sigterm_stops_what_runs_and_ends_with_its_status(root: Path) -> None:
    done = _run(
        root,
        """
with Interruption() as interruption:
    send("SIGTERM")
    send("SIGTERM")
    say(interruption.is_asked, interruption.stop_reason())
interruption.raise_if_asked()
""",
    )
    assert done.stdout == "True terminated (SIGTERM)\n", done.stderr
    assert done.returncode == 143


def test_a_terminal_that_is_lost_stops_what_runs_and_takes_what_is_printed(root: Path, tmp_path: Path) -> None:
    program = """
with Interruption() as interruption:
    say("ready")
    while not interruption.is_asked:
        time.sleep(0.01)
    say("saving", *range(10_000))
    open(sys.argv[1], "w").write(interruption.stop_reason())
interruption.raise_if_asked()
"""
    saved = tmp_path / "saved"
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(root)
        os.execv(sys.executable, [sys.executable, "-c", _START + program, str(saved)])
    assert b"ready" in os.read(terminal, 100)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 129
    assert saved.read_text() == "terminated (SIGHUP)"


def test_who_hangs_after_the_second_ctrl_c_is_stopped_in_time(root: Path) -> None:
    done = _run(
        root,
        """
import execution.interruption
execution.interruption._PATIENCE_SECONDS = 1
with Interruption() as interruption:
    try:
        send("SIGINT")
        send("SIGINT")
        time.sleep(60)
    except KeyboardInterrupt:
        say(interruption.stop_reason())
assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
""",
    )
    assert (done.returncode, done.stdout) == (0, "interrupted (Ctrl-C)\n"), done.stderr


def test_sigterm_leaves_less_time_to_save_than_ctrl_c(root: Path) -> None:
    done = _run(
        root,
        """
with Interruption() as interruption:
    before = interruption.seconds_to_save
    send("SIGTERM")
    say(before, interruption.seconds_to_save)
""",
    )
    assert done.stdout == "25 20\n", "5 are left to kill what runs, before schedulers kill all"


@pytest.mark.parametrize(
    ("stuck", "status"),
    [
        ("time.sleep(60)", 143),
        # Exceptions are printed and forgotten in here; only the end of the process ends it.
        ("watched = Watched(); reference = weakref.ref(watched, lambda _: time.sleep(60)); del watched", 143),
    ],
    ids=["in Python", "where exceptions are lost"],
)
def test_who_does_not_stop_is_stopped_in_time(stuck: str, status: int, root: Path) -> None:
    done = _run(
        root,
        f"""
import execution.interruption
execution.interruption._GRACE_SECONDS = 1
class Watched: pass
with Interruption() as interruption:
    send("SIGTERM")
    {stuck}
    time.sleep(60)
""",
    )
    # Whoever ends by itself does so with status 0.
    assert done.returncode == status, done.stderr


def test_a_question_that_cannot_be_printed_now_is_asked_by_whoever_looks_next(root: Path) -> None:
    done = _run(
        root,
        """
tries = []
def ask():
    tries.append(1)
    if len(tries) == 1:
        raise RuntimeError("reentrant call inside a writer")
    say("asked")
with Interruption(ask) as interruption:
    send("SIGINT")
    say("went on")
    interruption.stop_reason()
    interruption.stop_reason()
""",
    )
    assert done.stdout.splitlines() == ["went on", "asked"], done.stderr


@pytest.mark.parametrize("restored", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_comes_while_the_block_is_left_counts_and_leaves_no_alarm_behind(
    restored: str, root: Path
) -> None:
    done = _run(
        root,
        f"""
give_back = signal.signal
def interrupted(number, handler):
    # Where this handler is still ours, in the middle of giving others back.
    if number == signal.{restored} and handler in (signal.default_int_handler, signal.SIG_DFL):
        signal.raise_signal(number)
    return give_back(number, handler)
with Interruption() as interruption:
    send("SIGINT")  # so that another is the second
    signal.signal = interrupted
signal.signal = give_back
say(signal.alarm(0), signal.getsignal(signal.SIGALRM) == signal.SIG_DFL, interruption.stop_reason() != "")
say([one for one in threading.enumerate() if isinstance(one, threading.Timer) and not one.finished.is_set()])
""",
    )
    assert done.stdout.splitlines() == ["0 True True", "[]"], done.stderr


def test_handlers_of_others_are_left_alone(root: Path) -> None:
    done = _run(
        root,
        """
signal.signal(signal.SIGINT, signal.SIG_IGN)
with Interruption():
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL
assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL

def in_a_thread():
    with Interruption() as interruption:
        say(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, interruption.is_asked)

thread = threading.Thread(target=in_a_thread)
thread.start()
thread.join()
""",
    )
    assert (done.returncode, done.stdout) == (0, "True False\n"), done.stderr
