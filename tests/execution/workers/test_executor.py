"""Local workers: warm, with what they are given and no more, and replaced where they are of no more use."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import ConfigError, ResourceError
from execution.base import JobState
from execution.workers import template, workforce
from execution.workers.executor import WorkersExecutor
from execution.workers.room import cores
from jobs import FailureKind, Resources
from tests.execution.dispatching import dispatch, make_job
from tests.execution.jobs_of_tests import a_job
from tests.execution.workers.turning import turn_until
from tests.waiting import PATIENCE_S
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState

Make = Callable[..., WorkersExecutor]


def test_a_worker_does_job_after_job_and_keeps_what_work_keeps(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    results = [executor.submit(a_job("count")).result(PATIENCE_S).result for _ in range(3)]
    assert [result["count"] for result in results] == [1, 2, 3]


def test_no_more_workers_than_allowed_and_none_idle_while_jobs_wait(make_executor: Make) -> None:
    executor = make_executor(workers=2)
    handles = [executor.submit(a_job("sleep", seconds=600)) for _ in range(4)]
    running = [JobState.RUNNING] * 2
    turn_until(executor, handles, lambda: [each.state for each in handles[:2]] == running, "two jobs to begin")
    assert [handle.state for handle in handles[2:]] == [JobState.PENDING] * 2
    handles[0].cancel()
    turn_until(executor, handles, lambda: handles[2].state == JobState.RUNNING, "the third job to begin")
    assert handles[3].state == JobState.PENDING
    assert len({handle.where for handle in handles[1:3]}) == 2


def test_jobs_begin_in_the_order_in_which_they_came(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=1)
    handles = [executor.submit(a_job("sleep", seconds=0.02, begun=str(tmp_path / f"{n}"))) for n in range(5)]
    assert all(handle.result(PATIENCE_S).success for handle in handles)
    begun = [(tmp_path / f"{n}").stat().st_mtime_ns for n in range(5)]
    assert begun == sorted(begun)


def test_a_worker_is_another_process_and_not_a_child_of_this_one(make_executor: Make) -> None:
    result = make_executor(workers=1).submit(a_job("pid")).result(PATIENCE_S).result
    assert os.getpid() not in (result["pid"], result["parent"])


@pytest.mark.parametrize(
    ("fields", "threads"), [({"threads_per_job": min(2, cores())}, min(2, cores())), ({"workers": 64}, 1)]
)
def test_threads_are_divided_or_as_told(make_executor: Make, fields: dict[str, object], threads: int) -> None:
    executor = make_executor(**{"workers": 1, **fields})
    result = executor.submit(a_job("environment", torch=True, names=["OMP_NUM_THREADS"])).result(PATIENCE_S).result
    assert (result["torch_threads"], result["OMP_NUM_THREADS"]) == (threads, str(threads))


def test_work_finds_itself_in_the_folder_of_the_runner(
    make_executor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert make_executor(workers=1).submit(a_job("environment")).result(PATIENCE_S).result["cwd"] == str(folder)


def test_each_job_has_its_own_log_and_attempts_stand_one_after_the_other(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    handles = [executor.submit(a_job("print", id=id, text=text)) for id, text in [("x/y", "one"), ("z", "two")]]
    handles.append(executor.submit(a_job("print", id="x/y", text="three")))
    assert all(handle.result(PATIENCE_S).success for handle in handles)
    assert "out: two" not in handles[0].logs()
    assert handles[0].logs().index("out: one") < handles[0].logs().index("out: three")
    assert "two" in handles[1].logs()


def test_of_a_long_log_the_end_is_shown(make_executor: Make) -> None:
    handle = make_executor(workers=1).submit(a_job("print", text="é" * 700_000))
    assert handle.result(PATIENCE_S).success
    assert len(handle.logs().encode()) <= 1 << 21
    assert handle.logs().endswith("é\n")


def test_where_python_crashes_the_log_says(make_executor: Make) -> None:
    handle = make_executor(workers=1).submit(a_job("crash", signal="SIGSEGV"))
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.message.startswith("worker 1 (process ")
    assert "was killed by signal 11 (SIGSEGV); " in failure.message
    assert "Fatal Python error: Segmentation fault" in handle.logs()


def test_a_worker_without_memory_is_replaced(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    first = executor.submit(a_job("pid")).result(PATIENCE_S).result["pid"]
    assert not executor.submit(a_job("out_of_memory")).result(PATIENCE_S).success
    assert executor.submit(a_job("pid")).result(PATIENCE_S).result["pid"] != first


def test_silent_work_is_killed(make_executor: Make, tmp_path: Path) -> None:
    # Whoever talks may be held up for some seconds by others.
    executor, over = make_executor(workers=2, hang_minutes=0.1), tmp_path / "over"
    talking = executor.submit(a_job("deaf", until=str(over)))
    failure = executor.submit(a_job("hang")).result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.message) == (
        FailureKind.TIMED_OUT,
        "killed because it reported nothing for 0.1 minutes",
    )
    over.touch()
    assert talking.result(PATIENCE_S).success


def test_work_that_locks_the_interpreter_is_killed_too(make_executor: Make, tmp_path: Path) -> None:
    executor = make_executor(workers=1)
    held = executor.submit(a_job("held", begun=str(tmp_path / "begun"), resources=Resources(minutes=0.02)))
    failure = held.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.message == "killed after 0.02 minutes, the limit that it was given"


def test_progress_that_is_not_json_is_a_mistake_of_the_work_that_made_it(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    failure = executor.submit(a_job("report", progress="set")).result(PATIENCE_S).failure
    assert failure is not None
    assert (failure.kind, failure.type) == (FailureKind.ERROR, "TypeError")
    assert executor.submit(a_job("echo")).result(PATIENCE_S).success


def test_the_last_progress_is_told_however_fast_it_came(make_executor: Make) -> None:
    handle = make_executor(workers=1).submit(a_job("report", progress=1000))
    assert handle.result(PATIENCE_S).success
    assert handle.progress == {"step": 1000}


def test_a_wait_ends_with_news_and_tells_them_once(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    # Of reports so soon after one another the second has to wait.
    assert executor.submit(a_job("report", progress=1)).result(PATIENCE_S).success
    handle = executor.submit(a_job("hang"))
    executor.wait([handle], PATIENCE_S)
    assert handle.progress == {"phase": "hanging"}
    executor.wait([handle], 0.05)
    assert handle.state == JobState.RUNNING


def test_workers_start_without_shared_imports_where_these_start_threads(
    make_executor: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_THREAD_AT_IMPORT", "1")
    executor = make_executor(workers=1)
    assert executor.submit(a_job("echo")).result(PATIENCE_S).success
    assert executor.submit(a_job("count")).result(PATIENCE_S).result == {"count": 1}


def test_work_whose_import_kills_its_worker_is_an_outcome(make_executor: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_TEST_DIE_AT_IMPORT", "1")
    failure = make_executor(workers=1).submit(a_job("echo")).result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.WORKER_DIED
    assert re.match(
        r"worker 1 \(process \d+\), importing the work 'test.echo', was killed by signal 9 \(SIGKILL\); ",
        failure.message,
    )


def test_what_a_job_does_not_use_cannot_end_its_worker(make_executor: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_TEST_DIE_IN_LIBRARY", "1")
    assert make_executor(workers=1).submit(a_job("echo")).result(PATIENCE_S).success


def test_where_no_worker_can_start_jobs_are_left_to_others_uncounted(
    make_executor: Make, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template, "_MODULE", "no_process_for_you")
    monkeypatch.setattr(workforce, "_MOST_STARTS", 2)
    queue.add([make_job("a"), make_job("b")])
    heard = dispatch(queue, make_executor(workers=1))
    assert {outcome.failure.kind for _, outcome, _ in heard.ends if outcome.failure} == {FailureKind.NOT_HERE}
    for id in "ab":
        (left,) = queue.jobs([id])
        assert (left.state, [each.counts for each in left.attempts]) == (QueueState.QUEUED, [False])
        assert "no worker can be started: " in left.reason and "no_process_for_you" in left.reason


def test_a_closed_executor_says_so(make_executor: Make) -> None:
    executor = make_executor(workers=1)
    executor.close()
    with pytest.raises(ResourceError, match="closed"):
        executor.submit(a_job("echo"))


def test_a_folder_for_logs_that_cannot_be_written_is_one_clear_error(make_executor: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match=r"the folder of the logs, .*file/logs, cannot be written"):
        make_executor(log_dir=tmp_path / "file" / "logs")


def test_a_gpu_where_there_is_none_is_refused(make_executor: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(ConfigError, match="the echo job needs 1 GPUs, but 0 at hand"):
        make_executor(workers=1).submit(a_job("echo", resources=Resources(gpus=1)))
