"""A node goes away with a job on it: the job begins on another, and ends once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Handle
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind
from tests.execution.contract import PATIENCE_S, a_job, until
from tests.execution.on_ray.conftest import LoopbackCluster, loopback_cluster


@pytest.fixture
def cluster(ray_environment: None) -> Iterator[LoopbackCluster]:
    """A head without room for jobs, and two nodes with room for one each."""
    with loopback_cluster(0, 1, 1) as cluster:
        yield cluster


@pytest.fixture
def executor(cluster: LoopbackCluster, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[RayExecutor]:
    with RayExecutor(options(executor="ray", ray_address=cluster.address)) as executor:
        yield executor


def _begin(executor: RayExecutor, folder: Path, number: int, seconds: float) -> tuple[Handle, Path]:
    begun = folder / f"begun {number}"
    handle = executor.submit(a_job("sleep", seconds=seconds, begun=str(begun)))
    until(begun.exists, "the job to begin")
    return handle, begun


def test_the_job_of_a_lost_node_is_done_on_another(
    executor: RayExecutor, cluster: LoopbackCluster, tmp_path: Path
) -> None:
    handles, begun = zip(*(_begin(executor, tmp_path, number, seconds=8) for number in range(2)), strict=True)
    processes = [path.read_text() for path in begun]
    cluster.kill(2)
    # The one that was there waits for room on the node that is left.
    for handle in handles:
        outcome = handle.result(PATIENCE_S)
        assert outcome.failure is None
        assert outcome.result == {"steps": 400}
    again = [path.read_text() != process for path, process in zip(begun, processes, strict=True)]
    assert sorted(again) == [False, True]
    assert executor.max_concurrent == 1, "the cluster is smaller now"


def test_where_no_node_is_left_the_job_waits_for_one_and_can_be_cancelled(
    executor: RayExecutor, cluster: LoopbackCluster, tmp_path: Path
) -> None:
    handle, begun = _begin(executor, tmp_path, 1, seconds=600)
    begun.unlink()
    cluster.kill(1)
    cluster.kill(2)
    until(lambda: "waits" in handle.where or handle.state.is_final, "the loss to be seen")
    assert not handle.state.is_final
    handle.cancel()
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.CANCELLED
    assert not begun.exists()


def test_a_worker_that_dies_alone_is_no_loss_of_a_node(executor: RayExecutor, tmp_path: Path) -> None:
    started = tmp_path / "begun"
    failure = executor.submit(a_job("crash", begun=str(started))).result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    started.unlink()
    time.sleep(1.0)
    assert not started.exists(), "nobody tried it again"
