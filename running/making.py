"""Making one node: what is there is found, what is half done is taken up, what fails is written down."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiment_config import ExperimentConfig
from jobs import Failure, FailureKind
from jobs.failures import NeedFailed, Preempted, kind_of
from planning import Node
from planning.nodes import DONE, NEW
from planning.status import data_files, mark, read_environment, read_results, recorded_to, state_of
from running.adjusting import adjusted
from running.folders import clear_experiment, clear_signal, run_paths
from running.memory import release_memory
from running.results import write_failure, write_start, write_success
from running.run_log import recorded_in
from running.signals import make_signal
from running.tracked import Attempt, RunTracking
from tasks import create_task
from training.callbacks import Progress
from training.data import DataCache
from training.session import RunOutcome, run_experiment

__all__ = ["Making", "NodeMaker"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Making:
    """One node that is to be made; whoever makes it holds its lock."""

    node: Node
    fills: Node | None
    """The data map that it fills while it trains."""
    recorder: str | None
    """For a data map: name of the experiment that fills it."""
    experiments_dir: Path
    plan: str
    """What tells this plan from any other: what was begun for it is not begun again."""
    force: bool = False
    """Train again what was begun for another plan."""
    failed_needs: tuple[str, ...] = ()
    """Why what it needs is missing: "needs <name>, which failed: <why>", one each."""
    adjustments: Mapping[str, Any] = field(default_factory=dict)
    """What is to be done otherwise than configured, as an earlier attempt failed."""


class NodeMaker:
    """Makes nodes in this process.

    Args:
        cache: rows and features, shared by all that this process makes.
        tracking: tells the experiment store.
        report: told how far it is.
        stop_reason: why it is to stop; empty while it is to go on.
    """

    def __init__(
        self,
        cache: DataCache,
        tracking: RunTracking,
        report: Callable[[Progress], None],
        stop_reason: Callable[[], str],
    ) -> None:
        self._cache = cache
        self._tracking = tracking
        self._report = report
        self._stop_reason = stop_reason

    def make(self, making: Making) -> Mapping[str, Any]:
        """Make a node; see :func:`running.node_work.make_node`."""
        results = _finished(making)
        if results is not None:
            recorded = making.recorder is not None
            found = f"recorded by {making.recorder}" if recorded else "finished meanwhile by another runner"
            return {"found": found, "results": results}
        try:
            if making.node.kind == "experiment":
                return {"results": self._run_experiment(making)}
            self._make_signal(making)
            return {}
        finally:
            release_memory()

    # -- signals ------------------------------------------------------------------------------------------------

    def _make_signal(self, making: Making) -> None:
        with recorded_in(making.node.folder / "run.log"):
            try:
                _check_needs(making)
                where, cache = making.experiments_dir, self._cache
                make_signal(making.node, where, cache, self._report, self._stop_reason, making.adjustments)
            except Preempted as stop:
                logger.warning("%s; what was done is kept", stop)
                raise
            except Exception:
                logger.exception("%s: failed", making.node.name)
                raise

    # -- experiments --------------------------------------------------------------------------------------------

    def _run_experiment(self, making: Making) -> dict[str, Any]:
        folder = making.node.folder
        making = dataclasses.replace(making, adjustments=_adjustments(making))
        if state_of(making.node).status == NEW or _is_to_begin_anew(making):
            clear_experiment(folder)
            self._tracking.begin_anew(folder)
        with recorded_in(folder / "run.log"), self._tracking.attempt(making.node) as attempt:
            return self._train(_recording(making), attempt)

    def _train(self, making: Making, attempt: Attempt) -> dict[str, Any]:
        node, started_at = making.node, datetime.now(UTC)
        try:
            _check_needs(making)
            config = adjusted(node.config, making.adjustments)
            write_start(node, started_at, making.plan, making.adjustments)
            logger.info("%s: starting", node.name)
            outcome = self._train_and_record(making, config, attempt)
            metric = create_task(node.config.task).primary_metric
            results = write_success(node, outcome, metric, started_at, making.adjustments)
        except Preempted as stop:
            logger.warning("%s; what was done is kept", stop)
            attempt.stopped(str(stop))
            raise
        except BaseException as error:
            ends_process = not isinstance(error, Exception)
            if ends_process and self._stop_reason():
                logger.warning("interrupted; the last checkpoint is kept")
                attempt.left()
                raise
            logger.exception("%s: failed", node.name)
            kind = FailureKind.ERROR if ends_process else kind_of(error)
            write_failure(node, Failure.of(error, kind), started_at)
            attempt.failed(error)
            raise
        attempt.succeeded(results)
        return results

    def _train_and_record(self, making: Making, config: ExperimentConfig, attempt: Attempt) -> RunOutcome:
        """Train; where the run fills a data map, mark that as begun before and as finished after."""

        def report(progress: Progress) -> None:
            attempt.progress(progress)
            self._report(progress)

        paths, data_map = run_paths(making.node, making.experiments_dir), making.fills
        if data_map is not None:
            if state_of(data_map).status == NEW:
                clear_signal(data_map)
            mark(data_map, finished=False, files=data_files(data_map.config), adjustments=making.adjustments)
            paths = dataclasses.replace(paths, record_key=data_map.key)
        outcome = run_experiment(config, paths, report, self._cache, stop_reason=self._stop_reason)
        if data_map is not None:
            mark(data_map, finished=True, files=data_files(data_map.config), adjustments=making.adjustments)
        return outcome


def _finished(making: Making) -> dict[str, Any] | None:
    """Return what another process, or a run recording this data map, left since the plan was made."""
    node = making.node
    if node.kind != "experiment":
        return {} if state_of(node).status == DONE else None
    results = read_results(node.folder)
    if results.get("success") is not True or state_of(node).status != DONE:
        return None
    return None if _is_forced(making, read_environment(node.folder)) else results


def _adjustments(making: Making) -> Mapping[str, Any]:
    """Return what is done otherwise: what this attempt is told, else what a half-finished run was begun with."""
    if making.adjustments or state_of(making.node).status == NEW:
        return making.adjustments
    environment = read_environment(making.node.folder)
    return {} if _is_forced(making, environment) else environment.get("adjustments", {})


def _is_to_begin_anew(making: Making) -> bool:
    """Whether what lies there is no part of this: it was begun before it was forced, or with another batch."""
    environment = read_environment(making.node.folder)
    return _is_forced(making, environment) or environment.get("adjustments", {}) != dict(making.adjustments)


def _is_forced(making: Making, environment: Mapping[str, Any]) -> bool:
    # Not by times: the clock of whoever planned it may be another one.
    return making.force and environment.get("plan") != making.plan


def _recording(making: Making) -> Making:
    """Return what is to be made, recording dynamics only where they are still wanted and the run is at its start."""
    node, data_map = making.node, making.fills
    if data_map is None:
        return making
    wanted = state_of(data_map).status != DONE
    started_otherwise = state_of(node).status != NEW and recorded_to(node.folder) != node.records_to
    if wanted and not started_otherwise:
        return making
    return dataclasses.replace(making, node=dataclasses.replace(node, records_to=None), fills=None)


def _check_needs(making: Making) -> None:
    if making.failed_needs:
        raise NeedFailed(f"{making.node.name} {'; '.join(making.failed_needs)}")
