"""A node made from its job: on the wrong machine, with force, with a warning, and by work that ends its process."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from execution.work import Context, carry_out
from experiment_config import ExperimentConfig
from jobs import FailureKind, Job, Outcome
from planning import PlanOptions, make_plan
from planning.estimate import estimate_costs
from planning.status import read_environment, read_results
from running.jobs import jobs_of
from running.options import RunnerOptions
from strategies.random_filter import RandomFilterConfig
from tests.running.builders import tiny


def _job(experiment: ExperimentConfig, experiments_dir: Path, **options: Any) -> Job:
    chosen = RunnerOptions(tracking=False, **options)
    plan = make_plan([experiment], PlanOptions(experiments_dir, force=chosen.force))
    (job,) = jobs_of(plan, estimate_costs(plan), chosen)
    return job


def test_a_machine_without_the_folder_of_the_plan_leaves_it_to_others(tmp_path: Path) -> None:
    job = _job(tiny("x"), tmp_path)
    elsewhere = dataclasses.replace(job, payload={**job.payload, "cwd": str(tmp_path / "not mounted")})
    failure = carry_out(elsewhere, Context()).failure
    assert failure is not None and failure.kind == FailureKind.NOT_HERE
    assert "not mounted: this folder, in which the run was planned, is not on this machine" in failure.message


def test_what_is_warned_of_comes_back_with_the_result(tmp_path: Path) -> None:
    outcome = carry_out(_job(tiny("all", RandomFilterConfig(keep_fraction=1.0)), tmp_path), Context())
    assert outcome.success, outcome.failure
    assert [text for text in outcome.result["warnings"] if "this run equals the baseline" in text]


def _stopped_at(step: int, job: Job) -> Outcome:
    reached: list[int] = []

    def report(progress: Any) -> None:
        reached.append(progress["reached"])

    return carry_out(job, Context(report, lambda: "asked by a test" if reached and reached[-1] >= step else ""))


def test_force_begins_once_for_a_plan_whatever_clocks_say(tmp_path: Path) -> None:
    config = tiny("x")
    assert carry_out(_job(config, tmp_path), Context()).success
    folder = tmp_path / config.folder_name
    finished = read_results(folder)
    forced = _job(config, tmp_path, force=True)
    stopped = _stopped_at(1, forced).failure
    assert stopped is not None and stopped.kind == FailureKind.PREEMPTED
    # It was begun by a machine whose clock is years behind.
    environment = folder / "environment.json"
    environment.write_text(json.dumps({**read_environment(folder), "started_at": "2001-01-01T00:00:00.000+00:00"}))
    outcome = carry_out(forced, Context())
    assert outcome.result["results"]["resumed_from"] == 2, "the next attempt goes on"
    assert outcome.result["results"]["metrics"] == finished["metrics"]
    again = carry_out(forced, Context())
    assert "finished meanwhile" in again.result["found"], "and what is done is done"
    later = carry_out(_job(config, tmp_path, force=True), Context())
    assert later.success and "found" not in later.result, "until somebody else forces it"


def test_a_run_that_ends_its_process_says_so_in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import running.making

    def leave(*arguments: Any, **named: Any) -> None:
        raise SystemExit("enough")

    monkeypatch.setattr(running.making, "run_experiment", leave)
    config = tiny("x")
    failure = carry_out(_job(config, tmp_path), Context()).failure
    assert failure is not None and failure.kind == FailureKind.ERROR
    error = read_results(tmp_path / config.folder_name)["error"]
    assert (error["kind"], error["type"], error["message"]) == ("error", "SystemExit", "enough")
