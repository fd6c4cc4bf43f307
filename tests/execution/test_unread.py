"""Whoever works goes on where nobody reads the output; whoever only prints ends quietly."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from atomic_files import read_json
from execution.unread import UNREAD
from tests.waiting import until

SMALL = ("--suite", "minimal", "--seeds", "1", "--max-train-samples", "64", "--max-eval-samples", "8")
RUN = ("run_experiments.py", "--mode", "run", *SMALL, "--num-train-epochs", "1")
FULL = Path("/dev/full")
NOBODY = f"nobody reads the output any more; {UNREAD}\n"
NO_ROOM = "the output cannot be written: No space left on device"
Into = Callable[..., tuple[int, str]]

needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
unbuffered = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])

IMPORTS = """
import os, pathlib, sys
sys.path.insert(0, {root!r})
from errors import ResourceError
from execution.unread import UNREAD, going_on_unread
"""

WORK = """
from rich.console import Console
with going_on_unread(UNREAD):
    for _ in range(3):
        print("a line", flush=True)
        Console(file=sys.stdout).print("another")
        print("a note", file=sys.stderr)
pathlib.Path("done").write_text("all of it")
"""

BEFORE = """
print("still in a buffer")
with going_on_unread(UNREAD):
    print("a line", flush=True)
"""

BROKEN_OFF = """
kept = sys.stdout, sys.stderr
try:
    with going_on_unread():
        print("in a buffer")
        print("in another", end="", file=sys.stderr)
        raise KeyboardInterrupt
except KeyboardInterrupt as error:
    assert error.__context__ is None, error.__context__
assert (sys.stdout, sys.stderr) == kept
"""

SLOW = """
with going_on_unread(UNREAD):
    print("out", end="")
    print("beside", end="", file=sys.stderr)
    sys.stdin.read()
"""

DISK_FAILS = """
import errno, io
from execution import unread
# A disk that fails cannot be had.
class FailingDisk(io.FileIO):
    def write(self, data):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
unread._Lasting.__bases__ = (FailingDisk,)
try:
    with going_on_unread():
        print("the plan")
except ResourceError as error:
    print(error, file=sys.stderr)
"""

MUCH = """
with going_on_unread(UNREAD):
    print("x" * (1 << 20))
"""


def _unread(
    root: Path, tmp_path: Path, words: Sequence[str], unbuffered: str = "", errors: int = subprocess.PIPE
) -> tuple[int, str]:
    """Run a command into a pipe that nobody reads any more; return its status and what it said beside it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return _into(root, tmp_path, words, writer, unbuffered, errors)
    finally:
        os.close(writer)


def _full(
    root: Path, tmp_path: Path, words: Sequence[str], unbuffered: str = "", errors: int = subprocess.PIPE
) -> tuple[int, str]:
    """Run a command onto a disk that is full, likewise."""
    with FULL.open("w") as full:
        return _into(root, tmp_path, words, full.fileno(), unbuffered, errors)


def _into(
    root: Path, tmp_path: Path, words: Sequence[str], writer: int, unbuffered: str, errors: int
) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(root / words[0]), *words[1:]],
        cwd=tmp_path,
        stdout=writer,
        stderr=errors,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    return done.returncode, done.stderr or ""


def _program(root: Path, tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "program.py").write_text(IMPORTS.format(root=str(root)) + text)
    return ["program.py"]


@unbuffered
@pytest.mark.parametrize("words", [("run_experiments.py", "--help"), (*RUN, "--dry-run"), ("run.py", "--help")])
def test_what_is_only_printed_ends_quietly(words: Sequence[str], unbuffered: str, root: Path, tmp_path: Path) -> None:
    assert _unread(root, tmp_path, words, unbuffered) == (0, "")


@unbuffered
@pytest.mark.parametrize(
    ("into", "told"), [(_unread, NOBODY), pytest.param(_full, f"{NO_ROOM}; {UNREAD}\n", marks=needs_full)]
)
def test_work_goes_on_and_says_so_once(into: Into, told: str, unbuffered: str, root: Path, tmp_path: Path) -> None:
    words = _program(root, tmp_path, WORK)
    assert into(tmp_path, tmp_path, words, unbuffered) == (0, told + "a note\n" * 3)
    assert into(tmp_path, tmp_path, words, unbuffered, subprocess.STDOUT) == (0, "")
    assert (tmp_path / "done").read_text() == "all of it"


@unbuffered
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", pytest.param("2> /dev/full", marks=needs_full)])
def test_work_goes_on_where_an_output_is_closed(closed: str, unbuffered: str, root: Path, tmp_path: Path) -> None:
    words = _program(root, tmp_path, WORK)
    shell = f'exec "{sys.executable}" {words[0]} {closed}'
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "a note\n" * 3 if closed == ">&-" else "")
    assert (tmp_path / "done").read_text() == "all of it"


