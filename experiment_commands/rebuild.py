"""``rebuild``: make the store from the folders, which are the truth."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from errors import DataError
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, warn
from tracking.indexing.rebuild import RebuildReport, known_roots
from tracking.indexing.rebuild import rebuild as rebuild_store
from tracking.store.database import Database

__all__ = ["rebuild"]

Folders = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FOLDER", help="Folders of experiments (default: all that the store knows)."),
]


def rebuild(folders: Folders = None, db: Db = None, as_json: Json = False) -> int:
    """Make the store anew from experiments' folders.

    Takes in every experiment at any depth below the folders, also those that were copied from another machine, and
    forgets those whose folder is gone. Doing it twice does no harm, and neither does doing it while something runs.

    Exit status: 1 if a folder could not be read; it is named, and all others are taken in.

    \b
    Examples:
      python experiment_cli.py rebuild
      python experiment_cli.py rebuild experiments /mnt/cluster/experiments
    """
    database = Database.open(db)
    roots = folders or [root for root in known_roots(database) if root.is_dir()]
    if not roots:
        raise DataError("the store knows no folders; name one: python experiment_cli.py rebuild FOLDER")
    with _progress() as report_progress:
        report = rebuild_store(database, roots, report_progress)
    if as_json:
        print_json({"folders": [str(root) for root in roots], **report._asdict()})
    else:
        _print_report(report)
    return 1 if report.problems else 0


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar where somebody looks at the error output."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading folders", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_report(report: RebuildReport) -> None:
    for problem in report.problems:
        warn(problem)
    print(
        f"{report.experiments} experiments with {report.points} new metric points taken in, "
        f"{report.removed} forgotten whose folder is gone, {len(report.problems)} unreadable"
    )
