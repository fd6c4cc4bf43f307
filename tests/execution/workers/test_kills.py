"""Processes that are killed for real: workers, the process they are forked from, and the runner itself."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from execution.base import Handle, JobState
from execution.workers.executor import WorkersExecutor
from execution.workers.handle import WorkerHandle
from execution.workers.worker import Worker
from jobs import FailureKind
from tests.execution.jobs_of_tests import a_job
from tests.execution.workers.family import family
from tests.execution.workers.turning import turn_until
from tests.waiting import PATIENCE_S, until

Make = Callable[..., WorkersExecutor]
Program = Callable[..., subprocess.Popen[str]]


def _begun(executor: WorkersExecutor, folder: Path, work: str, **payload: Any) -> tuple[Handle, int]:
    """Return a job that runs, and its process."""
    file = folder / f"begun {next(_NUMBERS)}"
    handle = executor.submit(a_job(work, begun=str(file), **payload))
    turn_until(executor, [handle], file.exists, f"{handle.job.name} to begin")
    return handle, int(file.read_text())


_NUMBERS = itertools.count()


def _template(of: int | None = None) -> psutil.Process:
    """Return the process that workers of this or another process are forked from."""
    found = [child for child in psutil.Process(of).children() if "template_process" in " ".join(child.cmdline())]
    assert len(found) == 1
    return found[0]


def _until_gone(pids: Iterable[int]) -> None:
    left = set(pids)
    until(lambda: not any(_lives(pid) for pid in left), f"the end of the processes {left}")


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_killed_worker_fails_its_job_alone_and_says_how(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=2)
    over = tmp_path / "over"
    other, _ = _begun(executor, tmp_path, "sleep", seconds=600, until=str(over))
    handle, pid = _begun(executor, tmp_path, "sleep", seconds=600)
    os.kill(pid, signal.SIGKILL)
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    assert failure.message.startswith(f"worker 2 (process {pid}) was killed by signal 9 (SIGKILL); ")
    assert failure.message.endswith("GB of memory are free now")
    over.touch()
    assert other.result(PATIENCE_S).success


def test_an_import_that_failed_is_not_blamed_for_what_comes_after_it(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=1)
    assert executor.submit(a_job("sleep", seconds=0.02)).result(PATIENCE_S).success
    assert not executor.submit(a_job("unimportable")).result(PATIENCE_S).success
    handle, pid = _begun(executor, tmp_path, "sleep", seconds=600)
    os.kill(pid, signal.SIGKILL)
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.message.startswith(f"worker 1 (process {pid}) was killed by signal 9 (SIGKILL); ")


def test_an_idle_worker_that_is_killed_is_replaced(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    pid = executor.submit(a_job("pid")).result(PATIENCE_S).result["pid"]
    os.kill(pid, signal.SIGKILL)
    _until_gone([pid])
    assert executor.submit(a_job("pid")).result(PATIENCE_S).result["pid"] != pid


def test_sigterm_to_a_worker_asks_its_work_to_stop(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=1)
    handle, pid = _begun(executor, tmp_path, "sleep", seconds=600)
    os.kill(pid, signal.SIGTERM)
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (FailureKind.PREEMPTED, "SIGTERM")
    assert executor.submit(a_job("pid")).result(PATIENCE_S).result["pid"] != pid


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give work two seconds to stop instead of 25, in all processes of this test."""
    monkeypatch.setenv("ASSAY_TEST_GRACE_SECONDS", "2")
    monkeypatch.setattr("execution.workers.crew.GRACE_SECONDS", 2.0)


@pytest.mark.usefixtures("short_grace")
def test_sigterm_ends_a_worker_whose_work_goes_on(make_executor: Make, tmp_path: Path) -> None:
    handle, pid = _begun(make_executor(workers=1), tmp_path, "deaf")
    os.kill(pid, signal.SIGTERM)
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (
        FailureKind.PREEMPTED,
        "SIGTERM, and the work did not stop in time",
    )


