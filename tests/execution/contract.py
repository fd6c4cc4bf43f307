"""What holds for every executor: subclass it in a test module, with a fixture ``executor`` and the abilities it has.

The module may lie in any folder; docs/scaling.md shows a whole one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from errors import ConfigError
from execution.base import Executor, Handle, JobState
from jobs import FailureKind, Job, Outcome, Resources
from tests.execution.installed import plugin
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S

__all__ = ["ExecutorContract", "plugin"]


class ExecutorContract:
    """Subclasses say what their executor cannot do, and make one."""

    keeps_logs: ClassVar[bool] = True
    """What work prints can be read from the handle."""
    stops_running_work: ClassVar[bool] = True
    """Work that began can be cancelled and preempted: :meth:`Executor.submit` returns before it ends."""
    kills_deaf_work: ClassVar[bool] = True
    """Work that listens to nobody can be stopped, and what exceeds its limit of time is."""
    survives_crashes: ClassVar[bool] = True
    """Work that ends its process fails alone."""
    shows_progress: ClassVar[bool] = True
    """What work reports can be read from the handle while it runs."""

    @pytest.fixture
    def executor(self) -> Executor:
        """The executor under test, with the fixture ``plugin`` in force, room for two jobs where it can, and closed
        afterwards."""
        raise NotImplementedError

    def _needs(self, ability: str) -> None:
        if not getattr(self, ability):
            pytest.skip(f"not able: {ability}")

    def _finish(self, executor: Executor, job: Job) -> Outcome:
        handle = executor.submit(job)
        outcome = handle.result(PATIENCE_S)
        assert handle.state == JobState.of(outcome)
        assert handle.result(0) == outcome, "it stays as it is"
        return outcome

    def _failure(self, executor: Executor, job: Job) -> tuple[FailureKind, str]:
        outcome = self._finish(executor, job)
        assert outcome.failure is not None
        return outcome.failure.kind, outcome.failure.message

    @pytest.mark.parametrize(
        "payload",
        [
            {},
            {
                "text": 'Ωmega\n\t"quoted" \\ \'; rm -rf $HOME `x` \u2028 \x00 😀',
                "nested": {"list": [1, 2.5, None, True, {}]},
            },
            {"large": 2**70, "small": 1e-300, "negative": -0.0},
            {"long": "é" * 300_000},
        ],
        ids=["empty", "text", "numbers", "long"],
    )
    def test_what_goes_in_comes_out(self, executor: Executor, payload: Mapping[str, Any]) -> None:
        job = a_job("echo", **payload)
        outcome = self._finish(executor, job)
        assert outcome.failure is None
        assert outcome.result == {"payload": payload, "attempt": 1, "adjustments": {}}
        assert outcome.seconds >= 0

    def test_attempts_and_adjustments_reach_the_work(self, executor: Executor) -> None:
        job = Job(id="again", name="again", work="test.echo", attempt=3, adjustments={"divide_batch": 2})
        result = self._finish(executor, job).result
        assert (result["attempt"], result["adjustments"]) == (3, {"divide_batch": 2})

    def test_a_job_whose_need_failed_is_not_begun(self, executor: Executor, tmp_path: Path) -> None:
        begun = tmp_path / "begun"
        needs = {"map": "needs the data map, which failed: disk full"}
        job = Job(id="n1", name="late", work="test.sleep", payload={"begun": str(begun)}, failed_needs=needs)
        kind, message = self._failure(executor, job)
        assert (kind, message) == (FailureKind.NEED_FAILED, "late needs the data map, which failed: disk full")
        assert not begun.exists()

    def test_work_that_wants_to_is_told_which_needs_failed(self, executor: Executor) -> None:
        job = Job(id="n2", name="late", work="test.despite", failed_needs={"map": "no"})
        assert self._finish(executor, job).result == {"failed_needs": {"map": "no"}}

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            ("ConfigError", FailureKind.MISTAKE),
            ("DataError", FailureKind.MISTAKE),
            ("ResourceError", FailureKind.RESOURCE),
            ("ConnectionError", FailureKind.RESOURCE),
            ("Busy", FailureKind.BUSY),
            ("NeedFailed", FailureKind.NEED_FAILED),
            ("Preempted", FailureKind.PREEMPTED),
            ("KeyboardInterrupt", FailureKind.ERROR),
            ("SystemExit", FailureKind.ERROR),
            ("MemoryError", FailureKind.OUT_OF_MEMORY),
            ("ValueError", FailureKind.ERROR),
        ],
    )
    def test_an_exception_is_of_the_same_kind_everywhere(
        self, executor: Executor, error: str, kind: FailureKind
    ) -> None:
        outcome = self._finish(executor, a_job("fail", error=error, message="näher: 'erklärt'"))
        assert outcome.failure is not None
        assert (outcome.failure.kind, outcome.failure.type) == (kind, error)
        assert outcome.failure.message == "näher: 'erklärt'"
        assert "in fail" in outcome.failure.traceback

    def test_a_job_that_other_code_planned_is_not_begun(self, executor: Executor, tmp_path: Path) -> None:
        begun = tmp_path / "begun"
        job = Job(id="v", name="old", work="test.sleep", code="0123456789ab", payload={"begun": str(begun)})
        assert self._failure(executor, job)[0] == FailureKind.OTHER_CODE
        assert not begun.exists()

    def test_what_pytorch_says_without_memory_is_out_of_memory(self, executor: Executor) -> None:
        kind, message = self._failure(executor, a_job("out_of_memory"))
        assert kind == FailureKind.OUT_OF_MEMORY
        assert "can't allocate memory" in message

    def test_a_result_that_is_not_json_is_one_clear_error(self, executor: Executor) -> None:
        kind, message = self._failure(executor, a_job("not_json"))
        assert kind == FailureKind.ERROR
        assert message.startswith("the work 'test.not_json' must return JSON, got {'value':")

    def test_a_payload_that_is_not_json_is_refused(self, executor: Executor) -> None:
        with pytest.raises(ConfigError, match="JSON"):
            executor.submit(a_job("echo", value={1, 2}))

    def test_a_long_result_arrives_whole(self, executor: Executor) -> None:
        assert self._finish(executor, a_job("big")).result == {"text": "Ω" * 1_000_000}

    def test_unknown_work_is_one_clear_error(self, executor: Executor) -> None:
        job = Job(id="u", name="unknown", work="test.ehco")
        kind, message = self._failure(executor, job)
        assert kind == FailureKind.OTHER_CODE
        assert message.startswith("unknown name 'test.ehco' in work; did you mean 'test.echo'?")

    def test_work_that_cannot_be_imported_is_one_clear_error(self, executor: Executor) -> None:
        kind, message = self._failure(executor, a_job("unimportable"))
        assert kind == FailureKind.MISTAKE
        assert "cannot be imported" in message

    def test_many_jobs_end_each_with_its_own_result(self, executor: Executor) -> None:
        handles = [executor.submit(a_job("echo", number=number)) for number in range(6)]
        open_handles = list(handles)
        limit = time.monotonic() + PATIENCE_S
        while open_handles and time.monotonic() < limit:
            executor.wait(open_handles, 1.0)
            open_handles = [handle for handle in open_handles if not handle.state.is_final]
        assert [handle.result(0).result["payload"]["number"] for handle in handles] == list(range(6))

    def test_what_work_prints_is_kept(self, executor: Executor) -> None:
        self._needs("keeps_logs")
        handle = executor.submit(a_job("print", text="naïve ✓"))
        assert handle.result(PATIENCE_S).success
        for line in ("out: naïve ✓", "err: naïve ✓", "descriptor: naïve ✓"):
            assert line in handle.logs().splitlines()

    def test_a_job_shows_where_it_stands(self, executor: Executor, tmp_path: Path) -> None:
        self._needs("stops_running_work")
        begun = tmp_path / "begun"
        handle = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        assert not handle.state.is_final
        self._wait_for(executor, handle, begun.exists, "the work to begin")
        self._wait_for(executor, handle, lambda: handle.state == JobState.RUNNING, "the state to say so")
        assert handle.where
        with pytest.raises(TimeoutError):
            handle.result(0.05)

    def test_progress_is_seen_while_it_runs(self, executor: Executor) -> None:
        self._needs("stops_running_work")
        self._needs("shows_progress")
        handle = executor.submit(a_job("sleep", seconds=600))
        self._wait_for(executor, handle, lambda: handle.progress.get("step", 0) >= 2, "progress")
        assert handle.progress["phase"] == "sleeping"
        assert handle.progress["total_steps"] == 30_000

    def test_what_was_reported_last_is_known_at_the_end(self, executor: Executor) -> None:
        self._needs("shows_progress")
        # Its steps follow one another so soon that not each of them can be told.
        handle = executor.submit(a_job("sleep", seconds=0.1))
        assert handle.result(PATIENCE_S).success
        assert handle.progress["step"] == 5

    def test_running_work_is_preempted(self, executor: Executor, tmp_path: Path) -> None:
        self._needs("stops_running_work")
        begun = tmp_path / "begun"
        handle = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        self._wait_for(executor, handle, begun.exists, "the work to begin")
        handle.preempt("Ctrl-C")
        failure = handle.result(PATIENCE_S).failure
        assert failure is not None
        assert (failure.kind, handle.state) == (FailureKind.PREEMPTED, JobState.FAILED)

    def test_running_work_is_cancelled(self, executor: Executor, tmp_path: Path) -> None:
        self._needs("stops_running_work")
        begun = tmp_path / "begun"
        handle = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        self._wait_for(executor, handle, begun.exists, "the work to begin")
        self._cancel(handle)

    def test_work_that_listens_to_nobody_is_cancelled(self, executor: Executor, tmp_path: Path) -> None:
        self._needs("kills_deaf_work")
        begun = tmp_path / "begun"
        handle = executor.submit(a_job("hang", begun=str(begun)))
        self._wait_for(executor, handle, begun.exists, "the work to begin")
        self._cancel(handle)

    def test_jobs_that_wait_are_cancelled_and_preempted(self, executor: Executor, tmp_path: Path) -> None:
        self._needs("stops_running_work")
        before = [executor.submit(a_job("sleep", seconds=600)) for _ in range(executor.max_concurrent)]
        begun = [tmp_path / "cancelled", tmp_path / "preempted"]
        cancelled, preempted = [executor.submit(a_job("sleep", seconds=600, begun=str(path))) for path in begun]
        self._cancel(cancelled)
        preempted.preempt("Ctrl-C")
        for handle in before:
            handle.cancel()
        failure = preempted.result(PATIENCE_S).failure
        assert failure is not None
        assert failure.kind == FailureKind.PREEMPTED

    def test_what_has_ended_stays_as_it_is(self, executor: Executor) -> None:
        handle = executor.submit(a_job("echo"))
        outcome = handle.result(PATIENCE_S)
        handle.cancel()
        handle.preempt("late")
        assert handle.result(0) == outcome
        assert handle.state == JobState.COMPLETED

    @pytest.mark.parametrize(
        "job",
        [
            ("crash", {}),
            ("crash", {"signal": "SIGSEGV"}),
            ("abort", {}),
            ("exit", {"status": 3}),
            ("exit", {"status": 0}),
        ],
        ids=["SIGKILL", "SIGSEGV", "abort", "exit 3", "exit 0"],
    )
    def test_work_that_ends_its_process_fails_alone(
        self, executor: Executor, job: tuple[str, Mapping[str, Any]]
    ) -> None:
        self._needs("survives_crashes")
        handles = [executor.submit(a_job(job[0], **job[1])), executor.submit(a_job("sleep", seconds=0.5))]
        failure = handles[0].result(PATIENCE_S).failure
        assert failure is not None
        assert failure.kind == FailureKind.WORKER_DIED, failure.message
        assert failure.message
        assert handles[1].result(PATIENCE_S).success
        assert self._finish(executor, a_job("echo")).success, "and the next one finds somebody to do it"

    def test_a_limit_of_time_is_kept(self, executor: Executor) -> None:
        self._needs("kills_deaf_work")
        kind, message = self._failure(executor, a_job("deaf", resources=Resources(minutes=0.02)))
        assert kind == FailureKind.TIMED_OUT
        assert "minutes" in message

    def test_more_than_there_is_is_refused(self, executor: Executor) -> None:
        if executor.capacity is None:
            pytest.skip("a cluster decides")
        with pytest.raises(ConfigError, match=r"the echo job .*GPUs"):
            executor.submit(a_job("echo", resources=Resources(gpus=64)))

    def test_nothing_runs_after_close(self, executor: Executor, tmp_path: Path) -> None:
        begun = tmp_path / "begun"
        handles = []
        if self.stops_running_work:
            handles = [executor.submit(a_job("sleep", seconds=600, begun=str(begun))) for _ in range(3)]
            self._wait_for(executor, handles[0], begun.exists, "the work to begin")
        executor.close()
        executor.close()
        assert all(handle.state.is_final for handle in handles)

    def _cancel(self, handle: Handle) -> None:
        handle.cancel()
        failure = handle.result(PATIENCE_S).failure
        assert failure is not None
        assert (failure.kind, handle.state) == (FailureKind.CANCELLED, JobState.CANCELLED)

    @staticmethod
    def _wait_for(executor: Executor, handle: Handle, condition: Callable[[], object], what: str) -> None:
        limit = time.monotonic() + PATIENCE_S
        while not condition():
            assert not handle.state.is_final, f"ended before {what}: {handle.result(0)}"
            assert time.monotonic() < limit, f"waited for {what}"
            executor.wait([handle], 0.05)
