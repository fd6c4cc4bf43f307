"""Jobs of a higher priority, which push others out of the tests' cluster."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from tests.execution.slurm.cluster import SlurmCluster

__all__ = ["UrgentJob", "is_told_to_make_room"]


class UrgentJob:
    """Takes CPUs from whoever has them, and keeps them as long as the block lasts.

    Args:
        cluster: where it runs.
        folder: to be made, for its script and what it says.
        cpus: how many it takes.
    """

    def __init__(self, cluster: SlurmCluster, folder: Path, cpus: int) -> None:
        self._cluster = cluster
        self._folder = folder
        self._cpus = cpus

    def __enter__(self) -> Self:
        self._folder.mkdir()
        script = self._folder / "script.sh"
        script.write_text(f"#!/bin/sh\ntouch '{self._folder}/begun'\nsleep 600\n")
        self._job = self._cluster.run(
            "sbatch",
            "--parsable",
            "--partition=urgent",
            f"--cpus-per-task={self._cpus}",
            "--output=/dev/null",
            str(script),
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._cluster.run("scancel", self._job)

    @property
    def has_begun(self) -> bool:
        """Whether it got what it takes."""
        return (self._folder / "begun").exists()


def is_told_to_make_room(cluster: SlurmCluster, job: str) -> bool:
    """Whether SLURM has told a job that another one is to have its place."""
    return re.search(r"PreemptTime=\d", cluster.run("scontrol", "show", "job", job)) is not None
