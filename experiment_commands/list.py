"""``list``: experiments as a table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from errors import ConfigError
from experiment_commands.columns import Column, default_columns, named_columns, spare_columns
from experiment_commands.completion import complete_status
from experiment_commands.options import Db, Json
from experiment_commands.output import print_json, print_table, remark
from tracking.reading.local_backend import LocalBackend
from tracking.reading.records import ExperimentRecord
from tracking.reading.where import Family

__all__ = ["list_experiments"]

_DEFAULT_LIMIT = 20

Where = Annotated[
    str | None, typer.Option("--where", "-w", metavar="FILTER", help="Only what fulfils a condition, as above.")
]
StatusOption = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        "-s",
        metavar="STATUS",
        help="Only this status; may be repeated.",
        autocompletion=complete_status,
    ),
]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", "-t", metavar="TAG", help="Only with this tag; repeated: with all of them.")
]
Columns = Annotated[
    str | None,
    typer.Option("--columns", "-c", metavar="NAMES", help="Columns, with commas between them.", show_default=False),
]
Sort = Annotated[str, typer.Option("--sort", metavar="NAME", help="Sort by a column; - before it means descending.")]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        "-n",
        metavar="N",
        min=0,
        help="At most so many; 0 means all (default: 20, or all with --ids).",
        show_default=False,
    ),
]
After = Annotated[
    str | None, typer.Option("--after", metavar="ID", help="Go on behind this experiment, the last of an earlier list.")
]
IdsOnly = Annotated[bool, typer.Option("--ids", help="Print ids and nothing else, one a line.")]


def list_experiments(
    where: Where = None,
    status: StatusOption = None,
    tag: TagOption = None,
    columns: Columns = None,
    sort: Sort = "-created",
    limit: Limit = None,
    after: After = None,
    ids: IdsOnly = False,
    db: Db = None,
    as_json: Json = False,
) -> int:
    """List experiments, the newest first. Exit status 1: there are none.

    Filters combine comparisons with AND, OR, NOT and parentheses:

    \b
      = != < <= > >=        numbers, 'texts', true, false
      ~ !~                  contains, in capital or small letters; * is any text
      in (a, b)  not in (…) one of several
      is null  is not null  absent, or not
    \b
    Names are attributes (id, name, status, variant, seed, group, created, started,
    finished, duration, attempts, gpus, folder, host, user, tag, notes, error,
    reason, primary_metric, disk_bytes; the words are explained by
    experiment_cli.py --help), parameters (training.learning_rate;
    with params. before them where attributes are called so, too; those of a named
    part by its name: strategies.label_smoothing.smoothing_factor), metrics
    (metrics.eval_f1; with .min, .max or .best its extremes) and evaluations
    (evaluations.gsm8k.accuracy). strategies = label_smoothing asks for a strategy.
    Times: 7d ago, 2026-01-31 (UTC). Durations: 90, 15 min, 2.5 h.
    An experiment without a value fulfils no comparison, so NOT finds it.

    \b
    Examples:
      python experiment_cli.py list
      python experiment_cli.py list --where "training.learning_rate < 1e-4 and metrics.eval_f1 > 80"
      python experiment_cli.py list --status failed --columns name,error,host,created
      python experiment_cli.py list --tag paper --sort -metrics.eval_f1 --limit 5
      python experiment_cli.py list --where "created > 7d ago and not tag = smoke" --json
      python experiment_cli.py delete $(python experiment_cli.py list --status failed --ids)
    """
    if ids and (as_json or columns):
        raise ConfigError("--ids prints ids alone; leave out --json and --columns")
    backend = LocalBackend(db)
    chosen = {"status": status or (), "tags": tag or ()}
    number = None if limit == 0 or (ids and limit is None) else limit or _DEFAULT_LIMIT
    begin = None if after is None else backend.resolve(after)
    if ids:
        return _print_ids(backend.get_all_ids(where, sort=sort, limit=number, after=begin, **chosen))
    wanted = None if columns is None else named_columns(backend, columns)
    # One more than shown tells whether there are more.
    records = backend.get_all_experiments(
        where,
        sort=sort,
        limit=None if number is None else number + 1,
        after=begin,
        params=None if as_json and wanted is None else _names(wanted, Family.PARAM),
        metrics=None if wanted is None else _names(wanted, Family.METRIC),
        **chosen,
    )
    shown = records[:number]
    _print(shown, wanted, as_json)
    if not shown:
        remark("no experiments" if begin is None else "no more experiments")
    elif len(records) > len(shown):
        total = backend.count(where, **chosen)
        remark(f"{len(shown)} of {total:,} experiments; more: --after {shown[-1].id}, or --limit 0 for all")
    return 0 if shown else 1


def _names(columns: Sequence[Column] | None, family: Family) -> list[str]:
    return [name for column in columns or () if column.meaning.family is family for name in column.stored_names]


def _print_ids(found: Sequence[str]) -> int:
    for experiment_id in found:
        print(experiment_id)
    return 0 if found else 1


def _plain(record: ExperimentRecord, columns: Sequence[Column] | None) -> dict[str, object]:
    if columns is None:
        return record._asdict()
    return {column.title: column.value(record) for column in columns}


def _print(records: Sequence[ExperimentRecord], wanted: Sequence[Column] | None, as_json: bool) -> None:
    if as_json:
        print_json([_plain(record, wanted) for record in records])
    elif records:
        _print_table(records, wanted or default_columns(records), may_leave_out=wanted is None)


def _print_table(records: Sequence[ExperimentRecord], columns: Sequence[Column], may_leave_out: bool) -> None:
    now = time.time()
    print_table(
        [column.title for column in columns],
        list(zip(*(column.cells(records, now) for column in columns), strict=True)),
        right=[column.title for column in columns if column.is_number],
        one_line=True,
        spare=spare_columns(columns) if may_leave_out else (),
    )
