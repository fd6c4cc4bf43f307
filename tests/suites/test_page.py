"""The examples of docs/suites.md work as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from experiment_cli import _COMMANDS
from experiment_config import ExperimentConfig
from suite_flags import create_parser
from suites import SUITES, SuiteOptions, create_suite


def _blocks(root: Path, language: str) -> list[str]:
    page = (root / "docs" / "suites.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_the_suite_of_ones_own_runs(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "my_suite.py"
    path.write_text(_blocks(root, "python")[0])
    made = create_suite(str(path), SuiteOptions(seeds=(1,)))
    assert [config.strategy_name for config in made] == ["baseline", "cartography_filter+label_smoothing"]


def test_the_configuration_is_the_one_of_the_suite(root: Path) -> None:
    written = ExperimentConfig.from_mapping(json.loads(_blocks(root, "json")[0]))
    assert written in create_suite("minimal", SuiteOptions(seeds=(42,)))


def test_the_commands_parse_and_the_page_names_every_flag_and_suite(root: Path) -> None:
    page = (root / "docs" / "suites.md").read_text(encoding="utf-8")
    commands = "\n".join(_blocks(root, "bash")).replace("\\\n", " ").splitlines()
    for command in filter(None, commands):
        program, *arguments = shlex.split(command, comments=True)[1:]
        if program == "experiment_cli.py":
            assert arguments[0] in _COMMANDS
        else:
            create_parser().parse_args(arguments)
    flags = {option for action in create_parser()._actions for option in action.option_strings} - {"-h", "--help"}
    assert all(f"`{flag}" in page for flag in flags), [flag for flag in flags if f"`{flag}" not in page]
    assert all(f"| `{name}` |" in page for name in SUITES)
