"""What SLURM says of a job, where its commands are installed."""

from __future__ import annotations

import re
import shutil
import subprocess

from tracking.statuses import Status

__all__ = ["job_state", "status_of_state"]

_PATIENCE_SECONDS = 10
_STATE = re.compile(r"[A-Z_]+")
_QUESTIONS = (
    ("squeue", "--noheader", "--states=all", "--format=%T", "--jobs={job}"),
    ("sacct", "--noheader", "--parsable2", "--allocations", "--format=State", "--jobs={job}"),
    ("scontrol", "--oneliner", "show", "job", "{job}"),
)

_ALIVE = ("RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED")
_STOPPED = (
    *("PREEMPTED", "TIMEOUT", "CANCELLED", "DEADLINE", "REVOKED"),
    # It waits to be started anew: the attempt at hand is over.
    *("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"),
)
_ENDED = ("BOOT_FAIL", "COMPLETED", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY")
_MEANING = {
    **dict.fromkeys(_ALIVE, Status.RUNNING),
    **dict.fromkeys(_STOPPED, Status.PREEMPTED),
    **dict.fromkeys(_ENDED, Status.LOST),
}


def job_state(job: str) -> str | None:
    """Return the state of a job, such as ``TIMEOUT``; None where nobody knows: no SLURM, no such job, no answer."""
    for program, *arguments in _QUESTIONS:
        if shutil.which(program) is None:
            continue
        state = _read_state(_ask([program, *(each.format(job=job) for each in arguments)]))
        if state is not None:
            return state
    return None


def status_of_state(state: str) -> Status | None:
    """Return what a job's state means for a run in it that fell silent; None where it says nothing.

    A job that ended well although the run in it said nothing lost it all the same.
    """
    return _MEANING.get(state)


def _ask(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_PATIENCE_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def _read_state(answer: str) -> str | None:
    """Return the last state that an answer names: a job that was requeued stands there once a life."""
    states = re.findall(r"\bJobState=([A-Z_]+)", answer)
    if not states:
        # sacct prints "CANCELLED by 1000".
        states = [found.group() for line in answer.splitlines() if (found := _STATE.match(line.strip()))]
    return states[-1] if states else None
