"""The contract of all executors, on a head and a second node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract
from tests.execution.on_ray.conftest import LoopbackCluster


@pytest.mark.usefixtures("connection")
class TestRay(ExecutorContract):
    @pytest.fixture
    def executor(
        self, ray_cluster: LoopbackCluster, plugin: Path, options: Callable[..., ExecutorOptions]
    ) -> Iterator[Executor]:
        with create_executor(options(executor="ray", workers=2, ray_address=ray_cluster.address)) as executor:
            yield executor
