"""Tables show text and a terminal obeys none of it; they fit its width, and a row is a line where it should be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text

from experiment_commands.output import print_table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x9b", r"\x1b[31mred\x9b"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("a\u202eb\u2028", r"a\u202eb\u2028"),
        ("two\nlines\tof it", r"two\nlines\tof it"),
    ],
)
@pytest.mark.parametrize("cell", [str, Text])
def test_neither_escapes_nor_markup_have_effect(
    cell: type[str | Text], text: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_table(("name", "x"), [(cell(text), "y")])
    assert capsys.readouterr().out.splitlines()[1:] == [f"{shown}  y"]


def test_lines_of_a_note_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_table((), [("notes", "first\nsecond")])
    assert capsys.readouterr().out.splitlines() == ["notes  first", "       second"]


def test_into_a_pipe_nothing_is_shortened_folded_or_padded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("name", "error"), [("n" * 300, "several words " * 30), ("short", "")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("n" * 300)
    assert len(lines) == 3
    assert all(line == line.rstrip() for line in lines)


def test_a_narrow_terminal_shortens_names_and_says_what_it_leaves_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    row = ("label_smoothing_0.4_with_much_more_seed43", "completed", "an error of many words", "82.5")
    print_table(("name", "status", "error", "eval_f1"), [row], ["eval_f1"], one_line=True, spare=("error", "status"))
    output, errors = capsys.readouterr()
    heading, line = output.splitlines()
    assert heading.split() == ["name", "status", "eval_f1"]
    assert line.startswith("label_smo")
    assert "…" in line
    assert "_seed43  completed" in line
    assert len(line) == 50
    assert "left out, as 50 columns have no room: error" in errors


def test_folding_breaks_between_words(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_table(("id", "why"), [("exp_20260301_120000_000000", "the process is gone")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["process", "gone"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("lines", [1, 100_000], ids=["at the end", "on the way"])
def test_a_full_disk_below_the_output_is_one_line(lines: int) -> None:
    done = _print_lines(lines, "> /dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: standard output: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_output_is_written_nowhere(closed: str) -> None:
    done = _print_lines(1, closed)
    assert (done.returncode, done.stderr) == (1, "")


def _print_lines(lines: int, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run a command that prints a table and answers no."""
    code = (
        "import sys\n"
        "from experiment_commands.output import print_table, run_command\n"
        f"rows = [('x',)] * {lines}\n"
        "sys.exit(run_command(lambda: print_table(('name',), rows) or 1))\n"
    )
    shell = f'exec "$0" -c "$1" {redirection}'
    return subprocess.run(["sh", "-c", shell, sys.executable, code], capture_output=True, text=True, check=False)
