"""Seeds are added by training them, also after the process was killed, and to the same decisions."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.processes import Commands

SUITE = """
from strategies.random_filter import RandomFilterConfig

def suite(options):
    return options.across_seeds({"baseline": (), "few": (RandomFilterConfig(keep_fraction=0.1),)})
"""
SIZE = ("--max-train-samples", "32", "--max-eval-samples", "16", "--num-train-epochs", "1", "--eval-datasets")


def _arguments(tmp_path: Path, folder: Path) -> tuple[str, ...]:
    suite = tmp_path / "own.py"
    suite.write_text(SUITE)
    deciding = ("--until-decided", "--max-seeds", "4", "--margin", "30")
    return ("--mode", "run", "--suite", str(suite), "--experiments-dir", str(folder), *deciding, *SIZE)


def _looks(folder: Path) -> object:
    (record,) = folder.glob("decisions_*.json")
    return json.loads(record.read_text())


@pytest.mark.slow
def test_a_killed_command_given_again_decides_the_same(commands: Commands, tmp_path: Path) -> None:
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    command = commands.start("run_experiments", *_arguments(tmp_path, undisturbed))
    assert command.wait() == 0, command.output
    assert "comparisons are decided, by " in command.output

    gate = commands.gate(killed)
    gate.shut_before("*_seed44*/results.json")
    command = commands.start("run_experiments", *_arguments(tmp_path, killed), environment=gate.environment)
    command.until(lambda: len(list(killed.glob("*_seed*/results.json"))) >= 2)
    command.kill()
    command = commands.start("run_experiments", *_arguments(tmp_path, killed))
    assert command.wait() == 0, command.output
    assert _looks(killed) == _looks(undisturbed)
    runs = [sorted(path.name for path in folder.glob("*_seed*")) for folder in (killed, undisturbed)]
    assert runs[0] == runs[1]


def test_one_ctrl_c_lets_what_runs_end_and_begins_no_further_round(commands: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "interrupted"
    gate = commands.gate(folder)
    # The last run of the first round.
    gate.shut_before("few*_seed44*/results.json")
    command = commands.start("run_experiments", *_arguments(tmp_path, folder), environment=gate.environment)
    command.until(lambda: len(list(folder.glob("*_seed44*/run.log"))) == 2)
    command.send(signal.SIGINT)
    command.until(lambda: "press Ctrl-C again" in command.output)
    gate.open()
    assert command.wait() == 130
    assert "the same command continues" in command.output and "Traceback" not in command.output
    assert not list(folder.glob("*_seed45*/run.log"))
