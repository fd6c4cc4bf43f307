"""The tracker: what a training script says about its experiment, safely in a folder and found in the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from errors import ConfigError
from tracking.folders.folder import ENVIRONMENT
from tracking.folders.unsaved import put_back_all
from tracking.indexing.endings import Ending
from tracking.indexing.indexer import Indexer
from tracking.processes import TERMINATED
from tracking.recording import lifetime
from tracking.recording.afterwards import add_points
from tracking.recording.attempt import Attempt
from tracking.recording.capture import describe_process
from tracking.recording.exits import Outcome, outcome_at_exit, outcome_of
from tracking.recording.mirrors import LOCAL, MirrorSet
from tracking.recording.opening import Opening, words
from tracking.recording.plain import plain, plain_config
from tracking.recording.recorder import Recorder, TrackerStateError
from tracking.recording.succession import end_attempt_before
from tracking.states.supervision import Supervisor
from tracking.statuses import ENDED, Status
from tracking.store.database import Database
from tracking.store.database_url import database_url

__all__ = ["ExperimentTracker", "TrackerStateError"]

logger = logging.getLogger(__name__)

_HEARTBEAT_SECONDS = 10.0
_START_SECONDS = 10.0
_FINISH_SECONDS = 15.0
_FOLDER_SECONDS = 5.0
_HURRIED_SECONDS = 5.0


class ExperimentTracker(Recorder):
    """Tracks one experiment at a time; a process may have several trackers, and a method may be called by any thread.

    Everything goes into the experiment's folder first. A database that is away, a full disk or a mirror that fails
    cost one warning each, never the training. Of a distributed training only rank 0 tracks: in other processes all
    methods return at once. They do so in a process that was forked from this one too, which says it with one warning.

    Args:
        backends: mirrors to keep besides the local store: ``wandb``, ``mlflow``, ``tensorboard``, ``trackio``.
            ``local`` may be named too, and is always there.
        db_path: the store: a file, a URL or an open one; default EXPERIMENTS_DB_URL, else ``experiments.db``.
        experiments_dir: where new experiments get their folders; default ``experiments`` beside the database's file.
        heartbeat_interval: seconds between two signs of life, which a process of their own gives.

    Raises:
        ConfigError: no such mirror, or no such kind of database.
    """

    def __init__(
        self,
        backends: Sequence[str] = (LOCAL,),
        db_path: str | Path | Database | None = None,
        experiments_dir: str | Path | None = None,
        heartbeat_interval: float = _HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__()
        named = [backends] if isinstance(backends, str) else backends
        self._mirrors = MirrorSet(named)
        self._store = db_path if isinstance(db_path, Database) else database_url(db_path)
        url = self._store.url if isinstance(self._store, Database) else self._store
        beside = Path(url.database or "").parent if url.drivername == "sqlite" else Path()
        # Absolute: training scripts change the current folder.
        self._experiments_dir = Path(experiments_dir or beside / "experiments").absolute()
        self._indexer: Indexer | None = None
        self._supervisor = Supervisor(url, heartbeat_interval)
        self._heartbeat_interval = heartbeat_interval

    # -- beginning and end ------------------------------------------------------------------------------------------

    def start_experiment(
        self,
        config: Any = None,
        experiment_name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str | None] | None = None,
        *,
        folder: str | Path | None = None,
        variant: str | None = None,
    ) -> str:
        """Begin an experiment, or another attempt at one, and return its id (empty where nothing is tracked).

        Args:
            config: any dataclass or mapping; see :func:`tracking.recording.plain.plain_config`.
            experiment_name: default: the configuration's ``name``, else the folder's name or the id.
            notes: free text.
            tags: words to find it by; a single string is one tag, and what is None or empty is left out.
            folder: the experiment's folder. One that holds an experiment gets another attempt at the same one. With a
                folder and no configuration, config.json and environment.json are the caller's.
            variant: what is compared with other variants over seeds; default: the name without its seed.

        Raises:
            ConfigError: the configuration is neither dataclass nor mapping, or a tag is of several lines.
            ResourceError: ``folder`` cannot be written. Where none was named, one below the temporary folder is taken.
            TrackerStateError: an experiment is running in this tracker or, by another process, in ``folder``; or the
                tracker is closed.
        """
        if self._is_mute():
            return ""
        if self._attempt is not None:
            raise TrackerStateError(
                f"{self._attempt.experiment_id} is still running; call finish_experiment() first, or track a block "
                "(with tracker.experiment(...)), which ends its experiment by itself even when it raises"
            )
        opening = Opening(config, experiment_name, notes, tags, folder, variant)
        # Of other folders it is another store's business.
        ours = {self._experiments_dir, Path(folder).absolute().parent if folder is not None else self._experiments_dir}
        completed = [each for each in put_back_all() if each.parent in ours]
        if completed:
            self.take_in(completed)
        if folder is not None:
            end_attempt_before(Path(folder).absolute())
        place = opening.begin(
            self._experiments_dir, "started", **plain(describe_process()), heartbeat_interval=self._heartbeat_interval
        )
        identity, number = place.identity(), sum(event.event == "started" for event in place.journal())
        experiment_id = str(identity["id"])
        # From here on somebody sees it if this process dies.
        self._supervisor.watch(place.path, experiment_id, number)
        surroundings = opening.surroundings(place)
        listeners = self._mirrors.start(
            experiment_id, str(identity["name"]), plain_config(config), place.path, words(tags)
        )
        self._attempt = self._latest = attempt = Attempt(experiment_id, place, number, listeners)
        if surroundings is not None:
            attempt.write(ENVIRONMENT, surroundings)
        for event, content in opening.descriptions():
            attempt.record(event, **content)
        self._take_in_now(place.path)
        return experiment_id

    def plan_experiment(
        self,
        config: Any = None,
        experiment_name: str | None = None,
        notes: str | None = None,
        tags: Sequence[str | None] | None = None,
        *,
        folder: str | Path | None = None,
        variant: str | None = None,
    ) -> str:
        """Enter an experiment that is to be run later, with ``start_experiment(folder=...)``; see there.

        Raises:
            ConfigError: the configuration is neither dataclass nor mapping, or a tag is of several lines.
            ResourceError: the folder cannot be written.
            TrackerStateError: the tracker is closed.
        """
        if self._is_mute():
            return ""
        opening = Opening(config, experiment_name, notes, tags, folder, variant)
        place = opening.begin(self._experiments_dir, "planned")
        for event, content in opening.descriptions():
            place.append(event, **content)
        self.take_in([place.path])
        return str(place.identity()["id"])

    def take_in(self, folders: Iterable[str | Path]) -> None:
        """Bring folders into the store that others wrote, if it does not know them yet; returns at once.

        Raises:
            TrackerStateError: the tracker is closed.
        """
        if self._is_mute():
            return
        indexer = self._started_indexer()
        for folder in (Path(each).absolute() for each in folders):
            indexer.watch(folder)
            indexer.retire(folder)

    @contextmanager
    def experiment(self, config: Any = None, experiment_name: str | None = None, **more: Any) -> Iterator[str]:
        """Track a block as one experiment, and yield its id; an exception means failed, with its trace.

        Ctrl-C and SIGTERM mean preempted. For the arguments see :meth:`start_experiment`.

        Raises:
            AssayError: what :meth:`start_experiment` raises.
        """
        experiment_id = self.start_experiment(config, experiment_name, **more)
        try:
            yield experiment_id
        except BaseException as error:
            self._end(outcome_of(error))
            raise
        self._end(outcome_of(None))

    def finish_experiment(
        self,
        status: str = Status.COMPLETED,
        reason: str = "",
        error: BaseException | None = None,
    ) -> None:
        """Say how the experiment ended; everything logged is written and taken into the store.

        Args:
            status: ``completed``, ``failed`` or ``preempted``.
            reason: one line for people.
            error: what made it fail; kept with its trace.

        Raises:
            ConfigError: no such status.
            TrackerStateError: no experiment is running.
        """
        if self._running() is None:
            return
        if status not in ENDED:
            raise ConfigError(f"status: expected one of {', '.join(sorted(ENDED))}, got {status!r}")
        described = outcome_of(error).error if error is not None else None
        self._end(Outcome(Status(status), reason, described))

    def log_after_end(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Add values to the experiment that ended last, whose status stays as it is; mirrors are told nothing.

        Allowed on a closed tracker too. See :meth:`log_metrics` for the arguments; this waits until all is written.

        Raises:
            ConfigError: the metrics are no mapping, or the step is no whole number.
            TrackerStateError: no experiment has ended.
        """
        if self._is_silent or self._is_forked():
            return
        if self._latest is None or self.is_running:
            raise TrackerStateError("no experiment has ended; call log_metrics()")
        add_points(self._latest.folder.path, self._store, metrics, step)

    def close(self) -> None:
        """End the tracker; an experiment that is still running is written down as completed. May be called twice."""
        self._close(outcome_of(None))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close(outcome_of(error))

    def flush(self, timeout: float = _FINISH_SECONDS) -> bool:
        """Write everything logged so far; return whether folder and store have all of it within ``timeout`` seconds.

        Raises:
            TrackerStateError: no experiment is running.
        """
        attempt = self._running()
        if attempt is None:
            return True
        written = attempt.flush(timeout)
        return self._started_indexer().sync(timeout) and written

    # -- inside -----------------------------------------------------------------------------------------------------

    def _take_in_now(self, folder: Path) -> None:
        indexer = self._started_indexer()
        indexer.watch(folder)
        indexer.sync(_START_SECONDS)

    def _started_indexer(self) -> Indexer:
        if self._indexer is None:
            self._indexer = Indexer(self._store)
            lifetime.remember(self, self._close_at_exit, self._indexer.forget_connections)
        return self._indexer

    def _end(self, outcome: Outcome) -> None:
        if self._attempt is None or self._is_forked():
            return
        attempt, self._attempt = self._attempt, None
        # Whoever sends SIGTERM sends SIGKILL soon after.
        patience = _HURRIED_SECONDS if outcome.status == Status.PREEMPTED else _FINISH_SECONDS
        indexer = self._started_indexer()
        if not attempt.finish(outcome, min(patience, _FOLDER_SECONDS)):
            # The database may be well: there at least it did not just vanish.
            indexer.settle(Ending(attempt.experiment_id, attempt.number, time.time(), *outcome))
        self._supervisor.release()
        indexer.sync(patience)
        indexer.retire(attempt.folder.path)
        self._mirrors.finish(outcome.status, patience)

    def _close(self, outcome: Outcome) -> None:
        if self._is_closed or self._is_forked():
            return
        self._end(outcome)
        self._is_closed = True
        self._supervisor.close()
        if self._indexer is not None:
            self._indexer.close(_FINISH_SECONDS)
        lifetime.forget(self)

    def _close_at_exit(self) -> None:
        outcome = outcome_of(None)
        if self._attempt is not None:
            outcome = outcome_of(SystemExit(TERMINATED)) if self._attempt.notice.received else outcome_at_exit()
            if outcome.status == Status.LOST:
                logger.warning("%s: %s", self._attempt.experiment_id, outcome.reason)
        self._close(outcome)
