"""The contract over the executors that need nothing but this machine; clusters run it in their own folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract


class _ByName(ExecutorContract):
    name: str

    @pytest.fixture
    def executor(self, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[Executor]:
        with create_executor(options(executor=self.name, workers=2)) as executor:
            yield executor


class TestInline(_ByName):
    name = "inline"
    keeps_logs = False
    stops_running_work = False
    kills_deaf_work = False
    survives_crashes = False
    shows_progress = False


class TestWorkers(_ByName):
    name = "workers"


class TestThirdParty(_ByName):
    """An executor that is installed, and known by its entry point alone."""

    name = "test.third_party"
    keeps_logs = False
    kills_deaf_work = False
    survives_crashes = False
