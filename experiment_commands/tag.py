"""``tag``: mark experiments with words by which they are found again."""

from __future__ import annotations

from typing import Annotated

import typer

from experiment_commands.options import Db, Ids, Json
from experiment_commands.output import print_json
from tracking.reading.local_backend import LocalBackend
from tracking.upkeep.annotations import change_tags

__all__ = ["tag"]

Add = Annotated[list[str] | None, typer.Option("--add", "-a", metavar="TAG", help="Add a tag; may be repeated.")]
Remove = Annotated[list[str] | None, typer.Option("--remove", "-r", metavar="TAG", help="Remove a tag; also repeated.")]


def tag(ids: Ids, add: Add = None, remove: Remove = None, db: Db = None, as_json: Json = False) -> int:
    """Add tags to experiments or remove them.

    Prints the tags that they have then.

    \b
    Examples:
      python experiment_cli.py tag a1b2c3 --add paper --add table2
      python experiment_cli.py tag baseline_seed42 baseline_seed43 -a checked -r draft
      python experiment_cli.py list --tag paper
    """
    backend = LocalBackend(db)
    chosen = list(dict.fromkeys(backend.resolve(each) for each in ids))
    if add or remove:
        change_tags(backend.database, chosen, add or (), remove or ())
    tags = {each: list(backend.get_experiment(each).record.tags) for each in chosen}
    if as_json:
        print_json(tags)
    else:
        for name, values in tags.items():
            print(f"{name}  {', '.join(values) or '(no tags)'}")
    return 0
