"""What SLURM's commands print, in their own words; the commands are scripts, as no cluster is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracking.states.slurm import job_state, status_of_state
from tracking.statuses import UNDECIDED, Status


def _install(folder: Path, **programs: str) -> None:
    for name, script in programs.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    return folder


def test_without_slurm_nobody_knows(commands: Path) -> None:
    assert job_state("1") is None


@pytest.mark.parametrize(
    ("programs", "state"),
    [
        ({"squeue": "echo RUNNING"}, "RUNNING"),
        ({"squeue": "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"}, None),
        ({"squeue": "exit 1", "sacct": "echo 'CANCELLED by 1000'"}, "CANCELLED"),
        ({"squeue": "", "sacct": "echo TIMEOUT"}, "TIMEOUT"),
        ({"squeue": "", "sacct": "printf 'PREEMPTED\\nRUNNING\\n'"}, "RUNNING"),
        (
            {
                "squeue": "exit 1",
                "sacct": "exit 1",
                "scontrol": "echo 'JobId=7 JobName=x JobState=NODE_FAIL Reason=None'",
            },
            "NODE_FAIL",
        ),
        ({"scontrol": "exit 1"}, None),
        ({"sacct": "echo 'sacct: error: Unknown'; exit 1"}, None),
        ({"squeue": "printf '\\377\\376 ???'"}, None),
    ],
)
def test_the_first_who_knows_is_believed(programs: dict[str, str], state: str | None, commands: Path) -> None:
    _install(commands, **programs)
    assert job_state("7") == state


def test_the_job_is_asked_for_by_its_id(commands: Path, tmp_path: Path) -> None:
    _install(commands, squeue=f'echo "$@" > {tmp_path}/asked; echo RUNNING')
    assert job_state("4711_3") == "RUNNING"
    assert "--jobs=4711_3" in (tmp_path / "asked").read_text()


def test_every_state_means_a_status_that_can_be_taken_back_or_a_stop() -> None:
    assert status_of_state("no such state") is None
    assert {status_of_state(each) for each in ("RUNNING", "TIMEOUT", "FAILED")} <= {*UNDECIDED, Status.PREEMPTED}
