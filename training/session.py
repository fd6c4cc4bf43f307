"""Train and evaluate one experiment in this process; take up where a killed run left off."""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from datasets import Dataset, disable_progress_bars
from transformers import set_seed
from transformers.utils.logging import disable_progress_bar

from cartography import build_data_map
from errors import ConfigError
from experiment_config import ExperimentConfig
from jobs.failures import Preempted
from strategies import CLUSTERS, DATA_MAP, TrainingPlan, make_plan
from strategies.plan import normalise_weights
from tasks import create_task
from tasks.base import DataSource, FeatureOptions, Rows, Task
from tasks.models import load_model, load_tokenizer, load_trained_model, trained_label_names
from training.arguments import training_arguments
from training.callbacks import (
    DynamicsCallback,
    MetricsFile,
    OrderCallback,
    Progress,
    ProgressCallback,
    StopCallback,
)
from training.checkpoints import (
    checkpoint_step,
    last_complete_checkpoint,
    remove_checkpoints,
    remove_incomplete_checkpoints,
)
from training.collator import FeatureCollator
from training.data import DataCache
from training.evaluation_sets import EvaluationSource, evaluation_sources, select_examples
from training.outputs import check_same_experiment, write_experiment, write_metrics, write_predictions, writing_into
from training.processes import is_first_process, num_processes
from training.records import FeatureRecords
from training.signals import load_signals
from training.trainer import EvaluationSet, StrategyTrainer, numbered_features

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["RunOutcome", "RunPaths", "Session", "run_experiment"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunPaths:
    """Where one run reads and writes."""

    folder: Path
    """Gets metrics.jsonl."""
    trainer_output: Path | None = None
    """Gets the model, checkpoints, metrics and predictions; None means ``folder/trainer_output``."""
    record_to: Path | None = None
    """Cartography folder to record training dynamics into; None records nothing."""
    record_key: str = ""
    """Content key that the recorded data map carries in its provenance."""
    data_map: Path | None = None
    validation_data_map: Path | None = None
    clusters: Path | None = None
    cache: Path | None = None
    """Folder of tokenised features, shared by all runs."""

    @property
    def output(self) -> Path:
        """Folder of the model and its scores."""
        return self.trainer_output or self.folder / "trainer_output"


@dataclass(frozen=True)
class RunOutcome:
    """What one run ended with."""

    metrics: dict[str, float] = field(default_factory=dict)
    strategy_report: dict[str, Any] = field(default_factory=dict)
    train_steps: int = 0
    train_rows: int = 0
    resumed_from: int | None = None


def run_experiment(
    config: ExperimentConfig,
    paths: RunPaths,
    progress: Callable[[Progress], None] | None = None,
    cache: DataCache | None = None,
    *,
    stop_reason: Callable[[], str] = lambda: "",
    do_train: bool = True,
    do_eval: bool = True,
) -> RunOutcome:
    """Train and evaluate one experiment.

    Args:
        config: what to run.
        paths: where to read signals from and write to; a complete checkpoint there is taken up.
        progress: called after each step of training and evaluation.
        cache: rows and features shared with other runs of this process.
        stop_reason: asked after each step: anything but the empty string saves a checkpoint and stops.
        do_train: whether to train; without it the model is evaluated as it is.
        do_eval: whether to evaluate.

    Raises:
        AssayError: something the user can mend.
        Preempted: it was to stop; the next call takes up what was saved.
    """
    check_combination(config)
    # One bar is enough: the caller's.
    disable_progress_bars()
    disable_progress_bar()  # type: ignore[no-untyped-call]
    session = Session(config, paths, progress, cache or DataCache(), stop_reason)
    with writing_into(paths.output, *([paths.record_to] if paths.record_to else [])):
        if do_eval:
            session.read_evaluation_sets(trained=not do_train)
        outcome = session.train() if do_train else RunOutcome()
        if do_eval:
            outcome = replace(outcome, metrics=session.evaluate())
    # Checkpoints serve resuming; whoever wants to keep them says how many.
    if do_train and "save_total_limit" not in config.training.arguments and is_first_process():
        remove_checkpoints(paths.output)
    return outcome


def check_combination(config: ExperimentConfig) -> None:
    """Refuse combinations that would only show when a run is half-way.

    Raises:
        ConfigError: the validation rows are to be filtered by clusters, which exist for training rows only.
    """
    if config.filter_validation and CLUSTERS in config.required_signals:
        raise ConfigError(f"{config.name}: filter_validation needs strategies that read data maps alone, not clusters")


class Session:
    """One experiment: data, plan, model and trainer, made when first needed.

    Args:
        config: what to run.
        paths: where to read and write.
        progress: called as the run goes on, or None.
        cache: rows and features shared between sessions.
        stop_reason: why the run is to stop; empty while it is to go on.
    """

    def __init__(
        self,
        config: ExperimentConfig,
        paths: RunPaths,
        progress: Callable[[Progress], None] | None,
        cache: DataCache,
        stop_reason: Callable[[], str] = lambda: "",
    ) -> None:
        self.config = config
        self.paths = paths
        self.cache = cache
        self.task: Task = create_task(config.task)
        self._progress = progress
        self._stop = StopCallback(stop_reason)
        self._stop_reason = stop_reason
        self._tokenizer: PreTrainedTokenizerBase | None = None
        self._trainer: StrategyTrainer | None = None
        self._label_names: tuple[str, ...] = ()

    # -- data ---------------------------------------------------------------------------------------------------

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self.config.model)
        return self._tokenizer

    @property
    def options(self) -> FeatureOptions:
        """How rows become features."""
        training = self.config.training
        length = training.max_length or self.task.default_max_length
        return FeatureOptions(max_length=length, doc_stride=training.doc_stride, ablation=self.config.ablation)

    def train_rows(self) -> Rows:
        """Return the training rows."""
        config = self.config
        source = DataSource(config.dataset, config.train_split, config.columns, config.training.max_train_samples)
        return self.cache.rows(self.task, source)

    def _features(self, rows: Rows) -> Dataset:
        return self.cache.features(self.task, rows, self.tokenizer, self.options, self.paths.cache)

    def _plan(self, rows: Rows, data_map: Path | None) -> TrainingPlan:
        folders = {DATA_MAP: data_map, CLUSTERS: self.paths.clusters}
        signals = load_signals(rows, self.config.task, self.config.required_signals, folders, self.cache)
        return make_plan(self.config.strategies, signals, self.config.training.seed)

    def _report(self, progress: Progress) -> None:
        """Tell where the run stands, and stop where it is to stop: nothing but training takes up half of itself."""
        if reason := self._stop_reason():
            raise Preempted(reason)
        if self._progress is not None:
            self._progress(progress)

    # -- training -----------------------------------------------------------------------------------------------

    def train(self) -> RunOutcome:
        """Train, save the model, and build the data map if dynamics were recorded."""
        self._report(Progress("loading"))
        rows = self.train_rows()
        self._label_names = rows.label_names
        plan = self._plan(rows, self.paths.data_map)
        if self.config.strategies and plan.report["same_as_baseline"]:
            logger.warning("%s changes nothing here: this run equals the baseline", self.config.strategy_name)
        self._report(Progress("tokenising"))
        all_features = self._features(rows)
        self._report(Progress("loading the model"))
        kept = all_features.select(np.flatnonzero(plan.keep[np.asarray(all_features["row"])]))
        trainer = self._make_trainer(rows, kept, plan, num_all_features=len(all_features))
        checkpoint = self._take_up(trainer)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if self._stop.stopped_for:
            raise Preempted(self._stop.stopped_for)
        trainer.save_model(str(self.paths.output))
        if self.paths.record_to is not None and trainer.is_world_process_zero():
            self._report(Progress("building the data map"))
            self._build_data_map(rows, self.paths.record_to)
        return RunOutcome(
            strategy_report=dict(plan.report),
            train_steps=trainer.state.global_step,
            train_rows=int(plan.keep.sum()),
            resumed_from=checkpoint_step(checkpoint) if checkpoint else None,
        )

    def _make_trainer(self, rows: Rows, kept: Dataset, plan: TrainingPlan, num_all_features: int) -> StrategyTrainer:
        training = self.config.training
        weights = self.cache.weights(self.config.model)
        set_seed(training.seed)
        model = load_model(self.config.model, self.task, rows, training.dropout, weights)
        steps = _optimiser_steps(self.config, num_all_features if training.budget == "steps" else len(kept))
        arguments = training_arguments(training, self.paths.output, steps, fixed_steps=training.budget == "steps")
        features = numbered_features(kept, self.task.batch_columns)
        owner = np.asarray(kept["row"])
        recording = self.paths.record_to is not None and self.config.data_map.source == "train"
        trainer = StrategyTrainer(
            task=self.task,
            group_by_length=training.group_by_length,
            records=FeatureRecords(len(features)) if recording else None,
            model=model,
            args=arguments,
            train_dataset=features,
            eval_dataset=self._validation_set() if arguments.eval_strategy != "no" else None,
            collator=FeatureCollator(
                self.tokenizer,
                self.task.batch_columns,
                # An example of many windows counts once a window, so the mean of 1 is taken over windows.
                weight=normalise_weights(plan.weight[owner], np.ones(len(owner), dtype=np.bool_)),
                smoothing=plan.smoothing[owner] if plan.smoothing.any() else None,
            ),
        )
        self._add_callbacks(trainer, kept, rows)
        self._trainer = trainer
        return trainer

    def _add_callbacks(self, trainer: StrategyTrainer, kept: Dataset, rows: Rows) -> None:
        trainer.add_callback(OrderCallback(trainer))
        trainer.add_callback(self._stop)
        if self._progress is not None:
            trainer.add_callback(ProgressCallback(self._progress))
        if self.paths.record_to is not None:
            source = self.config.data_map.source
            trainer.add_callback(DynamicsCallback(trainer, kept, rows, self.paths.record_to, source))

    def _take_up(self, trainer: StrategyTrainer) -> Path | None:
        """Prepare the folder and return the checkpoint to continue from, if there is one.

        Raises:
            ConfigError: the checkpoint belongs to another configuration.
        """
        output = self.paths.output
        checkpoint = last_complete_checkpoint(output)
        if checkpoint is not None:
            check_same_experiment(output, self.config)
        metrics = MetricsFile(self.paths.folder / "metrics.jsonl")
        trainer.add_callback(metrics)
        if trainer.is_world_process_zero():
            write_experiment(output, self.config)
            remove_incomplete_checkpoints(output)
            metrics.forget_after(checkpoint_step(checkpoint) if checkpoint else -1)
            if checkpoint is None and self.paths.record_to is not None:
                shutil.rmtree(self.paths.record_to / "training_dynamics", ignore_errors=True)
        if checkpoint is not None:
            logger.info("continuing from %s", checkpoint)
            trainer.take_up(checkpoint)
        trainer.accelerator.wait_for_everyone()
        return checkpoint

    def _build_data_map(self, rows: Rows, folder: Path) -> None:
        config = self.config
        provenance = {
            "task": config.task,
            "model": config.model,
            "dataset": config.dataset,
            "dataset_fingerprint": rows.fingerprint,
            "split": config.train_split,
            "columns": dict(config.columns),
            "seeds": [config.training.seed],
            "num_examples": len(rows),
            "epochs": config.training.num_train_epochs,
            "source": config.data_map.source,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "key": self.paths.record_key,
        }
        burn_in = config.data_map.epochs_left_out(config.training.num_train_epochs)
        build_data_map(folder, provenance, burn_in=burn_in)

    # -- evaluation ---------------------------------------------------------------------------------------------

    def read_evaluation_sets(self, *, trained: bool) -> None:
        """Read all that will be evaluated on, so that a mistake in it shows before hours of training.

        Args:
            trained: the model is evaluated as it is: its own labels count, not those of the training rows.

        Raises:
            AssayError: a data set is missing, damaged or empty.
        """
        self._report(Progress("loading"))
        self._label_names = trained_label_names(self.config.model) if trained else self.train_rows().label_names
        for target in evaluation_sources(self.config, self._label_names):
            self.cache.rows(self.task, target.source)

    def _validation_set(self) -> EvaluationSet:
        rows = self.cache.rows(self.task, evaluation_sources(self.config, self._label_names)[0].source)
        return EvaluationSet(rows, self._features(rows))

    def evaluate(self) -> dict[str, float]:
        """Evaluate on the validation split and every further data set; write metrics and predictions."""
        trainer = self._trainer or self._evaluation_trainer()
        metrics: dict[str, float] = {}
        for target in evaluation_sources(self.config, self._label_names):
            metrics.update(self._evaluate_one(trainer, target))
        if trainer.is_world_process_zero():
            write_metrics(self.paths.output, metrics)
            trainer.log(dict(metrics))
        return metrics

    def _evaluate_one(self, trainer: StrategyTrainer, target: EvaluationSource) -> dict[str, float]:
        rows = self.cache.rows(self.task, target.source)
        self._report(Progress(f"tokenising {target.source.name}"))
        features = self._features(rows)
        records = trainer.observe(features, self._evaluation_progress(target))
        evaluation = self.task.evaluate(records, features, rows)
        if trainer.is_world_process_zero():
            write_predictions(self.paths.output, target.prefix, evaluation.predictions)
        metrics = {f"{target.prefix}_{name}": float(value) for name, value in evaluation.metrics.items()}
        if self.config.filter_validation and target.prefix == "eval":
            keep = self._plan(rows, self.paths.validation_data_map).keep
            kept_rows, kept_features, kept_records = select_examples(rows, features, records, keep)
            filtered = self.task.evaluate(kept_records, kept_features, kept_rows)
            metrics.update({f"eval_filtered_{name}": float(value) for name, value in filtered.metrics.items()})
            metrics["eval_filtered_rows"] = float(len(kept_rows))
        return metrics

    def _evaluation_progress(self, target: EvaluationSource) -> Callable[[int, int], None]:
        def report(batch: int, batches: int) -> None:
            self._report(Progress(f"evaluating {target.source.name}", batch, batches))

        return report

    def _evaluation_trainer(self) -> StrategyTrainer:
        """Return a trainer around the model as it is, for a run that only evaluates."""
        rows = self.cache.rows(self.task, evaluation_sources(self.config, self._label_names)[0].source)
        model = load_trained_model(self.config.model, self.task, rows)
        arguments = training_arguments(self.config.training, self.paths.output)
        self._trainer = StrategyTrainer(
            task=self.task,
            model=model,
            args=arguments,
            collator=FeatureCollator(self.tokenizer, self.task.batch_columns),
        )
        return self._trainer


def _optimiser_steps(config: ExperimentConfig, num_features: int) -> int:
    """Return the optimiser steps over so many features, shared among the processes that torchrun started."""
    training = config.training
    batches = math.ceil(num_features / (training.per_device_train_batch_size * num_processes()))
    return math.ceil(math.ceil(batches / training.gradient_accumulation_steps) * training.num_train_epochs)
