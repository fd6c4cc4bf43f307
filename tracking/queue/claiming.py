"""Hand out jobs in the order of their turns, each to one worker."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from errors import ConfigError
from jobs import Job
from tracking.indexing.columns import storable
from tracking.queue.needs import failed_needs
from tracking.queue.records import Claim, Fit, Limits, QueueState, WorkerIdentity
from tracking.queue.specs import Specs, with_values
from tracking.queue.spending import Budget
from tracking.store.clock import store_clock
from tracking.store.schema import queue_attempts, queue_jobs

__all__ = ["CLOCK_SLACK", "MOST_OVERTAKEN", "Wishes", "claim_jobs", "is_due"]

MOST_OVERTAKEN = 10
"""So many may begin before a job that stood in front of them and did not fit; then a worker waits until it fits."""

_J = queue_jobs.c
_PAGE = 200
_MOST_LATER = 500
"""Behind so many that have no room yet nobody looks for one that has."""
_EXTRA = 8
_NOT_POSSIBLE, _WAITS = "not possible", "waits"
"""How a worker's words against a job begin: it can never do it, or not now."""
_NO_ROOM = "there is no room yet"
CLOCK_SLACK = 1.0
"""Seconds: a clock that goes back a little is no clock that was set."""


def is_due(now: Any) -> Any:
    """Return the condition that a delay is over; one that began in the future was set by a clock since set back."""
    return or_(_J.not_before <= now, _J.not_before - _J.delay_seconds > now + CLOCK_SLACK)


_WAITING = (
    select(_J.key, _J.id, _J.rank, _J.overtaken, _J.code, _J.priority, _J.round, _J.attempts, _J.refusal)
    .add_columns(_J.adjustments)
    .where(_J.state == QueueState.QUEUED.value, _J.open_needs == 0, is_due(bindparam("now")))
    .where(_J.rank >= bindparam("rank"), or_(_J.rank > bindparam("rank"), _J.key > bindparam("key")))
    .order_by(_J.rank, _J.key)
    .limit(bindparam("limit"))
)
_TAKE = (
    update(queue_jobs)
    .where(_J.key == bindparam("of"))
    .values(
        state=QueueState.RUNNING.value,
        reason="",
        refusal="",
        overtaken=0,
        attempts=bindparam("number"),
        token=bindparam("its_token"),
        worker=bindparam("its_worker"),
        host=bindparam("its_host"),
        boot_id=bindparam("its_boot"),
        pid=bindparam("its_pid"),
        process_started=bindparam("its_start"),
        lease_seconds=bindparam("its_lease"),
        heartbeat_at=bindparam("now"),
        beats=0,
        progress="{}",
        finished_at=None,
    )
)
_BEGIN = insert(queue_attempts)
_OVERTAKE = update(queue_jobs).where(_J.key == bindparam("of")).values(overtaken=bindparam("times"))
_REFUSE = update(queue_jobs).where(_J.key == bindparam("of")).values(refusal=bindparam("why"))


class Wishes(NamedTuple):
    """What a worker wants; see :meth:`tracking.queue.queue.Queue.claim`."""

    worker: WorkerIdentity
    fits: Callable[[Job, Sequence[Job]], Fit]
    limit: int
    refusal: Callable[[Job], str]
    obstacle: Callable[[Job], str]
    spending: Limits | None
    code: str
    lease_seconds: float


class _Taken(NamedTuple):
    row: Any
    job: Job


def claim_jobs(connection: Connection, wishes: Wishes, specs: Specs) -> list[Claim]:
    """See :meth:`tracking.queue.queue.Queue.claim`."""
    now = store_clock(connection)
    specs.begin()
    choice = _Choice(connection, wishes, specs, now)
    choice.walk()
    choice.write_down()
    return _hand_out(connection, choice.taken, wishes, now) if choice.taken else []


