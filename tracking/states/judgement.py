"""Whether a run that did not say how it ended still lives, and how that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from tracking.folders.contents import Run
from tracking.processes import boot_id, booted_at, host_name, process_started
from tracking.states.slurm import status_of_state
from tracking.statuses import UNDECIDED, Status

__all__ = ["HEARTBEAT_SECONDS", "Judgement", "Observer", "is_known_to_live", "judge"]

HEARTBEAT_SECONDS = 10.0
"""Between two heartbeats, where a run does not say."""

_SAME_START_SECONDS = 0.05


class Judgement(NamedTuple):
    """What a run's status is, and why."""

    status: Status
    evidence: str


def _no_slurm(job: str) -> str | None:
    return None


@dataclass(frozen=True)
class Observer:
    """From where one looks: what is known of this machine, and whom one can ask."""

    host: str
    boot_id: str
    """As :func:`tracking.processes.boot_id` returns it."""
    booted_at: float | None = None
    """When this machine was started, in seconds since 1970, UTC."""
    process_started: Callable[[int], float | None] = process_started
    slurm_state: Callable[[str], str | None] = _no_slurm

    @classmethod
    def here(cls, slurm_state: Callable[[str], str | None] = _no_slurm) -> Observer:
        """Return the view from this process."""
        return cls(host_name(), boot_id(), booted_at(), slurm_state=slurm_state)


def judge(run: Run, now: float, observer: Observer) -> Judgement:
    """Judge a run by what is known of its process, else by its heartbeat, else by SLURM.

    What a run said of its own end stands. What was judged lost stays lost until there is a sign of life.

    Args:
        run: as the store knows it.
        now: by the clock that its heartbeats go by, in seconds since 1970, UTC.
        observer: from where to look.
    """
    if run.status not in UNDECIDED:
        return Judgement(run.status, run.status_reason)
    found = _by_process(run, observer) or _by_heartbeat(run, now) or _by_slurm(run, now, observer)
    if run.status == Status.LOST and found.status != Status.RUNNING:
        return Judgement(Status.LOST, run.status_reason)
    return found


def is_known_to_live(run: Run, observer: Observer) -> bool:
    """Whether the run's process can be seen from here, and is alive."""
    found = _by_process(run, observer)
    return found is not None and found.status == Status.RUNNING


def _by_process(run: Run, observer: Observer) -> Judgement | None:
    if run.pid is None:
        return None
    if _counts_same_processes(run, observer):
        return _look_at_process(run, run.pid, observer)
    if run.host == observer.host and _was_before_boot(run, observer):
        return Judgement(
            Status.LOST, f"{run.host} was started anew after the last sign of life, at {_clock(_last_sign(run))}"
        )
    return None


def _counts_same_processes(run: Run, observer: Observer) -> bool:
    """Tell whether a process id means here what it meant there: same machine, same boot, same container."""
    return bool(run.boot_id) and run.boot_id == observer.boot_id


def _look_at_process(run: Run, pid: int, observer: Observer) -> Judgement:
    started = observer.process_started(pid)
    process = f"process {pid} on {run.host}"
    if started is None:
        return Judgement(Status.LOST, f"{process} is gone, and did not say how it ended")
    if run.process_started is not None and abs(started - run.process_started) > _SAME_START_SECONDS:
        return Judgement(Status.LOST, f"{process} is gone: another process has its id now")
    return Judgement(Status.RUNNING, f"{process} is alive")


def _was_before_boot(run: Run, observer: Observer) -> bool:
    # Another container of this boot, or another machine of the same name, may live on: whoever beat after this
    # machine was started is none of its dead.
    same_kernel = run.boot_id.partition("/")[0] == observer.boot_id.partition("/")[0]
    return not same_kernel and observer.booted_at is not None and _last_sign(run) < observer.booted_at


def _by_heartbeat(run: Run, now: float) -> Judgement | None:
    if run.status == Status.LOST and not _has_beaten_since(run):
        return None
    age = now - _last_sign(run)
    if age > 2 * (run.heartbeat_interval or HEARTBEAT_SECONDS):
        return None
    return Judgement(Status.RUNNING, f"heard of {max(age, 0):.0f} s ago")


def _by_slurm(run: Run, now: float, observer: Observer) -> Judgement:
    age = now - _last_sign(run)
    silence = f"nothing heard of it on {run.host or 'its machine'} for {age:.0f} s"
    state = observer.slurm_state(run.slurm_job_id) if run.slurm_job_id else None
    if state is None:
        return Judgement(Status.STALE, f"{silence}, and its process cannot be seen from {observer.host}")
    status = status_of_state(state) or Status.STALE
    return Judgement(status, f"{silence}, and SLURM says that job {run.slurm_job_id} is {state}")


def _has_beaten_since(run: Run) -> bool:
    return run.heartbeat_at is not None and run.finished_at is not None and run.heartbeat_at > run.finished_at


def _last_sign(run: Run) -> float:
    return max(run.started_at, run.heartbeat_at or 0.0)


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
