"""Clusters that are found, started and ended, and those that are not there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from errors import ConfigError, ResourceError
from execution.base import JobState
from execution.executors import create_executor
from execution.on_ray import joining
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind
from tests.execution.jobs_of_tests import a_job
from tests.execution.on_ray.conftest import LoopbackCluster
from tests.waiting import PATIENCE_S, until

Options = Callable[..., ExecutorOptions]


@pytest.mark.usefixtures("ray_environment")
@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("127.0.0.1:1", ResourceError, "no Ray cluster at 127.0.0.1:1"),
        ("nowhere.invalid:6379", ResourceError, "no Ray cluster at nowhere.invalid:6379"),
        ("the cluster", ConfigError, "must be host:port"),
        ("127.0.0.1:99999", ResourceError, "no Ray cluster"),
        ("ray://127.0.0.1:10001", ConfigError, "Ray Client"),
    ],
)
def test_a_cluster_that_is_not_there_is_one_error(
    options: Options, address: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        create_executor(options(executor="ray", own={"address": address}))


@pytest.mark.usefixtures("ray_environment")
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silent", "another server"])
def test_a_port_where_something_else_listens_is_one_error(
    options: Options, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "_PATIENCE_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection = server.accept()[0]
            with connection:
                connection.sendall(answer)
                connection.recv(1000)
                if not answer:
                    time.sleep(3)

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(ResourceError, match=r"no Ray cluster at 127\.0\.0\.1"):
            RayExecutor(options(executor="ray", own={"address": f"127.0.0.1:{server.getsockname()[1]}"}))


def test_without_ray_the_error_says_what_to_install(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "packages without Ray"
    folder.mkdir()
    (folder / "ray.py").write_text("raise ImportError('as where it is not installed')")
    monkeypatch.syspath_prepend(str(folder))
    with pytest.raises(ResourceError, match=r"as where it is not installed.*pip install 'assay\[ray\]'"):
        create_executor(options(executor="ray"))


@pytest.mark.usefixtures("ray_environment")
def test_another_version_of_ray_is_one_error_with_both(
    ray_cluster: LoopbackCluster, options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    code = "import ray\nray.__version__ = '2.59.0'\n"
    (tmp_path / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ResourceError, match=r"cannot be joined.*2\.59\.0"):
        create_executor(options(executor="ray", own={"address": ray_cluster.address}))


@pytest.mark.long
@pytest.mark.usefixtures("ray_environment")
def test_a_token_that_is_not_the_clusters_is_one_error(
    ray_cluster: LoopbackCluster, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)
    with pytest.raises(ResourceError, match=r"cannot be joined.*with its token \(ray get-auth-token"):
        create_executor(options(executor="ray", own={"address": ray_cluster.address}))


@pytest.mark.long
@pytest.mark.usefixtures("plugin", "ray_environment")
def test_a_cluster_that_is_lost_is_replaced_by_another(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")
    others = {process.pid for process in psutil.process_iter()}
    begun = tmp_path / "begun"
    with RayExecutor(options(executor="ray")) as executor:
        first = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        until(lambda: begun.exists() and first.state == JobState.RUNNING, "the job to begin")
        waiting = [executor.submit(a_job("sleep", seconds=600)) for _ in range(2 * executor.max_concurrent)]
        started = _started_since(others)
        [head] = [process for process in started if "gcs_server" in process.name()]
        head.kill()
        ran, waited = first.result(PATIENCE_S).failure, waiting[-1].result(PATIENCE_S).failure
        # Ray may say that the process of the one died before it says that all is lost.
        assert ran is not None
        assert ran.kind == FailureKind.WORKER_DIED
        assert waited is not None
        assert waited.kind == FailureKind.PREEMPTED
        assert waited.message.startswith("the Ray cluster of this command was lost (")
        assert executor.submit(a_job("echo")).result(PATIENCE_S).success
        started += _started_since(others)
    until(lambda: not any(map(_runs, started)), "all processes of both to end")


@pytest.mark.usefixtures("plugin", "ray_environment")
def test_without_an_address_a_cluster_is_started_and_ended_with_its_processes(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "no home"))
    before = signal.getsignal(signal.SIGTERM)
    others = {process.pid for process in psutil.process_iter()}
    with create_executor(options(executor="ray", workers=2)) as executor:
        assert executor.max_concurrent == 2
        answer = executor.submit(a_job("pid")).result(PATIENCE_S)
        assert answer.success, answer.failure
        started = _started_since(others)
        assert answer.result["pid"] in [process.pid for process in started]
    assert signal.getsignal(signal.SIGTERM) is before
    until(lambda: not any(map(_runs, started)), "all processes to end")
    assert not (tmp_path / "no home").exists()


@pytest.mark.long
@pytest.mark.usefixtures("plugin", "ray_environment")
def test_nothing_is_left_of_a_command_that_was_killed(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom execution.executors import create_executor\n"
        "from execution.options import ExecutorOptions\nfrom tests.execution.jobs_of_tests import a_job\n"
        "executor = create_executor(ExecutorOptions(executor='ray', log_dir=Path(sys.argv[1], 'log folder')))\n"
        "executor.submit(a_job('hang', begun=sys.argv[2]))\ntime.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(begun)], cwd=tmp_path) as command:
        until(begun.exists, "the job to begin")
        started = psutil.Process(command.pid).children(recursive=True)
        assert int(begun.read_text()) in [process.pid for process in started]
        command.kill()
    until(lambda: not any(map(_runs, started)), "all processes to end")


def _started_since(others: set[int]) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if _belongs_to_this_test(process, others)]


def _belongs_to_this_test(process: psutil.Process, others: set[int]) -> bool:
    try:
        return (
            process.pid not in others
            and any(parent.pid == os.getpid() for parent in process.parents())
            and process.status() != "zombie"
        )
    except psutil.Error:
        return False


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != "zombie")
    except psutil.Error:
        return False


@pytest.mark.usefixtures("ray_environment")
def test_options_of_local_workers_are_refused(options: Options) -> None:
    with pytest.raises(ConfigError, match="gpu_ids says nothing to the executor ray"):
        create_executor(options(executor="ray", gpu_ids=("0",)))
