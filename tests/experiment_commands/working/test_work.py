"""``work``, as real processes on a store's queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from jobs import Job, Resources
from tests.execution.installed import plugin
from tests.waiting import PATIENCE_S, until
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState
from tracking.store.database import Database

__all__ = ["plugin"]

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def queue() -> Iterator[Queue]:
    database = Database.open()
    yield Queue(database)
    database.close()


@pytest.fixture
def start(plugin: Path, root: Path, tmp_path: Path) -> Iterator[Start]:
    """Start ``work`` in a folder of its own; whatever is left at the end is killed."""
    begun: list[subprocess.Popen[str]] = []
    folder = tmp_path / "a folder"
    folder.mkdir()

    def start(*words: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(root / "experiment_cli.py"), "work", *words]
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _job(id: str, work: str = "test.echo", needs: Sequence[str] = (), **fields: object) -> Job:
    return Job(id=id, name=f"job {id}", work=work, needs=tuple(needs), **fields)  # type: ignore[arg-type]


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output


def _states(queue: Queue) -> dict[str, str]:
    return {each.job.id: each.state.value for each in queue.jobs()}


def test_it_does_what_is_queued_and_ends(start: Start, queue: Queue) -> None:
    queue.add([_job("a"), _job("b", needs=["a"]), _job("c")])
    status, output = _end(start("--executor", "inline"))
    assert status == 0, output
    assert set(_states(queue).values()) == {"completed"}
    assert "working with inline, one job at a time" in output
    assert "done    job b" in output and "3 done, 0 failed; nothing is left" in output


def test_a_failure_is_status_1_and_what_needs_it_fails_too(start: Start, queue: Queue) -> None:
    queue.add([_job("a", "test.fail", payload={"error": "DataError", "message": "no rows"}), _job("b", needs=["a"])])
    status, output = _end(start("--executor", "inline"))
    assert status == 1
    assert "FAILED  job a: DataError: no rows" in output and "0 done, 2 failed" in output
    assert _states(queue) == {"a": "failed", "b": "failed"}


def test_what_nobody_at_hand_can_do_is_said_once_and_ends_with_status_1(start: Start, queue: Queue) -> None:
    queue.add(
        [
            _job("a", resources=Resources(gpus=64)),
            _job("b", code="0" * 12),
            _job("c"),
            _job("d"),
            _job("e", needs=["d"]),
        ]
    )
    queue.hold(["d"])
    status, output = _end(start())
    assert status == 1, output
    assert _states(queue)["c"] == "completed"
    assert output.count("left    job a: ") == 1 and "64 GPUs, but" in output
    assert output.count("left    job b: ") == 1 and "planned by code 000000000000" in output
    assert "left    job d: held by the user" in output and "left    job e: needs job d (held)" in output


def test_what_is_held_alone_is_no_failure(start: Start, queue: Queue) -> None:
    queue.add([_job("a"), _job("b")])
    queue.hold(["b"])
    status, output = _end(start("--executor", "inline"))
    assert (status, "1 held" in output) == (0, True)


def test_it_takes_no_more_than_it_is_told(start: Start, queue: Queue) -> None:
    queue.add([_job(str(number)) for number in range(5)])
    status, output = _end(start("--executor", "inline", "--max-jobs", "2"))
    assert status == 0, output
    assert list(_states(queue).values()).count("completed") == 2


def test_it_waits_for_more_until_it_is_stopped(start: Start, queue: Queue) -> None:
    process = start("--executor", "inline", "--continuous")
    for id in ("a", "b"):
        queue.add([_job(id)])
        until(lambda id=id: _states(queue)[id] == "completed")  # type: ignore[misc]
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    status, output = _end(process)
    assert status == 130, output


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_gives_back_what_runs(
    start: Start, queue: Queue, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    begun = tmp_path / "begun"
    queue.add([_job("a", "test.sleep", payload={"seconds": 100, "begun": str(begun)}), _job("b")])
    process = start("--max-concurrent", "1")
    until(begun.exists, "the work to begin")
    process.send_signal(number)
    if number == signal.SIGINT:
        assert process.stdout is not None
        while "press Ctrl-C again" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(number)
    ended, output = _end(process)
    assert ended == status, output
    assert "stopped job a" in output
    assert _states(queue) == {"a": "queued", "b": "queued"}


def test_several_at_once_do_nothing_twice(start: Start, queue: Queue) -> None:
    queue.add([_job(f"{number:02}", "test.sleep", payload={"seconds": 0.05}) for number in range(30)])
    outputs = [_end(each) for each in [start("--executor", "inline"), start("--executor", "inline")]]
    assert [status for status, _ in outputs] == [0, 0], outputs
    assert all(len(each.attempts) == 1 and each.state == QueueState.COMPLETED for each in queue.jobs())


def test_jobs_of_a_worker_that_was_killed_are_done_by_the_next(start: Start, queue: Queue, tmp_path: Path) -> None:
    begun, over = tmp_path / "begun", tmp_path / "over"
    queue.add([_job("a", "test.sleep", payload={"seconds": 100, "begun": str(begun), "until": str(over)})])
    process = start("--executor", "inline")
    until(begun.exists, "the work to begin")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    over.touch()
    status, output = _end(start("--executor", "inline"))
    assert status == 0, output
    assert f"process {process.pid}" in output and "is gone" in output
    assert len(queue.jobs()[0].attempts) == 2


def test_a_worker_without_a_limit_says_that_it_begins_what_costs(start: Start, queue: Queue) -> None:
    queue.add([_job(str(number), resources=Resources(cost=4, calls=1)) for number in range(2)])
    status, output = _end(start("--executor", "inline", "--max-cost-per-day", "9"))
    assert status == 0 and "--max-cost-per-day" not in output
    told = "warning: jobs that say their calls are begun without a limit: this worker has no --max-calls-per-hour"
    assert output.count(told) == output.count("warning: ") == 1


def test_limits_of_cost(start: Start, queue: Queue) -> None:
    queue.add([_job(str(number), resources=Resources(cost=4)) for number in range(3)])
    status, output = _end(start("--executor", "inline", "--max-cost-per-day", "9"))
    assert list(_states(queue).values()).count("completed") == 2, output
    assert status == 1 and "still wait" in output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--executor", "inlin"), "did you mean 'inline'"),
        (("--executor", "inline", "--max-concurrent", "2"), "--max-concurrent says nothing to the executor inline"),
        (("--max-jobs", "0"), "expected 1 or more"),
        (("--max-cost-per-day", "-1"), "--max-cost-per-day"),
        (("--gpus", "0,,1"), "expected numbers or UUIDs"),
        (("--slurm", "partition", "--executor", "slurm"), "--executor-option partition: expected NAME=VALUE"),
        (("--db", "nowhere.db"), "nowhere.db"),
    ],
)
def test_mistakes_are_told_in_one_line(start: Start, words: tuple[str, ...], message: str) -> None:
    status, output = _end(start(*words))
    assert status == 2, output
    assert output.startswith("error: ") and output.count("\n") == 1
    assert message in output
