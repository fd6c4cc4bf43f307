"""Who starts submitted jobs: SLURM, or for trying out this machine alone."""

from __future__ import annotations

import os
import re
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import submitit
from submitit.core.utils import FailedJobError, FailedSubmissionError, JobPaths, environment_variables

from errors import ConfigError, ResourceError
from execution.slurm.batch_job import SlurmJob
from execution.slurm.commands import CommandFailed, explain_refusal, run, variables_of_sbatch
from execution.slurm.resources import CODE, python_of_jobs
from execution.slurm.standing import GONE, QueueListing, Standing
from tracking.processes import process_started

__all__ = ["CLUSTERS", "Cluster"]

_REQUEUES = 1000
"""At most so many slots for one job: who gets nowhere in so many never will."""

_SEND_AGAIN_SECONDS = 1.0
_MOST_IDS = 500
"""In one command."""

_IS_OVER = re.compile("invalid job id|already complet", re.IGNORECASE)
_IS_OVER_OR_BEGINS = re.compile(f"{_IS_OVER.pattern}|cannot be altered|can not be altered|pending", re.IGNORECASE)


class Cluster(ABC):
    """Starts jobs, and knows how they stand.

    Args:
        logs: folder for batch scripts and logs.
    """

    title: str
    """What users read before the id of a job."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs

    @abstractmethod
    def check(self) -> None:
        """Refuse to begin where nobody would answer.

        Raises:
            ResourceError: it is not there.
        """

    @abstractmethod
    def submit(self, paths: Sequence[Path], parameters: Mapping[str, Any]) -> list[str]:
        """Submit the orders in some folders, several as one array; return their ids.

        Raises:
            ConfigError: they can never run.
            ResourceError: nothing can be submitted now.
        """

    @abstractmethod
    def look(self, cluster_id: str) -> Standing | None:
        """Return how a job stands; None where there is no answer."""

    @abstractmethod
    def cancel(self, cluster_id: str) -> None:
        """Have a job ended, begun or not: at the latest by the next :meth:`send`."""

    @abstractmethod
    def preempt(self, cluster_id: str) -> None:
        """Have a job save and end, or never begin: at the latest by the next :meth:`send`."""

    @property
    def trouble(self) -> str:
        """Why orders have not arrived yet; empty where they have."""
        return ""

    def send(self) -> None:  # noqa: B027  (most act at once)
        """See to it that orders arrive, all together; those that did not are sent again next time."""

    def log(self, cluster_id: str) -> Path:
        """Return where a job's output goes."""
        return Path(JobPaths(self.logs, cluster_id).stdout)


