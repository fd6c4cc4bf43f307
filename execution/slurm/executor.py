"""Jobs on a SLURM cluster."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from atomic_files import explain_os_error
from errors import AssayError, ConfigError, ResourceError
from execution.base import Executor, Handle
from execution.left import LeftJob
from execution.options import ExecutorOptions
from execution.slurm.arrays import arrays
from execution.slurm.attaching import Attaching, say_what_was_planned_before
from execution.slurm.clusters import CLUSTERS, Cluster
from execution.slurm.folders import Order, SubmissionFolder, logs_folder, stamp_now
from execution.slurm.handle import SlurmHandle
from execution.slurm.resources import SlurmResources
from jobs import FailureKind, Job, Resources

__all__ = ["SlurmExecutor"]

_MAX_CONCURRENT = 256
_LOOK_SECONDS = 0.25
_CLOSE_SECONDS = 20.0
_LOCK_SECONDS = 120.0
_TRIES_TO_TAKE_BACK = 5
_PAUSE_TO_TAKE_BACK_SECONDS = 2.0


class SlurmExecutor(Executor):
    """Submits jobs through submitit; everything about them lies in ``options.log_dir``, so others can attach to them.

    Args:
        options: ``own`` holds the fields of :class:`SlurmResources`; ``workers`` says how many run at a time.

    Raises:
        ConfigError: options that it cannot follow.
        ResourceError: no cluster answers.
    """

    name = "slurm"
    can_be_left = True
    commands_when_left = (
        "squeue --me      shows what waits and runs",
        "scancel JOB      cancels a job, or with the number of an array all of it",
    )
    reads = ("workers", "threads_per_job", "hang_minutes")
    options_class = SlurmResources

    def __init__(self, options: ExecutorOptions) -> None:
        self.log_dir = options.log_dir.absolute()
        if re.search(r"[%\\\n]", str(self.log_dir)):
            raise ConfigError(f"log_dir: SLURM reads %, \\ and line ends in names its own way, got {self.log_dir}")
        self._options = options
        self._resources = options.own_as(SlurmResources).with_parallelism(options.workers or _MAX_CONCURRENT)
        self._cluster = _cluster(self._resources.cluster, self.log_dir)
        self._cluster.check()
        self._handles: list[SlurmHandle] = []
        self._attaching = Attaching(self.log_dir, self._cluster, stamp_now(self.log_dir))

    @property
    def capacity(self) -> Resources | None:
        """Not known: the cluster decides."""
        return None

    @property
    def max_concurrent(self) -> int:
        """How many jobs it hands to the cluster at the same time."""
        return self._options.workers or _MAX_CONCURRENT

    @property
    def spans_hosts(self) -> bool:
        """Yes, but for trying out."""
        return self._resources.cluster != "local"

    def submit(self, job: Job) -> Handle:
        """Submit a job; one that SLURM has already is attached to."""
        with self._lock(), self._whole_or_nothing() as given:
            # Where somebody else is at it, whoever submitted tries again.
            handle = self._attaching.find(job, {}) or self._submit([job], {}, given, patience_seconds=0.0)[0]
        self._handles.append(handle)
        say_what_was_planned_before([handle])
        return handle

    def submit_all(self, jobs: Sequence[Job]) -> list[Handle]:
        """Submit a whole graph, as arrays that wait for each other, and leave it to the cluster: closing stops nothing.

        Args:
            jobs: in any order; a need that is not among them counts as done.

        Returns:
            Handles, in the order of ``jobs``.

        Raises:
            ConfigError: the graph has a cycle, or SLURM can never run a job.
            ResourceError: the cluster takes nothing now. In either case nothing of it stays submitted.
        """
        handles: dict[str, SlurmHandle] = {}
        with self._lock(), self._whole_or_nothing() as given:
            for array in arrays(jobs):
                # Jobs of an array wait for the same.
                needed = {need: handles[need] for need in array[0].needs if need in handles}
                attached = {job.id: handle for job in array if (handle := self._attaching.find(job, needed))}
                handles |= attached
                left = [job for job in array if job.id not in attached]
                if left:
                    handles |= {handle.job.id: handle for handle in self._submit(left, needed, given)}
        found = [handles[job.id] for job in jobs]
        say_what_was_planned_before(found)
        return list(found)

    def detach(self) -> None:
        """Leave to the cluster what was submitted: closing stops it no more."""
        self._cluster.send()
        self._handles.clear()

    @classmethod
    def left_jobs(cls, log_dir: Path) -> Sequence[LeftJob]:
        """Look at the queue once, and into the folders of all that was submitted."""
        from execution.slurm.left import left_jobs

        return left_jobs(log_dir)

    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Look at the folders every now and then."""
        limit = time.monotonic() + timeout
        own = [handle for handle in handles if isinstance(handle, SlurmHandle)]
        while not [handle for handle in own if handle.has_news()]:
            left = limit - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(_LOOK_SECONDS, left))

    def close(self) -> None:
        """Have what :meth:`submit` submitted and is not over save and end, and wait a little for that."""
        handles, self._handles = self._handles, []
        left = [handle for handle in handles if not handle.state.is_final]
        for handle in left:
            handle.preempt("whoever submitted it ended")
        self._cluster.send()
        limit = time.monotonic() + _CLOSE_SECONDS
        for handle in left:
            with suppress(TimeoutError):
                handle.result(timeout=max(0.0, limit - time.monotonic()))

    # -- submitting ---------------------------------------------------------------------------------------------------

    @contextmanager
    def _lock(self) -> Iterator[None]:
        path = self._cluster.logs.parent / ".lock"
        lock = filelock.FileLock(path, timeout=_LOCK_SECONDS)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except filelock.Timeout as error:
            raise ResourceError(f"{path}: somebody else has been submitting for {_LOCK_SECONDS:.0f} s") from error
        except OSError as error:
            raise explain_os_error(error, path) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _whole_or_nothing(self) -> Iterator[list[tuple[SubmissionFolder, str]]]:
        """Collect what the cluster is given, with its ids; where something goes wrong meanwhile, take it back."""
        given: list[tuple[SubmissionFolder, str]] = []
        try:
            yield given
        except BaseException:
            self._take_back(given)
            raise

    def _take_back(self, given: Sequence[tuple[SubmissionFolder, str]]) -> None:
        """Cancel what was submitted a moment ago.

        Raises:
            ResourceError: the cluster does not obey; it says what is left.
        """
        for folder, cluster_id in given:
            # The disk may be what is wrong.
            with suppress(AssayError):
                folder.write_stop(FailureKind.CANCELLED, "not all that was to be submitted with it could be")
            self._cluster.cancel(cluster_id)
        for _ in range(_TRIES_TO_TAKE_BACK):
            self._cluster.send()
            if not self._cluster.trouble:
                return
            time.sleep(_PAUSE_TO_TAKE_BACK_SECONDS)
        raise ResourceError(
            f"not all could be submitted, and {len(given)} SLURM jobs that were cannot be cancelled now "
            f"({self._cluster.trouble}); cancel them: scancel {' '.join(sorted(id_ for _, id_ in given))}"
        )

    def _submit(
        self,
        jobs: Sequence[Job],
        needed: Mapping[str, SlurmHandle],
        given: list[tuple[SubmissionFolder, str]],
        patience_seconds: float | None = None,
    ) -> list[SlurmHandle]:
        """Submit jobs that ask for the same and need the same; without somebody who stays, they wait patiently.

        Each is in ``given`` as soon as the cluster has it: what comes after may fail, such as on a full disk.
        """
        needs = jobs[0].resources
        threads = self._options.threads_per_job or self._resources.cpus(needs)
        hang = self._options.hang_minutes
        hang_seconds, save_seconds = None if hang is None else hang * 60, self._resources.save_seconds
        orders = [Order(job, threads, hang_seconds, save_seconds, patience_seconds) for job in jobs]
        folders = [SubmissionFolder.create(self.log_dir, order) for order in orders]
        waits_for = tuple(sorted({handle.cluster_id for handle in needed.values()}))
        parameters = self._resources.parameters(needs, _title(jobs), waits_for)
        ids = self._cluster.submit([folder.path for folder in folders], parameters)
        given.extend(zip(folders, ids, strict=True))
        paths = {need: str(handle.folder.path) for need, handle in needed.items()}
        for folder, cluster_id in zip(folders, ids, strict=True):
            folder.write_submitted(self._resources.cluster, cluster_id, self._cluster.log(cluster_id), paths)
        return [SlurmHandle(job, folder, self._cluster) for job, folder in zip(jobs, folders, strict=True)]


def _cluster(name: str, log_dir: Path) -> Cluster:
    return CLUSTERS[name](logs_folder(log_dir))


def _title(jobs: Sequence[Job]) -> str:
    title = jobs[0].name if len(jobs) == 1 else jobs[0].group or "assay"
    return re.sub(r"[^\w.+-]", "_", title, flags=re.ASCII)[:60] or "assay"
