"""Hand out jobs in the order of their turns, each to one worker."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert

from tracking.queue.candidates import candidates
from tracking.queue.needs import failed_needs
from tracking.queue.records import Claim, ClaimRequest, QueueState
from tracking.queue.selection import Selected, Selection
from tracking.queue.specs import Specs, with_values
from tracking.queue.spending import Budget
from tracking.queue.updates import update_jobs
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts

__all__ = ["claim_jobs"]

_BEGIN_ATTEMPTS = insert(queue_attempts)


def claim_jobs(connection: Connection, request: ClaimRequest, specs: Specs) -> list[Claim]:
    """See :meth:`tracking.queue.queue.Queue.claim`.

    Args:
        connection: from :func:`tracking.queue.transactions.alone`: between what is read here and what is written, no
            other worker takes anything, or the order of turns and the limits over the whole queue would not hold.
        request: of the worker.
        specs: what this process read of jobs before.
    """
    now = store_clock(connection)
    selection = Selection(request, Budget(connection, request.spending, now))
    for candidate in candidates(connection, specs, request, now):
        if selection.is_complete:
            break
        selection.consider(candidate)
    _remember_passed_over(connection, selection)
    return _hand_out(connection, selection.selected, request, now)


def _remember_passed_over(connection: Connection, selection: Selection) -> None:
    update_jobs(connection, {key: {"refusal": words} for key, words in selection.refusals.items()})
    if selection.selected:
        update_jobs(connection, {key: {"overtaken": times} for key, times in selection.overtaken.items()})


def _hand_out(connection: Connection, selected: Sequence[Selected], request: ClaimRequest, now: float) -> list[Claim]:
    failed = failed_needs(connection, [row.key for row, job in selected if job.needs])
    claims = [_claim(each, failed.get(each.row.key, {}), request.lease_seconds) for each in selected]
    update_jobs(connection, {each.key: _running(each, request, now) for each in claims})
    attempts = [
        _attempt(claim, each.row.round, request.worker.id, now) for claim, each in zip(claims, selected, strict=True)
    ]
    if attempts:
        connection.execute(_BEGIN_ATTEMPTS, attempts)
    return claims


def _claim(selected: Selected, failed: Mapping[str, str], lease_seconds: float) -> Claim:
    row, job = selected
    filled = with_values(
        job, failed_needs=dict(failed), adjustments=json.loads(row.adjustments), attempt=row.attempts + 1
    )
    return Claim(filled, uuid.uuid4().hex, row.key, lease_seconds)


def _running(claim: Claim, request: ClaimRequest, now: float) -> dict[str, Any]:
    """Return the row of a job that somebody has."""
    worker = request.worker
    return {
        "state": QueueState.RUNNING.value,
        "attempts": claim.job.attempt,
        # The fence: from now on only who shows it may say anything of the job.
        "token": claim.token,
        "worker": worker.id,
        "host": worker.host,
        "boot_id": worker.boot_id,
        "pid": worker.pid,
        "process_started": worker.process_started,
        "lease_seconds": claim.lease_seconds,
        "heartbeat_at": now,
        "beats": 0,
        "progress": "{}",
        "reason": "",
        "refusal": "",
        "overtaken": 0,
        "finished_at": None,
    }


def _attempt(claim: Claim, round: int, worker: str, now: float) -> dict[str, Any]:
    return {
        "token": claim.token,
        "job_key": claim.key,
        "number": claim.job.attempt,
        "round": round,
        "worker": worker,
        "started_at": now,
        "cost": claim.job.resources.cost,
        "calls": claim.job.resources.calls,
    }
