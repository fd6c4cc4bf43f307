"""A node goes away with a job on it: that job alone has failed, and whoever submitted tries it again on another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Handle
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind
from tests.execution.jobs_of_tests import a_job
from tests.execution.on_ray.conftest import LoopbackCluster, loopback_cluster
from tests.waiting import PATIENCE_S, until


@pytest.fixture
def cluster(ray_environment: None) -> Iterator[LoopbackCluster]:
    """A head without room for jobs, and two nodes with room for one each."""
    with loopback_cluster(0, 1, 1) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: LoopbackCluster, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[RayExecutor]:
    with RayExecutor(options(executor="ray", own={"address": cluster.address})) as executor:
        yield executor


def _begin(executor: RayExecutor, folder: Path, number: int, seconds: float) -> tuple[Handle, Path]:
    begun = folder / f"begun {number}"
    handle = executor.submit(a_job("sleep", seconds=seconds, begun=str(begun)))
    until(begun.exists, "the job to begin")
    return handle, begun


@pytest.mark.long
def test_nodes_are_lost_one_after_another(executor: RayExecutor, cluster: LoopbackCluster, tmp_path: Path) -> None:
    handles = [_begin(executor, tmp_path, number, seconds=600)[0] for number in range(2)]
    cluster.kill(2)
    until(lambda: any(handle.state.is_final for handle in handles), "the loss to be seen")
    [lost] = [handle for handle in handles if handle.state.is_final]
    [other] = [handle for handle in handles if handle is not lost]
    failure = lost.result(0).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    assert "node" in failure.message and failure.message.endswith("was lost")
    again, begun = executor.submit(lost.job), tmp_path / lost.job.payload["begun"]
    begun.unlink()
    time.sleep(1.0)
    assert not begun.exists(), "it was begun once, and waits for room on the node that is left"
    other.cancel()
    until(begun.exists, "the job to begin again, as somebody tried it again")

    # The last one goes: what is submitted now waits for a node, and is not refused for good.
    cluster.kill(1)
    assert _kind(again) == FailureKind.WORKER_DIED
    until(lambda: _is_blocked(executor), "the cluster to say that nothing is left")
    assert not executor.has_room(lost.job, [])
    assert not lost.job.resources.lacks(executor.capacity)
    waiting = executor.submit(a_job("echo"))
    assert not waiting.state.is_final
    waiting.cancel()
    assert _kind(waiting) == FailureKind.CANCELLED


def _is_blocked(executor: RayExecutor) -> bool:
    executor.refresh()
    return executor.blocked_by_others(a_job("echo")) == "a node of the Ray cluster that was lost"


def _kind(handle: Handle) -> FailureKind:
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    return failure.kind
