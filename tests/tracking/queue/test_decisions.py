"""What becomes of a job after an attempt, without a store."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from jobs import FailureKind, Outcome
from jobs.outcome import REACHED
from tests.tracking.queue.handed_out import failed
from tracking.queue.decisions import Decision, History, Tally, decide
from tracking.queue.records import QueueState

NOTHING = Tally(0, "", 0.0)
PREEMPTED, BUSY = failed(FailureKind.PREEMPTED), failed(FailureKind.BUSY)


def _after(outcomes: Sequence[Outcome]) -> Tally:
    tally = NOTHING
    for outcome in outcomes:
        tally = tally.after(outcome)
    return tally


def _stopped_at(step: float, kind: FailureKind = FailureKind.PREEMPTED) -> Outcome:
    return Outcome(failed(kind).failure, progress={REACHED: step})


def _decide(outcome: Outcome, tally: Tally = NOTHING, failures: Sequence[FailureKind] = ()) -> Decision:
    return decide(outcome, History(failures, tally, {}, cancel_requested=False), random.Random(0))


@pytest.mark.parametrize(
    ("outcomes", "in_a_row"),
    [
        ([BUSY, BUSY, BUSY], 3),
        ([BUSY, BUSY, PREEMPTED], 1),
        ([BUSY, failed(FailureKind.RESOURCE)], 0),
        ([BUSY, failed(FailureKind.RESOURCE), BUSY], 1),
        ([BUSY, Outcome()], 0),
        ([_stopped_at(3), _stopped_at(3), _stopped_at(2)], 3),
        ([_stopped_at(3), _stopped_at(3), _stopped_at(4)], 1),
    ],
)
def test_failures_that_do_not_count_are_tallied_in_a_row(outcomes: Sequence[Outcome], in_a_row: int) -> None:
    assert _after(outcomes).in_a_row == in_a_row


def test_how_far_it_came_is_kept_of_what_was_ended_from_outside() -> None:
    assert _after([_stopped_at(3), _stopped_at(2), Outcome()]).reached == 3
    assert _after([_stopped_at(3, FailureKind.RESOURCE)]).reached == 0


def test_an_attempt_that_got_further_than_any_before_is_tried_again_at_once_and_counts_for_nothing() -> None:
    five_deaths = [FailureKind.WORKER_DIED] * 5
    further = _decide(_stopped_at(4, FailureKind.WORKER_DIED), Tally(0, "", 3.0), five_deaths)
    assert (further.state, further.delay_seconds, further.counts) == (QueueState.QUEUED, 0.0, False)
    no_further = _decide(_stopped_at(3, FailureKind.WORKER_DIED), Tally(0, "", 3.0), five_deaths)
    assert (no_further.state, no_further.counts) == (QueueState.FAILED, True)


def test_the_more_often_in_a_row_the_longer_the_delay() -> None:
    # The first time at once, then a second, doubled each time, up to a minute; a quarter more or less by chance.
    delays = [_decide(PREEMPTED, Tally(before, FailureKind.PREEMPTED, 0.0)).delay_seconds for before in range(9)]
    assert delays[0] == 0.0
    for delay, expected in zip(delays[1:], [1, 2, 4, 8, 16, 32, 60, 60], strict=True):
        assert delay == pytest.approx(expected, rel=0.25)


def test_what_was_cancelled_is_not_tried_again_however_it_ended() -> None:
    history = History([], NOTHING, {}, cancel_requested=True)
    assert decide(PREEMPTED, history, random.Random(0)).state == QueueState.CANCELLED
    assert decide(Outcome(), history, random.Random(0)).state == QueueState.COMPLETED
    assert _decide(failed(FailureKind.CANCELLED)).state == QueueState.CANCELLED
