"""``export``: experiments in one file, for other programs or another store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO

import typer

from atomic_files import atomic_path
from errors import ConfigError
from experiment_commands.choosing import SomeIds, Where, chosen_pages
from experiment_commands.options import Db
from experiment_commands.output import remark
from tracking.reading.local_backend import LocalBackend

__all__ = ["Format", "export"]


class Format(StrEnum):
    """What an export looks like."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


Output = Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to; - means standard output.")]
Form = Annotated[
    Format | None,
    typer.Option("--format", help="json: everything; csv, parquet: a row each (default: by the file's ending)."),
]
NoSamples = Annotated[bool, typer.Option("--no-samples", help="JSON without evaluations' results per sample.")]


def export(
    ids: SomeIds = None,
    output: Output = "-",
    where: Where = None,
    form: Form = None,
    no_samples: NoSamples = False,
    db: Db = None,
) -> int:
    """Write experiments to a file, as JSON, CSV or Parquet.

    Those named, those that a query finds, or all.

    JSON holds everything but checkpoints and other files, and `import` makes experiments of it again. CSV and Parquet
    are tables with one row an experiment and its parameters, final metrics and evaluations as columns. In CSV, text
    that a spreadsheet would take for a formula begins with an apostrophe.

    Exit status: 1 if nothing was found; then no file is written.

    \b
    Examples:
      python experiment_cli.py export -o everything.json
      python experiment_cli.py export --where "status = completed" -o results.csv
      python experiment_cli.py export baseline_seed42 | jq '.experiments[0].metrics'
    """
    backend = LocalBackend(db)
    chosen = form or _by_ending(output)
    if chosen is Format.PARQUET and output == "-":
        raise ConfigError("parquet needs a file; name one with --output")
    if output != "-" and not ids and not backend.count(where):
        remark(f"nothing found; {output} was not written")
        return 1
    with _destination(output) as path:
        count = _write(backend, ids, where, chosen, path, with_samples=not no_samples)
    if output != "-":
        print(f"{count} experiment{'' if count == 1 else 's'} in {output}")
    return 0 if count else 1


def _by_ending(output: str) -> Format:
    ending = Path(output).suffix.removeprefix(".").lower()
    if output == "-" or not ending:
        return Format.JSON
    if ending not in tuple(Format):
        raise ConfigError(f"{output}: a name that ends in .json, .csv or .parquet says what to write; or add --format")
    return Format(ending)


@contextmanager
def _destination(output: str) -> Iterator[Path | None]:
    if output == "-":
        yield None
        return
    file = Path(output)
    if file.is_dir():
        raise ConfigError(f"{output}: a folder; name a file in it, such as {file / 'experiments.json'}")
    if not file.parent.is_dir():
        raise ConfigError(f"{file.parent}: no such folder; make it first")
    with atomic_path(file) as path:
        yield path


def _write(
    backend: LocalBackend, ids: SomeIds, where: Where, form: Format, path: Path | None, *, with_samples: bool
) -> int:
    from tracking.upkeep.exchange.export import write_experiments
    from tracking.upkeep.exchange.tables import write_csv, write_parquet

    if form is Format.PARQUET:
        assert path is not None
        return write_parquet(lambda: chosen_pages(backend, ids, where), path)
    with _text(path) as out:
        if form is Format.CSV:
            return write_csv(lambda: chosen_pages(backend, ids, where), out)
        pages = chosen_pages(backend, ids, where, params=(), metrics=())
        return write_experiments(
            backend.database, ([each.id for each in page] for page in pages), out, with_samples=with_samples
        )


@contextmanager
def _text(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    with path.open("w", encoding="utf-8", newline="") as out:
        yield out
