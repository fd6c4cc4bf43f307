"""``note``: write down what one learnt from an experiment."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from experiment_commands.options import Db, Ids
from tracking.reading.local_backend import LocalBackend
from tracking.upkeep.annotations import add_note

__all__ = ["note"]

Text = Annotated[str, typer.Argument(metavar="TEXT", help="The note, in quotes; - reads it from standard input.")]


def note(ids: Ids, text: Text, db: Db = None) -> int:
    """Add a note to experiments. Notes are kept in the experiment's folder.

    \b
    Examples:
      python experiment_cli.py note a1b2c3 "diverged at step 400: learning rate too high"
      python experiment_cli.py note baseline_seed42 baseline_seed43 "trained on the old split"
      git show --stat | python experiment_cli.py note a1b2c3 -
    """
    backend = LocalBackend(db)
    chosen = list(dict.fromkeys(backend.resolve(each) for each in ids))
    add_note(backend.database, chosen, sys.stdin.read() if text == "-" else text)
    print(f"noted in {', '.join(chosen)}")
    return 0
