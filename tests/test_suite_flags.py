"""What --help says of defaults is what happens."""

from __future__ import annotations

import re

import pytest

from errors import ConfigError
from execution.options import ExecutorOptions
from experiment_config import TrainingConfig
from jobs import Resources
from run import _given_flags
from run_experiments import _experiments
from run_flags import request_from_flags
from suite_flags import create_parser
from validated import field_names


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


def test_every_field_of_training_has_a_flag_of_both_commands() -> None:
    fields = set(field_names(TrainingConfig)) - {"arguments"}
    of_suite = {action.dest for action in create_parser()._actions}
    # Each seed of a suite is a run.
    assert (fields - {"seed"}) | {"seeds", "arguments"} <= of_suite
    values = {"num_train_epochs": "3", "group_by_length": "false", "budget": "steps"}
    for field in sorted(fields):
        given = _given_flags(["--do_train", f"--{field}", values.get(field, "0" if field != "max_length" else "16")])
        assert list(given) == ["do_train", field]


def test_every_flag_says_something() -> None:
    silent = [
        each.option_strings[-1] for each in create_parser()._actions if not re.sub(r"\(.*\)", "", each.help or "")
    ]
    assert not silent


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (("--warmup-ratio", "0.25"), "warmup_ratio", 0.25),
        (("--weight-decay", "0.1"), "weight_decay", 0.1),
        (("--doc-stride", "16"), "doc_stride", 16),
        (("--per-device-eval-batch-size", "8"), "per_device_eval_batch_size", 8),
        (("--no-group-by-length",), "group_by_length", False),
    ],
)
def test_flags_of_training_reach_the_experiments(words: tuple[str, ...], field: str, value: object) -> None:
    flags = create_parser().parse_args(["--mode", "run", "--seeds", "1", *words])
    assert {getattr(each.training, field) for each in _experiments(flags)} == {value}
    name = words[0].removeprefix("--no-").removeprefix("--").replace("-", "_")
    by_hand = request_from_flags({"do_train": True, name: value})
    assert getattr(by_hand.config.training, field) == value


def test_an_impossible_value_is_told_by_its_flag() -> None:
    flags = create_parser().parse_args(["--mode", "run", "--warmup-ratio", "1.5"])
    with pytest.raises(ConfigError, match=r"^--warmup-ratio: input should be less than 1"):
        _experiments(flags)
    with pytest.raises(ConfigError, match=r"^--warmup_ratio: input should be less than 1"):
        request_from_flags({"do_train": True, "warmup_ratio": 1.5})
    flags = create_parser().parse_args(["--mode", "run", "--warmup-ratio", "0.2", "--arguments", "warmup_steps=9"])
    with pytest.raises(ConfigError, match="warmup_steps would replace warmup_ratio; give one of them"):
        _experiments(flags)
