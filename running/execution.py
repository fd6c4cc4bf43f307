"""Make a plan's nodes one after another in this process; leave to other runners what they are making already."""

from __future__ import annotations

import dataclasses
import gc
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from datasets import disable_progress_bars
from transformers.utils.logging import disable_progress_bar

from atomic_files import check_writable
from errors import AssayError, SignalError
from planning import Node, Plan
from planning.estimate import Cost
from planning.nodes import DONE, NEW
from planning.status import data_files, mark, read_results, recorded_to, state_of
from planning.table import duration
from running.display import Display, outcome_line
from running.folders import clear_experiment, clear_signal, run_paths
from running.interruption import Interruption
from running.locks import claimed
from running.options import RunnerOptions
from running.preflight import check_before_running, check_disk
from running.results import describe_failure, write_failure, write_start, write_success
from running.run_log import recorded_in, shown_on
from running.signals import make_signal
from running.tracked import Attempt, RunTracking, tracking_of
from tasks import create_task
from training.callbacks import Progress
from training.data import DataCache
from training.session import RunOutcome, run_experiment

__all__ = ["Execution", "execute"]

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.5


def execute(plan: Plan, costs: Mapping[Path, Cost], options: RunnerOptions) -> list[dict[str, Any]]:
    """Check a plan, then execute it; see :class:`Execution`.

    Raises:
        AssayError: what is known to be wrong before anything is trained.
        KeyboardInterrupt: the user stopped; the current run keeps its checkpoints.
    """
    disable_progress_bars()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    cache, tracking = DataCache(), tracking_of(options)
    for folder in {plan.experiments_dir, *(node.folder for node in plan.unfinished)}:
        check_writable(folder)
    check_disk(plan, costs)
    check_before_running(plan, cache)
    trained = [node for node in plan.unfinished if node.recorded_by is None]
    weights = {node.folder: costs[node.folder].seconds or 0.0 for node in trained}
    with Interruption() as interruption, tracking, Display(weights, quiet=options.quiet) as display:
        tracking.enter(plan)
        return Execution(plan, options, display, cache, tracking, interruption).run()


