"""``import``: take in what ``export`` wrote, here or on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiment_commands.options import Db
from experiment_commands.output import warn
from experiment_commands.progress import progress_bar
from tracking.store.database import Database

__all__ = ["import_"]

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON files that export wrote.")]
Into = Annotated[
    Path | None,
    typer.Option(
        "--experiments-dir",
        metavar="FOLDER",
        help="Where new experiments get their folders (default: experiments/ beside the store's file).",
        show_default=False,
    ),
]


def import_(files: Files, experiments_dir: Into = None, db: Db = None) -> int:
    """Import experiments that export wrote.

    Each gets a folder again. Importing the same file again changes nothing. An experiment that is here already is
    brought up to date where the file knows more; notes and tags of both sides are kept. All files are checked before
    anything is written.

    \b
    Examples:
      python experiment_cli.py import everything.json
      python experiment_cli.py import from_cluster.json --experiments-dir experiments/cluster
    """
    from tracking.upkeep.exchange.taking_in import import_experiments

    database = Database.open(db)
    with progress_bar("importing") as report_progress:
        report = import_experiments(database, files, experiments_dir or database.experiments_dir, report_progress)
    for reason in report.skipped:
        warn(f"skipped: {reason}")
    print(f"{report.added} new, {report.updated} updated, {report.unchanged} unchanged, {len(report.skipped)} skipped")
    return 0
