"""All that a store holds, comparable between stores: what rows are called within one database is left out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, insert, select

from tracking.store import schema
from tracking.store.database import Database

__all__ = ["add_name", "names", "row_of", "stored_rows"]

_OF_EXPERIMENTS = (schema.runs, schema.params, schema.tags, schema.final_metrics, schema.artifacts, schema.events)
_NAMED_HERE = ("key", "experiment_key", "evaluation_key", "name_key", "environment_key", "code_key")
_OF_THE_FILES = ("fingerprint", "folder")


def stored_rows(database: Database, *, without_files: bool = False) -> dict[str, list[Any]]:
    """Return the rows of each table, each with the id of its experiment.

    Args:
        database: the store.
        without_files: leave out where folders lie and when their files were written, which another copy of them has
            otherwise.
    """
    left_out = (*_NAMED_HERE, *(_OF_THE_FILES if without_files else ()))
    experiments, evaluations = schema.experiments, schema.evaluations
    named_metrics = schema.metrics.join(experiments).join(schema.metric_names)
    queries: dict[str, Select[Any]] = {
        "experiments": select(experiments),
        "metrics": select(experiments.c.id, schema.metric_names.c.name, schema.metrics).select_from(named_metrics),
    }
    for table in (*_OF_EXPERIMENTS, evaluations):
        queries[table.name] = select(experiments.c.id, table).join_from(table, experiments)
    for table in (schema.evaluation_metrics, schema.per_sample_results):
        joined = table.join(evaluations).join(experiments)
        queries[table.name] = select(experiments.c.id, evaluations.c.benchmark, table).select_from(joined)
    with database.read() as connection:
        return {
            name: sorted(
                (
                    tuple((column, value) for column, value in row._mapping.items() if column not in left_out)
                    for row in connection.execute(query)
                ),
                key=repr,
            )
            for name, query in queries.items()
        }


def row_of(database: Database, table: Table = schema.experiments) -> dict[str, Any]:
    """Return the only row of ``table``."""
    with database.read() as connection:
        [row] = connection.execute(select(table))
        return dict(row._mapping)


def names(database: Database) -> list[str]:
    """Return the names of metrics, the smallest rows there are."""
    with database.read() as connection:
        return list(connection.execute(select(schema.metric_names.c.name)).scalars())


def add_name(database: Database, name: str) -> None:
    """Write the smallest row there is."""
    with database.begin() as connection:
        connection.execute(insert(schema.metric_names).values(name=name))
