"""An end in words, and the kernel's killing for want of memory told from other killing."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path

import pytest

from execution.endings import KillsForMemory, in_words
from execution.workers.deaths import explain
from jobs import FailureKind


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-9, "was killed by signal 9 (SIGKILL)"),
        (-11, "was killed by signal 11 (SIGSEGV)"),
        (-63, "was killed by signal 63 (unknown)"),
        (3, "ended by itself with exit status 3"),
        (None, "is gone, and so is the process that would know why"),
    ],
)
def test_an_end_in_words(status: int | None, words: str) -> None:
    assert in_words(status) == words


def _count(file: Path, number: int) -> None:
    file.write_text(f"low 0\noom 3\noom_kill {number}\noom_group_kill 7\n")


@pytest.fixture
def counter(tmp_path: Path) -> Path:
    """The kernel's count of a control group: 1 up to now."""
    file = tmp_path / "memory.events"
    _count(file, 1)
    return file


def test_the_kernel_counts_whom_it_kills_for_memory(counter: Path) -> None:
    kills = KillsForMemory([counter.with_name("missing"), counter])
    began = time.monotonic()
    assert not kills.seen_since(-math.inf)
    _count(counter, 3)
    noticed = time.monotonic()
    for worker in ("one", "another"):
        kind, message = explain(-signal.SIGKILL, kills, began, noticed)
        assert kind == FailureKind.OUT_OF_MEMORY, worker
        assert message.startswith("was killed by signal 9 (SIGKILL): the kernel kills for want of memory; ")


def test_a_killing_of_long_ago_or_before_the_job_explains_nothing(counter: Path) -> None:
    kills = KillsForMemory([counter])
    _count(counter, 2)
    assert kills.seen_since(-math.inf)
    now = time.monotonic()
    assert explain(-signal.SIGKILL, kills, now, now + 0.1)[0] == FailureKind.WORKER_DIED, "it was before this job"
    assert explain(-signal.SIGKILL, kills, now - 99, now + 60)[0] == FailureKind.WORKER_DIED, "it was a minute ago"


def test_the_count_of_the_own_group_is_no_strangers(counter: Path, tmp_path: Path) -> None:
    machine = tmp_path / "vmstat"
    machine.write_text("oom_kill 5\n")
    kills = KillsForMemory([counter, machine])
    machine.write_text("oom_kill 6\n")
    assert not kills.seen_since(-math.inf)


def test_a_crash_is_no_want_of_memory(counter: Path) -> None:
    kills = KillsForMemory([counter])
    _count(counter, 2)
    now = time.monotonic()
    assert explain(-signal.SIGSEGV, kills, now, now)[0] == FailureKind.WORKER_DIED
