"""What is Ray's own about this executor: clusters found and started, and what a job finds on a node."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from errors import ConfigError, ResourceError
from execution.base import Executor
from execution.executors import create_executor
from execution.on_ray import executor as ray_executor
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind, Resources
from tests.conftest import ROOT
from tests.execution.contract import PATIENCE_S, a_job, until
from tests.execution.on_ray.conftest import LoopbackCluster

Options = Callable[..., ExecutorOptions]


@pytest.fixture
def executor(ray_cluster: LoopbackCluster, plugin: Path, options: Options) -> Iterator[RayExecutor]:
    with RayExecutor(options(executor="ray", ray_address=ray_cluster.address)) as executor:
        yield executor


@pytest.mark.usefixtures("ray_environment")
@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("127.0.0.1:1", ResourceError, "no Ray cluster at 127.0.0.1:1"),
        ("nowhere.invalid:6379", ResourceError, "no Ray cluster at nowhere.invalid:6379"),
        ("auto", ResourceError, "the Ray cluster at auto cannot be joined"),
        ("the cluster", ConfigError, "must be host:port"),
        ("127.0.0.1:99999", ResourceError, "no Ray cluster"),
        ("ray://127.0.0.1:10001", ConfigError, "Ray Client"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_error(
    options: Options, address: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        create_executor(options(executor="ray", ray_address=address))


@pytest.mark.usefixtures("ray_environment")
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silent", "another server"])
def test_a_port_where_something_else_listens_is_one_error(options: Options, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection = server.accept()[0]
            with connection:
                connection.sendall(answer)
                connection.recv(1000)
                if not answer:
                    time.sleep(8)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(ResourceError, match=r"no Ray cluster at 127\.0\.0\.1"):
            RayExecutor(options(executor="ray", ray_address=f"127.0.0.1:{server.getsockname()[1]}"))


def test_without_ray_the_error_says_what_to_install(options: Options) -> None:
    script = (
        "import sys; sys.modules['ray'] = None\n"
        "from execution.executors import create_executor\nfrom execution.options import ExecutorOptions\n"
        "create_executor(ExecutorOptions(executor='ray'))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "errors.ResourceError" in done.stderr
    assert "pip install 'assay[ray]'" in done.stderr


@pytest.mark.usefixtures("plugin", "ray_environment")
def test_without_an_address_a_cluster_is_started_and_ended_with_its_processes(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "no home"))
    before = signal.getsignal(signal.SIGTERM)
    with create_executor(options(executor="ray", workers=2)) as executor:
        assert executor.max_concurrent == 2
        answer = executor.submit(a_job("pid")).result(PATIENCE_S)
        assert answer.success, answer.failure
        started = [process for process in psutil.process_iter() if _belongs_to_this_test(process)]
        assert answer.result["pid"] in [process.pid for process in started]
    assert signal.getsignal(signal.SIGTERM) is before
    until(lambda: not any(map(_runs, started)), "all processes to end")
    assert not (tmp_path / "no home").exists()


def _belongs_to_this_test(process: psutil.Process) -> bool:
    try:
        return any(parent.pid == os.getpid() for parent in process.parents()) and process.status() != "zombie"
    except psutil.Error:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != "zombie")
    except psutil.Error:
        return False


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
    assert max(counts) >= 3, "two nodes, six jobs"


def test_a_node_is_as_the_submitting_process(
    ray_cluster: LoopbackCluster, plugin: Path, options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "working folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("EXPERIMENTS_TEST", "ünder way")
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    names = ["HF_HUB_OFFLINE", "EXPERIMENTS_TEST", "SECRET_OF_MINE", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"]
    chosen = options(executor="ray", ray_address=ray_cluster.address, threads_per_job=2)
    with RayExecutor(chosen) as executor:
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
    ray_cluster: LoopbackCluster,
    plugin: Path,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(ray_executor, "PROJECT", tmp_path / "seen by nobody")
    monkeypatch.setenv("PYTHONPATH", str(plugin))
    chosen = options(executor="ray", ray_address=ray_cluster.address)
    with RayExecutor(chosen) as executor:
        outcome = executor.submit(a_job("environment", names=["PYTHONPATH"])).result(PATIENCE_S)
        assert outcome.failure is None
        code, _, rest = outcome.result["PYTHONPATH"].partition(os.pathsep)
        assert rest == str(plugin)
        assert (
            Path(code, "execution", "on_ray", "task.py").read_text()
            == (ROOT / "execution" / "on_ray" / "task.py").read_text()
        )
        assert Path(code, "tracking", "store", "migrations", "script.py.mako").is_file()
        assert not Path(code, "tests").exists()


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


def test_work_that_hangs_is_killed(ray_cluster: LoopbackCluster, plugin: Path, options: Options) -> None:
    chosen = options(executor="ray", ray_address=ray_cluster.address, hang_minutes=0.03)
    with RayExecutor(chosen) as executor:
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


@pytest.mark.usefixtures("ray_environment")
def test_options_of_local_workers_are_refused(options: Options) -> None:
    with pytest.raises(ConfigError, match="gpu_ids says nothing to the executor ray"):
        create_executor(options(executor="ray", gpu_ids=("0",)))
