"""Jobs on a real SLURM cluster without accounting: arrays, dependencies, slots that end, cancelling, attaching."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from errors import ConfigError, ResourceError
from execution.base import Handle, JobState
from execution.dispatching.dispatcher import Dispatcher
from execution.dispatching.options import DispatcherOptions
from execution.interruption import Interruption
from execution.options import ExecutorOptions
from execution.slurm import handle as handle_module
from execution.slurm.executor import SlurmExecutor
from execution.slurm.folders import SubmissionFolder
from jobs import FailureKind, Job, Resources
from tests.execution.dispatching import Heard
from tests.execution.jobs_of_tests import a_job
from tests.execution.slurm.cluster import SlurmCluster
from tests.waiting import until
from tracking.processes import process_started
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("plugin", "slurm")]

_PATIENCE_S = 400.0


@pytest.fixture
def start(options: Callable[..., ExecutorOptions]) -> Iterator[Callable[..., SlurmExecutor]]:
    """Make executors whose logs lie in one folder; SLURM jobs that they leave are cancelled with the cluster's."""

    def make(**slurm: Any) -> SlurmExecutor:
        return SlurmExecutor(options(workers=4, own={"mem_gb": 0.2, **slurm}))

    yield make


def _folder(executor: SlurmExecutor, job_id: str) -> SubmissionFolder:
    folder = SubmissionFolder.latest(executor.log_dir, job_id)
    assert folder is not None
    return folder


def _failure(handle: Any) -> tuple[FailureKind, str]:
    failure = handle.result(_PATIENCE_S).failure
    assert failure is not None
    return failure.kind, failure.message


def _paths(folder: Path) -> dict[str, str]:
    """Return what work that takes steps is told: whatever the machine's speed, it ends no sooner than allowed."""
    return {name: str(folder / name) for name in ("attempts", "checkpoint", "free")}


def _let_end_in_a_second_start(folder: Path) -> None:
    attempts = folder / "attempts"
    until(lambda: attempts.exists() and len(attempts.read_text().splitlines()) >= 2, "a second start", _PATIENCE_S)
    (folder / "free").touch()


def test_there_is_no_accounting(slurm: SlurmCluster) -> None:
    # What the other tests of this file rest on.
    assert "accounting storage is disabled" in slurm.run("sacct")


def test_equal_jobs_are_one_array(start: Callable[..., SlurmExecutor], tmp_path: Path) -> None:
    executor = start()
    handles = executor.submit_all([a_job("echo", id=f"a/{number}", number=number) for number in range(5)])
    results = [handle.result(_PATIENCE_S).result["payload"]["number"] for handle in handles]
    assert results == [0, 1, 2, 3, 4]
    ids = [handle.where.split()[2] for handle in handles]
    assert [each.partition("_")[2] for each in ids] == ["0", "1", "2", "3", "4"]
    assert len({each.partition("_")[0] for each in ids}) == 1


def test_a_graph_runs_in_its_order_without_whoever_submitted_it(
    start: Callable[..., SlurmExecutor], tmp_path: Path
) -> None:
    def job(name: str, *needs: str) -> Job:
        times = {"begun": str(tmp_path / name), "seconds": 0.5}
        return Job(id=name, name=name, work="test.sleep", payload=times, needs=needs)

    graph = [job("last", "left", "right"), job("left", "first"), job("right", "first"), job("first", "made before")]
    with start() as executor:
        executor.submit_all(graph)
    with start() as executor:
        handles = executor.submit_all(graph)
    assert all("already submitted" in handle.where for handle in handles)
    assert {handle.result(_PATIENCE_S).success for handle in handles} == {True}
    begun = {each.id: (tmp_path / each.id).stat().st_mtime for each in graph}
    ended = {each.id: (_folder(executor, each.id).path / "outcome.json").stat().st_mtime for each in graph}
    for each in graph:
        assert all(ended[need] <= begun[each.id] for need in each.needs if need in ended)


