"""Read the store: experiments as records or as data frames, whatever database it lies in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from tracking.folders.metric_points import MetricPoint
from tracking.reading.curve_points import read_points_of
from tracking.reading.details import read_details, read_evaluations
from tracking.reading.frames import evaluations_frame, experiments_frame, points_frame
from tracking.reading.queries import read_ids
from tracking.reading.records import EvaluationResult, ExperimentDetails, ExperimentRecord
from tracking.reading.resolving import find_experiment
from tracking.reading.rows import read_records
from tracking.reading.scores import Score, main_metric_of, main_metric_of_benchmark, read_scores
from tracking.reading.selection import Selection, finder_for, read_pages
from tracking.reading.totals import Totals, read_totals
from tracking.reading.where import FieldFinder
from tracking.states.judgement import Judgement
from tracking.states.liveness import statuses_now
from tracking.statuses import Status
from tracking.store import schema
from tracking.store.database import Database

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LocalBackend"]

_E = schema.experiments.c


class LocalBackend:
    """A store to read from; may be used from any thread.

    Args:
        db: what :func:`tracking.store.database.database_url` takes, or an open database. None means the variable
            EXPERIMENTS_DB_URL, else ``experiments.db``.

    Raises:
        ConfigError: no such kind of database.
        DatabaseUnavailable: it does not exist or cannot be reached.
    """

    def __init__(self, db: str | Path | Database | None = None) -> None:
        self.database = db if isinstance(db, Database) else Database.open(db, create=False)

    def get_all_experiments(
        self,
        filter: str | None = None,
        *,
        status: Sequence[str] = (),
        tags: Sequence[str] = (),
        sort: str = "-created_at",
        limit: int | None = None,
        after: str | None = None,
        params: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
    ) -> list[ExperimentRecord]:
        """Return experiments, the newest first.

        Args:
            filter: an expression such as ``training.learning_rate < 1e-4 and metrics.eval_f1 > 80``.
            status: only these; none means every status.
            tags: only experiments that have all of these.
            sort: an attribute, ``params.<name>`` or ``metrics.<name>``; ``-`` before it means descending. Experiments
                without a value come last.
            limit: at most so many; None means all.
            after: begin behind the experiment with this id, where an earlier list ended.
            params: dotted names of parameters to read; None means all.
            metrics: names of metrics to read; None means all.

        Raises:
            ConfigError: a filter, a status or a sort key that makes no sense.
            DataError: no experiment has the id ``after``.
            DatabaseUnavailable: the database cannot be reached.
        """
        selection = Selection(filter, status, tags, sort, limit, after)
        return [record for page in self._pages(selection, params, metrics) for record in page]

    def pages(
        self,
        filter: str | None = None,
        *,
        status: Sequence[str] = (),
        tags: Sequence[str] = (),
        sort: str = "-created_at",
        limit: int | None = None,
        after: str | None = None,
        params: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
    ) -> Iterator[list[ExperimentRecord]]:
        """Yield the same experiments in lists of at most 1,000, each read when it is asked for.

        Raises:
            ConfigError: see :meth:`get_all_experiments`.
            DatabaseUnavailable: the database cannot be reached.
        """
        return self._pages(Selection(filter, status, tags, sort, limit, after), params, metrics)

    def get_all_ids(
        self,
        filter: str | None = None,
        *,
        status: Sequence[str] = (),
        tags: Sequence[str] = (),
        sort: str = "-created_at",
        limit: int | None = None,
        after: str | None = None,
    ) -> list[str]:
        """Return the ids of the experiments that :meth:`get_all_experiments` would return."""
        selection = Selection(filter, status, tags, sort, limit, after)
        pages = read_pages(self.database, selection, read_ids)
        return [experiment_id for page in pages for experiment_id in page]

    def count(self, filter: str | None = None, *, status: Sequence[str] = (), tags: Sequence[str] = ()) -> int:
        """Return how many experiments there are of those that :meth:`get_all_experiments` would return."""
        with self.database.read() as connection:
            finder = finder_for(connection, statuses_now(connection))
            condition = Selection(filter, status, tags).condition(finder)
            query = select(func.count()).select_from(schema.experiments).where(condition)
            return connection.execute(query).scalar_one()

    def totals(self, filter: str | None = None, *, status: Sequence[str] = (), tags: Sequence[str] = ()) -> Totals:
        """Return what the experiments that :meth:`get_all_experiments` would return amount to.

        Raises:
            ConfigError: a filter or a status that makes no sense.
            DatabaseUnavailable: the database cannot be reached.
        """
        with self.database.read() as connection:
            finder = finder_for(connection, statuses_now(connection))
            condition = Selection(filter, status, tags).condition(finder)
            return read_totals(connection, condition, finder.status_column())

    def get_scores(
        self,
        metric: str | None = None,
        benchmark: str | None = None,
        *,
        filter: str | None = None,
        tags: Sequence[str] = (),
    ) -> tuple[str, list[Score]]:
        """Return a metric and its value in each completed experiment that has one, the oldest first.

        Where no experiment has completed, and no metric is asked for, its name is empty.

        Args:
            metric: its name; None means the most common primary one, or the only one of the benchmark.
            benchmark: whose evaluations to look at; None means the metrics of the runs themselves.
            filter: see :meth:`get_all_experiments`.
            tags: only experiments that have all of these.

        Raises:
            ConfigError: no experiment has such a metric, or a filter that makes no sense.
            DatabaseUnavailable: the database cannot be reached.
        """
        with self.database.read() as connection:
            # What has completed needs no judgement.
            finder = FieldFinder(connection)
            condition = Selection(filter, (Status.COMPLETED,), tags).condition(finder)
            if benchmark is not None:
                metric = metric or main_metric_of_benchmark(connection, condition, benchmark)
                return metric, read_scores(connection, condition, finder, f"evaluations.{benchmark}.{metric}")
            metric = metric or main_metric_of(connection, condition)
            if metric is None:
                return "", []
            metric = metric.removeprefix("metrics.")
            return metric, read_scores(connection, condition, finder, f"metrics.{metric}")

    def resolve(self, text: str) -> str:
        """Return the id of the experiment that ``text`` names: an id, a name, or a part of one that only one has.

        Raises:
            DataError: none, or several; the message lists the candidates.
        """
        with self.database.read() as connection:
            return find_experiment(connection, text).id

    def get_experiment(self, text: str) -> ExperimentDetails:
        """Return everything about the experiment that ``text`` names; see :meth:`resolve`.

        Raises:
            DataError: none, or several.
        """
        return self.get_experiments([text])[0]

    def get_experiments(self, texts: Sequence[str]) -> list[ExperimentDetails]:
        """Return everything about the experiments that ``texts`` name, in their order; see :meth:`resolve`.

        Raises:
            DataError: one of them names none, or several.
        """
        with self.database.read() as connection:
            keys = [find_experiment(connection, text).key for text in texts]
            records = read_records(connection, keys, statuses_now(connection))
            return read_details(connection, records, keys)

    def get_metrics(
        self, text: str, names: Sequence[str] | None = None, max_points: int | None = None
    ) -> list[MetricPoint]:
        """Return the points of an experiment's metrics in the order in which they were logged.

        Args:
            text: see :meth:`resolve`.
            names: metrics to read, or a single one; None means all. What was not logged gives nothing.
            max_points: at most so many points a metric, spread evenly over its steps and ending with the last one;
                None means all.

        Raises:
            DataError: ``text`` names no experiment, or several.
        """
        wanted = [names] if isinstance(names, str) else names
        with self.database.read() as connection:
            return read_points_of(connection, find_experiment(connection, text).key, wanted, max_points)

    def get_evaluation_results(self, text: str, benchmark: str | None = None) -> list[EvaluationResult]:
        """Return an experiment's evaluations, the latest first, with what they say of each sample.

        Args:
            text: see :meth:`resolve`.
            benchmark: only this one, which gives nothing where it was not evaluated; None means all.

        Raises:
            DataError: ``text`` names no experiment, or several.
        """
        with self.database.read() as connection:
            key = find_experiment(connection, text).key
            folder = connection.execute(select(_E.folder).where(_E.key == key)).scalar_one()
            return read_evaluations(connection, key, Path(folder), benchmark)

    def get_all_experiments_frame(
        self,
        filter: str | None = None,
        *,
        status: Sequence[str] = (),
        tags: Sequence[str] = (),
        sort: str = "-created_at",
        limit: int | None = None,
        after: str | None = None,
        params: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return :meth:`get_all_experiments` as a frame: one row an experiment."""
        selection = Selection(filter, status, tags, sort, limit, after)
        pages = self._pages(selection, params, metrics)
        return experiments_frame([record for page in pages for record in page])

    def get_metrics_frame(
        self, text: str, names: Sequence[str] | None = None, max_points: int | None = None
    ) -> pd.DataFrame:
        """Return :meth:`get_metrics` as a frame: one row a point."""
        return points_frame(self.get_metrics(text, names, max_points))

    def get_evaluation_results_frame(self, text: str, benchmark: str | None = None) -> pd.DataFrame:
        """Return :meth:`get_evaluation_results` as a frame: one row a sample."""
        return evaluations_frame(self.get_evaluation_results(text, benchmark))

    def _pages(
        self, selection: Selection, params: Sequence[str] | None, metrics: Sequence[str] | None
    ) -> Iterator[list[ExperimentRecord]]:
        def read(
            connection: Connection, keys: Sequence[int], judged: Mapping[int, Judgement]
        ) -> list[ExperimentRecord]:
            return read_records(connection, keys, judged, params, metrics)

        return read_pages(self.database, selection, read)
