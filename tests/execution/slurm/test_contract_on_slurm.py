"""The contract of all executors: with submitit's local processes, and on a real cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract


class _OnSlurm(ExecutorContract):
    slurm: ClassVar[Mapping[str, Any]]

    @pytest.fixture
    def executor(self, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[Executor]:
        with create_executor(options(executor="slurm", workers=2, slurm=dict(self.slurm))) as executor:
            yield executor


class TestLocalProcesses(_OnSlurm):
    slurm: ClassVar[Mapping[str, Any]] = {"cluster": "local"}


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
class TestSlurm(_OnSlurm):
    slurm: ClassVar[Mapping[str, Any]] = {"mem_gb": 0.25}
