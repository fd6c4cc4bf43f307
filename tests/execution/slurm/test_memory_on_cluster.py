"""Jobs that take more memory than they asked for, on real SLURM clusters that keep limits of memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from execution.left import left_jobs
from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from jobs import FailureKind
from tests.execution.jobs_of_tests import a_job
from tests.execution.slurm.cluster import SlurmCluster, remove_control_groups, why_no_control_groups
from tests.execution.slurm.conftest import skip_without_slurm
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("plugin")]


@pytest.fixture(params=["accounting", "cgroup"])
def limited(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """A cluster that kills what takes more than it asked for: by its accounting, or by the kernel."""
    skip_without_slurm()
    if request.param == "cgroup" and (reason := why_no_control_groups()):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="assay-slurm-") as folder:
        cluster = SlurmCluster(Path(folder), memory_limits=request.param)
        for name, value in cluster.environment.items():
            monkeypatch.setenv(name, value)
        try:
            cluster.create()
            yield cluster
        finally:
            cluster.stop()
            remove_control_groups()


def test_who_takes_too_much_is_out_of_memory(
    limited: SlurmCluster, options: Callable[..., ExecutorOptions], tmp_path: Path
) -> None:
    executor = SlurmExecutor(options(own={"mem_gb": 0.2}))
    [handle] = executor.submit_all([a_job("hoard", mb=1000, until=str(tmp_path / "never"))])
    failure = handle.result(PATIENCE_S).failure
    assert failure is not None
    assert failure.kind == FailureKind.OUT_OF_MEMORY
    assert "memory" in left_jobs(executor.log_dir)[0].reason