class Slurm(Cluster):
    """The cluster that sbatch reaches."""

    title = "SLURM job"

    def __init__(self, logs: Path) -> None:
        super().__init__(logs)
        self._listing = QueueListing()
        self._to_cancel: set[str] = set()
        self._to_preempt: set[str] = set()
        self._trouble = ""
        self._send_at = 0.0

    def check(self) -> None:
        """Ask the controller, which answers at once where it can; sbatch would try again for minutes."""
        configuration = os.environ.get("SLURM_CONF")
        if configuration and not Path(configuration).is_file():
            # Its commands would look elsewhere for it, for a long time.
            raise ResourceError(f"SLURM_CONF names {configuration}, which is not there; correct it, or unset it")
        for program in ("sbatch", "srun", "scancel", "squeue"):
            run(program, "--version")
        self._ping()

    def _ping(self) -> None:
        try:
            answer = run("scontrol", "ping")
        except ResourceError as error:
            raise ResourceError(f"no SLURM controller answers: {error}") from error
        if " UP" not in answer:
            raise ResourceError(
                f"no SLURM controller answers ({answer.strip()}); try again later, or choose another executor"
            )

    def submit(self, paths: Sequence[Path], parameters: Mapping[str, Any]) -> list[str]:
        """Write a batch script and hand it to sbatch."""
        self._ping()
        executor = submitit.SlurmExecutor(self.logs, max_num_timeout=_REQUEUES, python=python_of_jobs())
        executor.update_parameters(**parameters)
        asked = {*parameters, *parameters.get("additional_parameters", ())}
        try:
            # What sbatch complains of is said once, in our error.
            with variables_of_sbatch(asked), redirect_stderr(StringIO()):
                jobs = executor.submit_array([SlurmJob(str(path)) for path in paths])
        except (FailedJobError, FailedSubmissionError) as error:
            raise explain_refusal(str(error)) from error
        finally:
            self._listing.forget()
        return [job.job_id for job in jobs]

    def look(self, cluster_id: str) -> Standing | None:
        """Look into the list of the user's jobs, which is asked for every few seconds."""
        self.send()
        return self._listing.look(cluster_id)

    def cancel(self, cluster_id: str) -> None:
        """Note it: hundreds are cancelled by one scancel."""
        self._to_cancel.add(cluster_id)

    def preempt(self, cluster_id: str) -> None:
        """Note it too."""
        self._to_preempt.add(cluster_id)

    @property
    def trouble(self) -> str:
        """What scancel said last, where it did not obey."""
        return self._trouble

    def send(self) -> None:
        """Call scancel; after a failure not again for a second."""
        if not (self._to_cancel or self._to_preempt) or time.monotonic() < self._send_at:
            return
        try:
            self._scancel(_IS_OVER, self._to_cancel)
            self._to_cancel.clear()
            # What is pending never begins; what runs gets the signal that the end of a slot sends. Who is about to
            # begin cannot be signalled, and looks first whether it is to stop.
            self._scancel(_IS_OVER, self._to_preempt, "--state=PENDING")
            self._scancel(_IS_OVER_OR_BEGINS, self._to_preempt, "--signal=USR2")
            self._to_preempt.clear()
            self._trouble = ""
        except ResourceError as error:
            self._trouble = str(error)
            self._send_at = time.monotonic() + _SEND_AGAIN_SECONDS
        self._listing.forget()

    def _scancel(self, accepted: re.Pattern[str], ids: Collection[str], *options: str) -> None:
        every = sorted(ids)
        for start in range(0, len(every), _MOST_IDS):
            try:
                run("scancel", *options, *every[start : start + _MOST_IDS])
            except CommandFailed as error:
                if not all(accepted.search(complaint) for complaint in error.complaints):
                    raise


class ThisMachine(Cluster):
    """Submitit's local processes: the same way, without a queue, dependencies or resources."""

    title = "process"

    def __init__(self, logs: Path) -> None:
        super().__init__(logs)
        # Kept, as they are children of this process and remain until somebody asks how they ended.
        self._jobs: dict[str, submitit.Job[Any]] = {}

    def check(self) -> None:
        """It is always there."""

    def submit(self, paths: Sequence[Path], parameters: Mapping[str, Any]) -> list[str]:
        """Start a process for each."""
        if "dependency" in parameters:
            raise ConfigError("slurm: the cluster 'local' cannot wait for other jobs; use 'slurm', or another executor")
        executor = submitit.LocalExecutor(self.logs, max_num_timeout=_REQUEUES)
        executor.update_parameters(
            timeout_min=parameters["time"], signal_delay_s=parameters["signal_delay_s"], stderr_to_stdout=True
        )
        paths_of_code = os.pathsep.join(filter(None, [str(CODE), os.environ.get("PYTHONPATH")]))
        with environment_variables(PYTHONPATH=paths_of_code):
            jobs = executor.submit_array([SlurmJob(str(path)) for path in paths])
        # The number of a process is given again one day; together with its start it is not.
        ids = [f"{job.job_id}:{process_started(int(job.job_id))}" for job in jobs]
        self._jobs.update(zip(ids, jobs, strict=True))
        return ids

    def look(self, cluster_id: str) -> Standing | None:
        """See whether the process lives."""
        return Standing("RUNNING", "", "") if self._lives(cluster_id) else GONE

    def cancel(self, cluster_id: str) -> None:
        """Send SIGTERM, which it passes on to the work."""
        if self._lives(cluster_id):
            with suppress(ProcessLookupError):
                os.kill(_number(cluster_id), signal.SIGTERM)

    def preempt(self, cluster_id: str) -> None:
        """Send SIGTERM too: what is meant stands in the folder."""
        self.cancel(cluster_id)

    def log(self, cluster_id: str) -> Path:
        """Return where the process's output goes."""
        return super().log(str(_number(cluster_id)))

    def _lives(self, cluster_id: str) -> bool:
        job = self._jobs.get(cluster_id)
        if job is not None:
            return not job.done()
        return str(process_started(_number(cluster_id))) == cluster_id.partition(":")[2]


def _number(cluster_id: str) -> int:
    return int(cluster_id.partition(":")[0])


CLUSTERS: Mapping[str, Callable[[Path], Cluster]] = {"slurm": Slurm, "local": ThisMachine}
