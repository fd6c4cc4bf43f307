#!/usr/bin/env python
"""Look after experiments: find them again, compare them, export and delete them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from errors import AssayError
from experiment_commands.compare import compare
from experiment_commands.curves import curves
from experiment_commands.delete import delete
from experiment_commands.export import export
from experiment_commands.gc import gc
from experiment_commands.import_ import import_
from experiment_commands.list import list_experiments
from experiment_commands.migrate import migrate
from experiment_commands.note import note
from experiment_commands.output import run_command
from experiment_commands.rebuild import rebuild
from experiment_commands.stats import stats
from experiment_commands.status import status
from experiment_commands.tag import tag

_EXAMPLES = """
Exit status: 0 done, 1 the answer is no (nothing found, something differs), 2 a mistake in the command or the data,
130 interrupted.
"""

app = typer.Typer(
    name="experiment_cli.py",
    help=__doc__,
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("compare")(compare)
app.command("curves")(curves)
app.command("delete")(delete)
app.command("export")(export)
app.command("gc")(gc)
app.command("import")(import_)
app.command("list")(list_experiments)
app.command("migrate")(migrate)
app.command("note")(note)
app.command("rebuild")(rebuild)
app.command("stats")(stats)
app.command("status")(status)
app.command("tag")(tag)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    return run_command(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        status = app(args=None if arguments is None else list(arguments), standalone_mode=False)
        return status if isinstance(status, int) else 0
    except AssayError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except typer.TyperException as error:
        print(f"error: {error.format_message().rstrip('.')}; see --help", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        print("\ninterrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
