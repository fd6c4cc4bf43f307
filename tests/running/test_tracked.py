"""What the runner tells the store, in real processes that are killed, stopped and left in peace."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from errors import ConfigError
from experiment_runner import plan_experiments, run_experiments_from_list
from strategies.category_filter import CategoryFilterConfig
from strategies.label_smoothing import LabelSmoothingConfig
from tests.processes import Command, Commands
from tests.running.builders import tiny
from tracking.folders.contents import FolderContents, read_folder
from tracking.folders.folder import TRACKING_FILES, ExperimentFolder
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentDetails, ExperimentRecord
from tracking.states.liveness import current_statuses
from tracking.store.database import Database

SIZE = ("--max-train-samples", "96", "--max-eval-samples", "32", "--num-train-epochs", "3")
RUN = ("--mode", "run", "--suite", "minimal", "--seeds", "42", "--per-device-train-batch-size", "16", *SIZE)


class Suite:
    """Runs the same command again and again, in a folder and store of its own."""

    def __init__(self, commands: Commands, root: Path) -> None:
        self._commands = commands
        self.store = root / "store.db"
        self.folder = root / "experiments"
        self.gate = commands.gate(self.folder)

    def start(self, *more: str) -> Command:
        """Start the command."""
        places = ("--experiments-dir", str(self.folder), "--db", str(self.store))
        return self._commands.start("run_experiments", *RUN, *places, *more, environment=self.gate.environment)

    def records(self) -> dict[str, ExperimentRecord]:
        """Return what the store has, by name."""
        backend = LocalBackend(self.store)
        found = {record.name: record for record in backend.get_all_experiments()}
        backend.database.close()
        return found

    def details(self, name: str) -> ExperimentDetails:
        """Return everything that the store has about one experiment."""
        backend = LocalBackend(self.store)
        found = backend.get_experiment(name)
        backend.database.close()
        return found

    def contents(self, name: str) -> FolderContents:
        """Return what an experiment's folder says."""
        (folder,) = self.folder.glob(f"{name}_*")
        contents = read_folder(folder)
        assert contents is not None
        return contents

    def logged(self, name: str) -> int:
        """Return how many lines of metrics a run has written."""
        return sum(len(path.read_text().splitlines()) for path in self.folder.glob(f"{name}_*/metrics.jsonl"))


@pytest.fixture
def suite(commands: Commands, tmp_path: Path) -> Suite:
    return Suite(commands, tmp_path)


def test_a_suite_leaves_every_experiment_in_the_store(suite: Suite) -> None:
    command = suite.start("--tags", "paper", "draft", "--notes", "first try")
    assert command.wait() == 0, command.output
    found = suite.details("cartography_filter_0.33_seed42")
    results = json.loads((found.record.folder / "results.json").read_text())
    assert (found.record.status, found.record.variant, found.record.seed) == (
        "completed",
        "cartography_filter_0.33",
        42,
    )
    assert (found.record.tags, found.record.notes) == (("draft", "paper"), "first try")
    assert found.record.metrics["eval_f1"] == results["metrics"]["eval_f1"]
    assert found.record.primary_metric == "eval_f1" and found.config["training"]["max_train_samples"] == 96
    assert found.metrics["train/loss"].step == 18
    assert [(each.path, each.kind) for each in found.artifacts] == [("trainer_output/model.safetensors", "model")]
    scores = {each.benchmark: each for each in found.evaluations}
    assert scores["demo"].metrics["f1"] == results["metrics"]["eval_f1"] and scores["demo"].num_samples == 32
    assert scores["demo@ood"].metrics["f1"] == results["metrics"]["eval_demo_ood_f1"]
    backend = LocalBackend(suite.store)
    (evaluation,) = backend.get_evaluation_results(found.record.id, "demo@ood")
    backend.database.close()
    assert len(evaluation.samples) == 32


def test_a_killed_run_is_lost_and_the_same_command_completes_it_as_a_second_attempt(suite: Suite) -> None:
    suite.gate.shut_after(3, "baseline*")
    command = suite.start()
    command.until(lambda: suite.logged("baseline") >= 8)
    before = suite.contents("baseline")
    command.kill()
    suite.gate.open()
    database = Database.open(suite.store)
    assert [judgement.status for judgement in current_statuses(database).values()] == ["lost"]
    database.close()
    again = suite.start()
    assert again.wait() == 0, again.output
    found = suite.details("baseline_seed42")
    assert (found.record.id, found.record.status, found.record.num_runs) == (before.id, "completed", 2)
    assert [run.status for run in found.runs] == ["lost", "completed"]
    backend = LocalBackend(suite.store)
    steps = [point.step for point in backend.get_metrics(found.record.id, ["train/loss"])]
    backend.database.close()
    assert steps == sorted(set(steps)) and steps[-1] == 18, "a resumed run leaves no point twice"


