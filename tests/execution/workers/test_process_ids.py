"""A process id that comes again means another worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from execution.workers.executor import WorkersExecutor
from jobs import FailureKind
from tests.execution.jobs_of_tests import a_job
from tests.execution.workers.turning import turn_until

_LAST = Path("/proc/sys/kernel/ns_last_pid")
"""The next process gets the number behind it, if that is free."""
_TRIES = 20


@pytest.mark.skipif(not os.access(_LAST, os.W_OK), reason="only root chooses process ids")
def test_how_an_earlier_worker_of_this_number_ended_is_not_told_of_a_later(
    make_executor: Callable[..., WorkersExecutor], tmp_path: Path
) -> None:
    executor = make_executor(workers=1)
    assert executor.submit(a_job("echo")).result().success
    earlier = _process_of_the_only_worker(executor)
    for attempt in range(_TRIES):
        _send_away(executor)
        begun = tmp_path / f"begun{attempt}"
        _LAST.write_text(str(earlier - 1))
        handle = executor.submit(a_job("sleep", seconds=600, begun=str(begun)))
        turn_until(executor, [handle], begun.exists, "the job to begin")
        later = _process_of_the_only_worker(executor)
        os.kill(later, signal.SIGKILL)
        failure = handle.result().failure
        assert failure is not None and failure.kind == FailureKind.WORKER_DIED
        assert "was killed by signal 9 (SIGKILL)" in failure.message
        if later == earlier:
            return
        assert executor.submit(a_job("echo")).result().success
        earlier = _process_of_the_only_worker(executor)
    pytest.skip("others took the number each time")


def _process_of_the_only_worker(executor: WorkersExecutor) -> int:
    (worker,) = executor._crew._force.workers
    assert worker.process is not None
    return worker.process.pid


def _send_away(executor: WorkersExecutor) -> None:
    """Let an idle worker end by itself, and wait until it was said how."""
    crew = executor._crew
    known = len(crew._force._template._statuses)
    crew._force.workers[0].dismiss()
    while crew._force.workers or len(crew._force._template._statuses) == known:
        crew.turn(0.05)
