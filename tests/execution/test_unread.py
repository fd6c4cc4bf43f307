"""Whoever works goes on where nobody reads the output; whoever only prints ends quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from atomic_files import read_json
from execution.unread import UNREAD

SMALL = ("--suite", "minimal", "--seeds", "1", "--max-train-samples", "64", "--max-eval-samples", "8")
RUN = ("run_experiments.py", "--mode", "run", *SMALL, "--num-train-epochs", "1")
FULL = Path("/dev/full")

WORK = """
import os, pathlib, sys
sys.path.insert(0, {root!r})
from rich.console import Console
from execution.unread import UNREAD, going_on_unread
with going_on_unread():
    with going_on_unread(UNREAD):
        for _ in range(3):
            print("a line", flush=True)
            Console(file=sys.stdout).print("another")
pathlib.Path("done").write_text("all of it")
"""

BEFORE = """
import sys
sys.path.insert(0, {root!r})
from execution.unread import UNREAD, going_on_unread
print("still in a buffer")
with going_on_unread(UNREAD):
    print("a line", flush=True)
"""


def _unread(root: Path, tmp_path: Path, words: Sequence[str]) -> tuple[int, str]:
    """Run a command into a pipe that nobody reads any more; return its status and what it said beside it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return _into(root, tmp_path, words, writer)
    finally:
        os.close(writer)


def _into(root: Path, tmp_path: Path, words: Sequence[str], writer: int) -> tuple[int, str]:
    command = [sys.executable, str(root / words[0]), *words[1:]]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("words", [("run_experiments.py", "--help"), (*RUN, "--dry-run")])
def test_what_is_only_printed_ends_quietly(words: Sequence[str], root: Path, tmp_path: Path) -> None:
    assert _unread(root, tmp_path, words) == (0, "")


@pytest.mark.parametrize("where", ["unread", "full", "closed"])
def test_work_goes_on_and_says_so_once(where: str, root: Path, tmp_path: Path) -> None:
    if where == "full" and not FULL.exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "work.py").write_text(WORK.format(root=str(root)))
    if where == "unread":
        done, told = _unread(tmp_path, tmp_path, ["work.py"]), "nobody reads the output any more"
    elif where == "full":
        with FULL.open("w") as full:
            done = _into(tmp_path, tmp_path, ["work.py"], full.fileno())
        told = "the output cannot be written: No space left on device"
    else:
        closed = ["-c", f'exec "{sys.executable}" work.py >&-']
        run = subprocess.run(["sh", *closed], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        done, told = (run.returncode, run.stderr), ""
    assert done == (0, f"{told}; {UNREAD}\n" if told else "")
    assert (tmp_path / "done").read_text() == "all of it"


def test_what_was_printed_before_ends_nothing_either(root: Path, tmp_path: Path) -> None:
    (tmp_path / "before.py").write_text(BEFORE.format(root=str(root)))
    assert _unread(tmp_path, tmp_path, ["before.py"]) == (0, f"nobody reads the output any more; {UNREAD}\n")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error_of_what_is_only_printed(root: Path, tmp_path: Path) -> None:
    with FULL.open("w") as full:
        status, errors = _into(root, tmp_path, (*RUN, "--dry-run"), full.fileno())
    assert (status, errors.count("\n")) == (2, 1)
    assert errors.startswith("error: the output cannot be written: No space left on device; ")


@pytest.mark.long
def test_a_suite_is_trained_to_its_end_whoever_reads(root: Path, tmp_path: Path) -> None:
    status, errors = _unread(root, tmp_path, RUN)
    assert (status, errors) == (0, f"nobody reads the output any more; {UNREAD}\n")
    results = [read_json(path) for path in tmp_path.glob("experiments/*_seed1_*/results.json")]
    assert [each["success"] for each in results] == [True, True]
    status, errors = _unread(root, tmp_path, ("experiment_cli.py", "reproduce", "baseline_seed1"))
    assert (status, errors) == (0, f"nobody reads the output any more; {UNREAD}\n")
    assert len(list(tmp_path.glob("experiments/reproduced/*/*/results.json"))) == 1


@pytest.mark.long
def test_a_worker_works_on_whoever_reads(root: Path, tmp_path: Path) -> None:
    assert _unread(root, tmp_path, (*RUN, "--enqueue")) == (0, "")
    status, errors = _unread(root, tmp_path, ("experiment_cli.py", "work"))
    assert (status, errors) == (0, f"nobody reads the output any more; {UNREAD}\n")
    assert len(list(tmp_path.glob("experiments/*_seed1_*/results.json"))) == 2
