"""What --help says of defaults is what happens."""

from __future__ import annotations

import re

import pytest

from execution.options import ExecutorOptions
from jobs import Resources
from suite_flags import create_parser


@pytest.mark.parametrize(
    ("flag", "shown", "field", "default"),
    [
        ("--cpus-per-run", "1", "cpus", 1.0),
        # None leaves it to the executor; 0 would be none on purpose.
        ("--gpus-per-run", "a fair share", "gpus", None),
        ("--memory-per-run", None, "memory_gb", 0.0),
        ("--minutes-per-run", None, "minutes", None),
    ],
)
def test_defaults_of_what_a_run_takes(flag: str, shown: str | None, field: str, default: float | None) -> None:
    assert _default_in_help(flag) == shown
    assert getattr(Resources(), field) == default


def test_defaults_of_where_to_run() -> None:
    assert _default_in_help("--executor") == f"{ExecutorOptions().executor}; workers with --workers"
    assert _default_in_help("--gpus") == "free ones"


def test_lists_may_be_given_in_parts() -> None:
    words = ["--mode", "run", "--slurm", "a=1", "b=2", "--slurm", "c=3", "--gpus", "0", "--gpus", "1,2"]
    flags = create_parser().parse_args(words)
    assert (flags.executor_option, flags.gpus) == (["a=1", "b=2", "c=3"], ["0", "1,2"])


def _default_in_help(flag: str) -> str | None:
    action = next(each for each in create_parser()._actions if flag in each.option_strings)
    found = re.search(r"\(default: (.*)\)", action.help or "")
    return found and found[1]
