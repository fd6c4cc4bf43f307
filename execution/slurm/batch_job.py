"""What submitit calls within a SLURM job. All that its pickle holds is the path of a folder."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from submitit.core.utils import DelayedSubmission

from errors import AssayError, ConfigError
from execution.slurm.child import SIGNALS
from execution.slurm.folders import SubmissionFolder
from execution.slurm.supervision import Supervision
from jobs import FailureKind, Outcome

__all__ = ["SlurmJob", "WorkFailed"]

_REQUEUE_TRIES = 4
_REQUEUE_PAUSE_SECONDS = 2.0


class WorkFailed(Exception):
    """The work failed; raised so that the SLURM job fails too, and with it those that depend on it."""


class SlurmJob:
    """Executes the order of a folder.

    Args:
        path: of a :class:`execution.slurm.folders.SubmissionFolder`.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self) -> None:
        """Do the work, and leave its outcome in the folder.

        At the end of a slot SLURM sends SIGUSR2, for which submitit has a handler that requeues whatever became of
        the work. Here signals are taken note of alone: what follows is decided when the work has ended.

        Raises:
            WorkFailed: it failed.
        """
        requeue = signal.getsignal(signal.SIGUSR2)
        try:
            supervision = Supervision(self._folder)
        except ConfigError as error:
            outcome = Outcome.failed(FailureKind.OTHER_CODE, str(error))
            self._folder.write_outcome(outcome)
            raise WorkFailed(str(error)) from error
        for number in SIGNALS:
            signal.signal(number, lambda number, frame: supervision.ask(number))
        # Since the beginning they waited; see execution.slurm.begin.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        # Who stopped it before there was a handler said so first.
        if self._folder.stop() is not None:
            supervision.ask(signal.SIGTERM)
        outcome = supervision.watch()
        if supervision.goes_on_in_another_slot:
            _requeue(requeue)
        if outcome.failure is not None:
            raise WorkFailed(f"{outcome.failure.kind}: {outcome.failure.message}")

    def checkpoint(self) -> DelayedSubmission:
        """Return what is to be done when SLURM starts it again; submitit asks before it requeues the SLURM job."""
        return DelayedSubmission(SlurmJob(self._path))

    @property
    def _folder(self) -> SubmissionFolder:
        return SubmissionFolder(Path(self._path))


def _requeue(requeue: Any) -> None:
    """Have submitit put the SLURM job back into the queue, which ends this process; not where somebody else started it.

    Raises:
        subprocess.SubprocessError: SLURM does not take it back.
    """
    for left in reversed(range(_REQUEUE_TRIES if callable(requeue) else 0)):
        try:
            requeue(signal.SIGUSR2, None)
        except (subprocess.SubprocessError, OSError, AssayError):
            # A controller that is away for a moment.
            if not left:
                raise
            time.sleep(_REQUEUE_PAUSE_SECONDS)
