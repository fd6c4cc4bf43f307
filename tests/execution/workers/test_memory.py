"""Memory is promised once, is given back by workers that have nothing to do, and may be in use by others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from errors import ConfigError
from execution.workers.executor import WorkersExecutor
from execution.workers.memory import available_gb, resident_gb, total_gb
from jobs import Resources
from tests.execution.jobs_of_tests import a_job
from tests.execution.workers.family import family
from tests.execution.workers.turning import turn_until
from tests.waiting import PATIENCE_S, until

Make = Callable[..., WorkersExecutor]


def test_there_is_memory() -> None:
    assert 0 < available_gb() < total_gb()


def test_jobs_wait_for_memory_that_is_promised_to_others(make_executor: Make) -> None:
    executor = make_executor(workers=3, memory_gb=1.0)
    first = executor.submit(a_job("sleep", seconds=600, resources=Resources(memory_gb=0.75)))
    second = executor.submit(a_job("echo", resources=Resources(memory_gb=0.5)))
    third = executor.submit(a_job("echo", resources=Resources(memory_gb=0.2)))
    assert second.where == "waits for 0.5 GB of memory; 0.75 of 1 GB are promised to others"
    assert third.state == "pending", "who came first is first"
    executor.refresh()
    assert not executor.has_room(third.job, [first.job, second.job])
    assert not executor.blocked_by_others(third.job)
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


def test_room_is_not_promised_twice(make_executor: Make) -> None:
    executor = make_executor(workers=4, memory_gb=2.0)
    jobs = [a_job("echo", resources=Resources(memory_gb=1.5)) for _ in range(2)]
    executor.refresh()
    assert executor.has_room(jobs[0], [])
    assert not executor.has_room(jobs[1], jobs[:1])
    assert executor.has_room(a_job("echo", resources=Resources(memory_gb=0.5)), jobs[:1])


def test_nobody_who_asks_for_room_waits_for_the_machine(make_executor: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = make_executor(workers=2)
    job = a_job("echo", resources=Resources(memory_gb=0.1))
    executor.refresh()
    with monkeypatch.context() as patch:
        for name in ("crew.Crew.turn", "room.available_gb", "room.resident_gb", "room.total_gb"):
            patch.setattr(f"execution.workers.{name}", _never)
        assert executor.has_room(job, [a_job("echo")])
        assert not executor.blocked_by_others(job)
        assert executor.capacity is not None


def _never(*arguments: object) -> None:
    raise AssertionError("the queue waits meanwhile")


Machine = Callable[[float, float], None]


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make a machine of so many GB, of which others use so many, and our workers what they really have."""

    def make(total: float, others: float) -> None:
        def free() -> float:
            ours = sum(resident_gb(process.pid) for process in family())
            return total - others - ours

        # What is known to have changed is looked at, however little time has passed.
        monkeypatch.setattr("execution.workers.room._LOOK_SECONDS", 3600.0)
        monkeypatch.setattr("execution.workers.room.total_gb", lambda: total)
        monkeypatch.setattr("execution.workers.room.available_gb", free)

    return make


def test_a_worker_takes_a_job_in_the_memory_that_it_has_itself(make_executor: Make, small_machine: Machine) -> None:
    small_machine(1.0, 0.0)
    executor = make_executor(workers=1)
    jobs = [a_job("hoard", mb=500, resources=Resources(memory_gb=0.7)) for _ in range(2)]
    first, second = [executor.submit(job).result(PATIENCE_S).result["pid"] for job in jobs]
    assert first == second


def test_workers_that_have_nothing_to_do_go_where_their_memory_is_needed(
    make_executor: Make, small_machine: Machine, tmp_path: Path
) -> None:
    small_machine(1.0, 0.0)
    executor = make_executor(workers=2)
    begun, over = [tmp_path / "begun 1", tmp_path / "begun 2"], tmp_path / "over"
    handles = [executor.submit(a_job("hoard", mb=300, begun=str(file), until=str(over))) for file in begun]
    turn_until(executor, handles, lambda: all(file.exists() for file in begun), "both jobs to begin")
    over.touch()
    pids = {handle.result(PATIENCE_S).result["pid"] for handle in handles}
    assert len(pids) == 2
    large = a_job("hoard", mb=1, resources=Resources(memory_gb=0.8))
    executor.refresh()
    assert executor.has_room(large, [])
    assert not executor.blocked_by_others(large)
    assert executor.submit(large).result(PATIENCE_S).success
    # Who has given up its memory may yet be ending.
    until(lambda: len(pids & {process.pid for process in family()}) < 2, "a worker is gone")


def test_what_a_job_takes_while_it_runs_is_seen_at_the_next_look(
    make_executor: Make, small_machine: Machine, tmp_path: Path
) -> None:
    small_machine(1.0, 0.0)
    executor = make_executor(workers=2)
    begun, over = tmp_path / "begun", tmp_path / "over"
    running = executor.submit(a_job("hoard", mb=500, begun=str(begun), until=str(over)))
    next_job = a_job("echo", resources=Resources(memory_gb=0.6))
    turn_until(executor, [running], begun.exists, "the job to begin")
    executor.refresh()
    assert not executor.has_room(next_job, [running.job])
    over.touch()
    assert running.result(PATIENCE_S).success
    executor.refresh()
    assert executor.has_room(next_job, []), "its worker has nothing to do"


def test_memory_of_others_is_told_from_ours(make_executor: Make, small_machine: Machine) -> None:
    small_machine(10.0, 7.0)
    executor = make_executor(workers=2)
    executor.refresh()
    job = a_job("echo", resources=Resources(memory_gb=5.0))
    assert not executor.has_room(job, [])
    assert executor.blocked_by_others(job) == "waits for 5 GB of memory; others use 7.0 of 10.0 GB"
    assert executor.has_room(a_job("echo", resources=Resources(memory_gb=2.5)), [])


def test_what_a_system_needs_for_itself_is_not_waited_for(make_executor: Make, small_machine: Machine) -> None:
    small_machine(10.0, 1.5)
    job = a_job("echo", resources=Resources(memory_gb=10.0))
    assert make_executor(workers=1).submit(job).result(PATIENCE_S).success
