"""Completion in a real shell, as ``./experiment_cli.py --install-completion`` sets it up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import Job
from tests.experiment_commands.stores import add_evaluation, add_run, take_in
from tracking.queue.queue import Queue
from tracking.store.database import Database

SCRIPT = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
$(complete -p experiment_cli.py | sed 's/.*-F \\([^ ]*\\) .*/\\1/') "$1"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}


@pytest.fixture(scope="module")
def script(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``--install-completion`` writes for bash."""
    command: list[str | Path] = [root / "experiment_cli.py", "--show-completion", "bash"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_environment())
    path = tmp_path_factory.mktemp("completion") / "completion.bash"
    path.write_text(done.stdout)
    return path


def _propose(root: Path, script: Path, *words: str) -> list[str]:
    command: list[str | Path] = ["bash", "-c", SCRIPT, "bash", script, "./experiment_cli.py", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, env=_environment())
    return str(done.stdout).split()


def test_commands_are_proposed(root: Path, script: Path) -> None:
    assert _propose(root, script, "lea") == ["leaderboard"]


def test_statuses_are_proposed(root: Path, script: Path) -> None:
    assert _propose(root, script, "list", "--status", "p") == ["planned", "preempted"]


def test_names_and_ids_of_experiments_are_proposed(root: Path, script: Path, tmp_path: Path) -> None:
    take_in(*(add_run(tmp_path / "runs", "baseline", seed, {"eval_f1": 1.0}) for seed in (1, 2)))
    assert _propose(root, script, "show", "base") == ["baseline_seed2", "baseline_seed1"]
    assert _propose(root, script, "show", "exp_20260301_120000") == ["exp_20260301_120000_000000"]


def test_metrics_and_benchmarks_are_proposed(root: Path, script: Path, tmp_path: Path) -> None:
    folder = add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 1.0, "eval_loss": 1.0, "train_loss": 1.0})
    add_evaluation(folder, "gsm8k", {"accuracy": 0.5}, [])
    take_in(folder)
    assert _propose(root, script, "leaderboard", "--metric", "eval_") == ["eval_f1", "eval_loss"]
    assert _propose(root, script, "leaderboard", "--benchmark", "g") == ["gsm8k"]
    assert _propose(root, script, "leaderboard", "--benchmark", "gsm8k", "--metric", "a") == ["accuracy"]


def test_jobs_groups_and_executors_are_proposed(root: Path, script: Path) -> None:
    database = Database.open()
    Queue(database).add([Job(id=f"a{seed}", name=f"base_{seed}", work="nothing", group="mine") for seed in (1, 2)])
    database.close()
    assert _propose(root, script, "queue", "re") == ["release"]
    assert _propose(root, script, "queue", "hold", "base") == ["base_1", "base_2"]
    assert _propose(root, script, "queue", "cancel", "--group", "m") == ["mine"]
    assert _propose(root, script, "queue", "list", "--state", "c") == ["completed", "cancelled"]
    assert _propose(root, script, "work", "--executor", "in") == ["inline"]


def test_without_a_store_nothing_is_proposed(root: Path, script: Path) -> None:
    assert _propose(root, script, "show", "base") == []
