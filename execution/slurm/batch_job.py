"""What submitit calls within a SLURM job. All that its pickle holds is the path of a folder."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

from submitit.core.utils import DelayedSubmission

from execution.slurm.folders import SubmissionFolder
from execution.slurm.supervision import Supervision
from jobs import FailureKind

__all__ = ["SlurmJob", "WorkFailed"]


class WorkFailed(Exception):
    """The work failed; raised so that the SLURM job fails too, and with it those that depend on it."""


class SlurmJob:
    """Executes the order of a folder.

    Args:
        path: of a :class:`execution.slurm.folders.SubmissionFolder`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._supervision: Supervision | None = None

    def __call__(self) -> None:
        """Do the work, and leave its outcome in the folder.

        Raises:
            WorkFailed: it failed.
        """
        self._supervision = Supervision(self._folder)
        signal.signal(signal.SIGTERM, self._on_termination)
        # Who stopped it before there was a handler said so first.
        if self._folder.stop() is not None:
            self._supervision.stop()
        failure = self._supervision.watch().failure
        if failure is not None:
            raise WorkFailed(f"{failure.kind}: {failure.message}")

    def checkpoint(self) -> DelayedSubmission | None:
        """Save, at the end of the slot; return what is to be done when SLURM starts it again, None for nothing.

        Called by submitit in a handler of SIGUSR2, which requeues the SLURM job afterwards.
        """
        if self._supervision is not None:
            self._supervision.stop()
        if self._folder.stop() is not None:
            return None
        outcome = self._folder.outcome()
        if outcome is not None and (outcome.failure is None or outcome.failure.kind != FailureKind.PREEMPTED):
            return None
        return DelayedSubmission(SlurmJob(self._path))

    @property
    def _folder(self) -> SubmissionFolder:
        return SubmissionFolder(Path(self._path))

    def _on_termination(self, number: int, frame: Any) -> None:
        # scancel, or a cluster that preempts: it requeues by itself where it is set up so.
        if self._supervision is not None:
            self._supervision.stop()
