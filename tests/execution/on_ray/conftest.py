"""A real Ray cluster: a head and a second node as processes of this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from execution.on_ray.cluster import Cluster
from tests.conftest import ROOT

_START_S = 180.0


class LoopbackCluster:
    """A cluster whose nodes can be killed."""

    def __init__(self, process: subprocess.Popen[str], address: str, nodes: list[str]) -> None:
        self._process = process
        self.address = address
        self.nodes = nodes
        """Their ids, that of the head first."""

    def kill(self, node: int) -> None:
        """End all processes of a node at once; 0 is the head."""
        self._ask(f"kill {node}")

    def _ask(self, order: str) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        assert json.loads(self._process.stdout.readline()) == {"done": order}


@contextmanager
def loopback_cluster(*cpus: int) -> Iterator[LoopbackCluster]:
    """Start a cluster with a node for each number of CPUs, and leave nothing behind."""
    log = Path(os.environ["RAY_TMPDIR"]) / f"cluster-{secrets.token_hex(4)}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.execution.on_ray.cluster_process", *map(str, cpus)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"no cluster: {log.read_text()[-3000:]}"
        yield LoopbackCluster(process, **json.loads(line))
    finally:
        process.stdin.close()
        process.wait(_START_S)
        process.stdout.close()


@pytest.fixture(scope="session")
def ray_environment() -> Iterator[None]:
    """Let Ray keep to folders of its own, with names short enough for its sockets, and need no home folder."""
    if importlib.util.find_spec("ray") is None:
        if os.environ.get("ASSAY_REQUIRE_RAY") == "1":
            pytest.fail("Ray is not installed: pip install 'assay[ray]'")
        pytest.skip("Ray is not installed: pip install 'assay[ray]'")
    folder = tempfile.mkdtemp(prefix="ray", dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", folder)
        patch.setenv("RAY_AUTH_MODE", "token")
        # Ray reads it once in a process.
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.delenv("RAY_ADDRESS", raising=False)
        yield
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ray_cluster(ray_environment: None) -> Iterator[LoopbackCluster]:
    """A head and a second node with a CPU each, for all tests that kill neither."""
    with loopback_cluster(1, 1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def connection(ray_cluster: LoopbackCluster) -> Iterator[Cluster]:
    """Join that cluster once for all executors of a file."""
    cluster = Cluster(ray_cluster.address)
    yield cluster
    cluster.close()