@pytest.mark.parametrize(
    ("number", "status", "reason"), [(signal.SIGTERM, 143, "SIGTERM"), (signal.SIGINT, 130, "Ctrl-C")]
)
def test_who_is_stopped_from_outside_is_preempted(number: int, status: int, reason: str, suite: Suite) -> None:
    suite.gate.shut_after(1, "baseline*")
    command = suite.start()
    command.until(lambda: suite.logged("baseline") >= 2)
    command.send(number)
    if number == signal.SIGINT:
        command.until(lambda: "press Ctrl-C again" in command.output)
        command.send(number)
    suite.gate.let_through_one_by_one(lambda: command.running)
    assert command.wait() == status
    assert "the same command continues" in command.output and "Traceback" not in command.output
    found = suite.details("baseline_seed42")
    assert found.record.status == "preempted" and reason in found.record.status_reason
    assert suite.records()["cartography_filter_0.33_seed42"].status == "planned"
    assert [each.kind for each in found.artifacts] == ["checkpoint"], "it was saved where it was"
    again = suite.start()
    assert again.wait() == 0, again.output
    found = suite.details("baseline_seed42")
    assert [run.status for run in found.runs] == ["preempted", "completed"]
    assert [each.kind for each in found.artifacts] == ["model"], "its checkpoints were removed when it was done"


def test_without_tracking_nothing_of_it_is_written(suite: Suite, tmp_path: Path) -> None:
    command = suite.start("--no-tracking")
    assert command.wait() == 0, command.output
    assert not suite.store.exists() and not (tmp_path / "experiments.db").exists()
    names = {path.name for path in suite.folder.rglob("*")}
    assert not names & TRACKING_FILES and ".behind" not in names
    command = suite.start()
    assert command.wait() == 0, command.output
    assert [record.status for record in suite.records().values()] == ["completed", "completed"], "taken in afterwards"


def test_a_store_that_cannot_be_written_harms_no_run(suite: Suite) -> None:
    suite.store.mkdir()
    command = suite.start()
    assert command.wait() == 0, command.output
    assert "2 of 2 experiments are done" in command.output and "warning: " in command.output


# -- in this process --------------------------------------------------------------------------------------------------


def _run(root: Path, *experiments: Any, **options: Any) -> list[dict[str, Any]]:
    return run_experiments_from_list(
        experiments, root / "experiments", db=str(root / "store.db"), quiet=True, **options
    )


def test_a_failure_is_tracked_with_its_trace_and_what_was_not_reached_stays_planned(tmp_path: Path) -> None:
    # Hard rows are the third of all rows: the filter finds out only once it has the map.
    impossible = CategoryFilterConfig(categories=("hard",), keep_fraction=0.9)
    broken, later = tiny("broken", impossible), tiny("later", LabelSmoothingConfig())
    (result,) = _run(tmp_path, broken, later, stop_on_error=True)
    assert not result["success"]
    backend = LocalBackend(tmp_path / "store.db")
    found = {name: backend.get_experiment(name) for name in ("broken", "later")}
    backend.database.close()
    assert found["broken"].record.status == "failed" and "Traceback" in str(found["broken"].runs[0].traceback)
    assert found["later"].record.status == "planned" and found["later"].record.params["training.seed"] == 42
    plan = plan_experiments([later], tmp_path / "experiments")
    assert plan.state(plan.experiments[0]).status == "new"


def test_a_fresh_start_keeps_name_notes_and_history_and_drops_what_was_made(tmp_path: Path) -> None:
    config = tiny("again")
    _run(tmp_path, config, tags=["keep"])
    before = read_folder(tmp_path / "experiments" / config.folder_name)
    _run(tmp_path, config, tags=["keep"], force=True)
    after = read_folder(tmp_path / "experiments" / config.folder_name)
    assert before is not None and after is not None
    assert (after.id, after.tags, [run.status for run in after.runs]) == (before.id, ["keep"], ["completed"] * 2)
    assert len(after.artifacts) == len(before.artifacts) == 1 and len(after.evaluations) == len(before.evaluations)
    assert "cleared" in [event.event for event in after.events]
    ExperimentFolder(after.folder).append("cleared")
    cleared = read_folder(after.folder)
    assert cleared is not None and not cleared.artifacts and not cleared.evaluations


def test_a_wrong_store_is_a_mistake_that_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mysql"):
        run_experiments_from_list([tiny("x")], tmp_path / "experiments", db="mysql://host/name", quiet=True)
    assert not (tmp_path / "experiments").exists()
