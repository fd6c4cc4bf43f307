"""Write experiments with all that the store knows of them; see :mod:`tracking.upkeep.exchange.form`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import Connection, Row, Table, select

from atomic_files import finite
from tracking.folders.folder import ENVIRONMENT, RESULTS, read_object
from tracking.folders.samples import read_samples
from tracking.indexing.stored_files import environment_content, results_content
from tracking.reading.whereabouts import Whereabouts
from tracking.statuses import ENDED, Status
from tracking.store import schema
from tracking.store.database import Database
from tracking.upkeep.exchange.form import FOOT, HEAD

__all__ = ["write_experiments"]

_POINTS_A_READ = 5_000
_HIDDEN = ("key", "environment_key", "code_key", "fingerprint", "metrics_offset", "metrics_lines", "metrics_tail")
_NAMES = {"group_key": "group"}
"""What lists call columns otherwise."""


def write_experiments(
    database: Database, pages: Iterable[Sequence[str]], out: TextIO, *, with_samples: bool = True
) -> int:
    """Write experiments to ``out`` and return how many there were; memory holds one page of them, without points.

    Args:
        database: the store.
        pages: ids, some hundred at a time; those that the store does not know are left out.
        out: a text file.
        with_samples: whether the results per sample go along.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    count = 0
    for ids in pages:
        with database.read() as connection:
            for page in _Page(connection, ids, with_samples).records():
                # Not before something is read: of a mistake in a filter nothing is to be written.
                out.write(",\n" if count else HEAD)
                _write_record(connection, *page, out)
                count += 1
    out.write(("\n" if count else HEAD) + FOOT)
    return count


def _write_record(connection: Connection, key: int, record: dict[str, Any], out: TextIO) -> None:
    out.write(_json(record)[:-1] + ', "points": [')
    between = ""
    for points in _points(connection, key):
        out.write(between + _json(points)[1:-1])
        between = ", "
    out.write("]}")


def _json(value: Any) -> str:
    return json.dumps(finite(value), ensure_ascii=False, allow_nan=False)


def _points(connection: Connection, key: int) -> Iterator[list[list[Any]]]:
    table, names = schema.metrics.c, schema.metric_names.c
    query = (
        select(table.step, table.time, names.name, table.value)
        .join(schema.metric_names, names.key == table.name_key)
        .where(table.experiment_key == key)
        .order_by(table.position)
        .execution_options(yield_per=_POINTS_A_READ)
    )
    for rows in connection.execute(query).partitions():
        yield [list(row) for row in rows]


class _Page:
    """Some experiments with what belongs to them, read by one query a table."""

    def __init__(self, connection: Connection, ids: Sequence[str], with_samples: bool) -> None:
        self._connection = connection
        self._with_samples = with_samples
        table = schema.experiments
        found = {row.id: row for row in connection.execute(select(table).where(table.c.id.in_(ids)))}
        self._experiments = [found[each] for each in ids if each in found]
        self._keys = [row.key for row in self._experiments]

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield key and record of each experiment, in the order of the ids."""
        parts = {
            name: self._of(getattr(schema, name))
            for name in ("runs", "params", "final_metrics", "tags", "artifacts", "events", "evaluations")
        }
        described = self._descriptions()
        for row in self._experiments:
            own = {name: rows[row.key] for name, rows in parts.items()}
            yield row.key, self._record(row, own, described)

    def _of(self, table: Table) -> dict[int, list[dict[str, Any]]]:
        """Return the rows of a table by experiment."""
        grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
        rows = self._connection.execute(
            select(table).where(table.c.experiment_key.in_(self._keys)).order_by(*table.primary_key.columns)
        )
        for row in rows:
            values = dict(row._mapping)
            grouped[values.pop("experiment_key")].append(values)
        return grouped

    def _descriptions(self) -> dict[int | None, Any]:
        table = schema.environment.c
        keys = {key for row in self._experiments for key in (row.environment_key, row.code_key) if key is not None}
        rows = self._connection.execute(select(table.key, table.content).where(table.key.in_(keys)))
        return {None: None, **dict(rows.tuples().all())}

    def _record(self, row: Row[Any], own: dict[str, list[dict[str, Any]]], described: dict[int | None, Any]) -> Any:
        place = Whereabouts(row.key, row.id, row.name, row.status, Path(row.folder), row.folder_host)
        journal = [{"time": each["time"], "event": each["event"], **each["content"]} for each in own["events"]]
        machine, code = described[row.environment_key], described[row.code_key]
        last_run = own["runs"][-1] if own["runs"] else None
        return {
            **{_NAMES.get(name, name): value for name, value in row._mapping.items() if name not in _HIDDEN},
            "tags": [each["tag"] for each in own["tags"]],
            "params": {each["name"]: _value(each) for each in own["params"]},
            "metrics": {each["name"]: _without_name(each) for each in own["final_metrics"]},
            "runs": own["runs"],
            "artifacts": own["artifacts"],
            "environment": _file(place, ENVIRONMENT) or environment_content(machine, code) or None,
            "results": _file(place, RESULTS) or _results(row, last_run, journal, own["final_metrics"]),
            "heartbeat": _heartbeat(last_run),
            "journal": journal,
            "evaluations": [self._evaluation(place, each) for each in own["evaluations"]],
        }

    def _evaluation(self, place: Whereabouts, row: dict[str, Any]) -> dict[str, Any]:
        key = row.pop("key")
        table = schema.evaluation_metrics.c
        metrics = self._connection.execute(select(table.name, table.value).where(table.evaluation_key == key))
        samples = self._samples(place, key, row) if self._with_samples else None
        return {**row, "metrics": dict(metrics.tuples().all()), "samples": samples}

    def _samples(self, place: Whereabouts, key: int, row: dict[str, Any]) -> list[Any] | None:
        if row["samples_file"] is None:
            return None
        if row["indexed"]:
            table = schema.per_sample_results.c
            query = select(table.content).where(table.evaluation_key == key).order_by(table.position)
            return list(self._connection.execute(query).scalars())
        file = place.folder / row["samples_file"]
        return [sample.content for sample in read_samples(file)] if place.is_here and file.is_file() else None


def _without_name(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "name"}


def _value(row: dict[str, Any]) -> Any:
    return row["text"] if row["kind"] == "str" else json.loads(row["text"])


def _file(place: Whereabouts, name: str) -> dict[str, Any] | None:
    return (read_object(place.folder / name) or None) if place.is_here else None


def _heartbeat(run: dict[str, Any] | None) -> dict[str, Any] | None:
    if run is None or run["heartbeat_at"] is None:
        return None
    return {"attempt": run["attempt"], "time": run["heartbeat_at"]}


def _results(
    row: Row[Any], run: dict[str, Any] | None, journal: list[dict[str, Any]], final: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Return what results.json says that the journal does not, where the file itself is on another machine."""
    declared = {each["name"]: each["value"] for each in final if each["is_result"]}
    told = {name for each in journal if each["event"] == "results" for name in each.get("metrics", {})}
    ended = Status(row.status) in ENDED and not any(each["event"] == "finished" for each in journal)
    if not ended and declared.keys() <= told:
        return None
    return results_content(row, run, declared)
