"""What a job on the cluster and whoever submitted it tell each other, one folder a submission."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from atomic_files import explain_os_error
from errors import AssayError, ConfigError
from execution.mail_folder import MailFolder
from jobs import FailureKind, Job, Outcome

__all__ = ["Order", "SubmissionFolder", "logs_folder", "stamp_now"]

_PATIENCE_SECONDS = 60.0
"""For a disk that is full, where an outcome is all that is left to write."""
_BASE, _OF_JOB = "slurm", "job-"
_ORDER, _SUBMITTED, _STARTED, _OUTCOME, _STOP = (
    f"{name}.json" for name in ("job", "submitted", "started", "outcome", "stop")
)


@dataclass(frozen=True)
class Order:
    """What the job on the cluster is told."""

    job: Job
    threads: int
    """Of PyTorch on the CPU."""
    hang_seconds: float | None
    save_seconds: float
    """How long it may take to save, once SLURM said that its slot ends."""
    patience_seconds: float | None
    """How long it waits for somebody else who makes the same; None: as long as its slots last."""

    def to_mapping(self) -> dict[str, Any]:
        """Return it as JSON knows it.

        Raises:
            ConfigError: the job is no JSON.
        """
        return {**vars(self), "job": json.loads(self.job.to_json())}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_mapping` gave.

        Raises:
            ConfigError: another version of the code wrote it.
        """
        try:
            return cls(**{**values, "job": Job.from_mapping(values["job"])})
        except (KeyError, TypeError) as error:
            raise ConfigError(
                f"the order of a job is of another version of the code ({error}); submit it again"
            ) from error


class SubmissionFolder(MailFolder):
    """One submission of one job; submitting it again makes another folder, so that nothing old is taken for new.

    Args:
        path: the folder.
    """

    @classmethod
    def create(cls, log_dir: Path, order: Order) -> Self:
        """Make the next folder of a job.

        Raises:
            ConfigError: the job is no JSON.
            ResourceError: it cannot be written.
        """
        written = order.to_mapping()
        of_job = _of_job(log_dir, order.job.id)
        try:
            of_job.mkdir(parents=True, exist_ok=True)
            number = max(_numbers(of_job), default=0) + 1
            path = of_job / str(number)
            path.mkdir()
        except OSError as error:
            raise explain_os_error(error, of_job) from error
        folder = cls(path)
        folder._write(_ORDER, written)
        return folder

    @classmethod
    def latest(cls, log_dir: Path, job_id: str) -> Self | None:
        """Return the newest submission of a job; None where there is none."""
        of_job = _of_job(log_dir, job_id)
        number = max(_numbers(of_job), default=None)
        return None if number is None else cls(of_job / str(number))

    @classmethod
    def all_latest(cls, log_dir: Path) -> Iterator[Self]:
        """Yield the newest submission of each job."""
        for of_job in sorted((log_dir.absolute() / _BASE).glob(f"{_OF_JOB}*")):
            number = max(_numbers(of_job), default=None)
            if number is not None:
                yield cls(of_job / str(number))

    # -- of whoever submits -----------------------------------------------------------------------------------------

    def write_submitted(self, cluster: str, cluster_id: str, log: Path, needs: Mapping[str, str]) -> None:
        """Say what the cluster calls the job, where its log is, and the folders of the submissions that it needs."""
        self._write(
            _SUBMITTED,
            {"cluster": cluster, "id": cluster_id, "log": str(log), "needs": dict(needs), "time": time.time()},
        )

    def owner(self) -> int | None:
        """Return the user's id who made it; None where it is gone."""
        try:
            return self.path.stat().st_uid
        except OSError:
            return None

    def submitted(self) -> Mapping[str, Any] | None:
        """Return what :meth:`write_submitted` wrote."""
        return self._read(_SUBMITTED)

    def write_stop(self, kind: FailureKind, reason: str) -> None:
        """Say how the job is to end, before it is signalled; the first word counts, but cancelling outweighs."""
        earlier = self.stop()
        if earlier is None or kind == FailureKind.CANCELLED:
            self._write(_STOP, {"kind": kind, "reason": reason})

    def stop(self) -> tuple[FailureKind, str] | None:
        """Return how the job is to end, and why; None where nobody stops it."""
        found = self._read(_STOP)
        return None if found is None else (FailureKind(found["kind"]), found["reason"])

    # -- of the job -------------------------------------------------------------------------------------------------

    def order(self) -> Order:
        """Return what the job is told.

        Raises:
            ConfigError: nothing lies there, or what another version of the code wrote.
        """
        found = self._read(_ORDER)
        if found is None:
            raise ConfigError(f"{self.path / _ORDER}: no order to execute; the folder must be seen by all machines")
        return Order.from_mapping(found)

    def write_started(self, **facts: Any) -> None:
        """Say that the job has begun, and who it is."""
        self._write(_STARTED, facts)

    def started(self) -> Mapping[str, Any] | None:
        """Return what the last start of the job said."""
        return self._read(_STARTED)

    def write_outcome(self, outcome: Outcome) -> None:
        """Say how it ended."""
        self._write(_OUTCOME, outcome.to_mapping())

    def write_outcome_patiently(self, outcome: Outcome) -> None:
        """Say how it ended, and where the disk is full try again for a while.

        Raises:
            ResourceError: it stayed so.
        """
        limit = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self.write_outcome(outcome)
            except AssayError:
                if time.monotonic() >= limit:
                    raise
                time.sleep(1.0)

    def outcome(self) -> Outcome | None:
        """Return how it ended; None where it has not said so, or in words of another version of the code."""
        found = self._read(_OUTCOME)
        try:
            return None if found is None else Outcome.from_mapping(found)
        except (TypeError, ValueError):
            return None

    def outcome_stamp(self) -> int:
        """Return when it was written, in ns by the clock of the disk; 0 where it was not."""
        try:
            return (self.path / _OUTCOME).stat().st_mtime_ns
        except OSError:
            return 0

    def forget_outcome(self) -> None:
        """Begin anew, after a requeue.

        Raises:
            ResourceError: the folder cannot be written.
        """
        try:
            (self.path / _OUTCOME).unlink(missing_ok=True)
        except OSError as error:
            raise explain_os_error(error, self.path) from error

    # -- files --------------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Make a network disk look anew, instead of remembering which files there were."""
        try:
            with os.scandir(self.path) as entries:
                next(entries, None)
        except OSError:
            return


def logs_folder(log_dir: Path) -> Path:
    """Return the folder of submitit: batch scripts, logs, and pickles that say no more than where a job's folder is."""
    return log_dir.absolute() / _BASE / "logs"


def stamp_now(log_dir: Path) -> int:
    """Return what time it is, in ns by the clock of the disk."""
    base = log_dir.absolute() / _BASE
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base) as file:
            file.write(b"x")
            file.flush()
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError as error:
        raise explain_os_error(error, base) from error


def _of_job(log_dir: Path, job_id: str) -> Path:
    # Ids may hold what no name of a file can; "%" means something to SLURM.
    return log_dir.absolute() / _BASE / f"{_OF_JOB}{quote(job_id, safe='').replace('%', '=')}"


def _numbers(of_job: Path) -> list[int]:
    try:
        return [int(path.name) for path in of_job.iterdir() if path.name.isdecimal()]
    except OSError:
        return []
