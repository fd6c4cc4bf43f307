"""A real SLURM cluster, where it is installed."""

from __future__ import annotations

import importlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.execution.slurm.cluster import SlurmCluster, missing_programs

REQUIRED = "ASSAY_REQUIRE_SLURM"
"""Environment variable that makes a missing SLURM a failure instead of skipped tests."""


def skip_without_slurm() -> None:
    """Skip a test where SLURM is not installed, or let it fail where it must be."""
    if missing := missing_programs():
        message = f"SLURM is not installed ({', '.join(missing)}); on Debian: .ci/install-slurm"
        if os.environ.get(REQUIRED):
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="session")
def _cluster() -> Iterator[SlurmCluster]:
    skip_without_slurm()
    # Not below pytest's folder: munge wants others to be able to walk to its socket.
    with tempfile.TemporaryDirectory(prefix="assay-slurm-") as folder:
        cluster = SlurmCluster(Path(folder))
        try:
            cluster.create()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
def steps(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install, beside the work that all executors are tested with, the one that can be taken up again."""
    folder = str(Path(__file__).resolve().parent / "plugin")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([folder, os.environ["PYTHONPATH"]]))
    importlib.invalidate_caches()


@pytest.fixture
def slurm(_cluster: SlurmCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmCluster]:
    """A running cluster without jobs, which the commands of this process and of those that it starts reach."""
    for name, value in _cluster.environment.items():
        monkeypatch.setenv(name, value)
    yield _cluster
    if not _cluster.has_controller:
        _cluster.start_controller()
    _cluster.cancel_all()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put scripts in the place of SLURM's commands, and nothing else of SLURM within reach."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/bin")

    def install(**scripts: str) -> None:
        for name, script in scripts.items():
            path = folder / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    for name in ("srun", "squeue", "sacct", "scancel"):
        install(**{name: "exit 0"})
    install(scontrol="[ $1 = ping ] && echo 'Slurmctld(primary) at head is UP'", sbatch="echo Submitted batch job 12")
    return install
