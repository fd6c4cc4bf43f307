"""Work that takes steps, saves where it is when it must stop, and goes on from there."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from execution.work import Context
from jobs import Job
from jobs.failures import Busy, Preempted
from jobs.outcome import REACHED


def steps(job: Job, context: Context) -> Mapping[str, Any]:
    """Take ``steps`` steps of ``pause`` seconds; ``checkpoint`` is a file, ``attempts`` one with a line a start.

    Where there is one, the file ``free`` is waited for at the last step.
    """
    with Path(job.payload["attempts"]).open("a") as attempts:
        attempts.write(f"{os.environ.get('SLURM_JOB_ID')} {os.environ.get('SLURM_RESTART_COUNT', 0)}\n")
    checkpoint = Path(job.payload["checkpoint"])
    step = json.loads(checkpoint.read_text()) if checkpoint.exists() else 0
    begun_at = step
    while step < job.payload["steps"]:
        if reason := context.stop_reason():
            checkpoint.write_text(json.dumps(step))
            raise Preempted(reason)
        context.report({"step": step, "total_steps": job.payload["steps"]})
        time.sleep(job.payload["pause"])
        step += _may_go_on(job.payload, step)
    return {"begun_at": begun_at, "steps": step}


def _may_go_on(payload: Mapping[str, Any], step: int) -> bool:
    return step < payload["steps"] - 1 or "free" not in payload or Path(payload["free"]).exists()


def made(job: Job, context: Context) -> Mapping[str, Any]:
    """Leave ``text`` in the file ``file``, and die before anybody is told."""
    Path(job.payload["file"]).write_text(job.payload["text"])
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def what_was_made(job: Job) -> Mapping[str, Any] | None:
    """Return what :func:`made` would have returned."""
    file = Path(job.payload["file"])
    return {"text": file.read_text()} if file.exists() else None


def busy(job: Job, context: Context) -> Mapping[str, Any]:
    """Be busy as long as the file ``free`` is not there."""
    if not Path(job.payload["free"]).exists():
        raise Busy("somebody is at it")
    return {}


def idle(job: Job, context: Context) -> Mapping[str, Any]:
    """Report that nothing more was reached than ``reached``, and listen to nobody."""
    while True:
        context.report({"step": 1, REACHED: job.payload["reached"]})
        time.sleep(0.05)
