"""What is attached to, submitted anew, or taken back again, by what SLURM's commands are told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from errors import ResourceError
from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from execution.slurm.folders import SubmissionFolder
from jobs import FailureKind, Job, Resources

_WORK = "[ $1 = --version ] && exit; "
_COUNTING = "n=$(cat '{0}/n' 2>/dev/null || echo 11); n=$((n + 1)); echo $n >'{0}/n'; echo Submitted batch job $n"
_GRAPH = [
    Job(id=id, name=f"name of {id}", work="test.echo", needs=needs)
    for id, needs in (("m", ()), ("e", ("m",)), ("f", ("m",)))
]

Commands = Callable[..., None]
Start = Callable[..., SlurmExecutor]


@pytest.fixture
def start(commands: Commands, options: Callable[..., ExecutorOptions], tmp_path: Path) -> Start:
    """Make executors of one cluster, where each sbatch gives the next number, and scancel's calls are written down."""
    commands(sbatch=_WORK + _COUNTING.format(tmp_path), scancel=f"{_WORK}echo $* >>'{tmp_path}/cancelled'")
    return lambda: SlurmExecutor(options())


def _listed(commands: Commands, state: str, *ids: str) -> None:
    commands(squeue=_WORK + "".join(f"echo '{id}|{state}|Resources|';" for id in ids))


def _ids(handles: Sequence[Any]) -> list[str]:
    return [handle.cluster_id for handle in handles]


def test_what_cannot_be_written_down_is_taken_back(start: Start, commands: Commands, tmp_path: Path) -> None:
    executor = start()
    taken = executor.log_dir / "slurm" / "job-f" / "1" / "submitted.json" / "taken"
    # What no file can take the place of, as on a disk that is full from now on.
    hinder = f"[ -d '{taken.parent.parent}' ] && mkdir -p '{taken}'; "
    commands(sbatch=_WORK + hinder + _COUNTING.format(tmp_path))
    with pytest.raises(ResourceError, match=r"submitted\.json"):
        executor.submit_all(_GRAPH)
    assert (tmp_path / "cancelled").read_text() == "12 13_0 13_1\n"
    folder = SubmissionFolder.latest(executor.log_dir, "m")
    assert folder is not None
    assert folder.stop() == (FailureKind.CANCELLED, "not all that was to be submitted with it could be")


@pytest.mark.parametrize(
    "change",
    [{"resources": Resources(memory_gb=64)}, {"payload": {"force": True}}, {"failed_needs": {"m": "m failed"}}],
)
def test_what_waits_and_is_wanted_otherwise_is_submitted_anew_with_all_that_waits_for_it(
    change: dict[str, Any], start: Start, commands: Commands, tmp_path: Path
) -> None:
    _listed(commands, "PENDING", "12", "13_0", "13_1", "14")
    assert _ids(start().submit_all(_GRAPH)) == ["12", "13_0", "13_1"]
    assert _ids(start().submit_all(_GRAPH)) == ["12", "13_0", "13_1"]
    changed = dataclasses.replace(_GRAPH[0], **change)
    handles: Any = start().submit_all([changed, *_GRAPH[1:]])
    assert _ids(handles) == ["14", "15_0", "15_1"]
    assert (tmp_path / "cancelled").read_text().split() == ["12", "13_0", "13_1"]
    assert handles[0].folder.order().job == changed
    assert handles[1].needs == {"m": str(handles[0].folder.path)}


def test_what_is_only_counted_or_adjusted_otherwise_is_attached_to(
    start: Start, commands: Commands, tmp_path: Path
) -> None:
    _listed(commands, "PENDING", "12", "13")
    job = Job(id="a", name="a", work="test.echo", payload={"list": (1, 2)})
    start().submit(job)
    again = start().submit(dataclasses.replace(job, attempt=2, priority=5, adjustments={"divide_batch": 2}))
    assert again.where == "SLURM job 12 (already submitted; pending: Resources)"
    assert not (tmp_path / "cancelled").exists()


def test_what_runs_and_is_wanted_otherwise_goes_on_and_says_so(
    start: Start, commands: Commands, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _listed(commands, "RUNNING", "12", "13_0", "13_1")
    start().submit_all(_GRAPH)
    handles = start().submit_all([dataclasses.replace(job, resources=Resources(memory_gb=64)) for job in _GRAPH])
    assert _ids(handles) == ["12", "13_0", "13_1"]
    assert not (tmp_path / "cancelled").exists()
    assert handles[0].where.startswith("SLURM job 12 (already submitted, and runs as it was planned before")
    assert "runs as it was planned before: name of m, name of e, name of f; to have it otherwise" in caplog.text
