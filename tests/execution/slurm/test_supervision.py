"""What becomes of work within a SLURM job: ends of slots, waiting for others, orders that nobody understands."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from errors import ResourceError
from execution.options import ExecutorOptions
from execution.slurm import folders, supervision
from execution.slurm.batch_job import SlurmJob, WorkFailed
from execution.slurm.executor import SlurmExecutor
from execution.slurm.folders import Order, SubmissionFolder
from execution.slurm.supervision import Supervision
from jobs import FailureKind, Job, Outcome, Resources
from jobs.outcome import WAITS_FOR
from tests.execution.jobs_of_tests import a_job
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.usefixtures("steps")


def _folder(tmp_path: Path, job: Job, **fields: Any) -> SubmissionFolder:
    order = {"threads": 1, "hang_seconds": None, "save_seconds": 0.5, "patience_seconds": None, **fields}
    return SubmissionFolder.create(tmp_path / "logs of it", Order(job, **order))


def _job(work: str, resources: Resources | None = None, **payload: Any) -> Job:
    return Job(id="j", name="j", work=f"slurm_test.{work}", payload=payload, resources=resources or Resources())


def _slot(folder: SubmissionFolder) -> tuple[Outcome, bool]:
    """Work until something was reported, and then until the end of the slot."""
    before = folder.progress_stamp()
    watcher = Supervision(folder)

    def end() -> None:
        try:
            until(lambda: folder.progress_stamp() != before, "a report")
        finally:
            watcher.ask(signal.SIGUSR2)

    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(end)
        outcome = watcher.watch()
        ended.result()
    return outcome, watcher.goes_on_in_another_slot


def test_work_may_take_the_whole_delay_to_save_and_goes_on_in_another_slot(tmp_path: Path) -> None:
    job = _job("steps", attempts=str(tmp_path / "a"), checkpoint=str(tmp_path / "c"), steps=9000, pause=0.05)
    folder = _folder(tmp_path, job, save_seconds=60.0)
    outcome, goes_on = _slot(folder)
    assert outcome.failure is not None
    assert (outcome.failure.kind, goes_on) == (FailureKind.PREEMPTED, True)
    assert int((tmp_path / "c").read_text()) > 0
    folder = _folder(tmp_path, _job("idle", reached=1))
    outcome, goes_on = _slot(folder)
    assert outcome.failure is not None
    assert outcome.failure.message == "SLURM ends its slot; it did not stop and was killed"
    assert goes_on


def test_slots_that_bring_work_no_further_end(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _job("idle", reached=7))
    # The first one got to step 7.
    ends = [_slot(folder) for _ in range(4)]
    assert [goes_on for _, goes_on in ends] == [True, True, True, False]
    failure = ends[-1][0].failure
    assert failure is not None
    assert failure.kind == FailureKind.TIMED_OUT
    assert failure.message.startswith("3 slots in a row brought it no further; give it longer ones (time_minutes)")
    assert folder.outcome() == ends[-1][0]


def test_somebody_else_who_is_at_it_is_waited_for_and_that_counts_for_no_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = tmp_path / "free"
    folder = _folder(tmp_path, _job("busy", Resources(minutes=0.5), free=str(free)), save_seconds=3600.0)
    monkeypatch.setattr(supervision, "time", _TimeOfWaiting(folder))
    outcome, goes_on = _slot(folder)
    assert outcome.failure is not None
    assert (outcome.failure.kind, goes_on) == (FailureKind.PREEMPTED, True)
    assert folder.progress()["phase"] == "waits: somebody is at it"
    threading.Timer(2.0, free.touch).start()
    assert Supervision(folder).watch().success


class _TimeOfWaiting:
    """Stands still until work waits, however long that takes, and then flies: a minute goes by between two looks."""

    def __init__(self, folder: SubmissionFolder) -> None:
        self._folder = folder
        self._now = 1000.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        if WAITS_FOR in self._folder.progress():
            self._now += 60.0


def test_where_whoever_submitted_tries_again_nobody_waits(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _job("busy", free=str(tmp_path / "free")), patience_seconds=0.0)
    failure = Supervision(folder).watch().failure
    assert failure is not None
    assert failure.kind == FailureKind.BUSY


def test_work_that_left_what_it_made_is_done_though_nobody_said_so(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _job("made", file=str(tmp_path / "made"), text="all of it"))
    assert Supervision(folder).watch().result == {"text": "all of it"}
    assert (folder.outcome() or Outcome()).result == {"text": "all of it"}
    nowhere = _folder(tmp_path, _job("made", file=str(tmp_path / "no" / "folder"), text=""))
    assert not Supervision(nowhere).watch().success


def test_how_it_ended_counts_where_it_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_PATIENCE_SECONDS", 0.0)
    folder = _folder(tmp_path, _job("made", file=str(tmp_path / "made"), text="all of it"))
    # In place of the outcome lies what no file can take the place of, as on a disk that is full.
    (folder.path / "outcome.json" / "taken").mkdir(parents=True)
    monkeypatch.setattr(SubmissionFolder, "forget_outcome", lambda self: None)
    SlurmJob(str(folder.path))()
    assert folder.outcome() is None


def test_an_order_of_another_version_says_so(tmp_path: Path) -> None:
    folder = _folder(tmp_path, _job("idle"))
    path = folder.path / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "new": 1}))
    with pytest.raises(WorkFailed):
        SlurmJob(str(folder.path))()
    outcome = folder.outcome()
    assert outcome is not None and outcome.failure is not None
    assert outcome.failure.kind == FailureKind.OTHER_CODE
    assert "another version" in outcome.failure.message


def test_an_outcome_waits_for_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file where the folder should be stands for a disk that takes nothing.
    folder = SubmissionFolder(tmp_path / "taken")
    folder.path.touch()
    with pytest.raises(ResourceError):
        folder.write_outcome(Outcome())

    def clear() -> None:
        folder.path.unlink()
        folder.path.mkdir()

    threading.Timer(0.5, clear).start()
    folder.write_outcome_patiently(Outcome())
    assert folder.outcome() == Outcome()


@pytest.fixture
def executor(options: Callable[..., ExecutorOptions]) -> Iterator[SlurmExecutor]:
    with SlurmExecutor(options(own={"cluster": "local"})) as executor:
        yield executor


def test_work_that_ends_well_after_the_signal_ends_its_slurm_job_well(executor: SlurmExecutor, tmp_path: Path) -> None:
    over = tmp_path / "over"
    handle = executor.submit(a_job("deaf", begun=str(tmp_path / "begun"), until=str(over)))
    until((tmp_path / "begun").exists, "the work to begin")
    [folder] = [SubmissionFolder(path.parent) for path in executor.log_dir.glob("slurm/job-*/*/job.json")]
    os.kill((folder.started() or {})["pid"], signal.SIGUSR2)
    over.touch()
    assert handle.result(PATIENCE_S).success
    # Else what depends on it would never begin.
    until(lambda: "Job completed successfully" in handle.logs(), "submitit to say that it ended well")


def test_a_job_that_was_planned_by_other_code_is_not_begun(executor: SlurmExecutor, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    job = Job(id="o", name="o", work="test.sleep", payload={"begun": str(begun)}, code="0123456789ab")
    failure = executor.submit(job).result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.OTHER_CODE
    assert "0123456789ab" in failure.message
    assert not begun.exists()
