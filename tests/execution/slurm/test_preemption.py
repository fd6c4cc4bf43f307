"""Jobs of a higher priority push ours out of a real SLURM cluster: ours save, are requeued, and go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from execution.base import JobState
from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from jobs import Job, Resources
from tests.execution.slurm.cluster import SlurmCluster
from tests.execution.slurm.pushing import UrgentJob
from tests.waiting import until

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("plugin", "slurm", "steps")]

_PATIENCE_S = 400.0


@pytest.mark.parametrize("partition", ["debug", "graceful"])
def test_who_is_pushed_out_saves_and_goes_on(
    partition: str, options: Callable[..., ExecutorOptions], slurm: SlurmCluster, tmp_path: Path
) -> None:
    free = tmp_path / "free"
    payload = {
        "attempts": str(tmp_path / "attempts"),
        "checkpoint": str(tmp_path / "checkpoint"),
        "steps": 40,
        "pause": 0.1,
        "free": str(free),
    }
    job = Job(id="p", name="p", work="slurm_test.steps", payload=payload, resources=Resources(cpus=4))
    handle = SlurmExecutor(options(own={"mem_gb": 0.2, "partition": partition})).submit(job)
    until(lambda: handle.progress.get("step", 0) > 0, "a step")
    with UrgentJob(slurm, tmp_path / "urgent", cpus=4) as urgent:
        until(lambda: urgent.has_begun, "the urgent job to begin", _PATIENCE_S)
        until(lambda: handle.state != JobState.RUNNING, "ours to wait again", _PATIENCE_S)
        assert handle.state == JobState.PENDING
        assert int((tmp_path / "checkpoint").read_text()) > 0, "SIGTERM left time to save"
        free.touch()
    outcome = handle.result(_PATIENCE_S)
    assert outcome.failure is None
    assert outcome.result["begun_at"] > 0
    assert outcome.result["steps"] == 40
    attempts = [line.split() for line in (tmp_path / "attempts").read_text().splitlines()]
    assert len(attempts) == 2
    assert len({job_id for job_id, _ in attempts}) == 1, "the same SLURM job"
