"""``queue list`` and what ``status`` says of the queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import FailureKind, Outcome, Resources
from tests.experiment_commands.stores import Command
from tests.tracking.queue.handed_out import FAR, job, take
from tracking.processes import host_name
from tracking.queue.queue import Queue

GOLDEN = Path(__file__).parent.parent / "golden"


@pytest.fixture
def mixed(queue: Queue) -> Queue:
    """A queue with a job in each state."""
    jobs = [
        *(job("a1", name="runs", group="suite"), job("a2", name="fails", group="suite")),
        *(job("a3", name="next", group="suite", seconds=60.0), job("a4", "a3", name="later", group="suite")),
        *(job("a5", name="is held", group="other"), job("a6", name="ends", group="other")),
        *(job("a7", name="not wanted", group="other"), job("a8", name="large", resources=Resources(gpus=8, minutes=5))),
    ]
    queue.add(jobs)
    queue.hold(["a5"])
    queue.cancel(["a7"])
    chosen = {"a1", "a2", "a6"}
    claims = take(queue, worker=FAR, fits=lambda job, taken: job.id in chosen, refusal=lambda job: "")
    assert {claim.job.id for claim in claims} == chosen
    by_id = {claim.job.id: claim for claim in claims}
    queue.settle(by_id["a2"], Outcome.failed(FailureKind.MISTAKE, "no such [dim]data set[/]"))
    queue.settle(by_id["a6"], Outcome(seconds=3.0))
    queue.renew([by_id["a1"]], {"a1": {"phase": "training", "step": 5, "total_steps": 20}})
    take(queue, refusal=lambda job: job.resources.lacks(Resources(gpus=0, minutes=1)), fits=lambda job, taken: False)
    return queue


@pytest.mark.usefixtures("mixed")
def test_the_list_is_as_before(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    for words in (("queue",), ("queue", "list")):
        status, output, errors = run(*words)
        assert (status, errors) == (0, "")
        shown = output.replace(host_name(), "HOST")
        assert shown == (GOLDEN / "queue.txt").read_text()


@pytest.mark.usefixtures("mixed")
def test_states_groups_and_limits(run: Command) -> None:
    assert "not wanted" in run("queue", "list", "--state", "cancelled")[1]
    listed = run.json("queue", "list", "--state", "queued", "--group", "suite")
    assert [(each["name"], each["position"]) for each in listed["jobs"]] == [("next", 1), ("later", None)]
    assert listed["jobs"][1]["reason"] == "needs next"
    assert listed["counts"]["failed"] == 1, "of the whole group, whatever is listed"
    _, output, errors = run("queue", "list", "--limit", "1")
    assert "runs" in output and "next" not in output
    assert "1 of 6 jobs; all: --limit 0" in errors


@pytest.mark.usefixtures("mixed")
def test_json_holds_everything(run: Command) -> None:
    listed = {each["name"]: each for each in run.json("queue")["jobs"]}
    assert len(listed) == 8
    assert listed["runs"]["progress"] == {"phase": "training", "step": 5, "total_steps": 20}
    assert listed["fails"]["attempts"][0]["kind"] == "mistake"
    assert "8 GPUs, but 0 at hand" in listed["large"]["reason"]


def test_an_empty_queue_and_no_store(run: Command, queue: Queue, tmp_path: Path) -> None:
    status, output, errors = run("queue", "list")
    assert (status, output, errors) == (0, "the queue is empty\n", "")
    assert run("queue", "list", "--db", str(tmp_path / "nowhere.db"))[0] == 2
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.usefixtures("queue")
def test_a_state_that_is_none(run: Command) -> None:
    assert "did you mean 'running'" in run("queue", "list", "--state", "runing")[2]


@pytest.mark.usefixtures("mixed")
def test_status_tells_of_the_queue(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "180")
    output = run("status")[1]
    assert "queue: 3 queued, 1 held, 1 running, 1 completed, 1 failed, 1 cancelled; " in output
    assert "step 5 of 20 (25 %)" in output
    assert "suite: 0 done, 1 running, 2 waiting" in output
    seen = run.json("status")["queue"]
    assert (seen["counts"]["queued"], seen["done_last_hour"]) == (3, 1)
    assert [each["name"] for each in seen["running"]] == ["runs"]


@pytest.mark.usefixtures("mixed")
def test_status_of_one_job(run: Command) -> None:
    assert "number 1 of those that can begin" in run("status", "next")[1]
    assert run("status", "a2")[0] == 1
    assert run.json("status", "later")["queue"]["reason"] == "needs next"
    assert run("status", "nobody")[0] == 2
