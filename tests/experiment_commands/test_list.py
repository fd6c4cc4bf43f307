"""``list``: what it prints for people, for programs and for scripts."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiment_commands.stores import Command, add_run, take_in
from tests.tracking.many_runs import insert_many_runs
from tracking.store.database import Database


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.fixture
def many() -> list[str]:
    """A store with 60 experiments; their ids, the newest first."""
    database = Database.open(os.environ["EXPERIMENTS_DB_URL"])
    ids = insert_many_runs(database, 60)
    database.close()
    return ids[::-1]


def test_the_newest_come_first_and_the_rest_is_counted(run: Command, many: list[str]) -> None:
    status, output, errors = run("list")
    assert status == 0
    assert [line.split()[0] for line in output.splitlines() if line.startswith("exp_")] == many[:20]
    assert "20 of 60 experiments" in errors
    assert many[19] in errors


def test_a_list_goes_on_behind_its_last_experiment(run: Command, many: list[str]) -> None:
    seen: list[str] = []
    while len(seen) < 60:
        after = ["--after", seen[-1]] if seen else []
        seen += [each["id"] for each in run.json("list", "--limit", "25", "--sort", "-metrics.eval_f1", *after)]
    assert sorted(seen) == sorted(many)
    assert run("list", "--after", seen[-1], "--sort", "-metrics.eval_f1")[0] == 1


def test_ids_alone_are_all_that_is_printed(run: Command, many: list[str]) -> None:
    status, output, errors = run("list", "--ids")
    assert (status, output.split(), errors) == (0, many, "")
    assert run("list", "--ids", "--status", "running") == (1, "", "")
    assert run("list", "--ids", "--json")[0] == 2


def test_status_tag_and_filter_narrow_together(run: Command, many: list[str]) -> None:
    found = run.json("list", "--status", "completed", "--status", "failed", "--tag", "paper", "--where", "seed < 2")
    assert found
    assert {each["status"] for each in found} == {"completed", "failed"}
    assert all(each["seed"] < 2 and "paper" in each["tags"] for each in found)


def test_named_columns_are_the_columns(run: Command, many: list[str]) -> None:
    columns = "name,status,metrics.eval_f1,training.learning_rate,params.training.fp16"
    output = run("list", "--columns", columns, "--limit", "1", "--where", "status = completed")[1]
    heading, row = output.splitlines()
    assert heading.split() == columns.split(",")
    assert len(row.split()) == 5
    (plain,) = run.json("list", "--columns", columns, "--limit", "1", "--where", "status = completed")
    assert list(plain) == columns.split(",")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--columns", "nam"), "did you mean 'name'"),
        (("--sort", "-eval_f"), "did you mean 'metrics.eval_f1'"),
        (("--where", "sed = 1"), "\n  ^^^"),
        (("--status", "done"), "known: planned"),
        (("--after", "nobody"), "no experiment 'nobody'"),
    ],
)
def test_mistakes_are_named(run: Command, many: list[str], arguments: tuple[str, ...], message: str) -> None:
    status, output, errors = run("list", *arguments)
    assert (status, output) == (2, "")
    assert message in errors


def test_the_primary_metric_is_a_column_of_its_own(run: Command, tmp_path: Path) -> None:
    take_in(add_run(tmp_path / "runs", "[red]ünicode[/]", 1, {"eval_f1": 81.25, "eval_loss": 0.5}))
    output = run("list")[1]
    assert output.splitlines()[0].split()[:6] == ["id", "name", "status", "created", "duration", "eval_f1"]
    assert "[red]ünicode[/]_seed1" in output
    assert "81.25" in output
    assert "0.5" not in output


def test_a_narrow_terminal_shows_the_seeds_and_says_what_it_leaves_out(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "label_smoothing_of_a_very_long_name"
    take_in(*(add_run(tmp_path / "runs", name, seed, {"eval_f1": score}) for seed, score in ((1, 8.0), (2, 80.125))))
    monkeypatch.setenv("COLUMNS", "72")
    _, output, errors = run("list")
    heading, *rows = output.splitlines()
    assert heading.split() == ["id", "name", "status", "eval_f1"]
    assert [row.split()[1][-6:] for row in rows] == ["_seed2", "_seed1"]
    assert [row.split()[-1] for row in rows] == ["80.12", "8.00"]
    assert "no room: duration, created" in errors


def test_a_name_of_two_lines_is_one_row(run: Command, tmp_path: Path) -> None:
    take_in(add_run(tmp_path / "runs", "two\nlines", 1, {"eval_f1": 1.0}))
    assert [line for line in run("list")[1].splitlines() if r"two\nlines_seed1" in line]
    assert len(run("list")[1].splitlines()) == 2


def test_an_empty_store_is_no_mistake(run: Command) -> None:
    Database.open(os.environ["EXPERIMENTS_DB_URL"]).close()
    assert run("list") == (1, "", "no experiments\n")


def test_a_reader_that_stops_early_is_no_mistake(many: list[str], root: Path) -> None:
    command = f"{shlex.quote(sys.executable)} experiment_cli.py list --limit 0 --json | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[\n", "")


def test_json_holds_everything_of_a_record(run: Command, tmp_path: Path) -> None:
    take_in(add_run(tmp_path / "runs", "baseline", 1, {"eval_f1": 81.25}))
    (record,) = run.json("list")
    assert record["metrics"] == {"eval_f1": 81.25}
    assert record["params"]["training.seed"] == 1
    assert json.dumps(record)
