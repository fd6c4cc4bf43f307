"""What users do to the queue: hold, release, cancel, reorder; each says what it did, or why it did nothing."""

from __future__ import annotations

import pytest

from errors import ConfigError
from jobs import FailureKind
from tests.tracking.queue.conftest import Watch
from tests.tracking.queue.handed_out import DONE, FAR, drain, failed, job, seen, take
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState


def test_held_jobs_are_not_handed_out_until_they_are_released(queue: Queue) -> None:
    queue.add([job("a"), job("b"), job("c", "a")])
    [change] = queue.hold(["a"])
    assert change == ("a", "job a", True, "held")
    assert (seen(queue, "a").reason, seen(queue, "c").reason) == ("held by the user", "needs job a (held)")
    assert drain(queue) == ["b"]
    assert queue.is_drained()
    assert queue.release(["a"]) == [("a", "job a", True, "released")]
    assert not queue.is_drained()
    assert drain(queue) == ["a", "c"]


def test_a_group_is_held_cancelled_and_released_as_one(queue: Queue) -> None:
    queue.add([job("a", group="x"), job("b", group="x"), job("c", group="y")])
    assert [change.changed for change in queue.hold(group="x")] == [True, True]
    assert queue.counts("x")[QueueState.HELD] == queue.counts()[QueueState.HELD] == 2
    assert drain(queue) == ["c"]
    assert [change.message for change in queue.hold(group="x")] == ["is held already"] * 2
    queue.release(group="x")
    assert [change.message for change in queue.cancel(group="x")] == ["cancelled"] * 2
    assert queue.is_drained()


def test_cancelling_what_runs_tells_its_worker(queue: Queue) -> None:
    queue.add([job("a"), job("b")])
    a, b = take(queue)
    [change] = queue.cancel(["a"])
    assert change.message == "runs; its worker is told to stop it"
    assert seen(queue, "a").reason == "its worker is told to stop it"
    assert queue.renew([a, b], {}) == ((a,), ())
    assert queue.settle(a, failed(FailureKind.CANCELLED, "stopped")).state == QueueState.CANCELLED
    assert queue.renew([b], {}) == ((), ())


@pytest.mark.parametrize("kind", [FailureKind.PREEMPTED, FailureKind.RESOURCE, FailureKind.BUSY])
def test_what_was_cancelled_is_not_tried_again(queue: Queue, kind: FailureKind) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    queue.cancel(["a"])
    assert queue.settle(claim, failed(kind)).state == QueueState.CANCELLED


def test_what_was_cancelled_and_whose_worker_died_is_cancelled(queue: Queue, watch: Watch) -> None:
    queue.add([job("a")])
    take(queue, worker=FAR)
    queue.cancel(["a"])
    for _ in range(7):
        queue.take_back()
        watch.seconds += 10
    assert seen(queue, "a").state == QueueState.CANCELLED


def test_what_was_done_before_it_could_be_stopped_is_done(queue: Queue) -> None:
    queue.add([job("a")])
    [claim] = take(queue)
    queue.cancel(["a"])
    assert queue.settle(claim, DONE).state == QueueState.COMPLETED


def test_what_needs_a_cancelled_job_fails_visibly(queue: Queue) -> None:
    queue.add([job("a"), job("b", "a")])
    assert queue.cancel(["a"])[0].message == "cancelled"
    [b] = take(queue)
    assert b.job.failed_needs == {"a": "needs job a, which was cancelled"}


def test_what_has_ended_or_runs_stays_as_it_is_and_says_so(queue: Queue) -> None:
    queue.add([job("runs"), job("done"), job("failed"), job("gone"), job("waits")])
    runs, done, bad = take(queue, 3)
    queue.settle(done, DONE)
    queue.settle(bad, failed(FailureKind.MISTAKE))
    queue.cancel(["gone"])
    said = {change.id: change.message for change in queue.hold(["runs", "done", "failed", "gone"])}
    assert said == {
        "runs": "runs already; cancel it to stop it",
        "done": "is completed",
        "failed": "has failed; add it again to try once more",
        "gone": "is cancelled; add it again to have it done",
    }
    assert not any(change.changed for change in queue.set_priority(5, ["runs", "done", "failed", "gone"]))
    assert not any(change.changed for change in queue.cancel(["done", "failed", "gone"]))
    assert queue.release(["waits"])[0].message == "waits already"
    assert not queue.move("runs", "first").changed
    assert queue.settle(runs, DONE).state == QueueState.COMPLETED


def test_jobs_change_places(queue: Queue) -> None:
    queue.add([job(id) for id in "abcdef"])
    assert queue.move("e", "first").message == "is first now"
    queue.move("a", "last")
    assert queue.move("f", before="c").message == "stands before job c now"
    assert queue.move("b", before="b").changed
    assert drain(queue) == ["e", "b", "f", "c", "d", "a"]


def test_there_is_always_room_before_a_job(queue: Queue) -> None:
    queue.add([job(f"{number:03}") for number in range(100)])
    for number in range(99, 0, -1):
        queue.move(f"{number:03}", before="000")
    assert drain(queue) == [f"{number:03}" for number in range(99, 0, -1)] + ["000"]


