"""Which experiments a command is about: those named, or those that a query finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from errors import ConfigError
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord

__all__ = ["SomeIds", "Where", "chosen_pages"]

SomeIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Experiments: ids, unique parts of them, or names.", show_default=False),
]
Where = Annotated[
    str | None,
    typer.Option("--where", "-w", metavar="FILTER", help="A filter instead of ids; see list --help."),
]

_PAGE = 200


def chosen_pages(
    backend: LocalBackend,
    ids: Sequence[str] | None,
    where: str | None,
    *,
    params: Sequence[str] | None = None,
    metrics: Sequence[str] | None = None,
) -> Iterator[list[ExperimentRecord]]:
    """Yield the named experiments, or those that ``where`` finds (None: all), a list of them at a time.

    Raises:
        ConfigError: both are given, or the query makes no sense.
        DataError: an id that names none or several.
    """
    if ids and where is not None:
        raise ConfigError("give ids or --where, not both")
    if not ids:
        yield from backend.pages(where, params=params, metrics=metrics)
        return
    known = list(dict.fromkeys(backend.resolve(each) for each in ids))
    for start in range(0, len(known), _PAGE):
        yield [backend.get_experiment(each).record for each in known[start : start + _PAGE]]
