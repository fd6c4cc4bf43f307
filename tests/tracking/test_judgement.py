"""Whether a run lives: evidence in, status and its reason out."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking import processes
from tracking.folders.contents import Run
from tracking.processes import boot_id, booted_at, host_name, process_started
from tracking.states.judgement import Observer, judge
from tracking.statuses import ENDED, Status

NOW = 1_700_000_000.0
RUN = Run(
    attempt=1,
    started_at=NOW - 5000,
    heartbeat_at=NOW - 1000,
    heartbeat_interval=10.0,
    host="node7",
    boot_id="boot-a/1",
    pid=42,
    process_started=77.5,
)
THERE = Observer("node7", "boot-a/1", NOW - 90_000, process_started={42: 77.5}.get)
ELSEWHERE = Observer("node8", "boot-b/1", NOW - 90_000, process_started={42: 77.5}.get)


@pytest.mark.parametrize(
    ("observer", "status", "evidence"),
    [
        (THERE, "running", "process 42 on node7 is alive"),
        (replace(THERE, process_started=lambda pid: None), "lost", "process 42 on node7 is gone"),
        (replace(THERE, process_started=lambda pid: 80.0), "lost", "another process has its id now"),
        (replace(THERE, boot_id="boot-c/1", booted_at=NOW - 500), "lost", "started anew after the last sign of life"),
        # Another machine of the same name, or another container of this one: nobody's death is seen from there.
        (replace(THERE, boot_id="boot-c/1"), "stale", "cannot be seen from node7"),
        (replace(THERE, boot_id="boot-c/1", booted_at=None), "stale", "cannot be seen"),
        (replace(THERE, boot_id="boot-a/2"), "stale", "cannot be seen"),
        (replace(THERE, boot_id="", process_started=lambda pid: None), "stale", "cannot be seen"),
        # The same machine under another name.
        (replace(THERE, host="renamed", process_started=lambda pid: None), "lost", "is gone"),
        (ELSEWHERE, "stale", "nothing heard of it on node7 for 1000 s"),
    ],
)
def test_a_silent_run_is_judged_by_what_can_be_seen(observer: Observer, status: str, evidence: str) -> None:
    found = judge(RUN, NOW, observer)
    assert found.status == status and evidence in found.evidence


@pytest.mark.parametrize(
    ("age", "interval", "status"),
    [
        (19.9, 10.0, "running"),
        (20.1, 10.0, "stale"),
        (70.0, 60.0, "running"),
        (19.0, None, "running"),
        (-300.0, 10.0, "running"),
    ],
)
def test_from_elsewhere_a_run_lives_for_two_intervals_after_its_heartbeat(
    age: float, interval: float | None, status: str
) -> None:
    run = replace(RUN, heartbeat_at=NOW - age, heartbeat_interval=interval)
    assert judge(run, NOW, ELSEWHERE).status == status


def test_a_run_that_just_began_lives_before_its_first_heartbeat() -> None:
    assert judge(replace(RUN, started_at=NOW - 3, heartbeat_at=None), NOW, ELSEWHERE).status == Status.RUNNING


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("RUNNING", "running"),
        ("SUSPENDED", "running"),
        ("TIMEOUT", "preempted"),
        ("CANCELLED", "preempted"),
        ("PREEMPTED", "preempted"),
        ("PENDING", "preempted"),
        ("NODE_FAIL", "lost"),
        ("OUT_OF_MEMORY", "lost"),
        ("A_STATE_OF_THE_FUTURE", "stale"),
        (None, "stale"),
    ],
)
def test_slurm_is_asked_of_a_silent_run_on_another_host(state: str | None, status: str) -> None:
    asked: list[str] = []
    observer = replace(ELSEWHERE, slurm_state=lambda job: asked.append(job) or state)  # type: ignore[func-returns-value]
    found = judge(replace(RUN, slurm_job_id="4711"), NOW, observer)
    assert found.status == status and asked == ["4711"]
    assert state is None or f"job 4711 is {state}" in found.evidence
    judge(replace(RUN, slurm_job_id="4711", heartbeat_at=NOW), NOW, observer)
    assert asked == ["4711"], "nobody is asked about a run that beats"


def test_what_was_judged_lost_stays_lost_until_there_is_a_sign_of_life() -> None:
    lost = replace(RUN, status=Status.LOST, status_reason="killed", finished_at=NOW - 900)
    assert judge(lost, NOW, ELSEWHERE) == (Status.LOST, "killed")
    assert judge(replace(lost, heartbeat_at=NOW - 1), NOW, ELSEWHERE).status == Status.RUNNING
    assert judge(lost, NOW, THERE).status == Status.RUNNING
    just_now = replace(lost, heartbeat_at=NOW - 3, finished_at=NOW - 2)
    assert judge(just_now, NOW, ELSEWHERE) == (Status.LOST, "killed"), "its last heartbeat came before its end"


@given(
    status=st.sampled_from(sorted({*ENDED, Status.PLANNED})),
    age=st.floats(-1e6, 1e9),
    pid=st.none() | st.just(42),
    observer=st.sampled_from([THERE, ELSEWHERE, replace(THERE, process_started=lambda pid: None)]),
)
def test_what_a_run_said_of_itself_stands(status: Status, age: float, pid: int | None, observer: Observer) -> None:
    run = replace(RUN, status=status, status_reason="said so", heartbeat_at=NOW - age, pid=pid)
    assert judge(run, NOW, observer) == (status, "said so")


@given(
    values=st.fixed_dictionaries(
        {},
        optional={
            "heartbeat_at": st.none() | st.floats(0, 2 * NOW),
            "heartbeat_interval": st.none() | st.floats(0.01, 1e4),
            "process_started": st.none() | st.floats(0, 1e9),
            "host": st.sampled_from(["node7", "node8", ""]),
            "boot_id": st.sampled_from(["boot-a/1", "boot-a/2", "boot-b/1", ""]),
            "pid": st.none() | st.integers(1, 2**22),
            "status": st.sampled_from(sorted({Status.RUNNING, Status.STALE, Status.LOST})),
            "slurm_job_id": st.none() | st.just("1"),
        },
    ),
    observer=st.sampled_from([THERE, ELSEWHERE]),
)
def test_a_live_process_is_never_called_dead(values: dict[str, Any], observer: Observer) -> None:
    run = replace(RUN, **values)
    started = 1.0 if run.process_started is None else run.process_started
    found = judge(run, NOW, replace(observer, process_started=lambda pid: started))
    assert found.evidence or run.status == Status.LOST
    if run.boot_id == observer.boot_id and run.pid is not None:
        assert found.status == Status.RUNNING


def test_a_process_is_known_until_it_ends_and_a_zombie_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = process_started(process.pid)
        assert started is not None and process_started(process.pid) == started
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert process_started(process.pid) is None
    assert process_started(process.pid) is None


def test_a_process_that_nobody_may_look_at_is_not_dead(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where /proc shows only one's own, as clusters have it with hidepid=2, or a sandbox."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        monkeypatch.setattr(processes, "_PROCESSES", tmp_path)
        run = replace(RUN, boot_id=boot_id(), host=host_name(), pid=process.pid)
        assert judge(run, NOW, Observer.here()).status == Status.RUNNING
    assert judge(run, NOW, Observer.here()).status == Status.LOST


def test_this_machine_knows_its_boot_and_its_processes() -> None:
    assert boot_id() == boot_id() != ""
    booted = booted_at()
    assert booted is not None and judge(RUN, NOW, Observer.here()).status == Status.STALE