def test_what_was_printed_before_ends_nothing_either(root: Path, tmp_path: Path) -> None:
    assert _unread(tmp_path, tmp_path, _program(root, tmp_path, BEFORE)) == (0, NOBODY)


@needs_full
@unbuffered
@pytest.mark.parametrize("words", [("run_experiments.py", "--help"), (*RUN, "--dry-run"), ("run.py", "--help")])
def test_a_full_disk_is_an_error_of_what_is_only_printed(
    words: Sequence[str], unbuffered: str, root: Path, tmp_path: Path
) -> None:
    status, errors = _full(root, tmp_path, words, unbuffered)
    assert (status, errors.count("\n")) == (2, 1)
    assert errors.startswith(f"error: {NO_ROOM}; ")


@needs_full
def test_what_broke_off_the_block_is_what_comes_out_of_it(root: Path, tmp_path: Path) -> None:
    words = _program(root, tmp_path, BROKEN_OFF)
    assert _full(tmp_path, tmp_path, words) == (0, "in another")
    assert _full(tmp_path, tmp_path, words, errors=subprocess.STDOUT) == (0, "")


def test_without_a_buffer_every_word_comes_at_once(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, *_program(root, tmp_path, SLOW)]
    out, beside = tmp_path / "out", tmp_path / "beside"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with out.open("w") as stdout, beside.open("w") as stderr:
        streams = {"stdin": subprocess.PIPE, "stdout": stdout, "stderr": stderr}
        with subprocess.Popen(command, cwd=tmp_path, env=environment, **streams) as process:  # type: ignore[call-overload]
            try:
                until(lambda: (out.read_text(), beside.read_text()) == ("out", "beside"), patience_s=60)
                assert process.poll() is None
            finally:
                process.communicate()


@unbuffered
def test_a_reader_that_is_slow_gets_everything(unbuffered: str, root: Path, tmp_path: Path) -> None:
    command = [sys.executable, *_program(root, tmp_path, MUCH)]
    reader, writer = os.pipe()
    # So programs leave it that share a pipe with this one.
    os.set_blocking(writer, False)
    with subprocess.Popen(command, cwd=tmp_path, stdout=writer, env={**os.environ, "PYTHONUNBUFFERED": unbuffered}):
        os.close(writer)
        with open(reader, "rb") as pipe:  # noqa: PTH123
            assert len(pipe.read()) == len("\n") + (1 << 20)


def test_a_disk_that_fails_is_no_reader_that_is_gone(root: Path, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        words = _program(root, tmp_path, DISK_FAILS)
        _, errors = _into(tmp_path, tmp_path, words, file.fileno(), "", subprocess.PIPE)
    assert errors.startswith("the output cannot be written: Input/output error; ")


def test_a_terminal_that_was_closed_is_a_reader_that_is_gone(root: Path, tmp_path: Path) -> None:
    words = _program(root, tmp_path, WORK)
    terminal, ours = pty.openpty()
    os.close(terminal)
    try:
        assert _into(tmp_path, tmp_path, words, ours, "", subprocess.PIPE) == (0, NOBODY + "a note\n" * 3)
    finally:
        os.close(ours)
    assert (tmp_path / "done").read_text() == "all of it"


@needs_full
@pytest.mark.long
def test_one_model_is_trained_to_its_end_whoever_reads(root: Path, tmp_path: Path) -> None:
    words = ("run.py", "--do_train", "--max_train_samples", "64", "--num_train_epochs", "1", "--output_dir")
    for into in (_unread, _full):
        made = tmp_path / into.__name__
        assert into(root, tmp_path, (*words, str(made)), "1", subprocess.STDOUT) == (0, "")
        assert (made / "model.safetensors").exists()


@needs_full
@pytest.mark.long
def test_a_suite_is_trained_to_its_end_whoever_reads(root: Path, tmp_path: Path) -> None:
    assert _unread(root, tmp_path, RUN) == (0, NOBODY)
    results = [read_json(path) for path in tmp_path.glob("experiments/*_seed1_*/results.json")]
    assert [each["success"] for each in results] == [True, True]
    assert _unread(root, tmp_path, ("experiment_cli.py", "reproduce", "baseline_seed1")) == (0, NOBODY)
    assert len(list(tmp_path.glob("experiments/reproduced/*/*/results.json"))) == 1
    assert _full(root, tmp_path, (*RUN, "--experiments-dir", "full"), "1", subprocess.STDOUT) == (0, "")
    assert len(list(tmp_path.glob("full/*_seed1_*/results.json"))) == 2


@pytest.mark.long
def test_a_worker_works_on_whoever_reads(root: Path, tmp_path: Path) -> None:
    assert _unread(root, tmp_path, (*RUN, "--enqueue")) == (0, "")
    assert _unread(root, tmp_path, ("experiment_cli.py", "work")) == (0, NOBODY)
    assert len(list(tmp_path.glob("experiments/*_seed1_*/results.json"))) == 2
