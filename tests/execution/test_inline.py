"""What the inline executor does beside the contract of all: it keeps a limit of time as well as it can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from errors import ConfigError
from execution.base import Handle
from execution.inline import InlineExecutor
from execution.options import ExecutorOptions
from jobs import FailureKind, Resources
from tests.execution.jobs_of_tests import a_job


def _nobody(handle: Handle) -> None: ...


@pytest.mark.parametrize(
    ("reason", "kind", "words"),
    [
        ("", FailureKind.TIMED_OUT, "it took longer than 0.001 minutes"),
        ("terminated (SIGTERM)", FailureKind.PREEMPTED, "terminated (SIGTERM)"),
    ],
)
def test_work_beyond_its_limit_is_stopped_at_its_next_step(
    reason: str, kind: FailureKind, words: str, plugin: Path, options: Callable[..., ExecutorOptions]
) -> None:
    job = a_job("sleep", seconds=120.0, resources=Resources(minutes=0.001))
    with InlineExecutor(options()) as executor:
        executor.listen(_nobody, lambda: reason)
        failure = executor.submit(job).result().failure
    assert failure is not None and (failure.kind, failure.message) == (kind, words)


def test_work_within_its_limit_is_left_alone(plugin: Path, options: Callable[..., ExecutorOptions]) -> None:
    with InlineExecutor(options()) as executor:
        assert executor.submit(a_job("sleep", seconds=0.05, resources=Resources(minutes=5))).result().success


def test_a_job_that_needs_more_than_the_machine_has_is_none_for_this_process(
    plugin: Path, options: Callable[..., ExecutorOptions]
) -> None:
    with InlineExecutor(options()) as executor:
        with pytest.raises(ConfigError, match="GB of memory"):
            executor.submit(a_job("echo", resources=Resources(memory_gb=1e6)))
        assert executor.submit(a_job("echo", resources=Resources(memory_gb=0.001))).result().success
