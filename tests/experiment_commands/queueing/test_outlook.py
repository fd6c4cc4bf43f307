"""When a queue will be done, on queues whose end can be counted on fingers."""

from __future__ import annotations

from typing import Any

import pytest

from experiment_commands.queueing.outlook import Outlook, look_ahead
from tracking.queue.records import QueueState
from tracking.queue.seeking import Standing

NOW = 10_000.0


def _job(state: QueueState, group: str = "g", planned: float | None = 60.0, **fields: Any) -> Standing:
    return Standing(group, state, planned, **fields)


def _done(took: float, ago: float = 100.0, **fields: Any) -> Standing:
    end = NOW - ago
    started: dict[str, Any] = {"first_started_at": end - took, "started_at": end - took}
    return _job(QueueState.COMPLETED, finished_at=end, took=took, **started, **fields)


def _running(since: float, **fields: Any) -> Standing:
    return _job(QueueState.RUNNING, started_at=NOW - since, **fields)


def _left(outlook: Outlook) -> dict[str, float | None]:
    return {group.group: group.seconds_left for group in outlook.groups}


def test_as_many_as_run_share_what_waits() -> None:
    waiting = [_job(QueueState.QUEUED)] * 4
    assert _left(look_ahead([_running(0.0), *waiting], NOW)) == {"g": 300.0}
    assert _left(look_ahead([_running(0.0), _running(0.0), *waiting], NOW)) == {"g": 180.0}


def test_finished_jobs_correct_the_plan_by_half_of_them() -> None:
    # Planned for a minute, they took twice as long; one that took ten times as long is an exception.
    finished = [_done(120.0), _done(120.0), _done(600.0)]
    assert _left(look_ahead([*finished, _running(20.0)], NOW)) == {"g": 100.0}


def test_of_other_groups_nothing_is_learnt() -> None:
    assert _left(look_ahead([_done(600.0, group="other"), _running(0.0)], NOW)) == {"g": 60.0}


def test_without_a_plan_the_finished_ones_tell() -> None:
    jobs = [_done(30.0, planned=None), _running(0.0, planned=None), _job(QueueState.QUEUED, planned=None)]
    assert _left(look_ahead(jobs, NOW)) == {"g": 60.0}
    assert _left(look_ahead(jobs[1:], NOW)) == {"g": None}, "no time is known"


def test_what_runs_tells_by_its_steps() -> None:
    progress = {"phase": "training", "step": 25, "total_steps": 100}
    assert _left(look_ahead([_running(10.0, progress=progress)], NOW)) == {"g": 30.0}
    assert _left(look_ahead([_running(10.0, progress={"phase": "loading"})], NOW)) == {"g": 50.0}
    assert _left(look_ahead([_running(100.0)], NOW)) == {"g": 0.0}, "longer than expected is no negative time"


def test_a_group_waits_for_those_before_it() -> None:
    jobs = [_running(0.0, group="a"), _job(QueueState.QUEUED, group="a"), _job(QueueState.QUEUED, group="b")]
    outlook = look_ahead(jobs, NOW)
    assert _left(outlook) == {"a": 120.0, "b": 180.0}
    assert [group.group for group in outlook.groups] == ["a", "b"]


def test_where_nobody_works_no_end_is_in_sight() -> None:
    outlook = look_ahead([_job(QueueState.QUEUED), _job(QueueState.HELD)], NOW)
    assert (_left(outlook), outlook.num_running) == ({"g": None}, 0)
    assert outlook.groups[0].counts[QueueState.HELD] == 1


def test_jobs_an_hour() -> None:
    assert look_ahead([_running(0.0)], NOW).per_hour is None
    resting = [_done(100.0, ago=5000.0), _done(100.0, ago=4900.0)]
    assert look_ahead(resting, NOW).per_hour == pytest.approx(36.0), "two in 200 s, however long ago"
    assert look_ahead(resting, NOW).done_last_hour == 0
    working = [_done(100.0, ago=260.0), _done(100.0, ago=0.0), _running(0.0)]
    assert look_ahead(working, NOW).per_hour == pytest.approx(20.0), "two since the first began, 360 s ago"
    assert look_ahead(working, NOW).done_last_hour == 2
