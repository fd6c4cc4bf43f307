"""What a runner tells the experiment store: what is planned, what runs, how it ends. No trouble there harms a run."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiment_config import ExperimentConfig
from planning import Node, Plan
from planning.nodes import DONE
from running.locks import claimed
from running.options import RunnerOptions
from tracking.folders.contents import read_folder
from tracking.folders.folder import ExperimentFolder
from tracking.recording.tracker import ExperimentTracker
from tracking.statuses import Status
from tracking.store.database_url import ENVIRONMENT_VARIABLE, database_url

if TYPE_CHECKING:
    from training.callbacks import Progress

__all__ = ["Attempt", "RunTracking", "entered", "named_store", "tracking_of"]

logger = logging.getLogger(__name__)

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


class Attempt:
    """One attempt at an experiment, on which nothing is reported. :class:`_TrackedAttempt` does."""

    def progress(self, progress: Progress) -> None:
        """Take note of where the run stands."""

    def succeeded(self, results: Mapping[str, Any]) -> None:
        """Take note of what was written to results.json."""

    def failed(self, error: BaseException) -> None:
        """Take note of why it failed."""

    def stopped(self, reason: str) -> None:
        """Take note that it was stopped from outside, and why."""

    def left(self) -> None:
        """Take note that it is left by an exception that ends the process."""


class RunTracking:
    """Tracks nothing: what a process that makes nodes has where tracking is off."""

    def begin_anew(self, folder: Path) -> None:
        """Take note that what earlier attempts made is gone."""

    @contextmanager
    def attempt(self, node: Node) -> Iterator[Attempt]:
        """Track a block as an attempt at an experiment; an exception that leaves it ends the attempt."""
        yield Attempt()


def tracking_of(variant: str | None, heartbeat_seconds: float) -> RunTracking:
    """Return what tracks the runs of this process in the store that EXPERIMENTS_DB_URL names.

    Args:
        variant: what experiments are called apart from their seeds; None: each by its own name.
        heartbeat_seconds: between two signs of life.
    """
    return _StoreTracking(ExperimentTracker(heartbeat_interval=heartbeat_seconds), variant)


class _StoreTracking(RunTracking):
    def __init__(self, tracker: ExperimentTracker, variant: str | None) -> None:
        self._tracker = tracker
        self._variant = variant

    def begin_anew(self, folder: Path) -> None:
        with _harmless():
            if (contents := read_folder(folder)) is not None and contents.runs:
                ExperimentFolder(folder).append("cleared")

    @contextmanager
    def attempt(self, node: Node) -> Iterator[Attempt]:
        with ExitStack() as running:
            attempt = Attempt()
            with _harmless():
                name, variant = node.config.name, _variant(node.config, self._variant)
                running.enter_context(self._tracker.experiment(None, name, folder=node.folder, variant=variant))
                attempt = _TrackedAttempt(self._tracker, node)
            yield attempt


@contextmanager
def entered(plan: Plan, options: RunnerOptions) -> Iterator[None]:
    """Enter the experiments that are planned, and those that are finished and not known yet; finish that on leaving.

    Inside, EXPERIMENTS_DB_URL names the store of ``options``, for this process and those that it starts.

    Raises:
        ConfigError: no such kind of database.
    """
    if not options.tracking:
        yield
        return
    with named_store(options.db), ExitStack() as closing:
        tracker = ExperimentTracker()
        closing.callback(_close, tracker)
        with _harmless():
            _enter(plan, options, tracker)
        yield


@contextmanager
def named_store(db: str | None) -> Iterator[None]:
    """Let EXPERIMENTS_DB_URL name a store. Jobs do not: they are written down, and its address may hold a password.

    Raises:
        ConfigError: no such kind of database.
    """
    before = os.environ.get(ENVIRONMENT_VARIABLE)
    url = database_url(db)
    named = url.database if url.drivername == "sqlite" else url.render_as_string(hide_password=False)
    os.environ[ENVIRONMENT_VARIABLE] = str(named)
    try:
        yield
    finally:
        if before is None:
            del os.environ[ENVIRONMENT_VARIABLE]
        else:
            os.environ[ENVIRONMENT_VARIABLE] = before


def _close(tracker: ExperimentTracker) -> None:
    with _harmless():
        tracker.close()


def _enter(plan: Plan, options: RunnerOptions, tracker: ExperimentTracker) -> None:
    for node in plan.experiments:
        if plan.state(node).status == DONE:
            continue
        # Who holds an experiment enters it: two runners must not give it two names.
        with claimed(node, plan.experiments_dir) as held:
            if held:
                _enter_one(node, options, tracker)
    tracker.take_in(node.folder for node in plan.experiments)


def _enter_one(node: Node, options: RunnerOptions, tracker: ExperimentTracker) -> None:
    variant = _variant(node.config, options.variant)
    contents = read_folder(node.folder)
    if contents is None:
        tracker.plan_experiment(node.config.to_mapping(), node.config.name, folder=node.folder, variant=variant)
        contents = read_folder(node.folder)
        assert contents is not None
    folder = ExperimentFolder(node.folder)
    folder.identify(contents.id, contents.name, contents.created_at, variant=variant)
    missing = [tag for tag in options.tags if tag not in contents.tags]
    if missing:
        folder.append("tags", add=missing, remove=[])
    if options.notes and options.notes not in contents.notes:
        folder.append("note", text=options.notes)


def _variant(config: ExperimentConfig, variant: str | None) -> str:
    return variant or config.name.removesuffix(f"_seed{config.training.seed}")


class _TrackedAttempt(Attempt):
    def __init__(self, tracker: ExperimentTracker, node: Node) -> None:
        self._tracker = tracker
        self._folder = node.folder
        self._config = node.config
        self._told_length = False

    def progress(self, progress: Progress) -> None:
        if progress.phase == "training" and not self._told_length:
            self._told_length = True
            with _harmless():
                self._tracker.expect_steps(progress.total_steps)

    def succeeded(self, results: Mapping[str, Any]) -> None:
        with _harmless():
            self._log_evaluations(results["metrics"])
            self._log_artifacts()

    def failed(self, error: BaseException) -> None:
        with _harmless():
            self._log_artifacts()
            self._tracker.finish_experiment(Status.FAILED, error=error)

    def stopped(self, reason: str) -> None:
        with _harmless():
            self._log_artifacts()
            self._tracker.finish_experiment(Status.PREEMPTED, reason)

    def left(self) -> None:
        with _harmless():
            self._log_artifacts()

    def _log_evaluations(self, metrics: Mapping[str, float]) -> None:
        for benchmark, (scores, predictions) in _by_benchmark(self._config, metrics).items():
            self._tracker.log_evaluation(benchmark, scores, predictions)

    def _log_artifacts(self) -> None:
        output = self._folder / "trainer_output"
        for pattern in _WEIGHTS:
            for path in sorted(output.glob(pattern)):
                self._tracker.log_artifact(path, "model")
        for path in sorted(output.glob("checkpoint-*")):
            if step := _CHECKPOINT.fullmatch(path.name):
                self._tracker.log_checkpoint(path, int(step.group(1)))
        self._drop_artifacts()

    def _drop_artifacts(self) -> None:
        """Say which checkpoints of earlier attempts have been removed since."""
        contents = read_folder(self._folder)
        recorded = contents.artifacts if contents is not None else []
        gone = [artifact.path for artifact in recorded if not (self._folder / artifact.path).exists()]
        if gone:
            ExperimentFolder(self._folder).append("removed", paths=gone)


def _by_benchmark(config: ExperimentConfig, metrics: Mapping[str, float]) -> dict[str, tuple[dict[str, float], str]]:
    """Return each data set that was evaluated on, with its metrics and its file of predictions."""
    from training.evaluation_sets import evaluation_sources

    sources = {source.prefix: source.source for source in evaluation_sources(config, ())}
    # The longest first, as "eval" begins them all; metrics of a part of the rows belong to no data set.
    prefixes = sorted({*sources, "eval_filtered"}, key=len, reverse=True)
    scores: dict[str, dict[str, float]] = {prefix: {} for prefix in prefixes}
    for name, value in metrics.items():
        prefix = next((prefix for prefix in prefixes if name.startswith(f"{prefix}_")), None)
        if prefix is not None:
            scores[prefix][name.removeprefix(f"{prefix}_")] = value
    found = {}
    for prefix, source in sources.items():
        benchmark = source.name if source.split == config.eval_split else f"{source.name}@{source.split}"
        found[benchmark] = scores[prefix], f"trainer_output/eval_predictions{prefix.removeprefix('eval')}.jsonl"
    return found


@contextmanager
def _harmless() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        logger.warning("not tracked: %s: %s; the run goes on", type(error).__name__, error)
