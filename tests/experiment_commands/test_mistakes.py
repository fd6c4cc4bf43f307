"""Mistakes in a command are one line, in plain words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.experiment_commands.stores import Command, add_run, take_in


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "--bogus"), "no such option '--bogus'; did you mean '--columns'? see --help"),
        (("list", "--limit", "x"), "--limit: expected a whole number, got 'x'; see --help"),
        (("queue", "list", "--limit", "1" + 20 * "0"), "--limit: expected 1000000000 or less, got '1000"),
        (("list", "--limit", "-3"), "--limit: expected 0 or more, got '-3'; see --help"),
        (("leaderboard", "--top", "101"), "--top: expected 100 or less, got '101'; see --help"),
        (("work", "--memory", "10TB"), "--memory: expected a number of GB, such as 16, got '10TB'; see --help"),
        (("work", "--max-concurrent", "two"), "--max-concurrent: expected a whole number, got 'two'; see --help"),
        (("work", "--workers", "1" + 20 * "0"), "--max-concurrent: input should be less than or equal to 100000, got"),
        (("work", "--gpus", "none"), "--gpus: no GPU 'none' is visible here (there are: "),
        (("queue", "add", "x.json", "--minutes-per-run", "nan"), "--minutes-per-run: input should be a finite number"),
        (("list", "more"), "unexpected argument: more; see --help"),
        (("show",), "missing argument 'ID'; see --help"),
        (("nope",), "no such command 'nope'; did you mean 'note'? see --help"),
        (("list", "--db", "mysql://host/x"), "use a file's path, sqlite:///path or postgresql+psycopg://"),
    ],
)
def test_mistakes_are_told_in_one_line(run: Command, arguments: tuple[str, ...], message: str) -> None:
    status, output, errors = run(*arguments)
    assert (status, output) == (2, "")
    assert message in errors
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1


def test_errors_move_no_terminal(run: Command, tmp_path: Path) -> None:
    take_in(*(add_run(tmp_path / "runs", "\x1b[31mred", seed, {}) for seed in (1, 2)))
    errors = run("show", "exp_2026")[2]
    assert r"\x1b[31mred" in errors
    assert "\x1b" not in errors


def test_a_missing_package_is_named_with_its_remedy(root: Path) -> None:
    command: list[str | Path] = [sys.executable, "-S", root / "experiment_cli.py", "list"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the package rich is missing")
    assert "pip install -r requirements.txt" in done.stderr
    assert done.stderr.count("\n") == 1
