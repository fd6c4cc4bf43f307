#!/usr/bin/env python
"""Find experiments again, compare them, export and delete them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from errors import AssayError

if TYPE_CHECKING:
    import typer

_EPILOG = """
Exit status: 0 done, 1 the answer is no (nothing found, something differs), 2 a mistake in the command or the data,
130 interrupted.

Words: an experiment is one configuration with one seed. An attempt is one process that worked on it; one that was
interrupted and taken up again has two. A variant is what is tried, seed aside: the strategy, else the name without its
seed. Experiments of a group are repetitions: their configurations differ in seeds, names and places of output alone.
"""

_COMMANDS = {
    "abtest": "experiment_commands.abtest:abtest",
    "compare": "experiment_commands.compare:compare",
    "curves": "experiment_commands.curves:curves",
    "delete": "experiment_commands.delete:delete",
    "export": "experiment_commands.export:export",
    "gc": "experiment_commands.gc:gc",
    "import": "experiment_commands.import_:import_",
    "importance": "experiment_commands.importance:importance",
    "leaderboard": "experiment_commands.leaderboard:leaderboard",
    "list": "experiment_commands.list:list_experiments",
    "migrate": "experiment_commands.migrate:migrate",
    "note": "experiment_commands.note:note",
    "rebuild": "experiment_commands.rebuild:rebuild",
    "reproduce": "experiment_commands.reproduce:reproduce",
    "show": "experiment_commands.show:show",
    "significance": "experiment_commands.significance:significance",
    "stats": "experiment_commands.stats:stats",
    "status": "experiment_commands.status:status",
    "tag": "experiment_commands.tag:tag",
    "work": "experiment_commands.work:work",
}
"""Each command's function; one that is not asked for is not loaded, which halves the time that a command takes."""

_GROUPS = {"queue": "experiment_commands.queueing.app:create_queue_app"}
"""What makes the commands that stand together under one name."""


def create_app(arguments: Sequence[str]) -> typer.Typer:
    """Return the program with the command that ``arguments`` begin with, or with all where they name none."""
    import typer

    app = typer.Typer(
        name="experiment_cli.py",
        help=__doc__,
        epilog=_EPILOG,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)
    known = [*_COMMANDS, *_GROUPS]
    chosen = arguments[0] if arguments and arguments[0] in known else None
    for name in [chosen] if chosen else sorted(known):
        module, _, function = (_COMMANDS.get(name) or _GROUPS[name]).partition(":")
        made = getattr(import_module(module), function)
        if name in _GROUPS:
            app.add_typer(made(), name=name)
        else:
            app.command(name)(made)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    # What loads leaves no garbage, and looking for it is a tenth of a short command's time.
    gc.disable()
    try:
        from experiment_commands.output import run_command

        return run_command(lambda: _run(arguments))
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if (Path(__file__).parent / package).exists():
            raise
        remedy = "activate the environment it was installed in, or: pip install -r requirements.txt"
        print(f"error: the package {package} is missing from {sys.executable}; {remedy}", file=sys.stderr)
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    import typer

    try:
        given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
        app = create_app(given)
        gc.freeze()
        gc.enable()
        status = app(args=given, standalone_mode=False)
        return status if isinstance(status, int) else 0
    except AssayError as error:
        from experiment_commands.output import remark

        remark(f"error: {error}")
        return 2
    except typer.TyperException as error:
        from experiment_commands.mistakes import mistake

        print(f"error: {mistake(error)}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("\ninterrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
