"""What a runner tells the experiment store: what is planned, what runs, how it ends. No trouble there harms a run."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from experiment_config import ExperimentConfig
from planning import Node, Plan
from planning.nodes import DONE
from running.locks import claimed
from running.options import RunnerOptions
from tracking.folders.contents import read_folder
from tracking.folders.folder import ExperimentFolder
from tracking.recording.tracker import ExperimentTracker
from tracking.statuses import Status

if TYPE_CHECKING:
    from training.callbacks import Progress

__all__ = ["Attempt", "RunTracking", "tracking_of"]

logger = logging.getLogger(__name__)

_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


class Attempt:
    """One attempt at an experiment, on which nothing is reported. :class:`_TrackedAttempt` does."""

    def progress(self, progress: Progress) -> None:
        """Take note of where the run stands."""

    def succeeded(self, results: Mapping[str, Any]) -> None:
        """Take note of what was written to results.json."""

    def failed(self, error: Exception) -> None:
        """Take note of why it failed."""

    def stopped(self) -> None:
        """Take note that somebody stops it from outside."""


class RunTracking:
    """Tracks nothing: what a runner has where tracking is off."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Release everything."""

    def enter(self, plan: Plan) -> None:
        """Enter the experiments that are planned, and those that are finished and not known yet."""

    def begin_anew(self, folder: Path) -> None:
        """Take note that what earlier attempts made is gone."""

    @contextmanager
    def attempt(self, node: Node) -> Iterator[Attempt]:
        """Track a block as an attempt at an experiment; an exception that leaves it ends the attempt."""
        yield Attempt()


def tracking_of(options: RunnerOptions) -> RunTracking:
    """Return what tracks the runs of these options.

    Raises:
        ConfigError: no such kind of database.
    """
    return _StoreTracking(options) if options.tracking else RunTracking()


class _StoreTracking(RunTracking):
    def __init__(self, options: RunnerOptions) -> None:
        self._options = options
        self._tracker = ExperimentTracker(db_path=options.db, heartbeat_interval=options.heartbeat_seconds)

    def __exit__(self, *error: object) -> None:
        with _harmless():
            self._tracker.close()

    def enter(self, plan: Plan) -> None:
        with _harmless():
            for node in plan.experiments:
                if plan.state(node).status == DONE:
                    continue
                # Who holds an experiment enters it: two runners must not give it two names.
                with claimed(node, plan.experiments_dir) as held:
                    if held:
                        self._enter(node)
            self._tracker.take_in(node.folder for node in plan.experiments)

    def _enter(self, node: Node) -> None:
        contents = read_folder(node.folder)
        if contents is None:
            config = node.config.to_mapping()
            self._tracker.plan_experiment(
                config, node.config.name, folder=node.folder, variant=self._variant(node.config)
            )
            contents = read_folder(node.folder)
            assert contents is not None
        folder = ExperimentFolder(node.folder)
        folder.identify(contents.id, contents.name, contents.created_at, variant=self._variant(node.config))
        missing = [tag for tag in self._options.tags if tag not in contents.tags]
        if missing:
            folder.append("tags", add=missing, remove=[])
        if self._options.notes and self._options.notes not in contents.notes:
            folder.append("note", text=self._options.notes)

    def _variant(self, config: ExperimentConfig) -> str:
        return self._options.variant or config.name.removesuffix(f"_seed{config.training.seed}")

    def begin_anew(self, folder: Path) -> None:
        with _harmless():
            if (contents := read_folder(folder)) is not None and contents.runs:
                ExperimentFolder(folder).append("cleared")

    @contextmanager
    def attempt(self, node: Node) -> Iterator[Attempt]:
        with ExitStack() as running:
            attempt = Attempt()
            with _harmless():
                name, variant = node.config.name, self._variant(node.config)
                running.enter_context(self._tracker.experiment(None, name, folder=node.folder, variant=variant))
                attempt = _TrackedAttempt(self._tracker, node)
            yield attempt


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

    def failed(self, error: Exception) -> None:
        with _harmless():
            self._log_artifacts()
            self._tracker.finish_experiment(Status.FAILED, error=error)

    def stopped(self) -> None:
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
