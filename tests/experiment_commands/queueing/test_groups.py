"""Groups are folders, and are called as they look from where somebody stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiment_commands.stores import Command
from tests.tracking.queue.handed_out import job
from tracking.queue.queue import Queue


@pytest.fixture(autouse=True)
def _projects(queue: Queue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "experiments").mkdir(parents=True)
        queue.add([job(f"of {name}", group=str(tmp_path / name / "experiments"))])
    monkeypatch.chdir(tmp_path / "one")


def test_a_relative_folder_means_that_of_this_project(run: Command, queue: Queue) -> None:
    assert run("queue", "hold", "--group", "experiments")[0] == 0
    assert {each.job.id: each.state.value for each in queue.jobs()} == {"of one": "held", "of two": "queued"}
    assert [each["id"] for each in run.json("queue", "list", "--group", "experiments")["jobs"]] == ["of one"]


def test_folders_are_shown_as_seen_from_here(run: Command, tmp_path: Path) -> None:
    lines = run("status")[1].splitlines()
    assert any(line.startswith("experiments: 0 done") for line in lines)
    assert any(line.startswith(f"{tmp_path / 'two' / 'experiments'}: 0 done") for line in lines)
    assert "did you mean 'experiments'" in run("queue", "cancel", "--group", "experiment")[2]
