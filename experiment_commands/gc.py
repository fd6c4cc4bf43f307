"""``gc``: free what nobody needs any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from analysis.wording import counted
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table, remark
from experiment_commands.sizes import size
from tracking.folders.disk import disk_usage
from tracking.store.database import Database
from tracking.store.vacuum import free_bytes, vacuum
from tracking.upkeep.garbage import Garbage, checkpoints_elsewhere, find_garbage

__all__ = ["gc"]

_SHOWN = 3

Confirm = Annotated[bool, typer.Option("--confirm", help="Do it; without this it is only said what would go.")]
KeepCheckpoints = Annotated[
    int, typer.Option("--keep-checkpoints", metavar="N", min=0, help="Newest checkpoints that each experiment keeps.")
]
OlderThan = Annotated[
    float, typer.Option("--older-than", metavar="DAYS", min=0, help="Age at which broken databases set aside may go.")
]
Deleted = Annotated[
    bool, typer.Option("--deleted", help="Also checkpoints and models that stayed when their experiment was deleted.")
]


def gc(
    confirm: Confirm = False,
    keep_checkpoints: KeepCheckpoints = 1,
    older_than: OlderThan = 7,
    deleted: Deleted = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Free what nobody needs: say what, do it with --confirm.

    These are: checkpoints of completed experiments but the newest, half-written files older than a day, broken
    databases that were set aside, rows whose folder is gone, entries that no experiment uses any more, free pages
    of an SQLite file, and with --deleted the checkpoints and models that `delete` left. Checkpoints of experiments that
    did not complete stay: such an experiment can be taken up again. Checkpoints that lie outside of the experiment's
    folder are counted, and never removed.

    \b
    Examples:
      python experiment_cli.py gc
      python experiment_cli.py gc --keep-checkpoints 0 --confirm
    """
    database = Database.open(db, create=False)
    found = list(find_garbage(database, keep_checkpoints=keep_checkpoints, older_than_days=older_than, deleted=deleted))
    elsewhere = checkpoints_elsewhere(database)
    if as_json:
        entries = [{"kind": each.kind, "what": each.what, "frees_bytes": each.frees_bytes} for each in found]
        print_json({"freed": confirm, "garbage": entries, "outside": [str(path) for path in elsewhere]})
    else:
        _print_found(found)
        _print_elsewhere(elsewhere)
    if not confirm:
        if found and not as_json:
            print("Nothing was removed; add --confirm to do it.")
        return 0
    for each in found:
        each.remove()
    if free_bytes(database):
        # What was just removed from the tables.
        vacuum(database)
    if found and not as_json:
        print(f"Freed {size(sum(each.frees_bytes for each in found))}.")
    return 0


def _print_elsewhere(paths: Sequence[Path]) -> None:
    if paths:
        folders = sorted({str(path.parent) for path in paths})
        more = f" and {len(folders) - _SHOWN} more" if len(folders) > _SHOWN else ""
        remark(
            f"{counted(len(paths), 'checkpoint')} ({size(disk_usage(paths))}) outside of the experiments' folders "
            f"left alone: in {', '.join(folders[:_SHOWN])}{more}"
        )


def _print_found(found: Sequence[Garbage]) -> None:
    if not found:
        print("nothing to free")
        return
    print_table(
        ["kind", "what", "frees"], [[each.kind, each.what, size(each.frees_bytes)] for each in found], ["frees"]
    )
    sizes = Counter[str]()
    for each in found:
        sizes[each.kind] += each.frees_bytes
    print()
    for kind, number in sizes.most_common():
        print(f"{size(number):>8}  {kind}")
    print(f"{size(sizes.total()):>8}  together")
