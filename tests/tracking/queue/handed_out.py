"""Jobs, workers and claims to test with."""

from __future__ import annotations

from typing import Any

from jobs import FailureKind, Job, Outcome
from tracking.queue.queue import Queue
from tracking.queue.records import Claim, Fit, QueuedJob, WorkerIdentity

__all__ = ["DONE", "FAR", "HERE", "FOREVER", "anything", "drain", "failed", "job", "seen", "take"]

HERE = WorkerIdentity.here()
FAR = WorkerIdentity("far:1", "far", "another boot/1", 1, 1.0)
"""Nobody here can tell whether it lives."""
DONE = Outcome()
FOREVER = 1000
"""More than any test hands out."""


def job(id: str, *needs: str, **fields: Any) -> Job:
    return Job(**{"id": id, "name": f"job {id}", "work": "nothing", "needs": needs, **fields})


def anything(job: Job, taken: Any) -> Fit:
    return Fit.NOW


def failed(kind: FailureKind, message: str = "so it is") -> Outcome:
    return Outcome.failed(kind, message)


def take(queue: Queue, limit: int = FOREVER, worker: WorkerIdentity = HERE, **wishes: Any) -> list[Claim]:
    """Claim jobs; ``fits`` may say True for now and False for later."""
    fits = wishes.pop("fits", anything)
    return queue.claim(worker, lambda job, taken: Fit(fits(job, taken) or 0), limit, **wishes)


def drain(queue: Queue, **wishes: Any) -> list[str]:
    """Do all jobs, one after another; return their ids."""
    done: list[str] = []
    while claims := take(queue, 1, **wishes):
        done.append(claims[0].job.id)
        queue.settle(claims[0], DONE)
    return done


def seen(queue: Queue, id: str) -> QueuedJob:
    [found] = queue.jobs([id])
    return found
