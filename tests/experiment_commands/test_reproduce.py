"""``reproduce`` runs the same again, and says everything that is no longer the same."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from experiment_commands.reproducing.drift import find_drift
from experiment_commands.reproducing.outcome import compare_metrics
from experiment_commands.reproducing.program import program_folder
from experiment_commands.reproducing.record import read_record
from experiment_runner import run_experiments_from_list
from tests.experiment_commands.stores import Command, add_run, take_in
from tests.running.builders import tiny
from tracking import ExperimentTracker, LocalBackend
from tracking.recording.capture import command_line


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with a store and a run that was really trained; tests copy nothing of it and change nothing in it."""
    root = tmp_path_factory.mktemp("trained")
    db = root / "experiments.db"
    run_experiments_from_list([tiny("baseline_seed1", seed=1)], root / "experiments", db=str(db), quiet=True)
    return root, db


def test_a_run_comes_out_the_same_to_the_last_bit(trained: tuple[Path, Path], command: Command, tmp_path: Path) -> None:
    root, db = trained
    again = tmp_path / "again"
    arguments = ("reproduce", "baseline_seed1", "--experiments-dir", str(again), "--db", str(db))
    status, output, _ = command(*arguments, "--dry-run")
    assert status == 0
    assert "1 experiment: 0 done, 1 to run" in output
    assert "times come from finished runs like these" in output
    assert not again.exists()

    status, output, errors = command(*arguments)
    assert status == 0, errors
    assert "code, packages, machine and data are as they were" in output
    assert "3 of 3 metrics are equal to the last bit" in output
    folders = (root / "experiments", again)
    old, new = (json.loads(next(each.glob("baseline*/results.json")).read_text()) for each in folders)
    assert {name: value for name, value in old["metrics"].items() if "runtime" not in name} == {
        name: value for name, value in new["metrics"].items() if "runtime" not in name
    }
    predictions = [next(each.glob("baseline*/trainer_output/eval_predictions.jsonl")) for each in folders]
    assert predictions[0].read_bytes() == predictions[1].read_bytes()
    tagged = LocalBackend(db).get_all_experiments(tags=["reproduction"])
    assert [record.seed for record in tagged] == [1]
    assert "reproduces exp_" in tagged[0].notes
    original = LocalBackend(db).get_experiment("baseline_seed1").record
    assert tagged[0].name == "baseline_seed1_reproduced"
    assert (tagged[0].group, tagged[0].variant) == (original.group, original.variant)


def test_the_store_knows_the_configuration_when_the_folder_is_gone(command: Command, tmp_path: Path) -> None:
    folder = add_run(tmp_path / "experiments", "baseline", 1, {"eval_f1": 50.0}, git={"commit": "a" * 40})
    take_in(folder)
    shutil.rmtree(folder)
    status, output, errors = command(
        "reproduce", "baseline_seed1", "--dry-run", "--experiments-dir", str(tmp_path / "x")
    )
    assert (status, errors) == (0, "")
    assert "is gone; the configuration comes from the store" in output
    assert "checksums of the data (they were in its folder, which is gone)" in output
    assert "aaaaaaaaaaaa" in output


def test_what_another_program_tracked_is_explained(command: Command, tmp_path: Path) -> None:
    with ExperimentTracker(experiments_dir=tmp_path / "experiments") as tracker:
        identity = tracker.start_experiment(config={"name": "mine", "lr": 0.1}, experiment_name="mine")
        tracker.finish_experiment("completed")
    status, output, _ = command("reproduce", identity)
    assert status == 1
    assert "was made by another program than the runner" in output
    assert str(Path.cwd()) in output
    assert "config.json" in output
    status, output, _ = command("reproduce", identity, "--json")
    found = json.loads(output)
    assert (status, found["runner"], found["working_folder"]) == (1, False, str(Path.cwd()))
    assert found["command"] == command_line()


