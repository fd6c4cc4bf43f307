"""Write down how attempts ended, and what becomes of their jobs."""

from __future__ import annotations

import json
import random
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from jobs import Failure, FailureKind, Outcome
from jobs.outcome import REACHED
from jobs.retries import counts
from tracking.indexing.columns import storable
from tracking.queue.decisions import Decision, History, decide
from tracking.queue.records import QueueState, Settled
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs, queue_needs

__all__ = ["NEVER_BEGAN", "let_dependents_go", "settle_attempt"]

NEVER_BEGAN = frozenset({FailureKind.BUSY, FailureKind.NOT_HERE, FailureKind.OTHER_CODE})
"""After these nothing was done and nothing used up; of several in a row the newest is kept."""

_J, _A, _N = queue_jobs.c, queue_attempts.c, queue_needs.c
_LONGEST_MESSAGE = 2000
_FROM_OUTSIDE = frozenset({FailureKind.WORKER_DIED, FailureKind.LOST, FailureKind.PREEMPTED})
"""After these it counts whether an attempt got further than those before."""

_ATTEMPT = (
    select(_A.finished_at, _A.taken_back, _A.then_state, _A.then_reason, _A.then_delay)
    .add_columns(_J.key, _J.token, _J.round, _J.attempts, _J.uncounted, _J.uncounted_kind, _J.adjustments)
    .add_columns(_J.cancel_requested, _J.reached, _J.progress)
    .join(queue_jobs, _J.key == _A.job_key)
    .where(_A.token == bindparam("wanted"))
)
_FAILURES = (
    select(_A.kind)
    .where(_A.job_key == bindparam("wanted"), _A.round == bindparam("its_round"))
    .where(_A.counts)
    .order_by(_A.number)
)
_END = (
    update(queue_attempts)
    .where(_A.token == bindparam("wanted"))
    .values(
        {
            name: bindparam(f"its_{name}")
            for name in (
                *("finished_at", "seconds", "kind", "message", "counts", "taken_back"),
                *("then_state", "then_reason", "then_delay"),
            )
        }
    )
)
_MOVE_ON = (
    update(queue_jobs)
    .where(_J.key == bindparam("wanted"))
    .values(
        {
            name: bindparam(f"its_{name}")
            for name in (
                *("state", "reason", "attempts", "not_before", "delay_seconds", "adjustments", "finished_at"),
                *("uncounted", "uncounted_kind", "reached"),
            )
        }
        | {"token": "", "heartbeat_at": None, "cancel_requested": False}
    )
)
_FORGET = delete(queue_attempts).where(
    _A.job_key == bindparam("wanted"), _A.kind == bindparam("its_kind"), _A.token != bindparam("newest")
)
_LET_GO = (
    update(queue_jobs)
    .where(_J.key.in_(select(_N.job_key).where(_N.need_key == bindparam("wanted"))))
    .values(open_needs=_J.open_needs - 1)
)


def settle_attempt(
    connection: Connection, token: str, outcome: Outcome, rng: random.Random, *, taken_back: bool = False
) -> Settled:
    """Settle one attempt; one that is settled already gives the same answer again.

    Args:
        connection: from :func:`tracking.queue.transactions.alone`.
        token: of the claim.
        outcome: how it ended.
        rng: draws the jitter of delays.
        taken_back: whether its worker did not say so itself.
    """
    row = connection.execute(_ATTEMPT, {"wanted": token}).one_or_none()
    if row is None or row.taken_back:
        return Settled(None, "its lease had ended")
    if row.finished_at is not None:
        return Settled(QueueState(row.then_state), row.then_reason, row.then_delay)
    reached = _reached(outcome, row)
    got_further = reached > row.reached
    in_a_row = 0 if got_further else _in_a_row(row, outcome.failure)
    decision = decide(outcome, _history(connection, row, outcome, in_a_row), rng, got_further=got_further)
    now = store_clock(connection)
    _end_attempt(connection, token, outcome, decision, now, taken_back)
    _move_on(connection, row, outcome.failure, decision, in_a_row, max(reached, row.reached), now)
    if outcome.failure is not None and outcome.failure.kind in NEVER_BEGAN:
        connection.execute(_FORGET, {"wanted": row.key, "its_kind": outcome.failure.kind.value, "newest": token})
    if decision.state.is_final:
        let_dependents_go(connection, row.key)
    return Settled(decision.state, _short(decision.reason), decision.delay_seconds)


def let_dependents_go(connection: Connection, key: int) -> None:
    """Let those who need a job that has ended wait for one less."""
    connection.execute(_LET_GO, {"wanted": key})


def _in_a_row(row: Any, failure: Failure | None) -> int:
    """Return how often before in a row it ended like this, where that does not count."""
    same = failure is not None and not counts(failure.kind) and row.uncounted_kind == failure.kind.value
    return int(row.uncounted) if same else 0


def _history(connection: Connection, row: Any, outcome: Outcome, in_a_row: int) -> History:
    failures: list[FailureKind] = []
    if outcome.failure is not None:
        found = connection.execute(_FAILURES, {"wanted": row.key, "its_round": row.round}).scalars()
        failures = [*map(FailureKind, found), *[outcome.failure.kind] * in_a_row]
    return History(failures, json.loads(row.adjustments), row.cancel_requested)


def _end_attempt(
    connection: Connection, token: str, outcome: Outcome, decision: Decision, now: float, taken_back: bool
) -> None:
    failure = outcome.failure
    values = {
        "finished_at": now,
        "seconds": outcome.seconds,
        "kind": "" if failure is None else failure.kind.value,
        "message": "" if failure is None else _short(failure.message),
        "counts": decision.counts,
        "taken_back": taken_back,
        "then_state": decision.state.value,
        "then_reason": _short(decision.reason),
        "then_delay": decision.delay_seconds,
    }
    connection.execute(_END, {"wanted": token, **{f"its_{name}": value for name, value in values.items()}})


def _reached(outcome: Outcome, row: Any) -> float:
    """Return how far an attempt came that was ended from outside; 0 for any other end, and where nothing is known."""
    if outcome.failure is None or outcome.failure.kind not in _FROM_OUTSIDE:
        return 0.0
    # Who ended it knows it best, what the last heartbeat said is next best.
    reached = (outcome.progress or json.loads(row.progress)).get(REACHED)
    return float(reached) if isinstance(reached, int | float) else 0.0


def _move_on(
    connection: Connection,
    row: Any,
    failure: Failure | None,
    decision: Decision,
    in_a_row: int,
    reached: float,
    now: float,
) -> None:
    uncounted = failure is not None and not counts(failure.kind)
    values = {
        "state": decision.state.value,
        "reason": _short(decision.reason),
        "attempts": row.attempts - (failure is not None and failure.kind in NEVER_BEGAN),
        "uncounted": in_a_row + 1 if uncounted else 0,
        "uncounted_kind": failure.kind.value if failure is not None and uncounted else "",
        "not_before": now + decision.delay_seconds if decision.delay_seconds else 0.0,
        "delay_seconds": decision.delay_seconds,
        "adjustments": json.dumps(dict(decision.adjustments)),
        "finished_at": now if decision.state.is_final else None,
        "reached": reached,
    }
    connection.execute(_MOVE_ON, {"wanted": row.key, **{f"its_{name}": value for name, value in values.items()}})


def _short(text: str) -> str:
    return storable(text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]} …")
