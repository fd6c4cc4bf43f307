"""How jobs stand that were left to SLURM, by what its commands say and what lies in their folders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from execution.base import JobState
from execution.left import LeftJob, left_jobs
from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from execution.slurm.folders import SubmissionFolder
from jobs import FailureKind, Job, Outcome
from tests.execution.jobs_of_tests import a_job

pytestmark = pytest.mark.usefixtures("steps")

Commands = Callable[..., None]
_COUNTING = "[ $1 = --version ] && exit; echo x >>'{0}/n'; echo Submitted batch job $((11 + $(wc -l <'{0}/n')))"


@pytest.fixture
def executor(commands: Commands, options: Callable[..., ExecutorOptions], tmp_path: Path) -> SlurmExecutor:
    commands(sbatch=_COUNTING.format(tmp_path))
    return SlurmExecutor(options())


def _listed(commands: Commands, *rows: str) -> None:
    commands(squeue="".join(f"echo '{row}';" for row in rows) or "exit 0")


def _only(executor: SlurmExecutor) -> LeftJob:
    [left] = left_jobs(executor.log_dir)
    return left


@pytest.mark.parametrize(
    ("row", "state", "words"),
    [
        ("12|PENDING|Resources|", JobState.PENDING, "Resources"),
        ("12|PENDING|None|", JobState.PENDING, ""),
        ("12|REQUEUE_HOLD|launch failed requeued held|", JobState.PENDING, "requeue hold: launch failed requeued held"),
        ("12|RUNNING|None|node1", JobState.RUNNING, ""),
        ("12|CANCELLED|None|", JobState.CANCELLED, "SLURM job 12 (CANCELLED): it was cancelled in SLURM"),
        ("12|NODE_FAIL|None|node1", JobState.FAILED, "SLURM job 12 (NODE_FAIL): its node failed"),
        ("12|TIMEOUT|TimeLimit|node1", JobState.FAILED, "SLURM job 12 (TIMEOUT): its slot ended before"),
        ("12|PENDING|DependencyNeverSatisfied|", JobState.FAILED, "a SLURM job that it depends on failed"),
        ("11|RUNNING|None|node1", JobState.FAILED, "SLURM job 12: it left the queue without saying how it ended"),
    ],
)
def test_what_slurm_says_of_a_job_is_seen_at_once(
    row: str, state: JobState, words: str, executor: SlurmExecutor, commands: Commands
) -> None:
    job = a_job("echo")
    executor.submit_all([job])
    _listed(commands, row)
    left = _only(executor)
    assert (left.job.id, left.state, left.where) == (job.id, state, "SLURM job 12")
    assert left.reason.startswith(words)


def test_where_slurm_does_not_answer_it_says_so(executor: SlurmExecutor, commands: Commands) -> None:
    executor.submit_all([a_job("echo")])
    commands(squeue="exit 1")
    assert _only(executor).reason == "no answer from SLURM"


def test_what_a_dropped_job_was_needed_for_names_it(executor: SlurmExecutor, commands: Commands) -> None:
    def job(name: str, *needs: str) -> Job:
        return Job(id=name, name=name, work="test.echo", needs=needs)

    executor.submit_all([job("map"), job("filter", "map"), job("last", "filter")])
    _listed(commands, "12|CANCELLED|None|")
    found = {each.job.id: each.reason for each in left_jobs(executor.log_dir)}
    assert found["map"].startswith("SLURM job 12 (CANCELLED): it was cancelled")
    assert found["filter"] == "map will not run any more: it was cancelled in SLURM"
    assert found["last"] == "filter will not run any more: it left the queue without saying how it ended"


def test_what_ended_well_or_left_what_it_makes_is_no_longer_shown(executor: SlurmExecutor, tmp_path: Path) -> None:
    def made(name: str) -> Job:
        return Job(id=name, name=name, work="slurm_test.made", payload={"file": str(tmp_path / name)})

    jobs = [a_job("echo"), a_job("fail"), made("told"), made("untold"), made("unmade")]
    executor.submit_all(jobs)

    def end(job: Job, outcome: Outcome) -> None:
        folder = SubmissionFolder.latest(executor.log_dir, job.id)
        assert folder is not None
        folder.write_outcome(outcome)

    end(jobs[0], Outcome())
    end(jobs[1], Outcome.failed(FailureKind.ERROR, "KeyError: 'x'"))
    # It failed, and somebody else made it later.
    end(jobs[2], Outcome.failed(FailureKind.WORKER_DIED, "gone"))
    for name in ("told", "untold"):
        (tmp_path / name).touch()
    found = {each.job.id: each.reason for each in left_jobs(executor.log_dir)}
    assert found.keys() == {jobs[1].id, "unmade"}
    assert found[jobs[1].id] == "KeyError: 'x'"


def test_words_of_another_version_are_no_obstacle(executor: SlurmExecutor, commands: Commands) -> None:
    job = a_job("echo")
    executor.submit_all([job])
    _listed(commands, "12|FAILED|NonZeroExitCode|node1")
    folder = SubmissionFolder.latest(executor.log_dir, job.id)
    assert folder is not None
    (folder.path / "outcome.json").write_text('{"failure": {"kind": "unheard of", "message": "?"}}')
    assert _only(executor).reason.startswith("SLURM job 12 (FAILED): it failed without saying how")
    (folder.path / "job.json").write_text('{"job": {"unheard": "of"}}')
    assert left_jobs(executor.log_dir) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_of_other_peoples_jobs_nothing_is_said(executor: SlurmExecutor) -> None:
    job = a_job("echo")
    executor.submit_all([job])
    assert len(left_jobs(executor.log_dir)) == 1
    folder = SubmissionFolder.latest(executor.log_dir, job.id)
    assert folder is not None
    os.chown(folder.path, 1, 1)
    assert left_jobs(executor.log_dir) == []


def test_who_never_left_anything_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert left_jobs(tmp_path / "nothing") == []


def test_whoever_waits_is_told_why_and_that_it_never_begins(
    executor: SlurmExecutor, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands(scancel=f"[ $1 = --version ] || echo $* >>'{tmp_path}/cancelled'")
    _listed(commands, "12|PENDING|DependencyNeverSatisfied|", "13|PENDING|Resources|")
    job = a_job("echo")
    executor.submit_all([job])
    again = SlurmExecutor(executor._options).submit(job)
    assert again.where == "SLURM job 13 (pending: Resources)", "what never begins is not waited for"
    said: dict[str, Any] = dict(again.progress)
    assert said == {"phase": "waits: pending: Resources", "waits_for": "pending: Resources"}
    assert (tmp_path / "cancelled").read_text() == "12\n"
