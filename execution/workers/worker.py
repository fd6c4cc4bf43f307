"""A worker as the runner sees it: a channel, a process, at most one job, and when that job is to be stopped."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from execution.channel import Channel
from execution.endings import said_nothing, took_too_long
from execution.workers.processes import OtherProcess
from jobs import FailureKind

if TYPE_CHECKING:
    from execution.workers.handle import WorkerHandle

__all__ = ["Verdict", "Worker"]

_SEND_SECONDS = 10.0
_LEAVE_SECONDS = 10.0


class Verdict(NamedTuple):
    """What becomes of a job that does not end by itself."""

    at: float
    """On the monotonic clock; infinite: never."""
    kind: FailureKind
    message: str


_NEVER = Verdict(math.inf, FailureKind.CANCELLED, "")


class Worker:
    """One local process.

    Args:
        number: what people call it.
        gpus: those it may see; None: whatever the runner sees.
        channel: to the process, which may not be up yet.
        generation: of the template that forked it.
        birth: no other worker has it; process ids may come again.
    """

    def __init__(
        self, number: int, gpus: tuple[str, ...] | None, channel: Channel, generation: int, birth: int
    ) -> None:
        self.number = number
        self.gpus = gpus
        self.channel = channel
        self.generation = generation
        self.birth = birth
        self.process: OtherProcess | None = None
        """None until it has said hello."""
        self.born_gb = 0.0
        """Memory it had then, nearly all of it shared with others."""
        self.handle: WorkerHandle | None = None
        self.is_dismissed = False
        """It takes no more jobs."""
        self.leaving = ""
        """Why it ends by itself, as it says."""
        self.heard_at = 0.0
        self.has_begun = False
        """Whether it is at work on its job, as it says."""
        self.importing = ""
        """The work that it is about to import for its job, as it says."""
        self.verdict: Verdict | None = None
        """By which it was killed."""
        self._order = 0
        self._deadline = _NEVER

    @property
    def is_up(self) -> bool:
        """Whether it can be given a job at once."""
        return self.process is not None

    @property
    def is_idle(self) -> bool:
        """Whether it can be given a job, now or once it is up."""
        return self.handle is None and not self.is_dismissed

    @property
    def name(self) -> str:
        """Who it is, for people."""
        process = "" if self.process is None else f" (process {self.process.pid})"
        return f"worker {self.number}{process}"

    def begin(self) -> None:
        """Send the job that it was given."""
        assert self.handle is not None
        self._order += 1
        self.heard_at = time.monotonic()
        order = {"do": "job", "order": self._order, "job": self.handle.text, "log": str(self.handle.log)}
        self.handle.begin(self)
        if not self.channel.send(order, patience_s=_SEND_SECONDS):
            self.kill()

    def stop(self, reason: str) -> None:
        """Ask for the job at hand to be stopped."""
        self.channel.send({"do": "stop", "order": self._order, "reason": reason}, patience_s=_SEND_SECONDS)

    def relieve(self) -> None:
        """Note that its job has ended."""
        self.handle = None
        self.has_begun = False
        self.heard_at = time.monotonic()
        if not self.is_dismissed:
            self._deadline = _NEVER

    def dismiss(self) -> None:
        """Send it away once it has done its job."""
        self.is_dismissed = True
        self.kill_in(_LEAVE_SECONDS)
        self.channel.send({"do": "leave"}, patience_s=0.0)

    def kill_in(self, seconds: float, kind: FailureKind = FailureKind.CANCELLED, message: str = "cancelled") -> None:
        """Kill it if it is still there then; say of what kind, and in which words, that is the end of its job."""
        self._deadline = min(self._deadline, Verdict(time.monotonic() + seconds, kind, message))

    def kill(self) -> None:
        """Kill it now, and what it started. One that is not up yet ends when its channel is closed.

        Its end is noticed as any other.
        """
        if self.process is not None:
            self.process.kill_group()

    def next_verdict(self, hang_minutes: float | None) -> Verdict:
        """Return when it is to be killed if nothing happens before, and why."""
        if self.verdict is not None:
            return _NEVER
        candidates = [self._deadline]
        if self.handle is not None and self.is_up:
            if minutes := self.handle.job.resources.minutes:
                limit = self.handle.begun_at + 60 * minutes
                candidates.append(Verdict(limit, FailureKind.TIMED_OUT, took_too_long(minutes)))
            if hang_minutes is not None:
                limit = self.heard_at + 60 * hang_minutes
                candidates.append(Verdict(limit, FailureKind.TIMED_OUT, said_nothing(hang_minutes)))
        return min(candidates)

    def close(self) -> None:
        """Let go of it."""
        self.channel.close()
        if self.process is not None:
            self.process.close()
