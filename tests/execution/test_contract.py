"""The contract over the executors that need nothing but this machine; clusters run it in their own folders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from tests.execution.contract import ExecutorContract


class _ByName(ExecutorContract):
    name: ClassVar[str]
    fields: ClassVar[Mapping[str, object]] = {}

    @pytest.fixture
    def executor(self, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[Executor]:
        with create_executor(options(executor=self.name, **self.fields)) as executor:
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
    fields: ClassVar[Mapping[str, object]] = {"workers": 2}


class TestThirdParty(_ByName):
    """An executor that is installed, and known by its entry point alone."""

    name = "test.third_party"
    keeps_logs = False
    kills_deaf_work = False
    survives_crashes = False
