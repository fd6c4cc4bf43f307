"""The contract of all executors: with submitit's local processes, and on a real cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from errors import ConfigError
from execution.base import Executor
from execution.executors import create_executor
from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from jobs import FailureKind, Job, Resources
from tests.execution.contract import ExecutorContract
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S
from tracking.processes import process_started


class _OnSlurm(ExecutorContract):
    slurm: ClassVar[Mapping[str, Any]]

    @pytest.fixture
    def executor(self, plugin: Path, options: Callable[..., ExecutorOptions]) -> Iterator[Executor]:
        with create_executor(options(executor="slurm", workers=2, own=dict(self.slurm))) as executor:
            yield executor


class TestLocalProcesses(_OnSlurm):
    slurm: ClassVar[Mapping[str, Any]] = {"cluster": "local"}

    def test_dependencies_are_refused(self, executor: Executor) -> None:
        first = a_job("echo", id="first")
        second = Job(id="second", name="second", work="test.echo", needs=("first",))
        with pytest.raises(ConfigError, match="'local' cannot wait for other jobs"):
            executor.submit_all([first, second])


@pytest.mark.parametrize(
    ("options_given", "resources", "words"),
    [({"hang_minutes": 0.05}, Resources(), "said nothing"), ({}, Resources(minutes=0.05), "longer than 0.05 minutes")],
)
def test_work_beyond_its_limits_is_killed(
    options_given: dict[str, Any],
    resources: Resources,
    words: str,
    plugin: Path,
    options: Callable[..., ExecutorOptions],
    tmp_path: Path,
) -> None:
    begun = tmp_path / "begun"
    with create_executor(options(executor="slurm", own={"cluster": "local"}, **options_given)) as executor:
        failure = executor.submit(a_job("hang", begun=str(begun), resources=resources)).result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.TIMED_OUT
    assert words in failure.message
    # A machine may be so slow that it was killed before it began.
    assert not begun.exists() or process_started(int(begun.read_text())) is None


def test_a_job_goes_on_without_whoever_submitted_it(
    plugin: Path, options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    chosen, over = options(executor="slurm", own={"cluster": "local"}), tmp_path / "over"
    job = a_job("sleep", id="left/alone %d", seconds=600, until=str(over))
    with SlurmExecutor(chosen) as executor:
        executor.submit(job)
        executor.detach()
    with SlurmExecutor(chosen) as executor:
        handle = executor.submit(job)
        assert "already submitted" in handle.where
        over.touch()
        assert handle.result(PATIENCE_S).success


@pytest.mark.long
@pytest.mark.usefixtures("slurm")
class TestSlurm(_OnSlurm):
    slurm: ClassVar[Mapping[str, Any]] = {"mem_gb": 0.25}


# What happens within the job's own process is the same there as by local processes.
for _name in (
    "test_attempts_and_adjustments_reach_the_work",
    "test_a_job_whose_need_failed_is_not_begun",
    "test_work_that_wants_to_is_told_which_needs_failed",
    "test_an_exception_is_of_the_same_kind_everywhere",
    "test_a_job_that_other_code_planned_is_not_begun",
    "test_what_pytorch_says_without_memory_is_out_of_memory",
    "test_a_result_that_is_not_json_is_one_clear_error",
    "test_a_payload_that_is_not_json_is_refused",
    "test_unknown_work_is_one_clear_error",
    "test_work_that_cannot_be_imported_is_one_clear_error",
    "test_what_was_reported_last_is_known_at_the_end",
    "test_work_that_ends_its_process_fails_alone",
    "test_a_limit_of_time_is_kept",
):
    assert hasattr(ExecutorContract, _name)
    setattr(TestSlurm, _name, None)
