"""When a queue will be done, from how fast its jobs were done up to now: pure functions of its jobs."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tracking.queue.records import QueuedJob, QueueState

__all__ = ["GroupOutlook", "Outlook", "look_ahead"]

_HOUR = 3600.0


@dataclass(frozen=True)
class GroupOutlook:
    """Where one group stands."""

    group: str
    counts: Mapping[QueueState, int]
    seconds_left: float | None
    """Until its last job has ended; None where nobody works on the queue, or no time is known."""


@dataclass(frozen=True)
class Outlook:
    """Where the queue stands."""

    groups: Sequence[GroupOutlook]
    """Those in which something has not ended, in the order in which they will be done."""
    num_running: int
    done_last_hour: int
    per_hour: float | None
    """Jobs that ended well an hour, from the first one's start to now; None before the first has ended."""


def look_ahead(jobs: Sequence[QueuedJob], now: float) -> Outlook:
    """Return where a queue stands.

    As many jobs as run now are taken to run on, and each to last as long as its plan says, times what finished jobs of
    its group took against their plans; without a plan as long as half of the finished ones.

    Args:
        jobs: of the queue, those that wait in the order of their turns.
        now: seconds since 1970, UTC.
    """
    expected = _Expected(jobs)
    running = [each for each in jobs if each.state == QueueState.RUNNING]
    ends: dict[str, list[float | None]] = {}
    slots: list[float] = []
    for each in running:
        left = expected.seconds_left(each, now)
        ends.setdefault(each.job.group, []).append(left)
        slots.append(left or 0.0)
    heapq.heapify(slots)
    for each in jobs:
        if each.state == QueueState.QUEUED:
            ends.setdefault(each.job.group, []).append(_take(slots, expected.seconds(each)))
    groups = [_group(name, jobs, ends[name]) for name in ends]
    groups.sort(key=lambda group: (group.seconds_left is None, group.seconds_left or 0.0))
    return Outlook(groups, len(running), _done_since(jobs, now - _HOUR), _per_hour(jobs, now))


def _take(slots: list[float], seconds: float | None) -> float | None:
    """Let the slot that is free first do a job; return when it ends."""
    if not slots:
        return None
    end = slots[0] + (seconds or 0.0)
    heapq.heapreplace(slots, end)
    return None if seconds is None else end


def _group(name: str, jobs: Sequence[QueuedJob], ends: Sequence[float | None]) -> GroupOutlook:
    counts = Counter(each.state for each in jobs if each.job.group == name)
    known = [end for end in ends if end is not None]
    return GroupOutlook(name, {state: counts[state] for state in QueueState}, max(known) if known == ends else None)


class _Expected:
    """How long jobs take, by what finished ones of their group took."""

    def __init__(self, jobs: Sequence[QueuedJob]) -> None:
        took: dict[str, list[float]] = {}
        against_plan: dict[str, list[float]] = {}
        for each in jobs:
            seconds = _took(each)
            if seconds is None:
                continue
            if each.job.seconds:
                against_plan.setdefault(each.job.group, []).append(seconds / each.job.seconds)
            if each.job.seconds != 0:
                took.setdefault(each.job.group, []).append(seconds)
        self._took: dict[str, float] = {group: median(values) for group, values in took.items()}
        self._against_plan: dict[str, float] = {group: median(values) for group, values in against_plan.items()}

    def seconds(self, queued: QueuedJob) -> float | None:
        """Return how long a job is expected to take; None where nothing is known."""
        job = queued.job
        if job.seconds is not None:
            return job.seconds * self._against_plan.get(job.group, 1.0)
        return self._took.get(job.group)

    def seconds_left(self, queued: QueuedJob, now: float) -> float | None:
        """Return the same of one that runs: by its own speed, once it tells its steps."""
        since = now - (queued.started_at or now)
        step, total = queued.progress.get("step"), queued.progress.get("total_steps")
        if queued.progress.get("phase") == "training" and step and total:
            share_left: float = total / step - 1.0
            return max(0.0, since * share_left)
        expected = self.seconds(queued)
        return None if expected is None else max(0.0, expected - since)


def _took(queued: QueuedJob) -> float | None:
    if queued.state != QueueState.COMPLETED or not queued.attempts:
        return None
    return queued.attempts[-1].seconds


def _done_since(jobs: Sequence[QueuedJob], moment: float) -> int:
    return sum(each.state == QueueState.COMPLETED and (each.finished_at or 0.0) >= moment for each in jobs)


def _per_hour(jobs: Sequence[QueuedJob], now: float) -> float | None:
    done = [each for each in jobs if each.state == QueueState.COMPLETED and each.attempts]
    if not done:
        return None
    began = min(each.attempts[0].started_at for each in done)
    ended = max(each.finished_at or began for each in done)
    # While something runs the clock goes on; a queue that rests gets no slower by it.
    end = now if any(each.state == QueueState.RUNNING for each in jobs) else ended
    return len(done) / max(end - began, 1.0) * _HOUR
