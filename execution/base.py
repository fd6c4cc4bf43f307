"""What every executor is: somebody who takes jobs and gives handles on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from errors import ConfigError
from execution.options import ExecutorOptions
from jobs import FailureKind, Job, Outcome, Resources

if TYPE_CHECKING:
    from execution.left import LeftJob

__all__ = ["Executor", "Handle", "JobState"]


class JobState(StrEnum):
    """Where a submitted job stands."""

    PENDING = "pending"
    """Accepted, not begun."""
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED)

    @classmethod
    def of(cls, outcome: Outcome) -> JobState:
        """Return the final state that an outcome stands for."""
        if outcome.failure is None:
            return cls.COMPLETED
        return cls.CANCELLED if outcome.failure.kind == FailureKind.CANCELLED else cls.FAILED


class Handle(ABC):
    """One submitted job."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    @abstractmethod
    def state(self) -> JobState:
        """Where it stands now; asking is cheap and never waits."""

    @abstractmethod
    def result(self, timeout: float | None = None) -> Outcome:
        """Wait for the end and return it; a job that failed returns its failure and raises nothing.

        Args:
            timeout: seconds to wait; None waits for ever.

        Raises:
            TimeoutError: it has not ended by then.
        """

    @abstractmethod
    def cancel(self) -> None:
        """Stop it, begun or not: its outcome is then of the kind ``cancelled``. What has ended stays as it is.

        Raises:
            ResourceError: whoever is to stop it does not answer; to be called again.
        """

    @abstractmethod
    def preempt(self, reason: str) -> None:
        """Ask it to save what it did and to stop, and return at once; its outcome is then of the kind ``preempted``.

        Args:
            reason: why, in a word or two for people, such as ``Ctrl-C``.

        Raises:
            ResourceError: whoever is to stop it does not answer; to be called again.
        """

    @abstractmethod
    def logs(self) -> str:
        """Return what it printed and logged up to now; empty where nothing is known."""

    @property
    def progress(self) -> Mapping[str, Any]:
        """What the work reported last, such as ``phase``, ``step``, ``total_steps``; empty where nothing is known."""
        return {}

    @property
    def where(self) -> str:
        """Who executes it, in a few words such as ``worker 2 (process 4711)`` or ``SLURM job 12_3``."""
        return ""


class Executor(ABC):
    """Takes jobs; use as a context manager. All methods are called from one thread.

    Jobs of one executor may run in any order and at the same time: whoever submits has seen to what they need. An
    executor tries nothing again, except what its cluster does by itself.
    """

    name: ClassVar[str]
    """In the registry ``execution.executors.EXECUTORS``."""
    can_be_left: ClassVar[bool] = False
    """Whether jobs go on without the process that submitted them; see :meth:`submit_all` and :meth:`detach`."""
    commands_when_left: ClassVar[tuple[str, ...]] = ()
    """Lines for people: which commands show and cancel what was submitted and left."""
    reads: ClassVar[tuple[str, ...] | None] = None
    """Which fields of :class:`execution.options.ExecutorOptions` it follows, beside those that all have; None: any."""
    options_class: ClassVar[type[Any] | None] = None
    """Options that it alone has: a :func:`validated.validated_dataclass` whose fields people fill in by
    ``--executor-option NAME=VALUE`` and programs by ``ExecutorOptions.own``; None: it has none."""
    reads_resources: ClassVar[tuple[str, ...] | None] = None
    """Which fields of :class:`jobs.Resources` it heeds beside what is counted over a queue; None: all."""

    @classmethod
    def capacity_of(cls, options: ExecutorOptions) -> Resources | None:
        """Return what it would offer in all, as far as that is known without starting anything.

        Raises:
            ConfigError: options that it cannot follow.
        """
        return None

    @cached_property
    def kept(self) -> dict[str, Any]:
        """What work in *this* process keeps from one job to the next; see :class:`execution.work.Context`."""
        return {}

    @property
    @abstractmethod
    def capacity(self) -> Resources | None:
        """What it offers in all: a job that needs more can never run here. None where a cluster behind it decides."""

    @property
    @abstractmethod
    def max_concurrent(self) -> int:
        """How many jobs it takes at the same time."""

    @property
    def spans_hosts(self) -> bool:
        """Whether jobs may be done on other machines than this one, as far as that is known."""
        return False

    def listen(  # noqa: B027  (most have no use for it)
        self, on_progress: Callable[[Handle], None], stop_reason: Callable[[], str]
    ) -> None:
        """Say who is told of progress, and who may stop the work, while :meth:`submit` is at work itself.

        An executor that returns at once needs neither: whoever submits looks at its handles.

        Args:
            on_progress: called with the handle whenever its work reports.
            stop_reason: see :attr:`execution.work.Context.stop_reason`.
        """

    def warm_up(self, work: str) -> None:  # noqa: B027  (most have nothing to prepare)
        """Begin in the background to load what a piece of work needs, so that its first job does not wait for it."""

    @abstractmethod
    def submit(self, job: Job) -> Handle:
        """Take a job and return at once (the inline executor returns when it is done).

        Raises:
            ConfigError: the job can never run here.
            ResourceError: nothing can be submitted now, such as a cluster that does not answer.
        """

    def submit_all(self, jobs: Sequence[Job]) -> list[Handle]:
        """Take jobs that need one another, and leave it to a cluster what comes first: whoever submitted may go.

        Raises:
            ConfigError: nobody would be there to go on; or a job can never run here.
            ResourceError: nothing can be submitted now.
        """
        raise ConfigError(f"executor {self.name}: needs somebody who stays until the last job has ended")

    @classmethod
    def left_jobs(cls, log_dir: Path) -> Sequence[LeftJob]:
        """Return how jobs stand that were left, as far as folders and one look at the cluster tell.

        Args:
            log_dir: of the options that they were submitted with.
        """
        return ()

    @abstractmethod
    def wait(self, handles: Collection[Handle], timeout: float) -> None:
        """Return when one of ``handles`` has ended or has something new to tell, at the latest after ``timeout`` s."""

    def refresh(self) -> None:  # noqa: B027  (most have nothing to look at)
        """Look at the machine or the cluster now: what is free of it, and what others use.

        Called before :attr:`capacity`, :meth:`has_room` and :meth:`blocked_by_others`, which only calculate with what
        was seen: they are asked about many jobs while the whole queue waits for the answers.

        Raises:
            ResourceError: it does not answer.
        """

    def has_room(self, job: Job, running: Collection[Job]) -> bool:
        """Whether a job could begin now beside those that run. Where a cluster decides it always could.

        Args:
            job: the next one.
            running: what was submitted and has not ended, and what is about to be submitted.
        """
        return len(running) < self.max_concurrent

    def blocked_by_others(self, job: Job) -> str:
        """Return in words what others use that a job needs, so that it has to wait though nothing of ours ran."""
        return ""

    def detach(self) -> None:  # noqa: B027  (only for those that can be left)
        """Leave what was submitted and has not ended: :meth:`close` stops none of it, and it goes on.

        Only where :attr:`can_be_left`. A later :meth:`submit` of the same job, from whatever process, attaches to it.
        """

    @abstractmethod
    def close(self) -> None:
        """Stop what still runs and release everything. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()
