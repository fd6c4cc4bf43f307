"""``rebuild``: make the store from the folders, which are the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analysis.wording import counted
from errors import DataError
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, warn
from experiment_commands.progress import progress_bar
from tracking.indexing.rebuild import RebuildReport, known_roots
from tracking.indexing.rebuild import rebuild as rebuild_store
from tracking.store.database import Database, database_url

__all__ = ["rebuild"]

Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FOLDER",
        help="Folders of experiments (default: all that the store knows, else experiments/ beside it).",
    ),
]


def rebuild(folders: Folders = None, db: Db = None, as_json: Json = False) -> int:
    """Make the store anew from experiments' folders.

    Reads every experiment at any depth below the folders, also those that were copied from another machine or tracked
    with another store, and removes those from the store whose folder is gone. Doing it twice does no harm, and neither
    does doing it while something runs.

    Exit status: 1 if a folder or a file in it could not be read, or holds a copy of another folder's experiment; it is
    named, and all others are read.

    \b
    Examples:
      python experiment_cli.py rebuild
      python experiment_cli.py rebuild experiments /mnt/cluster/experiments
    """
    for folder in folders or ():
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder")
    beside = Database(database_url(db)).experiments_dir
    # Without anything to read, nothing is made either.
    database = Database.open(db, create=bool(folders) or beside.is_dir())
    roots = folders or _known(database, beside)
    with progress_bar("reading folders") as report_progress:
        report = rebuild_store(database, roots, report_progress)
    if as_json:
        print_json({"folders": [str(root) for root in roots], **report._asdict()})
    else:
        _print_report(report)
    return 1 if report.problems else 0


def _known(database: Database, beside: Path) -> list[Path]:
    roots = [root for root in known_roots(database) if root.is_dir()] or [beside]
    if not roots[0].is_dir():
        raise DataError(
            f"the store knows no folders, and there is no {beside}; name one: python experiment_cli.py rebuild FOLDER"
        )
    return roots


def _print_report(report: RebuildReport) -> None:
    for problem in report.problems:
        warn(problem)
    as_they_were = report.experiments - report.new - report.changed
    print(
        f"{counted(report.experiments, 'experiment')} with {counted(report.points, 'metric point')}: {report.new} new, "
        f"{report.changed} changed, {as_they_were} as before; {report.removed} removed, as their folder is gone; "
        f"{counted(len(report.problems), 'problem')}"
    )
