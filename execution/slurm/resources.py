"""What is asked of SLURM for a job, and what of it submitit is told."""

from __future__ import annotations

import dataclasses
import math
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field

import execution
from jobs import Resources
from validated import validated_dataclass

__all__ = ["CODE", "SlurmResources", "python_of_jobs"]

CODE = Path(execution.__file__).resolve().parent.parent
"""The folder that this code is imported from; on a cluster one that all machines see."""

_MINUTES = 60
"""Of one slot, where nobody says: a job that needs longer is requeued and goes on from its last checkpoint."""

_SPARE_MINUTES = 5
"""For starting and for saving, beside the time that a job may take."""


_REQUEUE_SECONDS = 15.0


def python_of_jobs() -> str:
    """Return the shell's words that start this Python so that signals wait until somebody listens."""
    return shlex.join((sys.executable, "-I", "-S", str(CODE / "execution" / "slurm" / "begin.py")))


@validated_dataclass
class SlurmResources:
    """Options of SLURM; what a job itself asks for is added, and the larger of two numbers counts."""

    cluster: Literal["slurm", "local"] = "slurm"
    """``local`` runs the same without SLURM, by submitit's processes on this machine: for trying out."""
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    """Features that the node must have, such as ``a100``."""
    exclude: str | None = None
    """Nodes that are not to be used."""
    time_minutes: Annotated[int, Field(ge=1)] | None = None
    """Of one slot. At its end a job saves, is requeued and goes on; None: an hour, or what the job may take."""
    signal_delay_seconds: Annotated[int, Field(ge=30)] = 90
    """How long before the end of the slot a job is told to save."""
    cpus_per_task: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=1)] | None = None
    """SLURM knows no shares: a job that asks for one gets a whole GPU."""
    gpu_type: str | None = None
    """As SLURM calls it in ``--gres=gpu:<type>:<number>``."""
    mem_gb: Annotated[float, Field(gt=0)] | None = None
    """Of main memory, in 2**30 bytes."""
    array_parallelism: Annotated[int, Field(ge=1)] | None = None
    """How many tasks of a job array run at the same time; None: what the executor's ``workers`` says, else 256."""
    setup: tuple[str, ...] = ()
    """Lines of shell before the job, such as ``module load cuda``."""
    additional: dict[str, str | int | bool] = Field(default_factory=dict)
    """Further options of sbatch, such as ``{"mail-type": "FAIL"}``; true stands for an option without a value."""

    def with_parallelism(self, number: int) -> Self:
        """Return the same with this number of tasks at the same time, unless it says another."""
        return self if self.array_parallelism is not None else dataclasses.replace(self, array_parallelism=number)

    @property
    def save_seconds(self) -> float:
        """How much of :attr:`signal_delay_seconds` the work may take to save; the rest is for getting back in line."""
        return self.signal_delay_seconds - _REQUEUE_SECONDS

    def cpus(self, needs: Resources) -> int:
        """Return how many CPUs a job gets."""
        return max(self.cpus_per_task or 1, math.ceil(needs.cpus))

    def minutes(self, needs: Resources) -> int:
        """Return how long a slot is."""
        if self.time_minutes is not None:
            return self.time_minutes
        return _MINUTES if needs.minutes is None else math.ceil(needs.minutes) + _SPARE_MINUTES

    def _gpus(self, needs: Resources) -> int:
        # None on purpose is none, whatever the options say.
        return 0 if needs.gpus == 0 else max(self.gpus or 0, math.ceil(needs.gpus or 0))

    def _additional(self, has_needs: bool) -> dict[str, Any]:
        given: dict[str, Any] = {"kill-on-invalid-dep": "yes"} if has_needs else {}
        if "no-requeue" not in self.additional:
            # Some clusters requeue nobody who does not ask for it, and then a slot that ends would be the last.
            given["requeue"] = True
        return {**given, **self.additional}

    def parameters(self, needs: Resources, name: str, needed: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return the parameters of submitit's ``SlurmExecutor``.

        Args:
            needs: what the job asks for.
            name: of the SLURM job.
            needed: ids of the SLURM jobs that must have ended well before.
        """
        gpus, memory = self._gpus(needs), max(self.mem_gb or 0.0, needs.memory_gb)
        given = {
            "job_name": name,
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "constraint": self.constraint,
            "exclude": self.exclude,
            "time": self.minutes(needs),
            "signal_delay_s": self.signal_delay_seconds,
            "nodes": 1,
            "ntasks_per_node": 1,
            "cpus_per_task": self.cpus(needs),
            "gres": ":".join(part for part in ("gpu", self.gpu_type, str(gpus)) if part) if gpus else None,
            # Not "GB": SLURM rounds what is less than one of its units down to 0, which stands for all there is.
            "mem": f"{math.ceil(memory * 1024)}M" if memory else None,
            "array_parallelism": self.array_parallelism,
            "dependency": f"afterok:{':'.join(needed)}" if needed else None,
            "setup": [*self.setup, f"export PYTHONPATH={shlex.quote(str(CODE))}${{PYTHONPATH:+:$PYTHONPATH}}"],
            "stderr_to_stdout": True,
            # Since 22.05 srun does not take it over from sbatch, and the job would be bound to one CPU.
            "srun_args": [f"--cpus-per-task={self.cpus(needs)}"],
            "additional_parameters": self._additional(bool(needed)),
        }
        return {name: value for name, value in given.items() if value is not None}
