"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from experiment_commands.completion import complete_benchmark, complete_experiment

__all__ = ["Benchmark", "Db", "Higher", "Ids", "Json", "Lower", "OneId", "Where"]

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="PATH|URL",
        help="The store: a file, or postgresql+psycopg://… (default: $EXPERIMENTS_DB_URL, else experiments.db).",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables.")]
OneId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="An experiment: its id, a unique part of it, or its name.",
        autocompletion=complete_experiment,
    ),
]
Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID...",
        help="Experiments: ids, unique parts of them, or names.",
        autocompletion=complete_experiment,
    ),
]
Where = Annotated[
    str | None,
    typer.Option("--where", "-w", metavar="FILTER", help="Only what fulfils a condition; list --help says how."),
]
Benchmark = Annotated[
    str | None,
    typer.Option(
        "--benchmark", "-b", metavar="NAME", help="Evaluations on this benchmark.", autocompletion=complete_benchmark
    ),
]
Lower = Annotated[list[str] | None, typer.Option(metavar="NAME", help="A metric that is better when smaller.")]
Higher = Annotated[list[str] | None, typer.Option(metavar="NAME", help="A metric that is better when larger.")]