def test_what_is_added_after_a_move_comes_after_what_was_there(queue: Queue) -> None:
    queue.add([job(id) for id in "abc"])
    for _ in range(3):
        queue.move("c", before="a")
    queue.move("a", "last")
    queue.add([job("d")])
    assert drain(queue) == ["c", "b", "a", "d"]


def test_priorities_change_the_order(queue: Queue) -> None:
    queue.add([job(id) for id in "abcd"])
    assert queue.set_priority(2, ["c", "d"])[0].message == "priority 2, was 0"
    queue.set_priority(-1, ["a"])
    [claim] = take(queue, 1)
    assert (claim.job.id, claim.job.priority) == ("c", 2)
    assert drain(queue) == ["d", "b", "a"]


def test_a_priority_and_back_is_the_same_place(queue: Queue) -> None:
    queue.add([job(id) for id in "abc"])
    queue.set_priority(7, ["b"])
    queue.set_priority(0, ["b"])
    assert drain(queue) == ["a", "b", "c"]


def test_what_does_not_exist_is_named_and_nothing_is_changed(queue: Queue) -> None:
    queue.add([job("a")])
    for command in (queue.hold, queue.release, queue.cancel):
        with pytest.raises(ConfigError, match="x, y: no such job in the queue; see: "):
            command(["y", "a", "x"])
        with pytest.raises(ConfigError, match="z: no such group in the queue"):
            command(group="z")
        with pytest.raises(ConfigError, match="name jobs, or a group of them"):
            command()
    with pytest.raises(ConfigError, match="x: no such job"):
        queue.move("a", before="x")
    with pytest.raises(ConfigError, match="say where to"):
        queue.move("a")
    with pytest.raises(ConfigError, match="priority: from -100 to 100, got 101"):
        queue.set_priority(101, ["a"])
    assert seen(queue, "a").state == QueueState.QUEUED


def test_nothing_is_put_before_what_waits_no_more(queue: Queue) -> None:
    queue.add([job("a"), job("b")])
    take(queue, 1)
    with pytest.raises(ConfigError, match="job a: runs already"):
        queue.move("b", before="a")


# -- the code that planned ------------------------------------------------------------------------------------------


def test_what_another_version_of_the_code_planned_is_left_for_it_and_says_so(queue: Queue) -> None:
    queue.add([job("a", code="X"), job("b", code="Y"), job("c")])
    assert [each.job.id for each in take(queue, code="Y", worker=FAR)] == ["b", "c"]
    found = seen(queue, "a")
    assert (found.state, found.position) == (QueueState.QUEUED, 1)
    assert found.reason == (
        "not possible on far: planned by code X, and the code here is Y: release it with --any-code, or plan it again"
    )
    assert [each.job.id for each in take(queue, code="X")] == ["a"]
    assert seen(queue, "a").reason == ""


def test_the_words_of_the_first_worker_stay_until_it_has_others(queue: Queue) -> None:
    queue.add([job("a", code="X")])
    take(queue, code="Y", worker=FAR)
    words = seen(queue, "a").reason
    take(queue, code="Z")
    assert seen(queue, "a").reason == words
    take(queue, code="Z", worker=FAR)
    assert "the code here is Z" in seen(queue, "a").reason


def test_a_user_may_let_any_version_do_it(queue: Queue) -> None:
    queue.add([job("a", code="X"), job("b", code="X")])
    take(queue, code="Y")
    assert queue.release(["b"], any_code=True)[0].message == "waits for a worker of any version of the code"
    assert [each.job.id for each in take(queue)] == ["b"]
    queue.hold(["a"])
    assert queue.release(["a"], any_code=True)[0].message == "released"
    assert seen(queue, "a").reason == ""
    [claim] = take(queue)
    assert claim.job.code == ""
    assert not queue.release(["a"], any_code=True)[0].changed


def test_what_waits_and_is_planned_again_by_newer_code_keeps_its_place(queue: Queue) -> None:
    queue.add([job("map", code="X"), job("a", "map", code="X"), job("b", code="X"), job("c", code="Y")])
    queue.hold(["b"])
    [claim] = take(queue, 1, code="X")
    assert take(queue, 1, code="Z") == []
    again = [job("map", code="Y"), job("a", "map", "b", code="Y", payload={"new": 1}, priority=9), job("b", code="Y")]
    assert queue.add(again)[:3] == ((), ("map",), ("a", "b"))
    assert queue.add(again).again == ()
    assert [(each.job.id, each.state) for each in queue.jobs()] == [
        ("map", QueueState.RUNNING),
        ("a", QueueState.QUEUED),
        ("c", QueueState.QUEUED),
        ("b", QueueState.HELD),
    ]
    assert seen(queue, "a").reason == "needs job map, job b (held)"
    queue.settle(claim, DONE)
    queue.release(["b"])
    assert drain(queue, code="Y") == ["b", "a", "c"]
    assert (seen(queue, "a").job.payload, seen(queue, "a").job.priority) == ({"new": 1}, 9)


def test_a_cycle_through_what_is_planned_anew_is_found(queue: Queue) -> None:
    queue.add([job("a", code="X"), job("b", "a", code="X")])
    with pytest.raises(ConfigError, match="in a cycle"):
        queue.add([job("a", "b", code="Y")])
    assert drain(queue, code="X") == ["a", "b"]