class _Choice:
    """Walks along those that wait and decides who begins."""

    def __init__(self, connection: Connection, wishes: Wishes, specs: Specs, now: float) -> None:
        self.taken: list[_Taken] = []
        self._connection = connection
        self._wishes = wishes
        self._specs = specs
        self._now = now
        self._place = f" on {wishes.worker.host}: "
        self._budget = Budget(connection, wishes.spending, now)
        self._times_overtaken: dict[int, int] = {}
        self._keeps_room = False
        self._refused: dict[int, str] = {}

    def walk(self) -> None:
        for row, job in self._waiting():
            if len(self.taken) == self._wishes.limit or self._keeps_room or len(self._times_overtaken) == _MOST_LATER:
                return
            if not self._is_of_this_code(row):
                self._refuse(row, _NOT_POSSIBLE, self._of_other_code(row.code))
            elif job is not None and self._may_begin(row, job):
                self._consider(row, job)

    def _consider(self, row: Any, job: Job) -> None:
        fit = self._wishes.fits(job, [each.job for each in self.taken])
        if fit == Fit.NOW:
            self.taken.append(_Taken(row, job))
            self._budget.spend(job)
            self._times_overtaken = {key: times + 1 for key, times in self._times_overtaken.items()}
            self._keeps_room = MOST_OVERTAKEN in self._times_overtaken.values()
        elif fit == Fit.BLOCKED:
            self._refuse(row, _WAITS, self._wishes.obstacle(job) or "others use what it needs")
        else:
            self._fits_later(row)
            self._times_overtaken[row.key] = min(row.overtaken, MOST_OVERTAKEN)
            self._keeps_room |= row.overtaken >= MOST_OVERTAKEN

    def _may_begin(self, row: Any, job: Job) -> bool:
        refusal = self._wishes.refusal(job) or self._budget.refusal(job)
        if refusal:
            self._refuse(row, _NOT_POSSIBLE, refusal)
            return False
        shortage = self._budget.shortage(job)
        if shortage:
            self._refuse(row, _WAITS, shortage)
        return not shortage

    def _is_of_this_code(self, row: Any) -> bool:
        return row.code in ("", storable(self._wishes.code))

    def _of_other_code(self, code: str) -> str:
        return (
            f"planned by code {code}, and the code here is {self._wishes.code or 'not known'}: "
            "release it with --any-code, or plan it again"
        )

    def _refuse(self, row: Any, how: str, why: str) -> None:
        """Note why a job does not begin here; another worker's words stay, unless it can never do what waits here."""
        words = storable(f"{how}{self._place}{why}")
        may_say = not row.refusal or self._place in row.refusal
        if words != row.refusal and (may_say or (how == _WAITS and row.refusal.startswith(_NOT_POSSIBLE))):
            self._refused[row.key] = words

    def _fits_later(self, row: Any) -> None:
        """Take back what was said against a job here; of what is not possible elsewhere, say that it is possible."""
        words = storable(f"{_WAITS}{self._place}{_NO_ROOM}")
        if row.refusal.startswith(_NOT_POSSIBLE) and self._place not in row.refusal:
            self._refused[row.key] = words
        elif self._place in row.refusal and row.refusal != words:
            self._refused[row.key] = ""

    def _waiting(self) -> Iterator[tuple[Any, Job | None]]:
        """Yield those that wait, in the order of their turns, a page at a time; None for one that is not to be read."""
        place: dict[str, Any] = {"rank": -1e300, "key": -1, "limit": self._wishes.limit + _EXTRA}
        while True:
            rows = self._connection.execute(_WAITING, {"now": self._now, **place}).all()
            found = self._specs.of(self._connection, [row for row in rows if self._is_of_this_code(row)])
            for row in rows:
                spec = found.get(row.key)
                if isinstance(spec, ConfigError):
                    # Another worker may be of a version that can read it.
                    self._refuse(row, _NOT_POSSIBLE, f"not to be read by the version of the program there: {spec}")
                yield row, spec if isinstance(spec, Job) else None
            if len(rows) < place["limit"]:
                return
            place = {"rank": rows[-1].rank, "key": rows[-1].key, "limit": _PAGE}

    def write_down(self) -> None:
        """Remember what was passed over, and why."""
        if self._refused:
            self._connection.execute(_REFUSE, [{"of": key, "why": why} for key, why in self._refused.items()])
        if self._times_overtaken and self.taken:
            changes = [{"of": key, "times": times} for key, times in self._times_overtaken.items()]
            self._connection.execute(_OVERTAKE, changes)


def _hand_out(connection: Connection, taken: Sequence[_Taken], wishes: Wishes, now: float) -> list[Claim]:
    failed = failed_needs(connection, [each.row.key for each in taken if each.job.needs])
    claims = [_claim(each, failed.get(each.row.key, {}), wishes) for each in taken]
    owner = wishes.worker
    its = {
        "its_worker": owner.id,
        "its_host": owner.host,
        "its_boot": owner.boot_id,
        "its_pid": owner.pid,
        "its_start": owner.process_started,
        "its_lease": wishes.lease_seconds,
        "now": now,
    }
    connection.execute(
        _TAKE, [{"of": each.key, "number": each.job.attempt, "its_token": each.token, **its} for each in claims]
    )
    begun = [
        {
            "token": each.token,
            "job_key": each.key,
            "number": each.job.attempt,
            "round": known.row.round,
            "worker": owner.id,
            "started_at": now,
            "cost": each.job.resources.cost,
            "calls": each.job.resources.calls,
        }
        for each, known in zip(claims, taken, strict=True)
    ]
    connection.execute(_BEGIN, begun)
    return claims


def _claim(taken: _Taken, failed: Mapping[str, str], wishes: Wishes) -> Claim:
    row, job = taken
    filled = with_values(
        job, failed_needs=dict(failed), adjustments=json.loads(row.adjustments), attempt=row.attempts + 1
    )
    return Claim(filled, uuid.uuid4().hex, row.key, wishes.lease_seconds)