def test_ctrl_c_does_not_reach_work_behind_the_runners_back(make_executor: Make, tmp_path: Path) -> None:
    over = tmp_path / "over"
    handle, pid = _begun(make_executor(workers=1), tmp_path, "sleep", seconds=600, until=str(over))
    for process in (pid, _template().pid):
        os.kill(process, signal.SIGINT)
    over.touch()
    assert handle.result(PATIENCE_S).success


def test_the_template_may_be_killed(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=2)
    running, orphan = _begun(executor, tmp_path, "sleep", seconds=600)
    _template().kill()
    other, _ = _begun(executor, tmp_path, "sleep", seconds=0.1)
    assert other.result(PATIENCE_S).success, "a new one is there"
    reached = running.progress.get("step", 0)
    turn_until(executor, [running], lambda: running.progress.get("step", 0) > reached, "the orphan to go on")
    assert running.state == JobState.RUNNING
    os.kill(orphan, signal.SIGKILL)
    failure = running.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    assert "is gone, and so is the process that would know why" in failure.message


def test_a_death_that_nobody_explains_ends_its_job_all_the_same(
    make_executor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = make_executor(workers=1)
    monkeypatch.setattr("execution.workers.unexplained.EXPLAIN_SECONDS", 0.1)
    handle, pid = _begun(executor, tmp_path, "sleep", seconds=600)
    template = _template()
    template.suspend()
    try:
        os.kill(pid, signal.SIGKILL)
        failure = handle.result(PATIENCE_S).failure
    finally:
        template.resume()
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED


def test_orphans_end_with_the_executor(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=2)
    pids = [_begun(executor, tmp_path, work)[1] for work in ("sleep", "hang")]
    _template().kill()
    executor.close()
    _until_gone(pids)


def test_when_the_runner_is_killed_its_workers_stop_work_and_end(program: Program, tmp_path: Path) -> None:
    files = [tmp_path / "begun 1", tmp_path / "begun 2"]
    runner = program(*[("sleep", {"seconds": 600, "begun": str(file)}) for file in files])
    until(lambda: all(file.exists() for file in files), "work to begin")
    pids = [int(file.read_text()) for file in files] + [_template(runner.pid).pid]
    runner.kill()
    _until_gone(pids)


def test_idle_workers_end_with_a_killed_runner_and_template(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "begun"
    then = "assert handles[0].result(120).success; print('done', flush=True); time.sleep(600)"
    runner = program(("sleep", {"seconds": 0.1, "begun": str(file)}), then=then)
    assert runner.stdout is not None
    assert runner.stdout.readline() == "done\n"
    template = _template(runner.pid)
    runner.kill()
    template.kill()
    _until_gone([int(file.read_text()), template.pid])


@pytest.mark.usefixtures("short_grace")
@pytest.mark.parametrize("works", [("deaf", "hang"), ("held",)])
def test_work_that_does_not_listen_ends_after_its_runner(
    program: Program, tmp_path: Path, works: tuple[str, ...]
) -> None:
    files = [tmp_path / f"begun {work}" for work in works]
    runner = program(*[(work, {"begun": str(file)}) for work, file in zip(works, files, strict=True)])
    until(lambda: all(file.exists() for file in files), "work to begin")
    pids = [int(file.read_text()) for file in files] + [_template(runner.pid).pid]
    runner.kill()
    _until_gone(pids)


@pytest.mark.usefixtures("short_grace")
def test_work_that_is_preempted_and_goes_on_is_killed(make_executor: Make, tmp_path: Path) -> None:
    handle, pid = _begun(make_executor(workers=1), tmp_path, "held")
    handle.preempt("Ctrl-C")
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (
        FailureKind.PREEMPTED,
        "Ctrl-C; it did not stop within 2 seconds and was killed",
    )
    _until_gone([pid])


def test_work_that_is_preempted_can_be_cancelled_before_its_time_is_up(
    make_executor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("execution.workers.crew.GRACE_SECONDS", 5 * PATIENCE_S)
    handle, _ = _begun(make_executor(workers=1), tmp_path, "deaf")
    handle.preempt("Ctrl-C")
    handle.cancel()
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.CANCELLED


@pytest.mark.parametrize("crash", [False, True])
def test_what_work_started_ends_with_its_worker_unless_it_has_a_session_of_its_own(
    make_executor: Make, crash: bool
) -> None:
    executor = make_executor(workers=1)
    handle = executor.submit(a_job("parent", crash=crash))
    turn_until(executor, [handle], lambda: "children" in handle.progress, "work to start its children")
    child, supervisor = handle.progress["children"]
    try:
        if not crash:
            handle.preempt("at once")
            handle.cancel()
        assert not handle.result(PATIENCE_S).success
        _until_gone([child])
        assert _lives(supervisor)
    finally:
        os.kill(supervisor, signal.SIGKILL)


def test_a_job_that_takes_its_workers_with_it_before_it_begins_fails(
    make_executor: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = WorkerHandle.begin

    def begin_and_kill(handle: WorkerHandle, worker: Worker) -> None:
        begin(handle, worker)
        worker.kill()

    monkeypatch.setattr(WorkerHandle, "begin", begin_and_kill)
    failure = make_executor(workers=1).submit(a_job("echo")).result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED


@pytest.mark.parametrize("then", ["return", "raise SystemExit(3)", "executor.close()", "del executor, handles"])
def test_a_program_that_ends_leaves_nobody(program: Program, tmp_path: Path, then: str) -> None:
    files = [tmp_path / "begun 1", tmp_path / "begun 2"]
    wait = f"while not all(Path(file).exists() for file in {[str(f) for f in files]}): executor.wait(handles, 0.05)"
    # Whoever does not listen is waited for: once is enough.
    works = ["sleep", "hang" if then == "return" else "sleep"]
    jobs = [(work, {"seconds": 600, "begun": str(file)}) for work, file in zip(works, files, strict=True)]
    runner = program(*jobs, then=f"{wait}\n    {then}")
    runner.wait(PATIENCE_S)
    _until_gone([int(file.read_text()) for file in files])


def test_every_job_comes_to_one_end_under_a_killer(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=2)
    (tmp_path / "running").mkdir()
    rng = random.Random(5)
    open_handles: dict[int, Handle] = {}
    done: dict[int, int] = dict.fromkeys(range(100), 0)
    attempts = dict.fromkeys(done, 0)
    kills = ended = 0
    while kills < 40 or not all(done.values()):
        for number in done:
            if (not done[number] or kills < 40) and number not in open_handles and len(open_handles) < 6:
                attempts[number] += 1
                file = str(tmp_path / "running" / str(number))
                open_handles[number] = executor.submit(a_job("sleep", seconds=0.02, pause=0.005, begun=file))
        executor.wait(list(open_handles.values()), 0.02)
        # Not faster than jobs end: on a busy machine nobody would ever be up.
        if kills < min(40, ended // 2):
            kills += _kill_somebody(rng)
        for number in [number for number, handle in open_handles.items() if handle.state.is_final]:
            outcome = open_handles.pop(number).result(0)
            ended += 1
            done[number] += outcome.success
            if outcome.failure is not None:
                assert outcome.failure.kind == FailureKind.WORKER_DIED, outcome.failure
    assert sum(attempts.values()) == ended, "each that was handed out came to one end"
    assert ended - sum(done.values()) <= kills


def _kill_somebody(rng: random.Random) -> int:
    alive = sorted(family(), key=lambda process: process.pid)
    if not alive:
        return 0
    # Who was killed a moment ago may be gone only now.
    with suppress(psutil.NoSuchProcess):
        rng.choice(alive).kill()
        return 1
    return 0