def test_what_needs_a_failed_job_never_begins(
    start: Callable[..., SlurmExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle_module, "_OUTCOME_SECONDS", 1.0)
    begun = tmp_path / "begun"
    first = Job(id="m", name="data map", work="test.fail", payload={"error": "DataError", "message": "no rows"})
    second = Job(id="e", name="filter", work="test.sleep", payload={"begun": str(begun)}, needs=("m",))
    third = Job(id="l", name="last", work="test.sleep", payload={"begun": str(begun)}, needs=("e",))
    handles = start().submit_all([first, second, third])
    assert _failure(handles[0]) == (FailureKind.MISTAKE, "no rows")
    assert _failure(handles[1]) == (FailureKind.NEED_FAILED, "data map failed: no rows")
    kind, _ = _failure(handles[2])
    assert kind == FailureKind.NEED_FAILED
    assert not begun.exists()
    mended = Job(id="e", name="filter", work="test.echo")
    assert start().submit(mended).result(_PATIENCE_S).success, "whom SLURM dropped can be submitted again"


@pytest.mark.usefixtures("steps")
def test_a_slot_that_ends_is_followed_by_another(start: Callable[..., SlurmExecutor], tmp_path: Path) -> None:
    payload = {**_paths(tmp_path), "steps": 30, "pause": 0.1}
    job = Job(id="long", name="long", work="slurm_test.steps", payload=payload)
    handle = start(time_minutes=1, signal_delay_seconds=45).submit(job)
    _let_end_in_a_second_start(tmp_path)
    outcome = handle.result(_PATIENCE_S)
    assert outcome.failure is None
    assert outcome.result["steps"] == 30
    assert outcome.result["begun_at"] > 0
    attempts = [line.split() for line in (tmp_path / "attempts").read_text().splitlines()]
    assert len({job_id for job_id, _ in attempts}) == 1, "the same SLURM job"
    assert [int(restarts) for _, restarts in attempts] == list(range(len(attempts)))


@pytest.mark.usefixtures("steps")
def test_preempted_work_saves_and_is_not_requeued(start: Callable[..., SlurmExecutor], tmp_path: Path) -> None:
    payload = {**_paths(tmp_path), "steps": 9000, "pause": 0.1}
    handle = start().submit(Job(id="p", name="p", work="slurm_test.steps", payload=payload))
    until(lambda: handle.progress.get("step", 0) > 0, "a step")
    handle.preempt("a dispatcher that ends")
    assert _failure(handle) == (FailureKind.PREEMPTED, "a dispatcher that ends")
    assert int((tmp_path / "checkpoint").read_text()) > 0
    until(lambda: not _queued(handle.where), "the job to leave the queue")


@pytest.mark.usefixtures("steps")
@pytest.mark.parametrize("event", ["requeue", "node down"])
def test_what_slurm_itself_starts_again_goes_on(
    event: str, start: Callable[..., SlurmExecutor], slurm: SlurmCluster, tmp_path: Path
) -> None:
    payload = {**_paths(tmp_path), "steps": 30, "pause": 0.1}
    handle = start().submit(Job(id="r", name="r", work="slurm_test.steps", payload=payload))
    until(lambda: handle.progress.get("step", 0) > 0, "a step")
    if event == "requeue":
        # As a cluster does where jobs of higher priority push others out.
        slurm.run("scontrol", "requeue", handle.where.split()[2])
    else:
        slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=down", "reason=test")
        until(lambda: not handle.state.is_final and handle.state == JobState.PENDING, "the job to be requeued")
        slurm.run("scontrol", "update", f"nodename={slurm.node}", "state=resume")
    _let_end_in_a_second_start(tmp_path)
    outcome = handle.result(_PATIENCE_S)
    assert outcome.failure is None
    assert outcome.result["steps"] == 30
    assert len((tmp_path / "attempts").read_text().splitlines()) == 2
    if event == "requeue":
        assert outcome.result["begun_at"] > 0, "SIGTERM left time to save"


def test_scancel_by_hand_is_no_reason_to_try_again(
    start: Callable[..., SlurmExecutor], slurm: SlurmCluster, queue: Queue, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"

    class Cancelling(Heard):
        has_cancelled = False

        def progressed(self, handle: Handle) -> None:
            # SLURM may know of it later than the work begins.
            if begun.exists() and handle.state == JobState.RUNNING and not self.has_cancelled:
                self.has_cancelled = True
                slurm.run("scancel", handle.where.split()[2])

    queue.add([a_job("sleep", seconds=100, begun=str(begun))])
    heard = Cancelling()
    Dispatcher(queue, start(), heard, Interruption(), DispatcherOptions()).run()
    ((_, outcome, settled),) = heard.ends
    assert outcome.failure is not None
    assert (outcome.failure.kind, outcome.failure.message) == (FailureKind.CANCELLED, "it was cancelled in SLURM")
    assert settled.state == QueueState.CANCELLED


def test_work_whose_supervisor_is_killed_saves_and_ends(start: Callable[..., SlurmExecutor], tmp_path: Path) -> None:
    executor = start()
    handle = executor.submit(a_job("sleep", seconds=600, begun=str(tmp_path / "begun")))
    until((tmp_path / "begun").exists, "the work to begin")
    os.kill((_folder(executor, handle.job.id).started() or {})["pid"], signal.SIGKILL)
    assert _failure(handle) == (FailureKind.PREEMPTED, "its supervisor is gone")
    until(lambda: process_started(int((tmp_path / "begun").read_text())) is None, "the work to be gone with it")


def test_a_job_that_slurm_has_is_not_submitted_again(
    start: Callable[..., SlurmExecutor], slurm: SlurmCluster, tmp_path: Path
) -> None:
    job = a_job("sleep", id="once", seconds=600)
    first = start().submit(job)
    again = start().submit(job)
    with start() as executor:
        [whole] = executor.submit_all([job])
    number = first.where.split()[2]
    assert [each.where.split()[2] for each in (again, whole)] == [number, number]
    assert f"SLURM job {number} (already submitted" in again.where
    assert len(slurm.run("squeue", "--noheader").splitlines()) == 1
    again.cancel()
    assert _failure(first)[0] == FailureKind.CANCELLED
    afterwards = start().submit(a_job("echo", id="once"))
    assert afterwards.result(_PATIENCE_S).success, "what is over can be submitted anew"


def test_a_job_that_waits_says_why(start: Callable[..., SlurmExecutor]) -> None:
    executor = start()
    all_cpus = Resources(cpus=4)
    executor.submit(a_job("sleep", seconds=600, resources=all_cpus))
    second = executor.submit(a_job("sleep", seconds=600, resources=all_cpus))
    until(lambda: second.state == JobState.PENDING and "pending: " in second.where, "a reason")
    until(lambda: "(pending: Resources)" in second.where or "(pending: Priority)" in second.where, second.where)
    executor.close()
    assert _failure(second) == (FailureKind.PREEMPTED, "whoever submitted it ended")


@pytest.mark.parametrize(
    ("slurm_options", "resources", "words"),
    [
        ({"partition": "nowhere"}, Resources(), "nvalid partition"),
        ({}, Resources(memory_gb=9999), "Memory specification can not be satisfied"),
        ({}, Resources(gpus=1), "nvalid generic resource"),
        ({"constraint": "a100"}, Resources(), "nvalid feature"),
        ({"additional": {"nonsense": "1"}}, Resources(), "nonsense"),
    ],
)
def test_what_slurm_refuses_is_one_error_in_its_words(
    slurm_options: dict[str, Any], resources: Resources, words: str, start: Callable[..., SlurmExecutor]
) -> None:
    executor = start(**slurm_options)
    with pytest.raises(ConfigError, match=words):
        executor.submit(a_job("echo", resources=resources))


def test_a_graph_is_submitted_whole_or_not_at_all(start: Callable[..., SlurmExecutor], slurm: SlurmCluster) -> None:
    possible = a_job("sleep", id="possible", seconds=600)
    impossible = Job(id="i", name="i", work="test.echo", needs=("possible",), resources=Resources(memory_gb=9999))
    with pytest.raises(ConfigError, match="SLURM refuses the job"):
        start().submit_all([possible, impossible])
    until(lambda: not slurm.run("squeue", "--noheader"), "the queue to be empty")


def test_a_controller_that_is_away_is_one_error_soon(
    start: Callable[..., SlurmExecutor], slurm: SlurmCluster, tmp_path: Path
) -> None:
    executor = start()
    running = executor.submit(a_job("sleep", seconds=5, begun=str(tmp_path / "begun")))
    until((tmp_path / "begun").exists, "the work to begin")
    slurm.stop_controller()
    asked = time.monotonic()
    with pytest.raises(ResourceError, match="no SLURM controller answers"):
        start()
    with pytest.raises(ResourceError, match="no SLURM controller answers"):
        executor.submit(a_job("echo"))
    assert time.monotonic() - asked < 60, "sbatch alone would try for minutes"
    assert running.result(_PATIENCE_S).success, "what runs says how it ended, also without the controller"
    slurm.start_controller()
    assert executor.submit(a_job("echo")).result(_PATIENCE_S).success


def test_code_is_found_from_anywhere(
    start: Callable[..., SlurmExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "it's else where"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    job = a_job("environment", names=["OMP_NUM_THREADS"], resources=Resources(cpus=2))
    result = start(setup=("export SEEN='by the job'",)).submit(job).result(_PATIENCE_S).result
    assert result == {"OMP_NUM_THREADS": "2", "cwd": str(elsewhere)}


def _queued(where: str) -> bool:
    number = where.split()[2]
    listed = subprocess.run(["squeue", "--noheader", "--format=%i"], capture_output=True, text=True, check=True)
    return number in listed.stdout.split()
