"""Tracks a plain Hugging Face Trainer: ``Trainer(..., callbacks=[TrackingCallback()])``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tracking.folders.metric_points import curve_name
from tracking.recording.plain import plain
from tracking.recording.tracker import ExperimentTracker

__all__ = ["TrackingCallback"]


class TrackingCallback(TrainerCallback):
    """Reports what a Trainer logs and saves; only the first process of a distributed training does.

    Args:
        tracker: where an experiment may be running already; it is then the caller who finishes it. Otherwise one is
            started when training begins, with the arguments and the model's configuration, and finished at its end.
        experiment_name: default: the arguments' ``run_name``, else the name of the output folder.
    """

    def __init__(self, tracker: ExperimentTracker | None = None, experiment_name: str | None = None) -> None:
        self._tracker = tracker
        self._owns_tracker = tracker is None
        self._experiment_name = experiment_name
        self._owns_experiment = False
        self._ended: ExperimentTracker | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start an experiment, unless one is running."""
        if not state.is_world_process_zero:
            return
        if self._tracker is None:
            self._tracker = ExperimentTracker()
        if self._owns_experiment and self._tracker.is_running:
            self._tracker.finish_experiment("failed", reason="training ended by an error, and was begun again")
        if not self._tracker.is_running:
            name = self._experiment_name or args.run_name or Path(str(args.output_dir)).name
            self._tracker.start_experiment(config=_configuration(args, kwargs.get("model")), experiment_name=name)
            self._owns_experiment = True
        self._ended = None

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Log the numbers, named like ``train/loss`` and ``eval/f1``.

        An evaluation after the training belongs to the experiment that the training was.
        """
        numbers = {curve_name(name): value for name, value in (logs or {}).items() if isinstance(value, int | float)}
        tracker = self._running(state)
        if tracker is not None:
            tracker.log_metrics(numbers, state.global_step)
        elif self._ended is not None and not self._ended.is_running:
            self._ended.log_after_end(numbers, state.global_step)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Record the checkpoint, with its size."""
        tracker = self._running(state)
        if tracker is not None:
            tracker.log_checkpoint(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}", state.global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Finish the experiment, if it was started here; what the Trainer logs later is added to it."""
        tracker = self._running(state)
        if tracker is not None and self._owns_experiment:
            tracker.finish_experiment()
            self._owns_experiment = False
            self._ended = tracker
            if self._owns_tracker:
                tracker.close()
                self._tracker = None

    def _running(self, state: TrainerState) -> ExperimentTracker | None:
        if not state.is_world_process_zero or self._tracker is None or not self._tracker.is_running:
            return None
        return self._tracker


def _configuration(args: TrainingArguments, model: Any) -> dict[str, Any]:
    configuration = {"training": plain(args)}
    if getattr(model, "config", None) is not None:
        configuration["model"] = plain(model.config)
    return configuration
