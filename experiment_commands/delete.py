"""``delete``: remove experiments, from the store and from the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from errors import ConfigError
from experiment_commands.choosing import SomeIds, Where, chosen_pages
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table
from experiment_commands.sizes import size
from tracking.folders.disk import disk_usage
from tracking.reading.local_backend import LocalBackend
from tracking.store.vacuum import vacuum
from tracking.upkeep.deletion import Deletion, delete_experiment, plan_deletion

__all__ = ["delete"]

Confirm = Annotated[bool, typer.Option("--confirm", help="Do it; without this it is only said what would go.")]
Checkpoints = Annotated[bool, typer.Option("--checkpoints", help="Also checkpoints and trained models.")]
Force = Annotated[bool, typer.Option("--force", help="Also experiments that run, or may run elsewhere.")]
RowsOnly = Annotated[
    bool, typer.Option("--rows-only", help="Only from the store; a rebuild takes the folder in again.")
]
Vacuum = Annotated[bool, typer.Option("--vacuum", help="Shrink an SQLite store's file afterwards, as gc does.")]


def delete(
    ids: SomeIds = None,
    where: Where = None,
    confirm: Confirm = False,
    checkpoints: Checkpoints = False,
    force: Force = False,
    rows_only: RowsOnly = False,
    vacuum_after: Vacuum = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """Delete experiments: say what would go, do it with --confirm.

    An experiment's rows and its whole folder go, except for checkpoints and trained models: they stay where they are,
    and no longer count as an experiment. With --checkpoints they go too; `gc --deleted` frees what stayed. Files
    outside of the folder, such as checkpoints that a script saved elsewhere, are named and never touched, and links are
    removed but not followed.

    \b
    Examples:
      python experiment_cli.py delete a1b2c3
      python experiment_cli.py delete a1b2c3 --confirm
      python experiment_cli.py delete --where "status = failed" --checkpoints --confirm
    """
    if not ids and where is None:
        raise ConfigError("name experiments, or give a filter with --where")
    backend = LocalBackend(db)
    records = [record for page in chosen_pages(backend, ids, where, params=(), metrics=()) for record in page]
    plan = plan_deletion(backend.database, records, checkpoints=checkpoints, force=force, rows_only=rows_only)
    if as_json:
        print_json({"deleted": confirm, "experiments": [_as_json(each) for each in plan]})
    else:
        _print_plan(plan)
    if not plan:
        return 1
    if not confirm:
        if not as_json:
            print("Nothing was deleted; add --confirm to do it.")
        return 0
    for deletion in plan:
        delete_experiment(backend.database, deletion)
    if vacuum_after:
        vacuum(backend.database)
    if not as_json:
        print(f"Deleted {len(plan)}.")
    return 0


def _as_json(deletion: Deletion) -> dict[str, Any]:
    return {
        "id": deletion.id,
        "name": deletion.name,
        "status": str(deletion.status),
        "folder": deletion.folder,
        "frees_bytes": deletion.freed_bytes,
        "keeps": [str(path) for path in deletion.kept],
        "keeps_bytes": deletion.kept_bytes,
        "outside": [str(path) for path in deletion.outside],
        "outside_bytes": deletion.outside_bytes,
    }


def _print_plan(plan: Sequence[Deletion]) -> None:
    rows = [[each.id, each.name, str(each.status), size(each.freed_bytes), _kept(each)] for each in plan]
    print_table(["id", "name", "status", "frees", "stays"], rows, right=["frees"])
    freed, kept = sum(each.freed_bytes for each in plan), sum(each.kept_bytes for each in plan)
    parents = sorted({str(each.folder.parent) for each in plan if each.folder is not None})
    where = f" below {', '.join(parents)}" if parents else ", rows of the store only"
    print(f"\n{len(plan)} experiment{'' if len(plan) == 1 else 's'}, {size(freed)}{where}")
    if kept:
        print(f"{size(kept)} of checkpoints and models stay; with --checkpoints they go too")
    outside = sorted({path for each in plan for path in each.outside})
    if outside:
        print("outside of the folders, and so never touched, lie what the experiments recorded as theirs:")
        for path in outside:
            print(f"  {path}  ({size(disk_usage([path]))})")


def _kept(deletion: Deletion) -> str:
    if deletion.folder is None or not deletion.kept:
        return ""
    names = [str(path.relative_to(deletion.folder)) for path in deletion.kept[:2]]
    return f"{', '.join(names)}{', …' if len(deletion.kept) > 2 else ''} ({size(deletion.kept_bytes)})"
