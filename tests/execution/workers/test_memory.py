"""Memory is promised once, and the kernel's killing for want of it is told from other killing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import ConfigError
from execution.workers.deaths import KillsForMemory, explain, in_words
from execution.workers.executor import WorkersExecutor
from execution.workers.memory import available_gb, outstanding_gb, total_gb
from jobs import FailureKind, Resources
from tests.execution.contract import PATIENCE_S, a_job

Make = Callable[..., WorkersExecutor]


def test_there_is_memory() -> None:
    assert 0 < available_gb() < total_gb()


def test_what_was_promised_and_is_not_in_use_is_outstanding() -> None:
    assert 9 < outstanding_gb([(os.getpid(), 10.0)]) < 10
    assert outstanding_gb([(os.getpid(), 0.001), (os.getpid(), 0.0)]) == 0


def test_jobs_wait_for_memory_that_is_promised_to_others(make_executor: Make) -> None:
    executor = make_executor(workers=3, memory_gb=1.0)
    first = executor.submit(a_job("sleep", seconds=600, resources=Resources(memory_gb=0.75)))
    second = executor.submit(a_job("echo", resources=Resources(memory_gb=0.5)))
    third = executor.submit(a_job("echo", resources=Resources(memory_gb=0.2)))
    assert second.where == "waits for 0.5 GB of memory; 0.75 of 1 GB are promised to others"
    assert third.state == "pending", "who came first is first"
    assert not executor.has_room(third.job, [first.job])
    first.cancel()
    assert second.result(PATIENCE_S).success
    assert third.result(PATIENCE_S).success


def test_jobs_wait_for_cores_too(make_executor: Make) -> None:
    executor = make_executor(workers=2)
    whole = executor.capacity
    assert whole is not None
    first = executor.submit(a_job("sleep", seconds=600, resources=Resources(cpus=whole.cpus)))
    second = executor.submit(a_job("echo"))
    assert second.where == "waits for 1 CPUs"
    first.cancel()
    assert second.result(PATIENCE_S).success


def test_more_memory_than_there_is_is_refused(make_executor: Make) -> None:
    with pytest.raises(ConfigError, match="needs 2 GB of memory, but 1 at hand"):
        make_executor(memory_gb=1.0).submit(a_job("echo", resources=Resources(memory_gb=2.0)))


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


def test_the_kernel_counts_whom_it_kills_for_memory(tmp_path: Path) -> None:
    counter = tmp_path / "memory.events"
    counter.write_text("low 0\noom 3\noom_kill 1\noom_group_kill 7\n")
    kills = KillsForMemory((tmp_path / "missing", counter))
    assert not kills.happened()
    counter.write_text("low 0\noom 4\noom_kill 2\noom_group_kill 7\n")
    kind, message = explain(-signal.SIGKILL, kills)
    assert kind == FailureKind.OUT_OF_MEMORY
    assert message.startswith("was killed by signal 9 (SIGKILL): the kernel kills for want of memory; ")
    assert explain(-signal.SIGKILL, kills)[0] == FailureKind.WORKER_DIED, "it was told once"


def test_a_crash_is_no_want_of_memory(tmp_path: Path) -> None:
    counter = tmp_path / "vmstat"
    counter.write_text("oom_kill 1\n")
    kills = KillsForMemory((counter,))
    counter.write_text("oom_kill 2\n")
    assert explain(-signal.SIGSEGV, kills)[0] == FailureKind.WORKER_DIED
