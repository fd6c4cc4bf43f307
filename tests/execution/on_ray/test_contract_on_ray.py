"""The contract of all executors, on a head and a second node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Executor
from execution.on_ray.cluster import Cluster
from execution.on_ray.executor import RayExecutor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract


class TestRay(ExecutorContract):
    @pytest.fixture
    def executor(
        self, connection: Cluster, plugin: Path, options: Callable[..., ExecutorOptions]
    ) -> Iterator[Executor]:
        with RayExecutor(options(executor="ray", workers=2), connection) as executor:
            yield executor
