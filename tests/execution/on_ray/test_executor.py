"""What is Ray's own about this executor: room, and what a job finds on a node."""

from __future__ import annotations

import dataclasses
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from errors import ConfigError, ResourceError
from execution.base import Executor, JobState
from execution.code_version import code_version
from execution.on_ray import executor as ray_executor
from execution.on_ray import handle as ray_handle
from execution.on_ray.cluster import Cluster
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind, Resources
from tests.conftest import ROOT
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S, until

Options = Callable[..., ExecutorOptions]


@pytest.fixture
def executor(connection: Cluster, plugin: Path, options: Options) -> Iterator[RayExecutor]:
    with RayExecutor(options(executor="ray"), connection) as executor:
        yield executor


@pytest.mark.parametrize(
    "resources", [Resources(cpus=2), Resources(gpus=0.5), Resources(memory_gb=1e6)], ids=["CPUs", "GPU", "memory"]
)
def test_what_no_single_node_has_is_refused(executor: RayExecutor, resources: Resources) -> None:
    # Both nodes together have two CPUs.
    with pytest.raises(ConfigError, match=r"the echo job needs .* none of the Ray cluster has that \(at most 1 CPUs"):
        executor.submit(a_job("echo", resources=resources))


def test_room_is_what_all_nodes_have_together(executor: RayExecutor) -> None:
    whole, half = a_job("echo"), a_job("echo", resources=Resources(cpus=0.5))
    assert executor.max_concurrent == 2
    assert executor.has_room(whole, [whole])
    assert not executor.has_room(whole, [whole, whole])
    assert executor.has_room(half, [whole])
    assert not executor.has_room(a_job("echo", resources=Resources(gpus=1)), [])


def test_processes_stay_from_job_to_job(executor: RayExecutor) -> None:
    counts = [executor.submit(a_job("count")).result(PATIENCE_S).result["count"] for _ in range(6)]
    assert max(counts) >= 2, "which of its processes a job is given, Ray decides"


def test_a_node_is_as_the_submitting_process(
    connection: Cluster, plugin: Path, options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "working folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("EXPERIMENTS_TEST", "ünder way")
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    names = ["HF_HUB_OFFLINE", "EXPERIMENTS_TEST", "SECRET_OF_MINE", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"]
    chosen = options(executor="ray", threads_per_job=2)
    with RayExecutor(chosen, connection) as executor:
        result = executor.submit(a_job("environment", names=names, torch=True)).result(PATIENCE_S).result
    assert result == {
        "HF_HUB_OFFLINE": "1",
        "EXPERIMENTS_TEST": "ünder way",
        "SECRET_OF_MINE": None,
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "2",
        "torch_threads": 2,
        "cwd": str(folder),
    }


def test_a_node_that_does_not_see_the_project_is_sent_its_code(
    connection: Cluster,
    plugin: Path,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(ray_executor, "PROJECT", tmp_path / "seen by nobody")
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    chosen = options(executor="ray")
    with RayExecutor(chosen, connection) as executor:
        # Which the node finds to be that which was submitted.
        job = dataclasses.replace(a_job("environment", names=["PYTHONPATH"]), code=code_version())
        outcome = executor.submit(job).result(PATIENCE_S)
        assert outcome.failure is None
        code, _, rest = outcome.result["PYTHONPATH"].partition(os.pathsep)
        assert rest == str(plugin)
        assert (
            Path(code, "execution", "on_ray", "task.py").read_text()
            == (ROOT / "execution" / "on_ray" / "task.py").read_text()
        )
        assert Path(code, "tracking", "store", "migrations", "script.py.mako").is_file()
        assert not Path(code, "tests").exists()
        unused = Path(code).with_name("0" * 16)
        unused.mkdir()
        os.utime(unused, (0, 0))
        assert executor.submit(a_job("echo")).result(PATIENCE_S).success
        assert not unused.exists()
        begun = tmp_path / "begun"
        executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        until(begun.exists, "the work to begin")
        _assert_held(Path(code))


def _assert_held(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        with pytest.raises(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(opened)


def test_a_folder_that_nodes_do_not_see_is_named(executor: RayExecutor, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    here = Path.cwd()
    os.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(ResourceError, match="working directory"):
            executor.submit(a_job("echo"))
    finally:
        os.chdir(here)


def test_work_that_hangs_is_killed(connection: Cluster, plugin: Path, options: Options) -> None:
    chosen = options(executor="ray", hang_minutes=0.03)
    with RayExecutor(chosen, connection) as executor:
        failure = executor.submit(a_job("hang")).result(PATIENCE_S).failure
        assert failure is not None
        assert failure.kind == FailureKind.TIMED_OUT
        assert failure.message.startswith("said nothing for 0.03 minutes, and was killed; it ran on Ray node ")


def test_preempted_work_says_why(executor: Executor, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    handle = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
    until(begun.exists, "the work to begin")
    handle.preempt("a reason")
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.PREEMPTED, "a reason")


def test_preempted_work_that_does_not_stop_is_killed(
    executor: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_handle, "GRACE_SECONDS", 0.5)
    begun = tmp_path / "begun"
    handle = executor.submit(a_job("hang", begun=str(begun)))
    until(lambda: begun.exists() and handle.state == JobState.RUNNING, "the work to begin")
    handle.preempt("Ctrl-C")
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.PREEMPTED, "Ctrl-C; it did not stop and was killed")
