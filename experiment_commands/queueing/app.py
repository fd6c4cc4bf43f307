"""``queue``: the commands of the queue under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import typer

from experiment_commands.options import Db, Json
from experiment_commands.queueing.adding import add
from experiment_commands.queueing.changing import cancel, hold, move, priority, release
from experiment_commands.queueing.listing import list_queue

__all__ = ["create_queue_app"]


def create_queue_app() -> typer.Typer:
    """Return the commands of the queue; without one of them the queue is listed."""
    app = typer.Typer(help=_queue.__doc__, rich_markup_mode=None, invoke_without_command=True)
    app.callback()(_queue)
    for name, command in _COMMANDS.items():
        app.command(name)(command)
    return app


def _queue(context: typer.Context, db: Db = None, as_json: Json = False) -> int:
    """Say what is to be done, in which order; without a command: list it.

    What waits here is done by `experiment_cli.py work`, on any machine that reaches the store.

    \b
    Examples:
      python experiment_cli.py queue
      python experiment_cli.py queue add experiments/*/config.json
      python experiment_cli.py queue cancel baseline_seed42
    """
    if context.invoked_subcommand is None:
        return list_queue(db=db, as_json=as_json)
    return 0


_COMMANDS: Mapping[str, Callable[..., int]] = {
    "add": add,
    "list": list_queue,
    "hold": hold,
    "release": release,
    "cancel": cancel,
    "move": move,
    "priority": priority,
}
