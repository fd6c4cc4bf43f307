"""Write down how attempts ended, and what becomes of their jobs."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from jobs import FailureKind, Outcome
from tracking.indexing.columns import storable
from tracking.queue.decisions import NEVER_BEGAN, Decision, History, Tally, decide
from tracking.queue.needs import let_dependents_go
from tracking.queue.records import QueueState, Settled
from tracking.queue.updates import update_attempt, update_job
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["settle_attempt"]

_J, _A = queue_jobs.c, queue_attempts.c
_LONGEST_MESSAGE = 2000

_ATTEMPT = (
    select(_A.token, _A.finished_at, _A.taken_back, _A.then_state, _A.then_reason, _A.then_delay)
    .add_columns(_J.key, _J.round, _J.attempts, _J.cancel_requested, _J.adjustments, _J.progress)
    .add_columns(_J.uncounted, _J.uncounted_kind, _J.reached)
    .join(queue_jobs, _J.key == _A.job_key)
    .where(_A.token == bindparam("attempt_token"))
)
_COUNTED_KINDS = (
    select(_A.kind)
    .where(_A.job_key == bindparam("job_key"), _A.round == bindparam("job_round"), _A.counts)
    .order_by(_A.number)
)
_FORGET_EARLIER = delete(queue_attempts).where(
    _A.job_key == bindparam("of_job"), _A.kind == bindparam("failure_kind"), _A.token != bindparam("newest_token")
)


class _Ending(NamedTuple):
    """An attempt that ends."""

    row: Any
    """From :data:`_ATTEMPT`: the attempt, and its job as it stands."""
    outcome: Outcome
    decision: Decision
    at: float
    """The time of the store."""
    taken_back: bool

    @property
    def never_began(self) -> bool:
        """Whether nothing was done."""
        return self.outcome.failure is not None and self.outcome.failure.kind in NEVER_BEGAN


def settle_attempt(
    connection: Connection, token: str, outcome: Outcome, rng: random.Random, *, taken_back: bool = False
) -> Settled:
    """Settle one attempt; one that is settled already gives the same answer again.

    Args:
        connection: from :func:`tracking.queue.transactions.alone`: nobody takes the job back, cancels it, or settles
            the same attempt between what is read here and what is written.
        token: of the claim. It is the fence: whoever lost the job shows one whose attempt was taken back.
        outcome: how it ended.
        rng: draws the jitter of delays.
        taken_back: whether its worker did not say so itself.
    """
    row = connection.execute(_ATTEMPT, {"attempt_token": token}).one_or_none()
    if row is None or row.taken_back:
        return Settled(None, "its lease had ended")
    if row.finished_at is not None:
        return Settled(QueueState(row.then_state), row.then_reason, row.then_delay)
    if outcome.failure is not None and not outcome.progress:
        # Who ended it knows best how far it came; what the last heartbeat said is next best.
        outcome = dataclasses.replace(outcome, progress=json.loads(row.progress))
    decision = decide(outcome, _history(connection, row, outcome), rng)
    _write_down(connection, _Ending(row, outcome, decision, store_clock(connection), taken_back))
    return Settled(decision.state, _short(decision.reason), decision.delay_seconds)


def _history(connection: Connection, row: Any, outcome: Outcome) -> History:
    counted: list[FailureKind] = []
    # Of what ended well nobody asks how often it failed: most do, and one query less is felt.
    if outcome.failure is not None:
        found = connection.execute(_COUNTED_KINDS, {"job_key": row.key, "job_round": row.round}).scalars()
        counted = [*map(FailureKind, found)]
    tally = Tally(row.uncounted, row.uncounted_kind, row.reached)
    return History(counted, tally, json.loads(row.adjustments), row.cancel_requested)


def _write_down(connection: Connection, ending: _Ending) -> None:
    _end_attempt(connection, ending)
    if ending.never_began:
        _forget_earlier(connection, ending)
    _move_job_on(connection, ending)
    if ending.decision.state.is_final:
        let_dependents_go(connection, ending.row.key)


def _end_attempt(connection: Connection, ending: _Ending) -> None:
    failure, decision = ending.outcome.failure, ending.decision
    update_attempt(
        connection,
        ending.row.token,
        finished_at=ending.at,
        seconds=ending.outcome.seconds,
        kind="" if failure is None else failure.kind.value,
        message="" if failure is None else _short(failure.message),
        counts=decision.counts,
        taken_back=ending.taken_back,
        # For whoever settles it once more.
        then_state=decision.state.value,
        then_reason=_short(decision.reason),
        then_delay=decision.delay_seconds,
    )


def _forget_earlier(connection: Connection, ending: _Ending) -> None:
    """Keep of attempts that never began the newest alone: a job that waits for hours makes hundreds of them."""
    assert ending.outcome.failure is not None
    values = {"of_job": ending.row.key, "failure_kind": ending.outcome.failure.kind.value}
    connection.execute(_FORGET_EARLIER, {**values, "newest_token": ending.row.token})


def _move_job_on(connection: Connection, ending: _Ending) -> None:
    decision = ending.decision
    update_job(
        connection,
        ending.row.key,
        state=decision.state.value,
        reason=_short(decision.reason),
        attempts=ending.row.attempts - (1 if ending.never_began else 0),
        not_before=ending.at + decision.delay_seconds if decision.delay_seconds else 0.0,
        delay_seconds=decision.delay_seconds,
        adjustments=json.dumps(dict(decision.adjustments)),
        finished_at=ending.at if decision.state.is_final else None,
        uncounted=decision.tally.in_a_row,
        uncounted_kind=decision.tally.kind,
        reached=decision.tally.reached,
        # Nobody has it any more.
        token="",
        heartbeat_at=None,
        cancel_requested=False,
    )


def _short(text: str) -> str:
    return storable(text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]} …")