class Execution:
    """Executes one plan.

    Args:
        plan: what to make.
        options: whether to force, and what to do when an experiment fails.
        display: shows progress.
        cache: rows and features, shared by all runs of this process.
        tracking: tells the experiment store.
        interruption: stops the execution from outside.
    """

    def __init__(
        self,
        plan: Plan,
        options: RunnerOptions,
        display: Display,
        cache: DataCache,
        tracking: RunTracking,
        interruption: Interruption,
    ) -> None:
        self.plan = plan
        self.options = options
        self._display = display
        self._cache = cache
        self._tracking = tracking
        self._interruption = interruption
        self._started_at = datetime.now(UTC)
        self._failures: dict[Path, str] = {}
        self._settled: dict[Path, dict[str, Any]] = {}
        self._waited_for: set[Path] = set()
        self._by_folder = {node.folder: node for node in plan.nodes}
        self._stopped = False

    def run(self) -> list[dict[str, Any]]:
        """Make every node and return the results of the experiments, in the order of the plan.

        Raises:
            KeyboardInterrupt: the user stopped; the current run keeps its checkpoints.
        """
        pending = list(self.plan.nodes)
        with shown_on(self._display.line):
            while pending and not self._stopped:
                self._interruption.check()
                made = next((node for node in pending if self._try(node)), None)
                if made is not None:
                    pending.remove(made)
                elif not self._stopped:
                    # Other runners hold all that is left; a lock is free as soon as its holder is done or dead.
                    time.sleep(_POLL_SECONDS)
        return [self._settled[node.folder] for node in self.plan.experiments if node.folder in self._settled]

    def _try(self, node: Node) -> bool:
        """Settle ``node`` if its needs are settled and no other runner holds it; return whether it was settled."""
        if any(folder not in self._settled for folder in node.needs):
            return False
        if self.plan.state(node).status == DONE:
            self._settled[node.folder] = read_results(node.folder)
            return True
        with claimed(node, self.plan.experiments_dir) as held:
            if not held:
                self._announce_wait(node)
                return False
            self._settle(node)
        return True

    def _announce_wait(self, node: Node) -> None:
        if node.folder not in self._waited_for:
            self._waited_for.add(node.folder)
            self._display.line(f"busy    {node.name}: another runner is at it; going on with others")

    def _settle(self, node: Node) -> None:
        results = self._finished(node)
        if results is not None:
            self._display.end(f"found   {node.name}: {self._maker(node)}")
        elif node.kind == "experiment":
            results = self._run_experiment(node)
        else:
            results = self._make_signal(node)
        self._settled[node.folder] = results
        if not results.get("success", True):
            self._failures[node.folder] = f"{node.name} failed: {results['error']['message']}"
            self._stopped = self.options.stop_on_error

    def _finished(self, node: Node) -> dict[str, Any] | None:
        """Return the results that another runner, or a run recording this data map, left since the plan was made."""
        if node.kind != "experiment":
            return {} if state_of(node).status == DONE else None
        results = read_results(node.folder)
        if results.get("key") != node.key:
            return None
        ended_meanwhile = str(results.get("finished_at", "")) >= self._started_at.isoformat(timespec="milliseconds")
        finished = state_of(node).status == DONE and not self.options.force
        return results if ended_meanwhile or finished else None

    def _maker(self, node: Node) -> str:
        recorder = self._by_folder.get(node.recorded_by) if node.recorded_by else None
        return f"recorded by {recorder.name}" if recorder else "finished meanwhile by another runner"

    # -- signals ------------------------------------------------------------------------------------------------

    def _make_signal(self, node: Node) -> dict[str, Any]:
        self._display.begin(node)
        started = time.monotonic()
        try:
            with recorded_in(node.folder / "run.log"):
                self._check_needs(node)
                self._make_logged(node)
        except Exception as error:
            self._display.end(f"FAILED  {node.name}: {type(error).__name__}: {error}")
            return {"success": False, "error": {"type": type(error).__name__, "message": str(error)}}
        finally:
            _release_memory()
        self._display.end(f"done    {node.name}  {duration(time.monotonic() - started).removeprefix('~')}")
        return {}

    def _make_logged(self, node: Node) -> None:
        try:
            make_signal(node, self.plan.experiments_dir, self._cache, self._signal_progress)
        except Exception:
            logger.exception("%s: failed", node.name)
            raise

    def _signal_progress(self, progress: Progress) -> None:
        self._interruption.check()
        self._display.step(progress)

    def _check_needs(self, node: Node) -> None:
        for folder in node.needs:
            if folder in self._failures:
                raise SignalError(f"{node.name} needs {folder}, but {self._failures[folder]}")

    # -- experiments --------------------------------------------------------------------------------------------

    def _run_experiment(self, node: Node) -> dict[str, Any]:
        self._display.begin(node)
        started_at = datetime.now(UTC)
        try:
            if self.options.force or state_of(node).status == NEW:
                clear_experiment(node.folder)
                self._tracking.begin_anew(node.folder)
            with recorded_in(node.folder / "run.log"), self._tracking.attempt(node) as attempt:
                results = self._train(self._recording(node), attempt, started_at)
        except AssayError as error:
            # Not even results.json could be written: the disk is full, or the folder is not ours.
            results = describe_failure(node, error, started_at)
        finally:
            _release_memory()
        self._display.end(outcome_line(results))
        return results

    def _recording(self, node: Node) -> Node:
        """Return the node, recording dynamics only where the data map is still wanted and the run is at its start."""
        if node.records_to is None:
            return node
        wanted = state_of(self._by_folder[node.records_to]).status != DONE
        started_otherwise = state_of(node).status != NEW and recorded_to(node.folder) != node.records_to
        return node if wanted and not started_otherwise else dataclasses.replace(node, records_to=None)

    def _train(self, node: Node, attempt: Attempt, started_at: datetime) -> dict[str, Any]:
        try:
            self._check_needs(node)
            write_start(node, started_at)
            logger.info("%s: starting", node.name)
            outcome = self._train_and_record(node, attempt)
            results = write_success(node, outcome, create_task(node.config.task).primary_metric, started_at)
        except (KeyboardInterrupt, SystemExit):
            logger.warning("interrupted; the last checkpoint is kept")
            attempt.stopped()
            raise
        except Exception as error:
            logger.exception("%s: failed", node.name)
            results = write_failure(node, error, started_at)
            attempt.failed(error)
            return results
        attempt.succeeded(results)
        return results

    def _train_and_record(self, node: Node, attempt: Attempt) -> RunOutcome:
        """Train; where the run fills a data map, mark that as begun before and as finished after."""
        data_map = None if node.records_to is None else self._by_folder[node.records_to]
        paths = run_paths(node, self.plan.experiments_dir)
        if data_map is None:
            return run_experiment(node.config, paths, self._progress_of(attempt), self._cache)
        if state_of(data_map).status == NEW:
            clear_signal(data_map)
        mark(data_map, finished=False, files=data_files(data_map.config))
        paths = dataclasses.replace(paths, record_key=data_map.key)
        outcome = run_experiment(node.config, paths, self._progress_of(attempt), self._cache)
        mark(data_map, finished=True, files=data_files(data_map.config))
        return outcome

    def _progress_of(self, attempt: Attempt) -> Callable[[Progress], None]:
        def report(progress: Progress) -> None:
            self._interruption.check()
            attempt.progress(progress)
            self._display.step(progress)

        return report


def _release_memory() -> None:
    """Free what a finished run held on an accelerator, so that the next one finds it."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