def test_what_changed_around_another_program_is_named(command: Command, tmp_path: Path) -> None:
    with ExperimentTracker(experiments_dir=tmp_path / "experiments") as tracker:
        identity = tracker.start_experiment(config={"lr": 0.1}, experiment_name="mine")
    folder = tmp_path / "experiments" / identity
    _, unchanged, _ = command("reproduce", identity)
    assert "changed since" not in unchanged
    environment = json.loads((folder / "environment.json").read_text())
    environment["machine"]["packages"]["numpy"] = "0.1a"
    environment["git"] = {"commit": "0" * 40}
    (folder / "environment.json").write_text(json.dumps(environment))
    _, output, _ = command("reproduce", identity)
    assert re.search(r"packages\.numpy +0\.1a ", output)
    assert re.search(r"commit +0{12} ", output)
    found = json.loads(command("reproduce", identity, "--json")[1])
    assert "packages.numpy" in {each["name"] for each in found["differences"]["environment"]}


@pytest.mark.parametrize(
    ("command_line", "found"),
    [
        ("python code/train.py --lr 0.1", "code"),
        ("python gone/train.py", "."),
        ("python 'unclosed", "."),
        ("", "."),
    ],
)
def test_a_program_lies_where_its_script_does(tmp_path: Path, command_line: str, found: str) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").touch()
    assert program_folder({"command": command_line, "working_folder": str(tmp_path)}) == tmp_path / found
    assert program_folder({"command": command_line, "working_folder": str(tmp_path / "gone")}) is None
    assert program_folder({"command": command_line}) is None


def test_every_difference_is_named(tmp_path: Path) -> None:
    packages = {"torch": "2.9.0", "gone": "1.0", "never": None}
    files = [{"path": "a.csv", "sha256": "1" * 64}, {"path": "b.csv", "sha256": "2" * 64}]
    folder = add_run(
        tmp_path / "experiments",
        "baseline",
        1,
        {},
        machine={"python": "3.11.7", "packages": packages},
        git={"commit": "a" * 40, "dirty": False, "diff": ""},
        data_files=files,
    )
    take_in(folder)
    drift = find_drift(
        read_record(LocalBackend().get_experiment("baseline_seed1")),
        machine={"python": "3.11.8", "packages": {"torch": "2.10.0", "new": "3"}, "gpus": []},
        code={"commit": "a" * 40, "dirty": True, "diff": "+x\n"},
        data_files=[{"path": "a.csv", "sha256": "9" * 64}, {"path": "c.csv", "sha256": "3" * 64}],
    )
    assert [each.name for each in drift.code] == ["uncommitted changes"]
    assert [each.name for each in drift.environment] == [
        "python",
        "packages.torch",
        "packages.gone",
        "packages.new",
    ]
    assert {each.path[0] for each in drift.data} == {"a.csv", "b.csv", "c.csv"}
    assert drift.unknown == ()


def test_metrics_of_a_folder_that_is_gone_are_those_declared_at_the_end(tmp_path: Path) -> None:
    folder = add_run(tmp_path / "experiments", "baseline", 1, {"eval_f1": 50.0}, series={"train/loss": {10: 1.0}})
    take_in(folder)
    assert read_record(LocalBackend().get_experiment("baseline_seed1")).metrics == {"eval_f1": 50.0}
    shutil.rmtree(folder)
    assert read_record(LocalBackend().get_experiment("baseline_seed1")).metrics == {"eval_f1": 50.0}


def test_nothing_changed_is_no_drift(tmp_path: Path) -> None:
    folder = add_run(tmp_path / "experiments", "baseline", 1, {}, git={"commit": "a" * 40})
    take_in(folder)
    record = read_record(LocalBackend().get_experiment("baseline_seed1"))
    assert not find_drift(record, record.machine, record.code, record.data_files or ()).anything


def test_metrics_are_compared_to_the_last_bit_and_times_never() -> None:
    then = {"eval_f1": 0.1 + 0.2, "eval_loss": 1.0, "eval_runtime": 3.0, "old": 1.0}
    pairs = compare_metrics(then, {"eval_f1": 0.3, "eval_loss": 1.0, "eval_runtime": 4.0, "new": 1.0})
    assert [(pair.name, pair.equal) for pair in pairs] == [
        ("eval_f1", False),
        ("eval_loss", True),
        ("new", False),
        ("old", False),
    ]
