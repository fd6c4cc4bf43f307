"""Jobs that a real SLURM cluster drops: whoever waits is told, and so is whoever looks later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from execution.base import Handle, JobState
from execution.left import LeftJob, left_jobs
from execution.options import ExecutorOptions
from execution.slurm import handle as handle_module
from execution.slurm.executor import SlurmExecutor
from jobs import FailureKind, Job
from tests.execution.jobs_of_tests import a_job
from tests.execution.slurm.cluster import SlurmCluster
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("plugin", "slurm")]

_PATIENCE_S = 400.0

Start = Callable[..., SlurmExecutor]


@pytest.fixture
def start(options: Callable[..., ExecutorOptions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Make executors whose logs lie in one folder, and that wait less for what a network disk may still bring."""
    for name in ("_OUTCOME_SECONDS", "_UNKNOWN_END_SECONDS"):
        monkeypatch.setattr(handle_module, name, 1.0)

    def make(**additional: Any) -> SlurmExecutor:
        minutes = {"time_minutes": additional.pop("minutes", 60), "signal_delay_seconds": 30}
        return SlurmExecutor(options(own={"mem_gb": 0.2, "additional": additional, **minutes}))

    yield make


def _seen(executor: SlurmExecutor, job: Job) -> LeftJob | None:
    return next((left for left in left_jobs(executor.log_dir) if left.job.id == job.id), None)


def _is_told(executor: SlurmExecutor, handle: Handle, kind: FailureKind, words: str) -> None:
    """Whoever waits and whoever looks are told the same."""
    failure = handle.result(_PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == kind
    assert words in failure.message
    left = _seen(executor, handle.job)
    assert left is not None
    assert left.state == (JobState.CANCELLED if kind == FailureKind.CANCELLED else JobState.FAILED)
    assert words in left.reason


def _began(executor: SlurmExecutor, begun: Path) -> Handle:
    [handle] = executor.submit_all([a_job("sleep", seconds=600, begun=str(begun))])
    until(begun.exists, "the work to begin")
    return handle


def test_who_is_cancelled_before_it_begins(start: Start, slurm: SlurmCluster) -> None:
    executor = start(hold=True)
    [handle] = executor.submit_all([a_job("echo")])
    until(lambda: handle.state == JobState.PENDING and "JobHeldUser" in str(handle.progress), "a reason")
    left = _seen(executor, handle.job)
    assert left is not None
    assert (left.state, left.reason) == (JobState.PENDING, "JobHeldUser")
    slurm.run("scancel", handle.where.split()[2])
    _is_told(executor, handle, FailureKind.CANCELLED, "it was cancelled in SLURM")


def test_who_was_on_a_node_that_failed_and_is_not_to_be_requeued(
    start: Start, slurm: SlurmCluster, tmp_path: Path
) -> None:
    executor = start(**{"no-requeue": True})
    handle = _began(executor, tmp_path / "begun")
    slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=down", "reason=test")
    try:
        # It is stopped there as long as somebody is left to do that, and saves.
        _is_told(executor, handle, FailureKind.PREEMPTED, "(NODE_FAIL)")
    finally:
        slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=resume")


def test_who_depends_on_what_failed_and_is_kept(start: Start, slurm: SlurmCluster, tmp_path: Path) -> None:
    executor = start(**{"kill-on-invalid-dep": "no"})
    first = Job(id="m", name="data map", work="test.fail", payload={"error": "DataError", "message": "no rows"})
    second = Job(id="e", name="filter", work="test.echo", needs=("m",))
    handles = executor.submit_all([first, second])
    _is_told(executor, handles[0], FailureKind.MISTAKE, "no rows")
    _is_told(executor, handles[1], FailureKind.NEED_FAILED, "data map failed: no rows")
    assert "DependencyNeverSatisfied" in slurm.run("squeue", "--noheader", "--format=%r")
    assert start().submit(Job(id="e", name="filter", work="test.echo")).result(_PATIENCE_S).success


def test_whom_the_controller_forgot(start: Start, slurm: SlurmCluster) -> None:
    executor = start(hold=True)
    [handle] = executor.submit_all([a_job("echo")])
    assert handle.state == JobState.PENDING
    slurm.stop_controller()
    until(lambda: "no answer from SLURM" in str(_seen(executor, handle.job)), "SLURM to be away")
    slurm.start_controller(forgetful=True)
    _is_told(executor, handle, FailureKind.WORKER_DIED, "it left the queue without saying how it ended")


def test_whose_slot_ended_before_it_could_save(start: Start, tmp_path: Path) -> None:
    # It is told of the end of its slot by a signal that says nothing, and then has 10 s, of which it makes no use.
    executor = start(minutes=1, signal="CONT@30")
    [handle] = executor.submit_all([a_job("deaf", seconds=600, begun=str(tmp_path / "begun"))])
    _is_told(executor, handle, FailureKind.TIMED_OUT, "its slot ended before it could save and be requeued")
