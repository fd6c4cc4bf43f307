"""What becomes of a job in the process that does it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import pytest

from execution.code_version import code_version
from execution.work import WORK, Context, carry_out, takes_failed_needs
from jobs import FailureKind, Job, Outcome


@pytest.fixture(autouse=True)
def _work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WORK, "_targets", dict(WORK._targets))
    WORK.register("test.exit", f"{__name__}:leave")
    WORK.register("test.interrupt", f"{__name__}:interrupt")
    WORK.register("test.needy", f"{__name__}:needy")


def leave(job: Job, context: Context) -> NoReturn:
    sys.exit("enough")


def interrupt(job: Job, context: Context) -> NoReturn:
    raise KeyboardInterrupt


@takes_failed_needs
def needy(job: Job, context: Context) -> Mapping[str, Any]:
    return {"needs": len(job.failed_needs)}


def _done(work: str, reason: str = "", **fields: Any) -> Outcome:
    return carry_out(Job(id="a", name="a", work=work, **fields), Context(stop_reason=lambda: reason))


def test_a_job_that_was_planned_by_other_code_is_not_done() -> None:
    failure = _done("test.exit", code="0123456789ab").failure
    assert failure is not None and failure.kind == FailureKind.OTHER_CODE
    assert "planned by code 0123456789ab" in failure.message and code_version() in failure.message


@pytest.mark.parametrize("code", ["", code_version()])
def test_one_that_was_planned_by_this_code_or_by_any_is_done(code: str) -> None:
    assert _done("test.needy", code=code).success


@pytest.mark.parametrize("work", ["test.exit", "test.interrupt"])
def test_work_that_ends_its_process_was_stopped_only_where_somebody_wanted_it(work: str) -> None:
    stopped, by_itself = _done(work, "terminated (SIGTERM)").failure, _done(work).failure
    assert stopped is not None and stopped.kind == FailureKind.PREEMPTED
    assert by_itself is not None and by_itself.kind == FailureKind.ERROR
    assert by_itself.traceback


def test_work_is_called_without_its_needs_where_it_says_so() -> None:
    assert _done("test.needy", failed_needs={"b": "needs b, which failed"}).result == {"needs": 1}
