"""``show``: everything about one experiment."""

from __future__ import annotations

import dataclasses
import time
from typing import Annotated

import typer

from errors import ConfigError
from experiment_commands.description import describe
from experiment_commands.options import Db, Json, OneId
from experiment_commands.output import console, print_json, print_section, remark
from terminal.text import printable
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentDetails

__all__ = ["show"]

_POINTS_OF_A_CURVE = 240
_MAX_ROWS = 60

Tree = Annotated[bool, typer.Option("--tree", help="Show the configuration nested instead of with dotted names.")]
All = Annotated[bool, typer.Option("--all", help=f"Show more than {_MAX_ROWS} parameters, metrics or artifacts.")]
Diff = Annotated[bool, typer.Option("--diff", help="Print how the code differed from its commit, and nothing else.")]


def show(
    experiment: OneId,
    tree: Tree = False,
    all_rows: All = False,
    diff: Diff = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Show everything about an experiment.

    Its state, attempts, configuration, metrics with their curves, evaluations, artifacts, environment and code.

    \b
    Examples:
      python experiment_cli.py show a1b2c3
      python experiment_cli.py show baseline_seed42 --tree
      python experiment_cli.py show a1b2c3 --json
      python experiment_cli.py show a1b2c3 --diff | git apply
    """
    if diff and as_json:
        raise ConfigError("--diff prints the difference alone; --json has it as well, at code.diff")
    backend = LocalBackend(db)
    details = backend.get_experiment(experiment)
    if diff:
        return _print_diff(details)
    if as_json:
        print_json({**dataclasses.asdict(details), "record": details.record._asdict()})
        return 0
    points = backend.get_metrics(details.record.id, max_points=_POINTS_OF_A_CURVE)
    for section in describe(details, points, time.time(), tree, console().width):
        rows = section.rows if all_rows else section.rows[:_MAX_ROWS]
        print_section(section.title, section.columns, rows, section.right)
        if len(rows) < len(section.rows):
            print(f"… and {len(section.rows) - len(rows)} more; --all shows them")
    failure = next((run.traceback for run in reversed(details.runs) if run.traceback), None)
    if failure and details.record.error:
        print(f"\ntraceback\n{printable(failure.rstrip(), one_line=False)}")
    return 0


def _print_diff(details: ExperimentDetails) -> int:
    diff = details.code.get("diff")
    if not diff:
        remark("no difference is stored" if details.code else "the state of the code is not known")
        return 1
    print(diff, end="" if str(diff).endswith("\n") else "\n")
    return 0
