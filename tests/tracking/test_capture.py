"""What a run ran on is written down."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracking.folders.folder import ExperimentFolder
from tracking.recording import capture
from tracking.recording.tracker import ExperimentTracker


def test_the_machine_is_described_in_json_types() -> None:
    described = json.loads(json.dumps(capture.describe_machine()))
    assert described["python"].startswith("3.") and described["packages"]["numpy"]
    assert described["cpu_cores"] >= 1 and described["memory_gb"] > 0


def test_every_package_is_listed() -> None:
    packages = capture.describe_machine()["packages"]
    assert {"pytest", "SQLAlchemy", "typer"} <= packages.keys()


def _repository(folder: Path) -> None:
    (folder / "a").write_text("1\n")
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q", "-b", "trunk"], ["add", "a"], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)


def _describe(folder: Path) -> dict[str, object]:
    capture._describe_code.cache_clear()
    return capture.describe_code(folder)


def test_code_is_described_by_commit_and_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert _describe(tmp_path) == {}
    _repository(tmp_path)
    clean = _describe(tmp_path)
    assert len(str(clean["commit"])) == 40 and clean["branch"] == "trunk"
    assert not clean["dirty"] and clean["diff"] == "" and clean["untracked"] == []
    (tmp_path / "a").write_text("2\n")
    (tmp_path / "neü.txt").write_text("new\n")
    changed = _describe(tmp_path)
    assert changed["dirty"] and "+2" in str(changed["diff"])
    assert changed["untracked"] == ["neü.txt"]


def test_what_a_tracker_leaves_beside_the_code_is_no_code(tmp_path: Path) -> None:
    _repository(tmp_path)
    with ExperimentTracker(db_path=tmp_path / "my.db") as tracker:
        tracker.start_experiment({}, experiment_name="first")
        tracker.log_checkpoint("x", step=1)
    for output in ("wandb/run/x.wandb", "mlruns/0/meta.yaml", "experiments/mlflow.db"):
        (tmp_path / output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / output).touch()
    (tmp_path / "experiments" / "train.py").touch()
    assert len(list(tmp_path.glob("my.db*"))) > 1
    assert _describe(tmp_path)["untracked"] == ["experiments/train.py"]


def test_a_repository_that_is_trained_into_is_code(tmp_path: Path) -> None:
    _repository(tmp_path)
    ExperimentFolder(tmp_path).identify("exp", "here", 1.0)
    assert "tracking.json" in str(_describe(tmp_path)["untracked"])


def test_of_many_files_some_are_named_and_all_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "_MOST_UNTRACKED", 2)
    _repository(tmp_path)
    for number in range(5):
        (tmp_path / f"{number}.txt").touch()
    described = _describe(tmp_path)
    assert (described["untracked"], described["num_untracked"]) == (["0.txt", "1.txt"], 5)


def test_the_state_of_the_code_is_looked_up_once(tmp_path: Path) -> None:
    _repository(tmp_path)
    before = _describe(tmp_path)
    (tmp_path / "a").write_text("3\n")
    assert capture.describe_code(tmp_path) == before


def test_a_repository_without_commits_and_a_detached_one_are_no_trouble(tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    subprocess.run(["git", "-C", str(empty), "init", "-q"], check=True)
    assert _describe(empty) == {}
    (detached := tmp_path / "detached").mkdir()
    _repository(detached)
    subprocess.run(["git", "-C", str(detached), "checkout", "-q", "--detach"], check=True)
    assert _describe(detached)["branch"] is None


def test_a_git_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nsleep 60 &\nsleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(capture, "_GIT_SECONDS", 0.3)
    begun = time.monotonic()
    assert _describe(tmp_path) == {}
    assert time.monotonic() - begun < 30


def test_a_machine_without_git_has_no_code_to_describe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _describe(tmp_path) == {}


def test_this_process_is_told_from_every_other() -> None:
    described = capture.describe_process()
    assert described["pid"] > 0 and described["process_started"] is not None and described["host"]
    assert "pytest" in described["command"] or "python" in described["command"]


def test_the_command_line_of_a_process_hides_its_secrets() -> None:
    code = "from tracking.recording.capture import command_line; print(command_line())"
    command = [sys.executable, "-c", code, "--password=hunter2", "two words"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "hunter2" not in done.stdout and "'--password=***'" in done.stdout and "'two words'" in done.stdout
