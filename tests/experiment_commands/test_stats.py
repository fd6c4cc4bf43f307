"""``stats`` prints the totals of the store."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.experiment_commands.stores import Command, add_run, take_in

GOLDEN = Path(__file__).parent / "golden"
SMOOTHING = ({"name": "label_smoothing"},)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


def _fill(root: Path) -> None:
    folders = [add_run(root, "baseline", seed, {"eval_f1": 1.0}, gpus=["H200"]) for seed in (1, 2, 3)]
    folders.append(add_run(root, "label_smoothing", 1, {}, SMOOTHING, ended="failed", seconds=5400))
    take_in(*folders)


def test_stats_of_a_small_store(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    status, output, _ = command("stats")
    lines = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
    stable = re.sub(r"[\d.]+ .?B in", "SIZE in", lines)
    assert status == 0
    assert stable == (GOLDEN / "stats.txt").read_text(encoding="utf-8")


def test_where_and_json(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    found = command.json("stats", "--where", "variant = baseline")
    assert (found["num_experiments"], found["statuses"]) == (3, {"completed": 3})
    assert found["gpu_hours"] == pytest.approx(0.05)
    assert found["database_bytes"] > 0


def test_nothing_found_is_an_answer_of_no(command: Command, tmp_path: Path) -> None:
    _fill(tmp_path / "experiments")
    assert command("stats", "--where", "seed > 100")[:2] == (1, "no experiments\n")
    status, _, errors = command("stats", "--where", "seed >")
    assert status == 2
    assert "error: " in errors
