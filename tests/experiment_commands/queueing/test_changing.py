"""``queue hold``, ``release``, ``cancel``, ``move`` and ``priority``."""

from __future__ import annotations

import pytest

from tests.experiment_commands.stores import Command
from tests.tracking.queue.handed_out import job, take
from tracking.queue.queue import Queue
from tracking.queue.records import QueueState


@pytest.fixture(autouse=True)
def _jobs(queue: Queue) -> None:
    queue.add([job("aa1", group="one"), job("aa2", group="one"), job("bb1", group="two"), job("bb2", "bb1")])


def _order(queue: Queue) -> list[str]:
    return [each.job.id for each in queue.jobs(states=[QueueState.QUEUED])]


def _states(queue: Queue) -> dict[str, str]:
    return {each.job.id: each.state.value for each in queue.jobs()}


def test_hold_and_release(run: Command, queue: Queue) -> None:
    assert run("queue", "hold", "job aa1", "b") == (2, "", run("queue", "hold", "job aa1", "b")[2]), "b is not unique"
    assert set(_states(queue).values()) == {"queued"}, "a mistake in one changes nothing"
    status, output, _ = run("queue", "hold", "job aa1", "bb1")
    assert (status, output) == (0, "aa1 job aa1: held\nbb1 job bb1: held\n")
    assert run("queue", "hold", "aa1")[0] == 1
    status, output, errors = run("queue", "release", "--all")
    assert (status, "aa1 job aa1: released" in output, errors) == (0, True, "2 of 4 were changed\n")
    assert set(_states(queue).values()) == {"queued"}


def test_cancel_a_group_and_what_runs(run: Command, queue: Queue) -> None:
    (claim,) = take(queue, limit=1)
    assert claim.job.id == "aa1"
    status, output, _ = run("queue", "cancel", "--group", "one")
    assert status == 0
    assert output.splitlines() == ["aa1 job aa1: runs; its worker is told to stop it", "aa2 job aa2: cancelled"]
    assert queue.renew([claim], {}).cancel == (claim,)
    assert run("queue", "cancel", "aa2")[0] == 1


def test_move(run: Command, queue: Queue) -> None:
    assert run("queue", "move", "job bb1", "first")[0] == 0
    assert _order(queue)[0] == "bb1"
    assert run("queue", "move", "aa1", "last")[0] == 0
    assert _order(queue)[-1] == "aa1"
    assert run("queue", "move", "aa1", "--before", "aa2")[0] == 0
    assert _order(queue).index("aa1") + 1 == _order(queue).index("aa2")
    assert "say where to" in run("queue", "move", "aa1")[2]
    assert "is not one of 'first', 'last'" in run("queue", "move", "aa1", "middle")[2]


def test_priority(run: Command, queue: Queue) -> None:
    status, output, _ = run("queue", "priority", "bb1", "--to", "2")
    assert (status, output) == (0, "bb1 job bb1: priority 2, was 0\n")
    assert _order(queue)[0] == "bb1"
    assert run("queue", "priority", "--group", "one", "--to", "-100")[0] == 0
    assert run("queue", "priority", "bb1", "--to", "101")[0] == 2


def test_release_for_any_code(run: Command, queue: Queue) -> None:
    queue.add([job("cc1", code="0" * 12)])
    assert "cc1" not in {claim.job.id for claim in take(queue, code="1" * 12)}
    assert run("queue", "release", "cc1", "--any-code")[0] == 0
    assert [claim.job.id for claim in take(queue, code="1" * 12)] == ["cc1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("hold",), "name jobs, or give --group, or --all"),
        (("hold", "aa1", "--all"), "one of the three"),
        (("hold", "job aa3"), "did you mean 'job aa"),
        (("cancel", "--group", "tow"), "no such group in the queue; did you mean 'two'?"),
        (("release", "zz"), "zz: no such job in the queue; see: python experiment_cli.py queue list"),
        (("hold", "aa"), "aa names 2 jobs: aa1 job aa1 of one, aa2 job aa2 of one; name one by its id"),
        (("hol", "aa1"), "no such command 'hol'; did you mean"),
        (("priority", "aa1"), "missing option '--to'"),
    ],
)
def test_mistakes(run: Command, queue: Queue, words: tuple[str, ...], message: str) -> None:
    status, output, errors = run("queue", *words)
    assert (status, output) == (2, "")
    assert message in errors
    assert set(_states(queue).values()) == {"queued"}


def test_json_and_many(run: Command, queue: Queue) -> None:
    (change, *_) = run.json("queue", "hold", "aa1")
    assert change == {"id": "aa1", "name": "job aa1", "changed": True, "message": "held"}
    queue.add([job(f"m{number:03}") for number in range(30)])
    assert "and 13 more" in run("queue", "hold", "--all")[1], "the one that is held already is not worth a line"
