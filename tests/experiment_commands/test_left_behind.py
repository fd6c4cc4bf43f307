"""``status`` of a plan that was submitted and left, in the words of a SLURM whose commands are scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from execution.options import ExecutorOptions
from execution.slurm.executor import SlurmExecutor
from experiment_cli import main
from experiment_config import CartographyFilterConfig
from experiment_runner import RunnerOptions, plan_experiments
from planning.estimate import estimate_costs
from running.jobs import jobs_of
from running.tracked import entered
from tests.running.builders import tiny

from tests.execution.slurm.conftest import commands  # noqa: F401  isort: skip

_COUNTING = "[ $1 = --version ] && exit; echo x >>'{0}/n'; echo Submitted batch job $((11 + $(wc -l <'{0}/n')))"


@pytest.fixture
def squeue(commands: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811
    """Submit a baseline, its data map and a filter that needs it: 12, 13 and 14; return how to say how they stand."""
    monkeypatch.setenv("COLUMNS", "300")
    commands(sbatch=_COUNTING.format(tmp_path))
    folder = tmp_path / "experiments of mine"
    plan = plan_experiments([tiny("baseline"), tiny("filter", CartographyFilterConfig(top_fraction=0.5))], folder)
    with entered(plan, RunnerOptions()):
        execution = ExecutorOptions(executor="slurm", log_dir=folder / ".execution")
        SlurmExecutor(execution).submit_all(jobs_of(plan, estimate_costs(plan), RunnerOptions()))

    def say(*rows: str) -> None:
        commands(squeue="".join(f"echo '{row}';" for row in rows) or "exit 0")

    return say


def _printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(["status", *arguments]) == status
    return capsys.readouterr().out


def test_why_jobs_wait_and_which_will_not_run(squeue: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    squeue("12|PENDING|Priority|", "13|PENDING|Dependency|", "14|PENDING|Dependency|")
    printed = _printed(capsys)
    assert "2 planned" in printed
    assert "submitted and left: 3 pending" in printed
    assert "Priority" in printed and "anew" not in printed
    assert "SLURM job 12: pending: Priority" in _printed(capsys, "baseline")
    squeue("12|CANCELLED|None|", "13|CANCELLED|Dependency|", "14|CANCELLED|Dependency|")
    printed = _printed(capsys)
    assert "submitted and left: 1 cancelled, 2 failed" in printed
    assert "SLURM job 12 (CANCELLED): it was cancelled in SLURM" in printed
    assert "submitted anew by the command that submitted them" in printed
    assert "it was cancelled in SLURM" in _printed(capsys, "baseline", status=1)
    seen: dict[str, Any] = json.loads(_printed(capsys, "filter", "--json", status=1))
    assert seen["status"] == "planned"
    assert (seen["left"]["state"], seen["left"]["where"]) == ("failed", "SLURM job 14")
    assert len(json.loads(_printed(capsys, "--json"))["left"]) == 3


def test_a_signal_is_found_by_its_name(squeue: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    squeue()
    names = [each["name"] for each in json.loads(_printed(capsys, "--json"))["left"]]
    [signal] = [name for name in names if name not in ("baseline", "filter")]
    assert "left" in _printed(capsys, signal, status=1)
