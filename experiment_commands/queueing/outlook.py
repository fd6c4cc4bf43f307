"""When a queue will be done, from how fast its jobs were done up to now: pure functions of its jobs."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tracking.queue.records import QueueState
from tracking.queue.seeking import Standing

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


def look_ahead(
    jobs: Sequence[Standing], now: float, counts: Mapping[str, Mapping[QueueState, int]] | None = None
) -> Outlook:
    """Return where a queue stands.

    As many jobs as run now are taken to run on, and each to last as long as its plan says, times what finished jobs of
    its group took against their plans; without a plan as long as half of the finished ones.

    Args:
        jobs: of the queue, those that wait in the order of their turns.
        now: seconds since 1970, UTC.
        counts: of all jobs, by group and state; None: ``jobs`` are all.
    """
    expected = _Expected(jobs)
    running = [each for each in jobs if each.state == QueueState.RUNNING]
    ends: dict[str, list[float | None]] = {}
    slots: list[float] = []
    for each in running:
        left = expected.seconds_left(each, now)
        ends.setdefault(each.group, []).append(left)
        slots.append(left or 0.0)
    heapq.heapify(slots)
    for each in jobs:
        if each.state == QueueState.QUEUED:
            ends.setdefault(each.group, []).append(_take(slots, expected.seconds(each)))
    counted = _counts(jobs) if counts is None else counts
    groups = [_group(name, counted[name], ends.get(name, [])) for name in counted if _is_open(counted[name])]
    groups.sort(key=lambda group: (group.seconds_left is None, group.seconds_left or 0.0))
    return Outlook(groups, len(running), _done_since(jobs, now - _HOUR), _per_hour(jobs, now))


def _take(slots: list[float], seconds: float | None) -> float | None:
    """Let the slot that is free first do a job; return when it ends."""
    if not slots:
        return None
    end = slots[0] + (seconds or 0.0)
    heapq.heapreplace(slots, end)
    return None if seconds is None else end


def _counts(jobs: Sequence[Standing]) -> dict[str, Counter[QueueState]]:
    found: dict[str, Counter[QueueState]] = {}
    for each in jobs:
        found.setdefault(each.group, Counter())[each.state] += 1
    return found


def _is_open(counts: Mapping[QueueState, int]) -> bool:
    return any(count and not state.is_final for state, count in counts.items())


def _group(name: str, counts: Mapping[QueueState, int], ends: Sequence[float | None]) -> GroupOutlook:
    known = [end for end in ends if end is not None]
    counted = {state: counts.get(state, 0) for state in QueueState}
    return GroupOutlook(name, counted, max(known) if known and known == ends else None)


class _Expected:
    """How long jobs take, by what finished ones of their group took."""

    def __init__(self, jobs: Sequence[Standing]) -> None:
        took: dict[str, list[float]] = {}
        against_plan: dict[str, list[float]] = {}
        for each in jobs:
            if each.took is None:
                continue
            if each.expected:
                against_plan.setdefault(each.group, []).append(each.took / each.expected)
            if each.expected != 0:
                took.setdefault(each.group, []).append(each.took)
        self._took: dict[str, float] = {group: median(values) for group, values in took.items()}
        self._against_plan: dict[str, float] = {group: median(values) for group, values in against_plan.items()}

    def seconds(self, job: Standing) -> float | None:
        """Return how long a job is expected to take; None where nothing is known."""
        if job.expected is not None:
            return job.expected * self._against_plan.get(job.group, 1.0)
        return self._took.get(job.group)

    def seconds_left(self, job: Standing, now: float) -> float | None:
        """Return the same of one that runs: by its own speed, once it tells its steps."""
        since = now - (job.started_at or now)
        step, total = job.progress.get("step"), job.progress.get("total_steps")
        if job.progress.get("phase") == "training" and step and total:
            share_left: float = total / step - 1.0
            return max(0.0, since * share_left)
        expected = self.seconds(job)
        return None if expected is None else max(0.0, expected - since)


def _done_since(jobs: Sequence[Standing], moment: float) -> int:
    return sum(each.state == QueueState.COMPLETED and (each.finished_at or 0.0) >= moment for each in jobs)


def _per_hour(jobs: Sequence[Standing], now: float) -> float | None:
    done = [each for each in jobs if each.state == QueueState.COMPLETED and each.first_started_at is not None]
    if not done:
        return None
    began = min(each.first_started_at or now for each in done)
    ended = max(each.finished_at or began for each in done)
    # While something runs the clock goes on; a queue that rests gets no slower by it.
    end = now if any(each.state == QueueState.RUNNING for each in jobs) else ended
    return len(done) / max(end - began, 1.0) * _HOUR
